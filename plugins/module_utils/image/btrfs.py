# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Btrfs on one device by dissect.btrfs.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.tree import Status
from ansible_collections.imagewright.azure.plugins.module_utils.image.libraries import library

_TOP = 5  # object id of the top level subvolume
_MOST_SUBVOLUMES = 512  # snapshots pile up
_UNCHANGING = 0x40 | 0x80  # BTRFS_INODE_IMMUTABLE and _APPEND, btrfs_tree.h


class BtrfsFileSystem:
    """A Btrfs file system; nodes are (subvolume id, inode number)."""

    kind = "btrfs"
    ignores_case = False

    def __init__(self, stream, name):
        self._fs = library("dissect.btrfs.btrfs", f"read {name}").Btrfs(stream)
        if self._fs.sb.num_devices != 1:
            raise ImagewrightError(f"cannot read {name}: its Btrfs file system spans {self._fs.sb.num_devices} devices; "
                                   "an Azure OS disk must hold all of it")
        self.uuid = str(self._fs.uuid)
        self.label = self._fs.label
        # copy on write is consistent at any time; but what was written with fsync since the last commit is in the log tree alone
        self.clean = self._fs.sb.log_root == 0
        self.root = self.subvolume(None)

    def subvolume(self, path):
        """Return the root node of a subvolume.

        path: str, ``@/.snapshots/1/snapshot``, or None for the default one.
        Raises ImagewrightError: there is none of this path.
        """
        if path is None:
            found = self._fs.default_subvolume
        elif path.strip("/") == "":
            found = self._fs.open_subvolume(_TOP)
        else:
            found = next((subvolume for subvolume in self.subvolumes() if subvolume.path == path.strip("/")), None)
        if found is None:
            raise ImagewrightError(f"cannot find the Btrfs subvolume {path}; correct subvol= in /etc/fstab")
        return found.objectid, found.root.inum

    def subvolumes(self):
        """Return the subvolumes of the library, the first of them when there are very many."""
        found = []
        for subvolume in self._fs.subvolumes():
            found.append(subvolume)
            if len(found) >= _MOST_SUBVOLUMES:
                break
        return found

    def entries(self, node):
        """Yield (name, node) of a directory."""
        for name, child in self._inode(node).iterdir():
            if name not in (".", ".."):
                yield name, (child.subvolume.objectid, child.inum)

    def status(self, node):
        """Return the Status of a node."""
        inode = self._inode(node)
        return Status(inode.mode, inode.size, inode.uid, inode.gid, inode.mtime_ns / 1e9)

    def is_immutable(self, node):
        """Return whether the node is immutable or append-only."""
        return bool(self._inode(node).inode.flags & _UNCHANGING)

    def free(self):
        """Return (bytes, None) that are free; Btrfs has no limit of inodes."""
        return self._fs.sb.total_bytes - self._fs.sb.bytes_used, None

    def link(self, node):
        """Return the target (str) of a symbolic link."""
        return self._inode(node).link

    def open(self, node):
        """Return the content as a stream."""
        return self._inode(node).open()

    def _inode(self, node):
        return self._fs.open_subvolume(node[0]).inode(node[1])


def open_file_system(stream, name):
    """Return the BtrfsFileSystem in the stream."""
    return BtrfsFileSystem(stream, name)
