# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What cannot be read is called by the name that its own tools have for it."""

import pytest
from unit.image.images import MIB, mounted, run

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.image.disk_image import DiskImage
from ansible_collections.imagewright.azure.plugins.module_utils.image.image_tree import ImageTree


def ext4(path, *options):
    """Write a file system of 20 MiB that fills the disk."""
    with open(path, "wb") as stream:
        stream.truncate(20 * MIB)
    run("mkfs.ext4", "-q", "-F", *options, path)
    return path


def error_of(path):
    """Return why the only volume of a disk cannot be read, None when it can."""
    disk = DiskImage(str(path))
    try:
        return disk.volumes[0].error
    finally:
        disk.close()


@pytest.mark.parametrize(
    "features, names",
    [
        ("meta_bg,^resize_inode", "meta_bg"),
        ("bigalloc,extent", "bigalloc"),
        ("journal_dev", "journal_dev"),
        ("meta_bg,^resize_inode,bigalloc,extent", "meta_bg, bigalloc"),
    ],
)
def test_a_feature_of_ext4_is_named_as_tune2fs_names_it(tmp_path, features, names):
    error = error_of(ext4(tmp_path / "disk.raw", "-O", features))

    assert f"has the feature {names}, which cannot be read here; check the mounted tree" in error


@pytest.mark.parametrize("features", ["inline_data", "encrypt", "casefold", "large_dir", "ea_inode", "metadata_csum_seed", "verity", "^has_journal"])
def test_a_feature_that_is_read_is_no_obstacle(tmp_path, features):
    assert error_of(ext4(tmp_path / "disk.raw", "-O", features)) is None


def test_an_ostree_system_is_called_that(tmp_path):
    (tmp_path / "files/ostree/repo").mkdir(parents=True)
    (tmp_path / "files/ostree/deploy/fedora-coreos").mkdir(parents=True)

    with pytest.raises(ImagewrightError, match="it is an ostree system .*check the running guest with `root: /`"):
        ImageTree(str(ext4(tmp_path / "disk.raw", "-d", str(tmp_path / "files"))))


def test_an_ostree_system_in_a_subvolume_of_btrfs_is_called_that_too(tmp_path):
    path = tmp_path / "disk.raw"
    with open(path, "wb") as stream:
        stream.truncate(256 * MIB)
    run("mkfs.btrfs", "-q", path)
    with mounted(path, tmp_path / "mounted", "loop") as place:
        run("btrfs", "subvolume", "create", place / "home")
        run("btrfs", "subvolume", "create", place / "root")
        (place / "root/ostree/repo").mkdir(parents=True)

    with pytest.raises(ImagewrightError, match="it is an ostree system"):
        ImageTree(str(path))


def test_a_directory_named_ostree_alone_makes_none(tmp_path):
    (tmp_path / "files/srv/ostree/repo").mkdir(parents=True)

    with pytest.raises(ImagewrightError, match="give the image of a disk with a Linux system"):
        ImageTree(str(ext4(tmp_path / "disk.raw", "-d", str(tmp_path / "files"))))


def test_a_disk_without_a_system_is_not(tmp_path):
    with pytest.raises(ImagewrightError, match="give the image of a disk with a Linux system"):
        ImageTree(str(ext4(tmp_path / "disk.raw")))
