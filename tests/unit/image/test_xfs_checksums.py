# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Blocks of XFS with another checksum, as xfs_db makes them: Linux does not mount it, stops at them, or does not read them."""

import pytest
from unit.image import images
from unit.image.images import MIB, ROOT_UUID, mounted, run

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.image.image_tree import ImageTree

LAYOUTS = {
    "as it is by default": [],
    "with large sectors": ["-s", "size=4096"],
    "with large directories": ["-n", "size=16384"],
    "with little": ["-m", "reflink=0,rmapbt=0,finobt=0", "-i", "nrext64=0"],
}


def made(path, *options):
    folder = images.root_files(path.parent / "root", f"UUID={ROOT_UUID} / auto defaults 0 1\n")
    (folder / "etc/ssh").mkdir()
    for number in range(40):
        (folder / "etc/ssh" / f"ssh_host_key_number_{number:02d}").write_text("key\n")
    return images.xfs(path, folder, 320 * MIB, *options)


def changed(image, *requests):
    run("xfs_db", "-x", *[word for request in requests for word in ("-c", request)], image)


@pytest.mark.parametrize("options", LAYOUTS.values(), ids=LAYOUTS)
def test_what_linux_wrote_is_right_in_every_layout(tmp_path, options):
    image = made(tmp_path / "disk", *options)
    with mounted(image, tmp_path / "mounted") as place:
        for number in range(2000):
            (place / "var/long" / f"one-more-{number:05d}").touch()
        for number in range(0, 2000, 3):
            (place / "var/long" / f"one-more-{number:05d}").unlink()
    with ImageTree(str(image)) as tree:
        assert len(tree.listdir("/var/long")) == 1633 and len(tree.listdir("/etc/ssh")) == 40
        assert all(tree.is_file(f"/etc/ssh/{name}") for name in tree.listdir("/etc/ssh"))
        assert not tree.mount_problems and not tree.unreadable


@pytest.mark.parametrize(
    ("requests", "cause"),
    [
        (["sb 0", "crc -i"], "the checksum of its superblock"),
        (["agf 0", "crc -i"], "the header of the free space (AGF) of its group 0"),
        (["agi 3", "crc -i"], "the header of the inodes (AGI) of its group 3"),
        (["agfl 1", "crc -i"], "the header of the free list (AGFL) of its group 1"),
        (["sb 0", "write -d inprogress 1"], "is being made"),
        (["sb 0", "write -d agcount 5"], "it has 5 groups"),
    ],
)
def test_a_header_that_linux_does_not_take_is_told(tmp_path, requests, cause):
    image = made(tmp_path / "disk")
    changed(image, *requests)
    with ImageTree(str(image)) as tree:
        assert [cause in problem for problem in tree.mount_problems] == [True], tree.mount_problems


def test_the_copies_of_the_superblock_are_read_by_nobody(tmp_path):
    image = made(tmp_path / "disk")
    changed(image, "sb 1", "crc -i")
    with ImageTree(str(image)) as tree:
        assert not tree.mount_problems


def test_an_inode_with_another_checksum_cannot_be_read(tmp_path):
    image = made(tmp_path / "disk")
    changed(image, "path /etc/hostname", "crc -i")
    with ImageTree(str(image)) as tree:
        with pytest.raises(ImagewrightError, match="its checksum is wrong"):
            tree.stat("/etc/hostname")
        assert tree.is_file("/etc/fstab")


@pytest.mark.parametrize("path", ["/etc/ssh", "/var/long"])
def test_a_block_of_a_directory_with_another_checksum_cannot_be_read(tmp_path, path):
    image = made(tmp_path / "disk")
    block = run("xfs_db", "-r", "-c", f"path {path}", "-c", "dblock 0", "-c", "fsblock", image).split()[-1]
    place = int(run("xfs_db", "-r", "-c", f"convert fsblock {block} byte", image).split()[0], 16)
    with open(image, "r+b") as stream:
        stream.seek(place + 12)  # lsn
        stream.write(b"\1")
    with ImageTree(str(image)) as tree, pytest.raises(ImagewrightError, match="its checksum is wrong"):
        tree.listdir(path)
