# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""File systems to try the vhd modules on, each in a sparse file of its own."""

import pytest
from integration.vhd.images import call

MAKE = {
    "ext4": ["mkfs.ext4", "-q", "-F"],
    "xfs": ["mkfs.xfs", "-q", "-m", "reflink=1"],
    "btrfs": ["mkfs.btrfs", "-q"],
}


@pytest.fixture
def file_system(tmp_path):
    """A function (kind, size) that mounts a new file system and returns its directory."""
    mounted = []

    def make(kind, size="3G"):
        image, folder = tmp_path / f"{kind}.img", tmp_path / f"on-{kind}"
        folder.mkdir()
        call("truncate", "-s", size, image)
        call(*MAKE[kind], image)
        call("mount", "-o", "loop", image, folder)
        mounted.append(folder)
        return folder

    yield make
    for folder in reversed(mounted):
        call("umount", folder)


@pytest.fixture
def small_file_system(tmp_path):
    """A file system of 12 MiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    call("mount", "-t", "tmpfs", "-o", "size=12m", "none", folder)
    yield folder
    call("umount", folder)
