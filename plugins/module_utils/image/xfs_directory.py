# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The entries of an XFS directory. Whatever a kernel would call damage is an error here: a reader that stops at it in silence makes every file
behind it absent.

PRIVATE: module_utils of this collection are not an interface.
Source: XFS Algorithms & Data Structures, "Directories"; Linux fs/xfs/libxfs/xfs_da_format.h.
"""

import struct
from typing import Iterator, Tuple

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError

#: Magic number -> (bytes before the first entry, whether the block ends with the index of a directory of one block).
_KINDS = {b"XD2B": (16, True), b"XD2D": (16, False), b"XDB3": (64, True), b"XDD3": (64, False)}
_OWNER_AT = 40  # in the header of version 5: the directory's inode number
_FREE = 0xFFFF  # tag of what is unused, in place of the first half of an inode number


def entries(block: bytes, has_types: bool, owner: int, where: str) -> Iterator[Tuple[str, int]]:
    """Yield (name, inode number) of a block of data.

    block: bytes. has_types: bool, whether entries tell the file's type. owner: int, the directory's inode number.
    where: str, for errors, ``the directory with inode 131, block 3``.
    Raises ImagewrightError: it is no such block, or an entry cannot be.
    """
    start, whole = _KINDS.get(block[:4], (0, False))
    if not start:
        raise _damage(where, 0, f"it begins with {block[:4]!r} and not as a block of a directory")
    if start == 64 and struct.unpack_from(">Q", block, _OWNER_AT)[0] != owner:
        raise _damage(where, _OWNER_AT, "it belongs to another directory")
    end = len(block)
    if whole:
        (count,) = struct.unpack_from(">I", block, end - 8)
        end -= 8 + 8 * count
        if end < start:
            raise _damage(where, len(block) - 8, f"its index has {count} entries")
    position = start
    while position < end:
        tag, length = struct.unpack_from(">HH", block, position)
        if tag != _FREE:
            inode, name_length = struct.unpack_from(">QB", block, position)
            name = block[position + 9 : position + 9 + name_length]
            length = -(-(9 + name_length + has_types + 2) // 8) * 8
            # each entry ends with its own place
            if not name_length or length > end - position or struct.unpack_from(">H", block, position + length - 2)[0] != position:
                raise _damage(where, position, "an entry does not end with its own place")
            yield name.decode("utf-8", "surrogateescape"), inode
        elif length < 8 or length % 8 or length > end - position:
            raise _damage(where, position, f"unused space has a length of {length} bytes")
        position += length


def short_entries(octets: bytes, has_types: bool, where: str) -> Iterator[Tuple[str, int]]:
    """Yield (name, inode number) of a directory that lies in its inode.

    octets: bytes, of the inode's data, as many as its size says.
    Raises ImagewrightError: they are not what a directory of this size has.
    """
    if len(octets) < 6:
        raise _damage(where, 0, f"it has {len(octets)} bytes")
    count, long_numbers = octets[0], octets[1]
    number = ">Q" if long_numbers else ">I"
    size = struct.calcsize(number)
    position = 2 + size
    try:
        for _count in range(count):
            name_length = octets[position]
            name_at = position + 3
            number_at = name_at + name_length + has_types
            (inode,) = struct.unpack_from(number, octets, number_at)
            yield octets[name_at : name_at + name_length].decode("utf-8", "surrogateescape"), inode
            position = number_at + size
    except (IndexError, struct.error):
        raise _damage(where, position, "an entry is cut off") from None
    if position != len(octets):
        raise _damage(where, position, f"its {count} entries take {position} bytes, and it says {len(octets)}")


def _damage(where: str, position: int, cause: str) -> ImagewrightError:
    return ImagewrightError(f"cannot read {where} at byte {position}: it is damaged: {cause}; repair it with xfs_repair, or take a sound copy")
