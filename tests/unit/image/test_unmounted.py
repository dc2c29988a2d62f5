# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a file system was unmounted, on ones that the kernel itself left mounted, crashed or clean."""

import os
import shutil

import pytest
from unit.image.images import MIB, mounted, run, wait_until_released

from ansible_collections.imagewright.azure.plugins.module_utils.image.disk_image import DiskImage
from ansible_collections.imagewright.azure.plugins.module_utils.readiness import disk_facts

MAKERS = {
    "ext4": ["mke2fs", "-q", "-t", "ext4"],
    "ext2": ["mke2fs", "-q", "-t", "ext2"],
    "xfs": ["mkfs.xfs", "-q"],
    "btrfs": ["mkfs.btrfs", "-q"],
    # a log of 6 MiB: a few thousand files go round it more than once; newer mkfs.xfs wants a larger one for the features that are off
    "xfs with a small log": ["mkfs.xfs", "-q", "--unsupported", "-l", "size=6m", "-m", "reflink=0,rmapbt=0", "-i", "nrext64=0"],
    "xfs with striped log": ["mkfs.xfs", "-q", "-l", "su=256k"],
}


def unclean(path):
    """Return the kinds of file systems in the image that were not unmounted, and of those of which it is not known."""
    disk = DiskImage(str(path))
    try:
        facts = disk_facts.of_image(disk)
    finally:
        disk.close()
    return [kind for unused, kind in facts.unclean], [kind for unused, kind in facts.undecided]


def make(path, maker):
    """Write an empty file system of 320 MiB."""
    with open(path, "wb") as stream:
        stream.truncate(320 * MIB)
    run(*MAKERS[maker], path)


def write_files(folder, count):
    """Write files and remove every other one; the last is forced to the disk, as a database does."""
    for number in range(count):
        (folder / f"file-{number}").write_bytes(b"x")
    for number in range(0, count, 2):
        (folder / f"file-{number}").unlink()
    run("sync", "--file-system", folder)
    with open(folder / "forced", "wb") as stream:
        stream.write(b"late")
        stream.flush()
        os.fsync(stream.fileno())


def crash(path, place):
    """Let an XFS file system stop as in a crash, with what it has in its log."""
    place.mkdir()
    run("mount", "-o", "loop", path, place)
    try:
        write_files(place, 20)
        run("xfs_io", "-x", "-c", "shutdown -f", place)
    finally:
        run("umount", place)
    wait_until_released(path)


@pytest.mark.parametrize(("maker", "count"), [(maker, 8000 if "small" in maker else 20) for maker in MAKERS])
def test_a_mounted_file_system_is_told_from_an_unmounted_one(tmp_path, maker, count):
    path, copy = tmp_path / "disk.raw", tmp_path / "copy.raw"
    make(path, maker)
    assert unclean(path) == ([], [])
    for _unused in range(2):
        with mounted(path, tmp_path / "mounted") as place:
            write_files(place, count)
            shutil.copy(path, copy)
        assert unclean(path) == ([], [])
        assert unclean(copy) == ([maker.split()[0].rstrip("24")], [])


def test_an_xfs_file_system_after_a_crash_is_unclean_until_its_log_is_replayed(tmp_path):
    path = tmp_path / "disk.raw"
    make(path, "xfs")
    crash(path, tmp_path / "mounted")
    assert unclean(path) == (["xfs"], [])
    with mounted(path, tmp_path / "mounted"):
        pass
    assert unclean(path) == ([], [])


def test_an_xfs_log_that_cannot_be_made_out_is_told_as_unknown(tmp_path):
    path = tmp_path / "disk.raw"
    make(path, "xfs")
    disk = DiskImage(str(path))
    file_system = disk.volumes[0].file_system
    disk.close()
    assert file_system.clean is True
    log = file_system.log_place()
    with open(path, "r+b") as stream:
        stream.seek(log[0])
        stream.write(b"\x7f\xff\xff\xff" * (log[1] // 8) + b"\x00\x00\x00\x05" * (log[1] // 8))
    assert unclean(path) == ([], ["xfs"])


@pytest.mark.parametrize(
    ("features", "left", "why"), [(["feature needs_recovery"], ["ext"], "was not unmounted"), ([], [], "is damaged")], ids=["in use", "shut down"]
)
def test_what_only_the_journal_makes_readable_is_told_as_not_unmounted(tmp_path, features, left, why):
    path = tmp_path / "disk.raw"
    make(path, "ext4")
    block = 1024  # bytes, what mke2fs takes for a file system of less than 512 MiB
    root = int(run("debugfs", "-R", "bmap <2> 0", path).split()[-1])
    for feature in features:
        run("debugfs", "-w", "-R", feature, path)
    with open(path, "r+b") as stream:
        stream.seek(root * block)
        stream.write(bytes(block))

    disk = DiskImage(str(path))
    error = disk.volumes[0].error
    disk.close()

    assert unclean(path) == (left, [])
    assert why in error
