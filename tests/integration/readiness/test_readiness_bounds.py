# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guests that somebody made to hold the check up: loops, very many files, a huge initramfs. The verdict comes all the same, and soon."""

import resource
import subprocess

import pytest
from unit.image.images import MIB, ext4, mounted, run
from unit.readiness.guest_tree import INITRAMFS, KERNEL, good_guest, symlink, write

#: Where rules list a directory, or read what is in it.
LISTED = (
    "/boot/loader/entries",
    "/etc/modprobe.d",
    "/etc/systemd/system",
    "/etc/sudoers.d",
    "/etc/ssh/sshd_config.d",
    "/etc/default/grub.d",
    "/etc/udev/rules.d",
    "/var/log",
)
READ = (
    "/etc/fstab",
    "/etc/default/grub",
    "/boot/grub/grub.cfg",
    "/etc/ssh/sshd_config",
    "/etc/sudoers",
    "/etc/waagent.conf",
    "/etc/passwd",
    "/etc/shadow",
    "/etc/os-release",
    "/etc/chrony/chrony.conf",
    "/etc/hostname",
    "/etc/machine-id",
    INITRAMFS,
    f"/lib/modules/{KERNEL}/modules.dep",
)

FILES = 50000  # in each of two directories


@pytest.fixture
def guest(tmp_path):
    """The root of a small guest."""
    return good_guest(tmp_path / "guest")


def check(run_module, seconds, **where):
    """Return {id: finding} of all rules, found within seconds of process time and without a fault of ours."""
    subprocess.run(["true"], check=True)  # ended children of other tests count from when they are waited for, which is done here
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    result = run_module("readiness_info", **where)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert not result["failed"], result
    assert "fault of this collection" not in str(result)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < seconds
    return {found["id"]: found for found in result["findings"]}


def image_of(guest, path, size=320 * MIB):
    """Write the guest's files into an ext4 file system on a whole disk."""
    ext4(path, guest, size, "ext4", "-N", "150000", "-O", "^has_journal")
    return str(path)


@pytest.mark.parametrize("kind", ["root", "image"])
def test_links_in_circles_end(run_module, guest, tmp_path, kind):
    for path in READ:
        symlink(guest, path, path)
    for folder in LISTED:
        symlink(guest, f"{folder}/again", "../" + folder.rpartition("/")[2])
        symlink(guest, f"{folder}/10-loop.conf", "10-loop.conf")
        symlink(guest, f"{folder}/10-loop.rules", "/etc/udev/rules.d/11-loop.rules")
    symlink(guest, "/etc/udev/rules.d/11-loop.rules", "10-loop.rules")
    where = str(guest) if kind == "root" else image_of(guest, tmp_path / "disk.raw")
    found = check(run_module, 10, **{kind: where})
    assert found["R46c"]["status"] in ("failed", "unknown") and found["R17a"]["status"] in ("failed", "unknown")


def test_files_that_include_each_other_end(run_module, guest):
    write(guest, "/etc/sudoers", "@include /etc/sudoers.d/a\n@includedir /etc/sudoers.d\n")
    write(guest, "/etc/sudoers.d/a", "@include /etc/sudoers\n")
    write(guest, "/etc/ssh/sshd_config", "Include /etc/ssh/sshd_config.d/*.conf\n")
    write(guest, "/etc/ssh/sshd_config.d/a.conf", "Include /etc/ssh/sshd_config\n")
    write(guest, "/etc/chrony/chrony.conf", "confdir /etc/chrony/conf.d\n")
    for name in "abcdefghij":
        write(guest, f"/etc/chrony/{name}", "".join(f"include /etc/chrony/{other}\n" for other in "abcdefghij" if other > name) + "x y\n" * 5000)
    write(guest, "/etc/chrony/conf.d/a.conf", "include /etc/chrony/a\n")
    found = check(run_module, 10, root=str(guest))
    assert found["R46c"]["status"] in ("failed", "unknown") and found["R47"]["status"] in ("failed", "unknown")
    assert found["R55a"]["status"] == "unknown"


@pytest.mark.slow
def test_very_many_files_in_a_directory_are_bounded(run_module, guest, tmp_path):
    """Of the tree and of the image; mke2fs alone would take an hour to write them."""
    write(guest, "/etc/modprobe.d/zz.conf", "blacklist udf\n")
    (guest / "var/log").mkdir(parents=True)
    image = image_of(guest, tmp_path / "disk.raw")
    with mounted(image, tmp_path / "mounted") as place:
        for folder, ending in (("etc/modprobe.d", "conf"), ("var/log", "log")):
            for number in range(FILES):
                (place / folder / f"{number}.{ending}").touch()
        of_files = check(run_module, 60, root=str(place))
    of_image = check(run_module, 120, image=image)
    assert (of_files["R19b"]["status"], of_image["R19b"]["status"]) == ("failed", "failed")


@pytest.mark.parametrize("beginning", [b"", b"070701", b"\x1f\x8b\x08\0", b"\x28\xb5\x2f\xfd", b"\xfd7zXZ\0", b"\x04\x22\x4d\x18"])
def test_a_huge_sparse_initramfs_is_bounded_in_an_image(run_module, guest, tmp_path, beginning):
    write(guest, INITRAMFS, beginning)
    run("truncate", "-s", "1G", str(guest) + INITRAMFS)
    found = check(run_module, 20, image=image_of(guest, tmp_path / "disk.raw", 1200 * MIB), rules={"include": ["R17", "R18"]})
    assert {found[rule]["status"] for rule in ("R17a", "R17b", "R17d", "R18a")} == {"unknown"}


def test_a_text_file_of_a_gibibyte_is_not_read_whole(run_module, guest):
    for path in ("/etc/fstab", "/etc/sudoers", "/etc/default/grub", "/boot/grub/grub.cfg", "/etc/passwd"):
        run("truncate", "-s", "1G", str(guest) + path)
    check(run_module, 60, root=str(guest))
