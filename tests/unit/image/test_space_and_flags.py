# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Free space, immutable files and labels of an image, as the file systems' own tools tell or set them."""

import re
import subprocess

import pytest
from unit.image import images
from unit.image.images import MIB, ROOT_UUID, run

from ansible_collections.imagewright.azure.plugins.module_utils.image.image_tree import ImageTree


@pytest.fixture
def folder(tmp_path):
    return images.root_files(tmp_path / "root", f"UUID={ROOT_UUID} / auto defaults 0 1\n")


def test_ext4_tells_free_blocks_and_inodes_flags_and_labels(tmp_path, folder):
    image = images.ext4(tmp_path / "disk", folder, 300 * MIB)
    for field in ("/etc/hostname flags 0x80010", "/etc/empty flags 0x80020"):
        run("debugfs", "-w", "-R", f"set_inode_field {field}", image)
    run("debugfs", "-w", "-R", "ea_set /etc/hostname security.selinux system_u:object_r:etc_t:s0", image)
    told = run("dumpe2fs", "-h", image)
    blocks, inodes, size = (int(re.search(rf"^{name}: +(\d+)$", told, re.MULTILINE).group(1)) for name in ("Free blocks", "Free inodes", "Block size"))
    with ImageTree(str(image)) as tree:
        assert tuple(tree.free("/etc")) == (blocks * size, inodes)
        assert [tree.is_immutable(path) for path in ("/etc/hostname", "/etc/empty", "/etc/fstab", "/etc")] == [True, True, False, False]
        assert tree.is_immutable("/no/such/file") is None
        assert (tree.security_label("/etc/hostname"), tree.security_label("/etc/fstab")) == ("system_u:object_r:etc_t:s0", "")


@pytest.mark.parametrize("make", [images.xfs, images.btrfs])
def test_other_file_systems_tell_free_space_and_flags(tmp_path, folder, make):
    image = make(tmp_path / "disk", folder, 512 * MIB)
    with ImageTree(str(image)) as tree:
        assert 200 * MIB < tree.free("/").size < 512 * MIB and tree.free("/").inodes is None
        assert tree.is_immutable("/etc/hostname") is False
    try:
        with images.mounted(image, tmp_path / "place") as place:
            run("chattr", "+i", place / "etc/hostname")
    except (AssertionError, subprocess.CalledProcessError):
        pytest.skip("no right to mount it here")
    with ImageTree(str(image)) as tree:
        assert tree.is_immutable("/etc/hostname") is True
        assert tree.is_immutable("/etc/fstab") is False
