# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is damaged is an error, and never absent; what no sound system has is refused before it is read."""

import os
import re
import struct
import time

import pytest
from unit.image.images import LINUX, MIB, btrfs, empty_disk, ext4, put, root_files, run, xfs

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.image.image_tree import ImageTree

FSTAB = "/dev/sda1 / auto defaults 0 1\n"
SIZE, START = 320 * MIB, MIB


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A root with directories of one block and of many."""
    made = root_files(tmp_path_factory.mktemp("root") / "files", FSTAB)
    (made / "etc/ssh").mkdir()
    for number in range(40):
        (made / "etc/ssh" / f"ssh_host_key_number_{number:02d}").write_text("key\n")
    return made


def on_disk(tmp_path, part):
    """Return a disk with the file system on its only partition."""
    disk = empty_disk(tmp_path / "disk.raw", SIZE + 2 * MIB, (1, SIZE // MIB, LINUX))
    put(disk, part, START)
    os.unlink(part)
    return disk


def debugfs(part, *commands):
    """Run debugfs on a file system."""
    return run("debugfs", "-w", "-f", "-", part, text="\n".join(commands))


def blocks_of(disk, folder_mark):
    """Return where on the disk the blocks (of 4 KiB) of directories with this name in them are."""
    content = disk.read_bytes()
    return sorted({found.start() // 4096 * 4096 for found in re.finditer(re.escape(folder_mark), content)})


def overwrite(disk, offset, octets):
    """Write into the disk."""
    with open(disk, "r+b") as stream:
        stream.seek(offset)
        stream.write(octets)


def check_damage(disk, folder):
    """Assert that the folder's listing and what it holds are errors, and all else is as before."""
    with ImageTree(disk) as tree:
        for question in (tree.listdir, lambda path: tree.exists(path + "/absent"), lambda path: tree.glob(path + "/ssh_host_*")):
            with pytest.raises(ImagewrightError, match=r"damaged|wrong checksum|is another"):
                question(folder)
        assert tree.read_bytes("/etc/hostname") == b"web\n"


@pytest.mark.parametrize(("kind", "options"), [("ext4", ()), ("ext4", ("-O", "^metadata_csum,^dir_index")), ("ext2", ())])
@pytest.mark.parametrize("octets", [bytes(4096), bytes(12)], ids=["block", "record"])
def test_zeros_in_a_directory_of_ext_are_damage(tmp_path, folder, kind, options, octets):
    disk = on_disk(tmp_path, ext4(tmp_path / "part", folder, SIZE, kind, *options))
    block = blocks_of(disk, b"ssh_host_key_number_07")[0]
    # the record of one file, not the first: its length is zero then
    offset = block if len(octets) > 12 else disk.read_bytes().index(b"ssh_host_key_number_07", block) - 8
    overwrite(disk, offset, octets)
    check_damage(disk, "/etc/ssh")


def test_a_zeroed_block_of_a_long_directory_of_ext_is_damage(tmp_path, folder):
    disk = on_disk(tmp_path, ext4(tmp_path / "part", folder, SIZE))
    overwrite(disk, blocks_of(disk, b"file-with-a-long-name-0200")[0], bytes(4096))
    check_damage(disk, "/var/long")


def test_a_deleted_inode_that_a_directory_names_is_damage(tmp_path, folder):
    part = ext4(tmp_path / "part", folder, SIZE)
    debugfs(part, "set_inode_field /etc/ssh/ssh_host_key_number_07 mode 0")
    with ImageTree(on_disk(tmp_path, part)) as tree, pytest.raises(ImagewrightError, match="neither a file nor a directory"):
        tree.is_file("/etc/ssh/ssh_host_key_number_07")


@pytest.mark.parametrize("octets", [bytes(4096), bytes(4), b"\xff\xff\0\0"], ids=["block", "magic", "free space"])
@pytest.mark.parametrize(("path", "mark"), [("/etc/ssh", b"ssh_host_key_number_07"), ("/var/long", b"file-with-a-long-name-0200")])
def test_zeros_in_a_directory_of_xfs_are_damage(tmp_path, folder, octets, path, mark):
    disk = on_disk(tmp_path, xfs(tmp_path / "part", folder, SIZE))
    block = next(block for block in blocks_of(disk, mark) if disk.read_bytes()[block : block + 2] == b"XD")
    overwrite(disk, block + (64 if octets[:1] == b"\xff" else 0), octets)
    check_damage(disk, path)


