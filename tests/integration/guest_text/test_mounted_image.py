# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""fstab_clean on an image that is mounted on the controller, whose device names are not the guest's."""

import subprocess

import pytest

FSTAB = "/dev/sda1 / ext4 defaults 0 1\n/dev/sda2\t/boot  ext4 defaults 0 2\n/dev/sda3 none swap sw 0 0\n"


def make_file_system(path):
    """Write an ext4 file system of 16 MiB to path and return its UUID, as blkid reads it."""
    with open(path, "wb") as stream:
        stream.truncate(16 * 1024 * 1024)
    subprocess.run(["mkfs.ext4", "-q", path], check=True)
    return subprocess.run(["blkid", "-p", "-o", "value", "-s", "UUID", path], check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def image(tmp_path):
    """Return (root, {mount point: UUID}) of a guest with a boot partition of its own, mounted."""
    root = tmp_path / "guest"
    root.mkdir()
    mounted, uuids = [], {}
    try:
        for point in ("/", "/boot"):
            place = root / point.lstrip("/")
            place.mkdir(exist_ok=True)
            uuids[point] = make_file_system(tmp_path / f"{point.strip('/')}disk")
            subprocess.run(["mount", "-o", "loop", tmp_path / f"{point.strip('/')}disk", place], check=True)
            mounted.append(place)
        (root / "etc").mkdir()
        (root / "etc/fstab").write_text(FSTAB)
        yield root, uuids
    finally:
        for place in reversed(mounted):
            subprocess.run(["umount", place], check=True)


def test_each_file_system_gets_the_uuid_of_what_is_mounted_at_its_place(image, run_module):
    root, uuids = image
    predicted = run_module("fstab_clean", root=root, check=True)
    result = run_module("fstab_clean", root=root)
    assert predicted["diff"] == result["diff"] and not result["failed"]
    assert (root / "etc/fstab").read_text() == (
        f"UUID={uuids['/']} / ext4 defaults 0 1\nUUID={uuids['/boot']}\t/boot  ext4 defaults 0 2\n# /dev/sda3 none swap sw 0 0\n"
    )
    assert not run_module("fstab_clean", root=root)["changed"]


def test_what_is_not_mounted_is_named(image, run_module):
    root, _uuids = image
    subprocess.run(["umount", root / "boot"], check=True)
    try:
        result = run_module("fstab_clean", root=root)
        assert result["failed"] and "/dev/sda2" in result["msg"] and "/etc/fstab line 2" in result["msg"] and "mount it there" in result["msg"]
        assert (root / "etc/fstab").read_text() == FSTAB
    finally:
        subprocess.run(["mount", "-o", "loop", root.parent / "bootdisk", root / "boot"], check=True)
