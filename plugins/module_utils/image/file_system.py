# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every reader of a file system can do, whichever it is; ext, xfs, btrfs and fat have a class each.

PRIVATE: module_utils of this collection are not an interface.
"""

from typing import Any, Callable, Iterator, Optional, Tuple

from ansible_collections.imagewright.azure.plugins.module_utils.core.annotations import Stream
from ansible_collections.imagewright.azure.plugins.module_utils.core.tree import Status

#: A file or directory, as its file system has them: an inode number (ext, XFS), (subvolume, inode number) (Btrfs), or a library's entry (FAT).
Node = Any

#: (bytes, value so far) -> CRC32C as of dissect.util: the complement of what Linux goes on with.
Crc = Callable[[bytes, int], int]


class FileSystem:
    """A file system that can be read.

    kind: ext, xfs, btrfs or fat; uuid, label: "" without one; clean: whether nothing is left to replay, None when it does not tell;
    has_errors: whether it says that Linux found it damaged; root: Node of its root directory.
    A file system that can tell also has is_immutable(node), security_label(node), free() -> (bytes, inodes or None) and features(node of what is
    mounted), as of Tree.file_system_features.
    """

    kind: str
    ignores_case: bool
    uuid: str
    label: str
    clean: Optional[bool]
    has_errors: bool = False
    root: Node

    def entries(self, node: Node) -> Iterator[Tuple[str, Node]]:
        """Yield (name, Node) of a directory."""
        raise NotImplementedError

    def status(self, node: Node) -> Status:
        """Return the Status of a node."""
        raise NotImplementedError

    def link(self, node: Node) -> str:
        """Return the target of a symbolic link."""
        raise NotImplementedError

    def open(self, node: Node) -> Stream:
        """Return the content as a stream."""
        raise NotImplementedError

    def unwritten(self) -> Tuple[str, str]:
        """Return (why Linux does not write it, what it does at the first error), the first "" when it does, the second "" when it never writes."""
        return "", ""
