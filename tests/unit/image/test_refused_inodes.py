# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Inodes of ext4 that Linux refuses, as debugfs makes them, are no files that can be read; what it takes stays one."""

import pytest
from unit.image import images
from unit.image.images import MIB, ROOT_UUID, run

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.image.image_tree import ImageTree

#: What mkfs.ext4 may be asked for, each of which has another layout of the inodes or of their checksums.
LAYOUTS = {
    "as it is by default": [],
    "with a seed": ["-O", "metadata_csum_seed"],
    "with small inodes": ["-I", "128"],
    "with large inodes": ["-I", "512"],
    "without checksums": ["-O", "^metadata_csum"],
}


@pytest.fixture
def image(tmp_path):
    folder = images.root_files(tmp_path / "root", f"UUID={ROOT_UUID} / auto defaults 0 1\n")
    return images.ext4(tmp_path / "disk", folder, 64 * MIB)


def set_field(image, path, field, value):
    run("debugfs", "-w", "-R", f"set_inode_field {path} {field} {value}", image)


@pytest.mark.parametrize(
    ("field", "value", "cause"),
    [
        ("links_count", "0", "is marked as deleted"),
        ("mode", "0", "neither a file nor"),
        ("mode", "0170644", "neither a file nor"),
        ("checksum", "0x1234", "checksum"),
    ],
)
def test_an_inode_that_linux_refuses_cannot_be_read(image, field, value, cause):
    set_field(image, "/etc/hostname", field, value)
    with ImageTree(str(image)) as tree:
        with pytest.raises(ImagewrightError, match=cause):
            tree.stat("/etc/hostname")
        assert "/etc/hostname" in tree.unreadable and tree.is_file("/etc/fstab")


@pytest.mark.parametrize("field", [("dtime", "12345"), ("generation", "7"), ("mode", "0100600")])
def test_an_inode_that_linux_takes_can_be_read(image, field):
    set_field(image, "/etc/hostname", *field)
    with ImageTree(str(image)) as tree:
        assert tree.is_file("/etc/hostname") and not tree.unreadable


@pytest.mark.parametrize("options", list(LAYOUTS.values()), ids=list(LAYOUTS))
def test_checksums_are_right_in_every_layout(tmp_path, options):
    folder = images.root_files(tmp_path / "root", f"UUID={ROOT_UUID} / auto defaults 0 1\n")
    disk = images.ext4(tmp_path / "disk", folder, 64 * MIB, "ext4", *options)
    with ImageTree(str(disk)) as tree:
        assert [tree.is_file(path) for path in ("/etc/hostname", "/etc/fstab")] == [True, True] and not tree.unreadable


def test_what_may_be_in_the_journal_is_not_held_against_an_inode(image):
    set_field(image, "/etc/hostname", "links_count", "0")
    run("debugfs", "-w", "-R", "feature needs_recovery", image)
    with ImageTree(str(image)) as tree:
        assert tree.is_file("/etc/hostname")


def test_an_mmp_block_that_says_that_fsck_runs_is_told(image):
    run("tune2fs", "-O", "mmp", image)
    block = int(run("debugfs", "-R", "dump_mmp", image).split("block_number: ")[1].split()[0])
    for sequence, problems in ((0xE24D4D50, 1), (0xFF4D4D50, 0), (0x12345, 0)):
        with open(image, "r+b") as stream:
            stream.seek(block * 1024 + 4)
            stream.write(sequence.to_bytes(4, "little"))
        with ImageTree(str(image)) as tree:
            assert ["fsck is running" in problem for problem in tree.mount_problems] == [True] * problems


def test_a_superblock_with_a_wrong_checksum_is_told(image):
    with open(image, "r+b") as stream:
        stream.seek(1024 + 120)  # the label
        stream.write(b"other")
    with ImageTree(str(image)) as tree:
        assert ["checksum of its superblock" in problem for problem in tree.mount_problems] == [True]
    run("debugfs", "-w", "-R", "set_super_value volume_name other", image)
    with ImageTree(str(image)) as tree:
        assert not tree.mount_problems


def test_errors_that_linux_found_are_told(image):
    with ImageTree(str(image)) as tree:
        assert not tree.mounts[0].file_system.has_errors
    run("debugfs", "-w", "-R", "set_super_value state 3", image)
    with ImageTree(str(image)) as tree:
        assert tree.mounts[0].file_system.has_errors and tree.mounts[0].file_system.clean
