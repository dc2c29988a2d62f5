# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""XFS by dissect.xfs.

PRIVATE: module_utils of this collection are not an interface.
"""

import io
import os
from typing import FrozenSet, Iterable, Iterator, List, Optional, Tuple

from ansible_collections.imagewright.azure.plugins.module_utils.core.annotations import Stream
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.tree import Status
from ansible_collections.imagewright.azure.plugins.module_utils.disk.blocks import Window
from ansible_collections.imagewright.azure.plugins.module_utils.image import xfs_checksums, xfs_directory, xfs_log
from ansible_collections.imagewright.azure.plugins.module_utils.image.file_system import FileSystem
from ansible_collections.imagewright.azure.plugins.module_utils.image.libraries import library
from ansible_collections.imagewright.azure.plugins.module_utils.image.paths import require_directory, whole_blocks

_IN_INODE = 1  # di_format: the data is in the inode itself

_ATTRIBUTES_AT = 4  # bytes into an attribute fork of the short form
_KEPT_BLOCKS = 8192  # that the kernel gives to nobody: Linux fs/xfs/xfs_mount.c, xfs_default_resblks
_SECURE = 0x4  # flags of an attribute: its name begins with ``security.``
_UNCHANGING = 0x8 | 0x10  # di_flags, immutable and append-only
_VERSION, _VERSION_5 = 0xF, 5  # sb_versionnum
_NEEDS_REPAIR = 0x10  # sb_features_incompat; Linux fs/xfs/xfs_super.c, xfs_fs_fill_super
#: Bits of sb_features_incompat and of sb_features_ro_compat, fs/xfs/libxfs/xfs_format.h, by the names that mkfs.xfs has for them.
_INCOMPATIBLE = {
    0x2: "sparse",
    0x4: "meta_uuid",
    0x8: "bigtime",
    0x20: "nrext64",
    0x40: "exchange",
    0x80: "parent",
    0x100: "metadir",
    0x200: "zoned",
}
_READ_ONLY = {0x1: "finobt", 0x2: "rmapbt", 0x4: "reflink", 0x8: "inobtcount"}


class XfsFileSystem(FileSystem):
    """An XFS file system; nodes are inode numbers."""

    kind = "xfs"
    ignores_case = False

    def __init__(self, stream: Window, name: str) -> None:
        self._name = name
        self._fs = library("dissect.xfs.xfs", f"read {name}").XFS(stream)
        self.uuid = str(self._fs.uuid)
        self.label = self._fs.name
        self.root = self._fs.sb.sb_rootino
        self.clean = _was_unmounted(stream, self.log_place())
        length = self._fs.sb.sb_dblocks * self._fs.sb.sb_blocksize
        #: why Linux does not mount it (str), "" when nothing is known; Linux fs/xfs/xfs_mount.c, xfs_check_sizes
        size = stream.seek(0, os.SEEK_END)
        self.obstacle = f"it has {length} bytes, and its partition {size}" if length > size else ""
        if self._has_features() and self._fs.sb.sb_features_incompat & _NEEDS_REPAIR:
            self.obstacle = "it says that it needs xfs_repair"
        self._crc = library("dissect.util.hash", f"read {name}").crc32c.crc32c
        # of one that was not unmounted the log may have newer ones
        self._has_checksums = self._has_features() and bool(self.clean)
        self.obstacle = self.obstacle or self._impossible() or self._unproven()

    def _impossible(self) -> str:
        """Return why Linux takes it for none (str), "" when it does not. Source: Linux fs/xfs/libxfs/xfs_sb.c, xfs_validate_sb_common."""
        sb = self._fs.sb
        if sb.sb_inprogress:
            return "it says that it is being made"
        groups = -(-sb.sb_dblocks // max(1, sb.sb_agblocks))
        return "" if groups == sb.sb_agcount else f"it has {sb.sb_agcount} groups, and its blocks are those of {groups}"

    def _unproven(self) -> str:
        if not self._has_checksums:
            return ""
        sb, stream = self._fs.sb, self._fs.fh

        def read(offset: int, length: int) -> bytes:
            stream.seek(offset)
            octets: bytes = stream.read(length)
            return octets

        return xfs_checksums.unproven(read, sb.sb_sectsize, sb.sb_agblocks * sb.sb_blocksize, sb.sb_agcount, self._crc)

    def _has_features(self) -> bool:
        """Return whether its superblock has words of features: that of version 5."""
        return self._fs.sb.sb_versionnum & _VERSION == _VERSION_5

    def entries(self, node: int) -> Iterator[Tuple[str, int]]:
        """Yield (name, node) of a directory."""
        directory = self._fs.get_inode(node)
        where = require_directory(directory, node, self._name)
        has_types = bool(self._fs._has_ftype)
        if directory.inode.di_format == _IN_INODE:
            yield from xfs_directory.short_entries(directory.datafork().read(directory.size), has_types, where)
            return
        size = self._fs.block_size << self._fs.sb.sb_dirblklog
        length = whole_blocks(directory.size, size, where)
        stream, holes = directory.open(), _holes(directory.dataruns)
        for number in range(length // size):
            if any(first <= number * size // self._fs.block_size < end for first, end in holes):
                continue  # given back when its last entry went
            stream.seek(number * size)
            block, place = stream.read(size), f"{where}, block {number}"
            found = [(name, inode) for name, inode in xfs_directory.entries(block, has_types, node, place) if name not in (".", "..")]
            if self._has_checksums and not xfs_checksums.is_proven(block, xfs_checksums.DIRECTORY, self._crc):
                raise _unproven_error(place)
            yield from found

    def status(self, node: int) -> Status:
        """Return the Status of a node. Raises ImagewrightError: Linux refuses it."""
        inode = self._fs.get_inode(node)
        raw = inode.inode
        if self._has_checksums and not xfs_checksums.is_proven(inode._buf.getvalue(), xfs_checksums.INODE, self._crc):
            raise _unproven_error(f"a file of {self._name} (inode {node})")
        return Status(raw.di_mode, inode.size, raw.di_uid, raw.di_gid, inode.mtime_ns / 1e9)

    def link(self, node: int) -> str:
        """Return the target (str) of a symbolic link."""
        return self._fs.get_inode(node).link

    def open(self, node: int) -> Stream:
        """Return the content as a stream."""
        inode = self._fs.get_inode(node)
        if inode.size == 0:  # reads the inode: the library takes local data from what was read
            return io.BytesIO()
        return inode.open()

    def is_immutable(self, node: int) -> bool:
        """Return whether the node is immutable or append-only."""
        return bool(self._fs.get_inode(node).inode.di_flags & _UNCHANGING)

    def security_label(self, node: int) -> Optional[str]:
        """Return the SELinux label (str) of a node, "" without one; None when its attributes do not lie in the inode.

        Source: XFS Algorithms and Data Structures, "Extended Attributes: Short Form".
        """
        inode = self._fs.get_inode(node)
        if not inode.inode.di_forkoff:
            return ""
        if inode.inode.di_aformat != _IN_INODE:
            return None
        fork = inode.attrfork().read()
        count, position = fork[2], _ATTRIBUTES_AT
        for _number in range(count):
            if position + 3 > len(fork):
                return None
            name_length, length, flags = fork[position : position + 3]
            name = fork[position + 3 : position + 3 + name_length]
            position += 3 + name_length + length
            if flags & _SECURE and name == b"selinux":
                return fork[position - length : position].rstrip(b"\0").decode("ascii", "replace")
        return ""

    def free(self) -> Tuple[int, None]:
        """Return (bytes, inodes) that are free; XFS makes inodes of free space, unless it has a limit that it reaches."""
        sb = self._fs.sb
        return max(0, sb.sb_fdblocks - min(sb.sb_dblocks // 20, _KEPT_BLOCKS)) * sb.sb_blocksize, None

    def features(self, node: int) -> FrozenSet[str]:
        """Return the names ({str}) of the features that decide whether a kernel mounts it."""
        sb = self._fs.sb
        if not self._has_features():
            return frozenset()
        found = [name for bit, name in _INCOMPATIBLE.items() if sb.sb_features_incompat & bit]
        return frozenset(found + [name for bit, name in _READ_ONLY.items() if sb.sb_features_ro_compat & bit])

    def log_place(self) -> Optional[Tuple[int, int]]:
        """Return (start, size) of the log in bytes, None when it is on another device."""
        sb = self._fs.sb
        if not sb.sb_logstart:
            return None
        group, block = divmod(sb.sb_logstart, 1 << sb.sb_agblklog)
        return (group * sb.sb_agblocks + block) * sb.sb_blocksize, sb.sb_logblocks * sb.sb_blocksize


def _unproven_error(where: str) -> ImagewrightError:
    return ImagewrightError(f"cannot read {where}: its checksum is wrong, and Linux does not read it; repair it with xfs_repair, or take a sound copy")


def _holes(runs: Iterable[Tuple[Optional[int], int]]) -> List[Tuple[int, int]]:
    """Return [(first, end)] of the blocks of a file that are not there, both in blocks.

    runs: [(place or None, count)], in order.
    """
    found, position = [], 0
    for place, count in runs:
        if place is None:
            found.append((position, position + count))
        position += count
    return found


def _was_unmounted(stream: Window, place: Optional[Tuple[int, int]]) -> Optional[bool]:
    """Return whether nothing in the log is left to replay (bool), None when that is not known.

    place: as of log_place.
    """
    if place is None or sum(place) > stream.size:
        return None
    start, size = place

    def read_at(offset: int, length: int) -> bytes:
        stream.seek(start + offset)
        return stream.read(length)

    return xfs_log.ends_with_unmount(read_at, size)


def open_file_system(stream: Window, name: str) -> XfsFileSystem:
    """Return the XfsFileSystem in the stream."""
    return XfsFileSystem(stream, name)
