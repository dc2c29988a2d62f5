# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ext2, ext3, ext4 by dissect.extfs.

PRIVATE: module_utils of this collection are not an interface.
"""

import os
import stat
import struct
from typing import Any, FrozenSet, Iterator, List, Optional, Tuple

from ansible_collections.imagewright.azure.plugins.module_utils.core.annotations import Stream
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.tree import Status
from ansible_collections.imagewright.azure.plugins.module_utils.image import ext_directory, ext_features, ext_groups, ext_inode
from ansible_collections.imagewright.azure.plugins.module_utils.image.file_system import FileSystem
from ansible_collections.imagewright.azure.plugins.module_utils.image.libraries import library
from ansible_collections.imagewright.azure.plugins.module_utils.image.paths import require_directory, whole_blocks

# s_feature_incompat, linux/fs/ext4/ext4.h
_RECOVER, _64BIT = 0x4, 0x80
_CHECKSUM_SEED, _MULTIPLE_MOUNTS = 0x2000, 0x100
_CHECKSUMS = 0x400  # s_feature_ro_compat
_SUPERBLOCK, _CRC32C = 1024, 1  # where it is, and its bytes; s_checksum_type
_VALID, _ERRORS = 0x1, 0x2  # s_state
_MMP_MAGIC, _CHECKED_NOW = 0x4D4D50, 0xE24D4D50  # of the block that guards against two mounts at once, and its sequence while fsck runs
_INLINE_DATA_FLAG = 0x10000000  # i_flags
_INDEX = 0x1000  # i_flags, of a directory
_IN_INODE = 60  # bytes of i_block
_PARENT = 4  # bytes of the parent's number, with which a directory in its inode begins
_UNCHANGING = 0x10 | 0x20  # i_flags, immutable and append-only
_HAS_JOURNAL = 0x4  # s_feature_compat
_DATA_MODE, _DATA_MODES = 0x60, {0x20: "journal", 0x40: "ordered", 0x60: "writeback"}  # s_default_mount_opts
_ON_ERRORS = {1: "continue", 2: "remount-ro", 3: "panic"}  # s_errors
_JOURNAL_MAGIC = b"\xc0\x3b\x39\x98"  # at the start of each of its own blocks; linux/include/linux/jbd2.h


class ExtFileSystem(FileSystem):
    """An ext2/3/4 file system; nodes are inode numbers."""

    kind = "ext"
    ignores_case = False

    def __init__(self, stream: Stream, name: str) -> None:
        self._name = name
        features = ext_features.unreadable(stream)
        if features:
            raise ImagewrightError(
                f"cannot read {name}: its ext4 file system has the feature {', '.join(features)}, which cannot be read here; "
                "check the mounted tree with `root` instead"
            )
        self._fs = library("dissect.extfs.extfs", f"read {name}").ExtFS(stream)
        incompatible = self._fs.sb.s_feature_incompat
        self.uuid = str(self._fs.uuid)
        self.label = self._fs.volume_name
        # with a journal the first tells, without one (ext2) the second
        self.clean = not incompatible & _RECOVER and bool(self._fs.sb.s_state & _VALID)
        self.has_errors = bool(self._fs.sb.s_state & _ERRORS)
        self.root = 2
        self._crc = library("dissect.util.hash", f"read {name}").crc32c.crc32c
        self._seed = self._checksum_seed()
        self.obstacle = self._obstacle(stream.seek(0, os.SEEK_END))

    def _obstacle(self, size: int) -> str:
        """Return why Linux does not mount it (str), "" when nothing is known. Source: Linux fs/ext4/super.c, ext4_fill_super.

        size: bytes, of the partition.
        """
        sb = self._fs.sb
        high = sb.s_blocks_count_hi if sb.s_feature_incompat & _64BIT else 0
        length = (high << 32 | sb.s_blocks_count_lo) * self._fs.block_size
        if length > size:
            return f"it has {length} bytes, and its partition {size}"
        impossible = ext_groups.impossible(sb, self._fs.block_size, self._fs.block_count)
        if impossible:
            return impossible
        misplaced = ext_groups.misplaced(self._groups(), sb, self._fs.block_size, self._fs.block_count)
        if misplaced:
            return misplaced
        if sb.s_feature_compat & _HAS_JOURNAL and sb.s_journal_inum:
            journal = self._fs.get_inode(sb.s_journal_inum)
            if not stat.S_ISREG(journal.inode.i_mode) or journal.open().read(len(_JOURNAL_MAGIC)) != _JOURNAL_MAGIC:
                return "its journal is damaged"
        if sb.s_feature_ro_compat & _CHECKSUMS and not self._is_proven():
            return "the checksum of its superblock is wrong"
        if sb.s_feature_incompat & _MULTIPLE_MOUNTS and self._mmp_sequence() == _CHECKED_NOW:
            return "its MMP block says that fsck is running on it (tune2fs -f -E clear_mmp)"
        return ""

    def _groups(self) -> List[ext_groups.BlockGroup]:
        return ext_groups.groups(self._fs.fh, self._fs.sb, self._fs.block_size, self._fs.block_count)

    def unwritten(self) -> Tuple[str, str]:
        """Return why Linux does not write it, as of FileSystem: for a descriptor at all, for a bitmap from where it looks there for room.

        Of the first fsck.ext4 -p makes the right one wherever it is started, of the second only when it has another reason to look at all.
        """
        if not self.clean or self.obstacle:
            return "", ""
        found, on_errors = self._groups(), _ON_ERRORS.get(self._fs.sb.s_errors, "continue")
        unproven = ext_groups.unproven(found, self._fs.sb, self._seed, self._crc)
        return (unproven, "") if unproven else (ext_groups.unproven_bitmap(found, self._fs.sb, self._seed, self._crc, self._read), on_errors)

    def _read(self, block: int, length: int) -> bytes:
        self._fs.fh.seek(block * self._fs.block_size)
        octets: bytes = self._fs.fh.read(length)
        return octets

    def _is_proven(self) -> bool:
        """Return whether the superblock is as its checksum says. Source: Linux fs/ext4/super.c, ext4_superblock_csum."""
        stream = self._fs.fh
        stream.seek(_SUPERBLOCK)
        octets = stream.read(_SUPERBLOCK)
        value: int = ~self._crc(octets[:-4], 0) & 0xFFFFFFFF
        return value == int.from_bytes(octets[-4:], "little") and self._fs.sb.s_checksum_type == _CRC32C

    def _mmp_sequence(self) -> Optional[int]:
        """Return what the block says that guards against two mounts at once (int), None when it is none. Source: Linux fs/ext4/mmp.c."""
        stream = self._fs.fh
        stream.seek(self._fs.sb.s_mmp_block * self._fs.block_size)
        octets = stream.read(8)
        magic, sequence = struct.unpack("<II", octets) if len(octets) == 8 else (0, 0)
        return sequence if magic == _MMP_MAGIC else None

    def _checksum_seed(self) -> Optional[int]:
        """Return the CRC32C (int) with which the checksums begin, None without any."""
        sb = self._fs.sb
        if not sb.s_feature_ro_compat & _CHECKSUMS:
            return None
        return ~sb.s_checksum_seed & 0xFFFFFFFF if sb.s_feature_incompat & _CHECKSUM_SEED else self._crc(sb.s_uuid, 0)

    def entries(self, node: int) -> Iterator[Tuple[str, int]]:
        """Yield (name, node) of a directory."""
        directory = self._fs.get_inode(node)
        where = require_directory(directory, node, self._name)
        self._check_inline(directory)
        highest = self._fs.sb.s_inodes_count
        if directory.inode.i_flags & _INLINE_DATA_FLAG:
            yield from ext_directory.entries(bytes(directory.inode.i_block)[_PARENT : directory.size], highest, where)
            return
        size, length = self._fs.block_size, whole_blocks(directory.size, self._fs.block_size, where)
        stream = directory.open()
        for number in range(length // size):
            block, place = stream.read(size), f"{where}, block {number}"
            found = list(ext_directory.entries(block, highest, place))
            self._require_proof(block, directory, number, place)
            yield from found

    def _require_proof(self, block: bytes, directory: Any, number: int, place: str) -> None:
        if self._seed is None or not self.clean:
            return
        seed = self._crc(struct.pack("<II", directory.inum, directory.inode.i_generation), self._seed)
        if ext_directory.unproven(block, bool(directory.inode.i_flags & _INDEX), not number, seed, self._crc):
            raise ImagewrightError(f"cannot read {place}: its checksum is wrong, and Linux does not read it; repair it with fsck, or take a sound copy")

    def status(self, node: int) -> Status:
        """Return the Status of a node. Raises ImagewrightError: Linux refuses it."""
        inode = self._fs.get_inode(node)
        # of one that was not unmounted the journal may have another
        refused = ext_inode.refused(self._inode_bytes(node), node, self._seed, self._crc) if self.clean else ""
        if refused:
            raise ImagewrightError(f"cannot read a file of {self._name}: {refused}, and Linux does not open it; repair it with fsck, or take a sound copy")
        raw = inode.inode
        return Status(raw.i_mode, inode.size, raw.i_uid | raw.i_uid_high << 16, raw.i_gid | raw.i_gid_high << 16, inode.mtime_ns / 1e9)

    def _inode_bytes(self, node: int) -> bytes:
        sb, stream = self._fs.sb, self._fs.fh
        group, index = divmod(node - 1, sb.s_inodes_per_group)
        descriptor = self._fs._read_group_desc(group)
        table = getattr(descriptor, "bg_inode_table_hi", 0) << 32 | descriptor.bg_inode_table_lo
        stream.seek(table * self._fs.block_size + index * sb.s_inode_size)
        octets: bytes = stream.read(sb.s_inode_size)
        return octets

    def link(self, node: int) -> str:
        """Return the target (str) of a symbolic link."""
        return self._fs.get_inode(node).link

    def open(self, node: int) -> Stream:
        """Return the content as a stream."""
        inode = self._fs.get_inode(node)
        self._check_inline(inode)
        return inode.open()

    def _check_inline(self, inode: Any) -> None:
        if inode.inode.i_flags & _INLINE_DATA_FLAG and inode.size > _IN_INODE:
            raise NotImplementedError("inline data of more than 60 bytes (ext4 feature inline_data)")

    def is_immutable(self, node: int) -> bool:
        """Return whether the node is immutable or append-only."""
        return bool(self._fs.get_inode(node).inode.i_flags & _UNCHANGING)

    def security_label(self, node: int) -> str:
        """Return the SELinux label (str) of a node, "" without one."""
        found = [attribute.value for attribute in self._fs.get_inode(node).xattr if attribute.name == "security.selinux"]
        return found[0].rstrip(b"\0").decode("ascii", "replace") if found else ""

    def free(self) -> Tuple[int, int]:
        """Return (bytes, inodes) that are free, with those that are kept for root."""
        sb = self._fs.sb
        high = sb.s_free_blocks_count_hi if sb.s_feature_incompat & _64BIT else 0
        return (high << 32 | sb.s_free_blocks_count_lo) * self._fs.block_size, sb.s_free_inodes_count

    def features(self, node: int) -> FrozenSet[str]:
        """Return the names ({str}) of the features that decide about its mounts, and its own default mode of the journal's data."""
        sb = self._fs.sb
        mode = _DATA_MODES.get(sb.s_default_mount_opts & _DATA_MODE)
        found = [f"default-data={mode}"] if mode else []
        found += ["has_journal"] if sb.s_feature_compat & _HAS_JOURNAL else []
        return frozenset(found + ext_features.names(sb.s_feature_incompat, sb.s_feature_ro_compat))


def open_file_system(stream: Stream, name: str) -> ExtFileSystem:
    """Return the ExtFileSystem in the stream."""
    return ExtFileSystem(stream, name)