def test_a_short_directory_of_xfs_that_lost_its_entries_is_damage(tmp_path, folder):
    part = xfs(tmp_path / "part", folder, SIZE)
    content = part.read_bytes()
    # /var has one name, "long", and lies in its inode: count, count of long numbers, parent, then length and offset of the name
    place = next(found.start() - 9 for found in re.finditer(b"long", content) if content[found.start() - 9 : found.start() - 7] == b"\1\0")
    number = run("xfs_db", "-r", "-c", "path /var", "-c", "inode", part).split()[-1]
    overwrite(part, place, bytes(6))
    run("xfs_db", "-x", "-c", f"inode {number}", "-c", "crc -r", part)
    with ImageTree(on_disk(tmp_path, part)) as tree, pytest.raises(ImagewrightError, match="entries take 6 bytes"):
        tree.listdir("/var")


def test_directories_of_xfs_larger_than_its_blocks_are_read(tmp_path, folder):
    part = xfs(tmp_path / "part", folder, SIZE, "-n", "size=16384")
    with ImageTree(on_disk(tmp_path, part)) as tree:
        assert len(tree.listdir("/var/long")) == 300 and len(tree.listdir("/etc/ssh")) == 40


def test_a_directory_of_xfs_that_gave_blocks_back_is_sound(tmp_path, folder):
    part = xfs(tmp_path / "part", folder, SIZE)
    place = tmp_path / "mounted"
    place.mkdir()
    run("mount", "-o", "loop,nouuid", part, place)
    try:
        for number in range(40, 260):
            (place / f"var/long/file-with-a-long-name-{number:04d}").unlink()
    finally:
        run("umount", place)
    with ImageTree(on_disk(tmp_path, part)) as tree:
        assert len(tree.listdir("/var/long")) == 80


def test_zeros_in_a_node_of_btrfs_are_damage(tmp_path, folder):
    disk = on_disk(tmp_path, btrfs(tmp_path / "part", folder, SIZE))
    content = disk.read_bytes()
    for found in re.finditer(b"ssh_host_key_number_07", content):
        node = (found.start() - START) // 16384 * 16384 + START
        overwrite(disk, node + 64, bytes(4096))
    with pytest.raises(ImagewrightError, match="wrong checksum"), ImageTree(disk) as tree:
        tree.listdir("/etc/ssh")


@pytest.mark.parametrize("kind", ["ext4", "xfs"])
def test_a_link_of_gigabytes_is_refused_before_it_is_read(tmp_path, folder, kind):
    part = (ext4 if kind == "ext4" else xfs)(tmp_path / "part", folder, SIZE)
    if kind == "ext4":
        debugfs(part, "symlink /etc/large " + "x/" * 50, "set_inode_field /etc/large size 6442450944")
    else:
        inode = run("xfs_db", "-r", "-c", "path /absolute", "-c", "inode", "-c", "print core.size", part)
        assert "13" in inode
        run("xfs_db", "-x", "-c", "path /absolute", "-c", "write -d core.size 6442450944", part)
    started = time.process_time()
    with ImageTree(on_disk(tmp_path, part)) as tree, pytest.raises(ImagewrightError, match=r"cannot read the link .*: it has \d+ bytes"):
        tree.stat("/etc/large" if kind == "ext4" else "/absolute")
    assert time.process_time() - started < 2


def test_a_file_of_a_terabyte_is_refused_before_its_blocks_are_listed(tmp_path, folder):
    part = ext4(tmp_path / "part", folder, SIZE, "ext3")
    debugfs(part, f"set_inode_field /etc/big size {2**40}")
    started = time.process_time()
    with ImageTree(on_disk(tmp_path, part)) as tree, pytest.raises(ImagewrightError, match="cannot read /etc/big: it has 1024 GiB"):
        tree.read_bytes("/etc/big", 10)
    assert time.process_time() - started < 2


def test_a_qcow2_with_divided_clusters_is_refused_in_a_second(tmp_path):
    path = tmp_path / "disk.qcow2"
    run("qemu-img", "create", "-q", "-f", "qcow2", "-o", "extended_l2=on,cluster_size=128k", path, "1G")
    started = time.process_time()
    with pytest.raises(ImagewrightError, match="extended_l2=on.*convert it first"):
        ImageTree(path)
    assert time.process_time() - started < 1


def test_a_superblock_that_asks_for_all_memory_is_damage(tmp_path, folder):
    part = ext4(tmp_path / "part", folder, SIZE)
    overwrite(part, 1024 + 24, struct.pack("<I", 20))  # s_log_block_size: blocks of a GiB
    with pytest.raises(ImagewrightError, match="cannot"):
        ImageTree(on_disk(tmp_path, part))
