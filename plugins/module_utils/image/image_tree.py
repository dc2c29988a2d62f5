# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ImageTree: the files of the Linux system in a disk image, without mounting it.

PRIVATE: module_utils of this collection are not an interface.
"""

from typing import Optional, Sequence


from ansible_collections.imagewright.azure.plugins.module_utils.image.assembly import assemble
from ansible_collections.imagewright.azure.plugins.module_utils.image.disk_image import DiskImage
from ansible_collections.imagewright.azure.plugins.module_utils.image.mounted_tree import MountedTree
from ansible_collections.imagewright.azure.plugins.module_utils.image.roots import is_system


class ImageTree(MountedTree):
    """The files of the Linux system in a disk image, its file systems assembled as its own boot entries and its own /etc/fstab say.

    path: str, raw, VHD, qcow2, VMDK, VDI or VHDX. The image is never written, and no other file is opened.
    disk: DiskImage already opened, or None.
    Raises ImagewrightError: the image cannot be read, or no Linux root is found in it.
    """

    def __init__(self, path: str, disk: Optional[DiskImage] = None) -> None:
        self.path = str(path)
        self.disk = disk if disk is not None else DiskImage(self.path)
        try:
            assembled = assemble(self.disk, self.path)
        except BaseException:
            self.close()
            raise
        super().__init__(assembled.mounts)
        self.mount_problems, self.left_out, self.unwritten = assembled.problems, assembled.left_out, assembled.unwritten

    def __enter__(self) -> "ImageTree":
        return self

    def __exit__(self, *unused: object) -> None:
        self.close()

    def has_system(self, options: Sequence[str]) -> Optional[bool]:
        """Return whether the root begins at a Linux system when its file system, one of Btrfs, is mounted with options ([str], ``subvol=@``)."""
        root = self.mount_of("/")
        return is_system(root, options) if root.file_system.kind == "btrfs" else None

    def close(self) -> None:
        """Close the image."""
        self.disk.close()
