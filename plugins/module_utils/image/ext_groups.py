# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The block groups of ext2/3/4: with which numbers in the superblock and places in the descriptors Linux mounts nothing, and with which checksums it
does not write.

PRIVATE: module_utils of this collection are not an interface.
Source: Linux fs/ext4/super.c (ext4_block_group_meta_init, ext4_geometry_check, ext4_check_descriptors, ext4_group_desc_csum) and fs/ext4/bitmap.c; each
case was tried on a mounted file system.
"""

import struct
from typing import Any, Callable, Iterator, List, NamedTuple, Optional, Tuple

from ansible_collections.imagewright.azure.plugins.module_utils.core.annotations import Stream
from ansible_collections.imagewright.azure.plugins.module_utils.image.file_system import Crc

_64BIT, _FLEXIBLE = 0x80, 0x200  # s_feature_incompat
_OLD_CHECKSUMS, _CHECKSUMS = 0x10, 0x400  # s_feature_ro_compat: gdt_csum, metadata_csum
_SMALL, _LARGE = 32, 64  # bytes of a descriptor, the second of 64bit
_LARGER = (64, 128, 256, 512, 1024)  # bytes that one of 64bit may have
_LOWER, _UPPER = struct.Struct("<III6xHIHH2xH"), struct.Struct("<32xIII12xHH")
_CHECKSUM = 30  # where it is in a descriptor, and 2 bytes
_NOT_INODES, _NOT_BLOCKS = 0x1, 0x2  # bg_flags: the bitmap is not written yet
_MOST = 1024  # groups whose bitmaps are read: of 128 GiB


class BlockGroup(NamedTuple):
    """The descriptor of a block group.

    number: int; octets: its bytes; blocks, inodes, table: int, blocks where its bitmaps and its inodes are; flags: int;
    sums: (of the bitmap of blocks, of that of inodes), int.
    """

    number: int
    octets: bytes
    blocks: int
    inodes: int
    table: int
    flags: int
    sums: Tuple[int, int]


def impossible(sb: Any, block_size: int, blocks: int) -> str:
    """Return why Linux mounts no file system with such a superblock (str), "" when it does.

    sb: the superblock, as the library has it; block_size: int, bytes; blocks: int, how many there are.
    """
    bits, inode_size, inodes = block_size * 8, sb.s_inode_size, sb.s_inodes_per_group
    if inode_size < 128 or inode_size > block_size or inode_size & (inode_size - 1):
        return f"its inodes have {inode_size} bytes"
    if sb.s_feature_incompat & _64BIT and sb.s_desc_size not in _LARGER:
        return f"its group descriptors have {sb.s_desc_size} bytes"
    if sb.s_blocks_per_group > bits:
        return f"its groups have {sb.s_blocks_per_group} blocks, and may have {bits}"
    if not block_size // inode_size <= inodes <= bits:
        return f"its groups have {inodes} inodes"
    if sb.s_first_data_block != (block_size == 1024):
        return f"its first group begins at block {sb.s_first_data_block}"
    if sb.s_reserved_gdt_blocks > block_size // 4:
        return f"it keeps {sb.s_reserved_gdt_blocks} blocks for descriptors"
    groups = -(-(blocks - sb.s_first_data_block) // sb.s_blocks_per_group)
    return "" if groups * inodes == sb.s_inodes_count else f"it has {sb.s_inodes_count} inodes, and its {groups} groups have {groups * inodes}"


def groups(stream: Stream, sb: Any, block_size: int, blocks: int) -> List[BlockGroup]:
    """Return the [BlockGroup] of a file system that is not impossible."""
    size = sb.s_desc_size if sb.s_feature_incompat & _64BIT else _SMALL
    count = -(-(blocks - sb.s_first_data_block) // sb.s_blocks_per_group)
    stream.seek((sb.s_first_data_block + 1) * block_size)
    octets = stream.read(count * size)
    return [_group(number, octets[number * size : (number + 1) * size]) for number in range(len(octets) // size)]


def _group(number: int, octets: bytes) -> BlockGroup:
    blocks, inodes, table, flags, _snapshot, blocks_sum, inodes_sum, _checksum = _LOWER.unpack_from(octets)
    if len(octets) >= _LARGE:
        high = _UPPER.unpack_from(octets)
        blocks, inodes, table = blocks | high[0] << 32, inodes | high[1] << 32, table | high[2] << 32
        blocks_sum, inodes_sum = blocks_sum | high[3] << 16, inodes_sum | high[4] << 16
    return BlockGroup(number, octets, blocks, inodes, table, flags, (blocks_sum, inodes_sum))


def misplaced(found: List[BlockGroup], sb: Any, block_size: int, blocks: int) -> str:
    """Return which of the groups has a bitmap or its inodes where it cannot have them, with which Linux does not mount (str), "" when none has."""
    table_blocks = sb.s_inodes_per_group * sb.s_inode_size // block_size
    for group in found:
        first, last = sb.s_first_data_block, blocks - 1
        if not sb.s_feature_incompat & _FLEXIBLE:
            first += group.number * sb.s_blocks_per_group
            last = min(last, first + sb.s_blocks_per_group - 1)
        for what, place, length in (("bitmap of blocks", group.blocks, 1), ("bitmap of inodes", group.inodes, 1), ("inodes", group.table, table_blocks)):
            if not first <= place <= last - length + 1:
                return f"the {what} of its group {group.number} would be at block {place}"
    return ""


def unproven(found: List[BlockGroup], sb: Any, seed: Optional[int], crc: Crc) -> str:
    """Return which of the groups has a descriptor with another checksum, with which Linux does not write (str), "" when none has.

    seed: int, CRC32C with which the file system's checksums begin, None when it has none of these.
    """
    if seed is None and not sb.s_feature_ro_compat & _OLD_CHECKSUMS:
        return ""
    for group in found:
        number, wanted = struct.pack("<I", group.number), int.from_bytes(group.octets[_CHECKSUM : _CHECKSUM + 2], "little")
        before, after = group.octets[:_CHECKSUM], group.octets[_CHECKSUM + 2 :]
        value = _crc16(bytes(sb.s_uuid) + number + before + after) if seed is None else ~crc(number + before + bytes(2) + after, seed) & 0xFFFF
        if value != wanted:
            return f"the descriptor of its group {group.number} has another checksum"
    return ""


def unproven_bitmap(found: List[BlockGroup], sb: Any, seed: Optional[int], crc: Crc, read: Callable[[int, int], bytes]) -> str:
    """Return which bitmap has another checksum, so that Linux finds an error as soon as it looks there for room (str), "" when none has.

    read: callable (block, bytes) -> bytes of the file system.
    """
    if seed is None:
        return ""
    mask = 0xFFFFFFFF if sb.s_feature_incompat & _64BIT else 0xFFFF
    for group in found[:_MOST]:
        for what, place, length, wanted in _bitmaps(group, sb):
            if ~crc(read(place, length), seed) & mask != wanted:
                return f"the bitmap of {what} of its group {group.number} has another checksum"
    return ""


def _bitmaps(group: BlockGroup, sb: Any) -> Iterator[Tuple[str, int, int, int]]:
    if not group.flags & _NOT_BLOCKS:
        yield "blocks", group.blocks, sb.s_blocks_per_group // 8, group.sums[0]
    if not group.flags & _NOT_INODES:
        yield "inodes", group.inodes, sb.s_inodes_per_group // 8, group.sums[1]


def _crc16(octets: bytes) -> int:
    """Return the CRC-16 (int) of bytes, as lib/crc16.c of Linux has it."""
    value = 0xFFFF
    for octet in octets:
        value ^= octet
        for _bit in range(8):
            value = value >> 1 ^ 0xA001 if value & 1 else value >> 1
    return value
