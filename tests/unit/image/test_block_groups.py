# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Block groups and directory blocks of ext4 that Linux does not take, as debugfs makes them; what Linux itself wrote is right in every layout."""

import os

import pytest
from unit.image import images
from unit.image.images import MIB, ROOT_UUID, mounted, run

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.image.image_tree import ImageTree

LAYOUTS = {
    "as it is by default": ["-b", "4096"],
    "with small blocks": ["-b", "1024"],
    "with a seed": ["-b", "4096", "-O", "metadata_csum_seed"],
    "with small descriptors": ["-b", "4096", "-O", "^64bit"],
    "with descriptors' checksums alone": ["-b", "4096", "-O", "^metadata_csum,uninit_bg"],
    "with groups on their own": ["-b", "4096", "-O", "^flex_bg"],
    "without checksums": ["-b", "4096", "-O", "^metadata_csum,^uninit_bg"],
}


def made(path, *options):
    """Return an ext4 file system of three groups with the files of a root."""
    folder = images.root_files(path.parent / "root", f"UUID={ROOT_UUID} / auto defaults 0 1\n")
    return images.ext4(path, folder, 300 * MIB, "ext4", *options)


def changed(image, *requests):
    for request in requests:
        run("debugfs", "-w", "-R", request, image)


def flip(image, path, block, offset):
    """Change a byte of a block of 4 KiB of a directory; offset: from the end when negative."""
    place = 4096 * int(run("debugfs", "-R", f"bmap {path} {block}", image).split()[-1]) + offset % 4096
    with open(image, "r+b") as stream:
        stream.seek(place)
        octet = stream.read(1)
        stream.seek(place)
        stream.write(bytes([octet[0] ^ 0xFF]))


@pytest.mark.parametrize("options", LAYOUTS.values(), ids=LAYOUTS)
def test_what_linux_wrote_is_right_in_every_layout(tmp_path, options):
    image = made(tmp_path / "disk", *options)
    with mounted(image, tmp_path / "mounted") as place:
        for number in range(3000):
            (place / "var/long" / f"one-more-file-with-a-much-longer-name-than-the-others-have-{number:05d}").touch()
        for number in range(0, 3000, 3):
            (place / "var/long" / f"one-more-file-with-a-much-longer-name-than-the-others-have-{number:05d}").unlink()
        (place / "etc/big").write_bytes(os.urandom(40 * MIB))
    with ImageTree(str(image)) as tree:
        assert len(tree.listdir("/var/long")) == 2300 and len(tree.listdir("/")) > 5
        assert not tree.unwritten and not tree.mount_problems


@pytest.mark.parametrize(
    ("request_", "cause"),
    [
        ("set_super_value blocks_per_group 16384", "76800 inodes, and its 5 groups have"),
        ("set_super_value blocks_per_group 40000", "and may have 32768"),
        ("set_super_value inodes_count 100", "it has 100 inodes"),
        ("set_super_value reserved_gdt_blocks 2000", "keeps 2000 blocks"),
        ("set_super_value first_data_block 1", "begins at block 1"),
        ("set_super_value desc_size 48", "descriptors have 48 bytes"),
        ("set_block_group 1 block_bitmap 0xffffff", "the bitmap of blocks of its group 1 would be at block 16777215"),
        ("set_block_group 2 inode_table 76799", "the inodes of its group 2 would be at block 76799"),
    ],
)
def test_groups_that_cannot_be_are_no_file_system_for_linux(tmp_path, request_, cause):
    image = made(tmp_path / "disk", *LAYOUTS["as it is by default"])
    changed(image, request_)
    with ImageTree(str(image)) as tree:
        assert [cause in problem for problem in tree.mount_problems] == [True], tree.mount_problems


@pytest.mark.parametrize("layout", list(LAYOUTS)[:-1])
def test_a_descriptor_with_another_checksum_is_not_written(tmp_path, layout):
    image = made(tmp_path / "disk", *LAYOUTS[layout])
    changed(image, "set_block_group 1 checksum 0x1234")
    with ImageTree(str(image)) as tree:
        assert [(each.path, each.cause, each.on_errors) for each in tree.unwritten] == [("/", "the descriptor of its group 1 has another checksum", "")]
    run("sh", "-c", f"e2fsck -p {image}; test $? = 1")
    with ImageTree(str(image)) as tree:
        assert not tree.unwritten


@pytest.mark.parametrize(("what", "mode"), [("Block", "continue"), ("Inode", "remount-ro")])
def test_a_bitmap_with_another_checksum_is_told_with_what_follows(tmp_path, what, mode):
    image = made(tmp_path / "disk", *LAYOUTS["as it is by default"])
    run("tune2fs", "-e", mode, image)
    place = run("dumpe2fs", image).split(f"{what} bitmap at ")[1].split()[0]
    with open(image, "r+b") as stream:
        stream.seek(int(place) * 4096)
        stream.write(b"\0")
    with ImageTree(str(image)) as tree:
        assert [(f"the bitmap of {what.lower()}s" in each.cause, each.on_errors) for each in tree.unwritten] == [(True, mode)]


@pytest.mark.parametrize(("block", "offset"), [(0, 60), (0, -5), (1, -2), (1, -5), (1, 40)])
def test_a_block_of_a_directory_with_another_checksum_cannot_be_read(tmp_path, block, offset):
    image = made(tmp_path / "disk", *LAYOUTS["as it is by default"])
    run("sh", "-c", f"e2fsck -fyD {image}; test $? -lt 2")
    assert "Root node dump" in run("debugfs", "-R", "htree /var/long", image)
    flip(image, "/var/long", block, offset)
    with ImageTree(str(image)) as tree, pytest.raises(ImagewrightError, match="its checksum is wrong|is damaged"):
        tree.listdir("/var/long")


def test_a_directory_of_one_block_with_another_checksum_cannot_be_read(tmp_path):
    image = made(tmp_path / "disk", *LAYOUTS["as it is by default"])
    flip(image, "/etc", 0, -2)
    with pytest.raises(ImagewrightError, match="its checksum is wrong"):
        ImageTree(str(image))


def test_what_may_be_in_the_journal_is_not_held_against_a_block(tmp_path):
    image = made(tmp_path / "disk", *LAYOUTS["as it is by default"])
    flip(image, "/var/long", 1, -2)
    changed(image, "feature needs_recovery")
    with ImageTree(str(image)) as tree:
        assert tree.listdir("/var/long")
