# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Free space, immutable files and labels of an image, as the file systems' own tools tell or set them."""

import os
import re

import pytest
from unit.image import images
from unit.image.images import MIB, ROOT_UUID, run

from ansible_collections.imagewright.azure.plugins.module_utils.image.image_tree import ImageTree

LABEL = "system_u:object_r:etc_t:s0"


@pytest.fixture
def folder(tmp_path):
    return images.root_files(tmp_path / "root", f"UUID={ROOT_UUID} / auto defaults 0 1\n")


def test_ext4_tells_free_blocks_and_inodes_flags_and_labels(tmp_path, folder):
    image = images.ext4(tmp_path / "disk", folder, 300 * MIB)
    for field in ("/etc/hostname flags 0x80010", "/etc/empty flags 0x80020"):
        run("debugfs", "-w", "-R", f"set_inode_field {field}", image)
    run("debugfs", "-w", "-R", f"ea_set /etc/hostname security.selinux {LABEL}", image)
    told = run("dumpe2fs", "-h", image)
    blocks, inodes, size = (int(re.search(rf"^{name}: +(\d+)$", told, re.MULTILINE).group(1)) for name in ("Free blocks", "Free inodes", "Block size"))
    with ImageTree(str(image)) as tree:
        assert tuple(tree.free("/etc")) == (blocks * size, inodes)
        assert [tree.is_immutable(path) for path in ("/etc/hostname", "/etc/empty", "/etc/fstab", "/etc")] == [True, True, False, False]
        assert tree.is_immutable("/no/such/file") is None
        assert (tree.security_label("/etc/hostname"), tree.security_label("/etc/fstab")) == (LABEL, "")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")
@pytest.mark.parametrize("make", [images.xfs, images.btrfs])
def test_other_file_systems_tell_free_space_and_flags(tmp_path, folder, make):
    image = make(tmp_path / "disk", folder, 512 * MIB)
    with ImageTree(str(image)) as tree:
        assert 200 * MIB < tree.free("/").size < 512 * MIB and tree.free("/").inodes is None
        assert tree.is_immutable("/etc/hostname") is False
    with images.mounted(image, tmp_path / "place") as place:
        run("chattr", "+i", place / "etc/hostname")
        os.setxattr(place / "etc/empty", "user.comment", b"x" * 40)
        os.setxattr(place / "etc/empty", "security.selinux", LABEL.encode() + b"\0")
    with ImageTree(str(image)) as tree:
        assert tree.is_immutable("/etc/hostname") is True
        assert tree.is_immutable("/etc/fstab") is False
        assert [tree.security_label(path) for path in ("/etc/empty", "/etc/hostname")] == [LABEL, ""]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")
def test_a_full_btrfs_has_no_room_although_its_metadata_has(tmp_path, folder):
    image = images.btrfs(tmp_path / "disk", folder, 512 * MIB)
    with images.mounted(image, tmp_path / "place") as place, open(place / "large", "wb", buffering=0) as stream:
        fill(stream)
        free = os.statvfs(place).f_bavail * os.statvfs(place).f_bsize
    with ImageTree(str(image)) as tree:
        assert free < MIB and tree.free("/").size < 4 * MIB


@pytest.mark.parametrize("make", [images.ext4, images.xfs, images.btrfs])
def test_a_file_system_that_ends_behind_its_partition_is_told(tmp_path, folder, make):
    image = make(tmp_path / "disk", folder, 512 * MIB)
    os.truncate(image, 500 * MIB)
    with ImageTree(str(image)) as tree:
        assert ["and its partition 524288000" in problem for problem in tree.mount_problems] == [True]


def test_an_ext4_journal_of_zeros_is_told(tmp_path, folder):
    image = images.ext4(tmp_path / "disk", folder, 300 * MIB)
    block = int(run("debugfs", "-R", "bmap <8> 0", image).split()[-1])
    size = int(re.search(r"^Block size: +(\d+)$", run("dumpe2fs", "-h", image), re.MULTILINE).group(1))
    with ImageTree(str(image)) as tree:
        assert tree.mount_problems == []
    with open(image, "r+b") as stream:
        stream.seek(block * size)
        stream.write(bytes(size))
    with ImageTree(str(image)) as tree:
        assert ["its journal is damaged" in problem for problem in tree.mount_problems] == [True]


def fill(stream):
    """Write to a file until its file system has no room left."""
    for piece in (4 * MIB, 4096):
        try:
            while True:
                stream.write(os.urandom(piece))
        except OSError:
            continue


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), {"has_journal"}),
        (("-o", "journal_data_writeback"), {"has_journal", "default-data=writeback"}),
        (("-o", "journal_data"), {"has_journal", "default-data=journal"}),
        (("-O", "^has_journal"), set()),
        (("-O", "project,quota"), {"has_journal", "project", "quota"}),
        (("-O", "read-only"), {"has_journal", "read-only"}),
    ],
)
def test_ext4_tells_what_decides_about_its_mounts(tmp_path, folder, options, expected):
    image = images.ext4(tmp_path / "disk", folder, 300 * MIB)
    if options:
        run("tune2fs", *options, image)
    with ImageTree(str(image)) as tree:
        assert tree.file_system_features("/") - {"metadata_csum", "metadata_csum_seed"} == expected
        assert tree.file_system_features("/etc") is None


def test_btrfs_tells_its_free_space_tree(tmp_path, folder):
    with ImageTree(str(images.btrfs(tmp_path / "disk", folder, 512 * MIB))) as tree:
        assert "free-space-tree" in tree.file_system_features("/") and "read-only" not in tree.file_system_features("/")
