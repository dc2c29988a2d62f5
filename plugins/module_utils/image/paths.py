# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A path inside one file system, before there is a tree. No link leads to another file system.

PRIVATE: module_utils of this collection are not an interface.
"""

import stat
from typing import Any, Optional

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.tree import Status
from ansible_collections.imagewright.azure.plugins.module_utils.image.file_system import FileSystem, Node
from ansible_collections.imagewright.azure.plugins.module_utils.image.libraries import damage_as_error

_MOST_SYMLINKS = 40
_MOST_TARGET = 4096  # bytes, PATH_MAX of Linux
_SMALL = 1024 * 1024  # bytes
_TYPES = (stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO, stat.S_IFSOCK)
_MOST_OF_DIRECTORY = 256 * 1024 * 1024  # bytes: some million names


def find(file_system: FileSystem, root: Node, path: str) -> Optional[Node]:
    """Return the node at the path, links followed, or None when it is not there.

    root: node of the directory that the path starts from.
    """
    with damage_as_error(f"read {path}", f"its {file_system.kind} file system is damaged"):
        return _walk(file_system, root, path)


def read_small(file_system: FileSystem, root: Node, path: str) -> str:
    """Return the content (str) of a small file, "" when it is not there.

    root: node of the directory that the path starts from. Raises ImagewrightError: it is damaged, or has more than 1 MiB.
    """
    with damage_as_error(f"read {path}", f"its {file_system.kind} file system is damaged"):
        node = _walk(file_system, root, path)
        if node is None or not stat.S_ISREG(status(file_system, node, path).mode):
            return ""
        if file_system.status(node).size > _SMALL:
            raise ImagewrightError(f"cannot read {path}: it has more than {_SMALL >> 20} MiB, which no such file has; look whether it is damaged")
        return file_system.open(node).read(_SMALL).decode("utf-8", "surrogateescape")


def status(file_system: FileSystem, node: Node, path: str) -> Status:
    """Return the Status of a node.

    Raises ImagewrightError: it is of no kind that there is, as of an inode that was deleted or overwritten.
    """
    found = file_system.status(node)
    if stat.S_IFMT(found.mode) not in _TYPES:
        raise ImagewrightError(
            f"cannot read {path}: its {file_system.kind} file system is damaged: what its directory names is neither a file nor a "
            "directory; check it with fsck, or take a sound copy"
        )
    return found


def link_target(file_system: FileSystem, node: Node, path: str) -> str:
    """Return the target (str) of a symbolic link, whose size is looked at before.

    Raises ImagewrightError: it is longer than a path may be.
    """
    size = file_system.status(node).size
    if size > _MOST_TARGET:
        raise ImagewrightError(f"cannot read the link {path}: it has {size} bytes, more than a path may have; check the file system with fsck")
    return file_system.link(node)


def whole_blocks(size: int, block_size: int, where: str) -> int:
    """Return the size (int, bytes) of a directory.

    Raises ImagewrightError: it is not made of whole blocks, or larger than any directory.
    """
    if size % block_size or size > _MOST_OF_DIRECTORY:
        raise ImagewrightError(f"cannot read {where}: it is damaged: it says that it has {size} bytes; check the file system with fsck, or take a sound copy")
    return size


def require_directory(inode: Any, node: int, name: str) -> str:
    """Return what a directory is called in errors (``the directory with inode 12 of partition 1``).

    inode: of a library; node: its number; name: of the volume. Raises ImagewrightError: it is no directory.
    """
    where = f"the directory with inode {node} of {name}"
    if inode.filetype != stat.S_IFDIR:
        raise ImagewrightError(f"cannot read {where}: it is no directory")
    return where


def _walk(file_system: FileSystem, root: Node, path: str) -> Optional[Node]:
    trail = [root]
    pending = [part for part in path.split("/") if part]
    links = 0
    while pending:
        part = pending.pop(0)
        if part in ("", "."):
            continue
        if part == "..":
            trail = trail[:-1] or [root]
            continue
        if not stat.S_ISDIR(status(file_system, trail[-1], path).mode):
            return None
        node = next((node for name, node in file_system.entries(trail[-1]) if _same(name, part, file_system.ignores_case)), None)
        if node is None:
            return None
        if stat.S_ISLNK(status(file_system, node, path).mode):
            links += 1
            if links > _MOST_SYMLINKS:
                raise ImagewrightError(f"cannot read {path}: its symbolic links form a loop")
            target = link_target(file_system, node, path)
            trail = [root] if target.startswith("/") else trail
            pending = target.split("/") + pending
        else:
            trail.append(node)
    return trail[-1]


def _same(name: str, other: str, ignores_case: bool) -> bool:
    return name == other or ignores_case and name.casefold() == other.casefold()
