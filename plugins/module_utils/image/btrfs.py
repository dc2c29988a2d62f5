# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Btrfs on one device by dissect.btrfs.

PRIVATE: module_utils of this collection are not an interface.
"""

import functools
import hashlib
import os
import stat
import struct
from typing import Any, FrozenSet, Iterator, List, NamedTuple, Optional, Tuple

from ansible_collections.imagewright.azure.plugins.module_utils.core.annotations import Stream
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.tree import Status
from ansible_collections.imagewright.azure.plugins.module_utils.image.file_system import FileSystem
from ansible_collections.imagewright.azure.plugins.module_utils.image.libraries import library

#: A file or directory: (subvolume id, inode number).
Node = Tuple[int, int]

_TOP = 5  # object id of the top level subvolume
_MOST_SUBVOLUMES = 512  # snapshots pile up
_UNCHANGING = 0x40 | 0x80  # BTRFS_INODE_IMMUTABLE and _APPEND, btrfs_tree.h

_ROOT_REF, _DIR_INDEX, _ROOT_ITEM = 156, 96, 132  # types of keys, btrfs_tree.h
_XATTR_ITEM, _BLOCK_GROUP_ITEM = 24, 192
_EXTENT_TREE, _BLOCK_GROUP_TREE = 2, 11  # object ids
_SEEDING, _SUBVOLUME_READ_ONLY = 1 << 32, 1  # BTRFS_SUPER_FLAG_SEEDING, BTRFS_ROOT_SUBVOL_RDONLY
#: Bits of incompat_flags and of compat_ro_flags, uapi/linux/btrfs.h
_INCOMPATIBLE = {
    0x100: "skinny-metadata",
    0x200: "no-holes",
    0x400: "metadata-uuid",
    0x800: "raid1c34",
    0x1000: "zoned",
    0x4000: "raid-stripe-tree",
    0x10000: "squota",
}
_READ_ONLY = {0x1: "free-space-tree", 0x4: "verity", 0x8: "block-group-tree"}
_SECTOR = 4096  # bytes
_DATA = 1  # BTRFS_BLOCK_GROUP_DATA
_DIR_ITEM = struct.Struct("<25xHHx")  # the lengths of data and name, which follow it
_PLENTY = 1024 * 1024 * 1024  # bytes: nobody asks for more of them
_KEY = struct.Struct("<QBQ")
_HEADER, _POINTER, _ITEM = 101, 33, 25  # bytes: of a node's header, and of what follows it in a node and in a leaf; each begins with a key
_MOST_NODES = 8192  # whose keys are remembered: as many as the library keeps
_STUB = (0, 0)  # node of an empty directory in the place of a subvolume that is not there
_CHECKSUM = 32  # bytes at the start of a node
_ADDRESS_AT = 48  # where a node says its own address
_CRC32C, _SHA256, _BLAKE2B = 0, 2, 3  # csum_type; 1 is xxhash64, which Python has not


class _Key(NamedTuple):
    """What items of a tree are sorted by."""

    objectid: int
    type: int
    offset: int


class BtrfsFileSystem(FileSystem):
    """A Btrfs file system."""

    kind = "btrfs"
    ignores_case = False

    def __init__(self, stream: Stream, name: str) -> None:
        self._name = name
        self._fs = _checked(library("dissect.btrfs.btrfs", f"read {name}"), library("dissect.btrfs.tree", f"read {name}"), name)(stream)
        # the library reads 64 KiB for each node of 16 KiB and each page of a program
        self._fs._logical_fh.align = _SECTOR
        if self._fs.sb.num_devices != 1:
            raise ImagewrightError(f"cannot read {name}: its Btrfs file system spans {self._fs.sb.num_devices} devices; an Azure OS disk must hold all of it")
        self.uuid = str(self._fs.uuid)
        self.label = self._fs.label
        # copy on write is consistent at any time; but what was written with fsync since the last commit is in the log tree alone
        self.clean = self._fs.sb.log_root == 0
        self.root = self.subvolume(None)
        length = self._fs.sb.dev_item.total_bytes
        #: why Linux does not mount it (str), "" when nothing is known; Linux fs/btrfs/volumes.c, read_one_dev
        size = stream.seek(0, os.SEEK_END)
        self.obstacle = f"it has {length} bytes, and its partition {size}" if length > size else ""

    def subvolume(self, path: Optional[str]) -> Node:
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

    def subvolume_of(self, number: int) -> Node:
        """Return the root node of the subvolume with this identifier (int).

        Raises ImagewrightError: there is none.
        """
        try:
            found = self._fs.open_subvolume(number)
            return found.objectid, found.root.inum
        except KeyError:
            raise ImagewrightError(f"cannot find the Btrfs subvolume with the identifier {number}; correct subvolid= in /etc/fstab") from None

    def subvolumes(self) -> List[Any]:
        """Return the subvolumes of the library, the first of them when there are very many."""
        found = []
        for subvolume in self._fs.subvolumes():
            found.append(subvolume)
            if len(found) >= _MOST_SUBVOLUMES:
                break
        return found

    def entries(self, node: Node) -> Iterator[Tuple[str, Node]]:
        """Yield (name, node) of a directory."""
        if node == _STUB:
            return
        subvolume, number = node
        module = library("dissect.btrfs.c_btrfs", f"read {self._name}").c_btrfs
        cursor = self._fs.open_subvolume(subvolume).tree.cursor()
        for _item, octets in cursor.iter(number, _DIR_INDEX, 0, ignore_offset=True):
            entry = module.btrfs_dir_item(octets)
            child = (subvolume, entry.location.objectid) if entry.location.type != _ROOT_ITEM else self._nested(subvolume, entry.location.objectid)
            yield entry.name.decode("utf-8", "surrogateescape"), child

    def _nested(self, subvolume: int, child: int) -> Node:
        """Return the node of a subvolume inside another, an empty directory when it is not there: deleted, or of the original of this snapshot.

        Source: Linux fs/btrfs/inode.c (fixup_tree_root_location, new_simple_dir).
        """
        try:
            self._fs._root_tree.find(subvolume, _ROOT_REF, child)
        except KeyError:
            return _STUB
        return child, self._fs.open_subvolume(child).root.inum

    def status(self, node: Node) -> Status:
        """Return the Status of a node."""
        if node == _STUB:
            return Status(stat.S_IFDIR | 0o755, 0, 0, 0, 0.0)
        inode = self._inode(node)
        return Status(inode.mode, inode.size, inode.uid, inode.gid, inode.mtime_ns / 1e9)

    def is_immutable(self, node: Node) -> bool:
        """Return whether the node is immutable or append-only."""
        return bool(self._inode(node).inode.flags & _UNCHANGING)

    def free(self) -> Tuple[int, None]:
        """Return (bytes, None) that are free for data; Btrfs has no limit of inodes.

        What is left inside the block groups of metadata holds no data, and what belongs to no block group may become either.
        """
        unallocated = self._fs.sb.dev_item.total_bytes - self._fs.sb.dev_item.bytes_used
        if unallocated >= _PLENTY:
            return self._fs.sb.total_bytes - self._fs.sb.bytes_used, None
        groups = self._block_groups()
        inside = [
            chunk.length - struct.unpack_from("<Q", groups.find(chunk.offset, _BLOCK_GROUP_ITEM, chunk.length)[1])[0]
            for chunk in self._fs._logical_fh.chunks
            if int(chunk.type) & _DATA
        ]
        return unallocated + sum(inside), None

    def features(self, node: Node) -> FrozenSet[str]:
        """Return the names ({str}) of the features that decide about its mounts; a seed, and a subvolume with ro=true, is read-only."""
        sb = self._fs.sb
        found = [name for bit, name in _INCOMPATIBLE.items() if sb.incompat_flags & bit]
        found += [name for bit, name in _READ_ONLY.items() if sb.compat_ro_flags & bit]
        read_only = sb.flags & _SEEDING or self._fs.open_subvolume(node[0]).tree.root_item.flags & _SUBVOLUME_READ_ONLY
        return frozenset(found + (["read-only"] if read_only else []))

    def _block_groups(self) -> Any:
        try:
            return self._fs._open_tree(_BLOCK_GROUP_TREE)
        except KeyError:
            return self._fs._open_tree(_EXTENT_TREE)

    def security_label(self, node: Node) -> Optional[str]:
        """Return the SELinux label (str) of a node, "" without one."""
        if node == _STUB:
            return None
        cursor = self._fs.open_subvolume(node[0]).tree.cursor()
        for _item, octets in cursor.iter(node[1], _XATTR_ITEM, 0, ignore_offset=True):
            position = 0
            while position + _DIR_ITEM.size <= len(octets):  # those whose names have one hash lie behind each other
                length, name_length = _DIR_ITEM.unpack_from(octets, position)
                name = position + _DIR_ITEM.size
                position = name + name_length + length
                if bytes(octets[name : name + name_length]) == b"security.selinux":
                    return bytes(octets[name + name_length : position]).rstrip(b"\0").decode("ascii", "replace")
        return ""

    def link(self, node: Node) -> str:
        """Return the target (str) of a symbolic link."""
        return self._inode(node).link

    def open(self, node: Node) -> Stream:
        """Return the content as a stream."""
        return self._inode(node).open()

    def _inode(self, node: Node) -> Any:
        return self._fs.open_subvolume(node[0]).inode(node[1])


def _checked(module: Any, trees: Any, name: str) -> Any:
    """Return the library's class, reading no node that is not what was written, and the keys of a node once."""

    class Cursor(trees.Cursor):
        """A place in a tree that knows the keys and items which another one of the same tree has parsed."""

        def push(self, address: int, initial_index: int = 0) -> None:
            super().push(address, initial_index)
            self._keys, self._items = self.btree.parsed(address)

        def _read_key(self, index: int) -> "_Key":
            # the library asks each field of a key that it has whether it is 0
            if index not in self._keys:
                self._keys[index] = _Key(*_KEY.unpack_from(self._node, _HEADER + index * (_POINTER if self._header.level else _ITEM)))
            return self._keys[index]

    class Checked(module.Btrfs):
        """A file system whose nodes are proven by their checksums: one of zeros would be a directory without files."""

        def _open_tree(self, objectid: int) -> Any:
            tree = super()._open_tree(objectid)
            tree.cursor = functools.partial(Cursor, tree)
            tree.parsed = functools.lru_cache(_MOST_NODES)(lambda _address: ({}, {}))
            return tree

        def _read_node(self, address: int) -> bytes:
            node = super()._read_node(address)
            if len(node) < _ADDRESS_AT + 8 or struct.unpack_from("<Q", node, _ADDRESS_AT)[0] != address:
                raise ImagewrightError(
                    f"cannot read {name}: the node at byte {address} of its Btrfs file system is damaged: it says that it is another; "
                    "check it with `btrfs check`, or take a sound copy"
                )
            expected = _checksum(module, self.sb.csum_type, node)
            if expected is not None and node[: len(expected)] != expected:
                raise ImagewrightError(
                    f"cannot read {name}: the node at byte {address} of its Btrfs file system has a wrong checksum; "
                    "check it with `btrfs check`, or take a sound copy"
                )
            return node

    return Checked


def _checksum(module: Any, kind: int, node: bytes) -> Optional[bytes]:
    """Return the checksum (bytes) of a node, or None when it is of a kind that is not computed here."""
    if kind == _CRC32C:
        return struct.pack("<I", module.crc32c.crc32c(node[_CHECKSUM:]))
    if kind == _SHA256:
        return hashlib.sha256(node[_CHECKSUM:]).digest()
    return hashlib.blake2b(node[_CHECKSUM:], digest_size=_CHECKSUM).digest() if kind == _BLAKE2B else None


def open_file_system(stream: Stream, name: str) -> BtrfsFileSystem:
    """Return the BtrfsFileSystem in the stream."""
    return BtrfsFileSystem(stream, name)
