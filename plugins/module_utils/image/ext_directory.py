# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The entries of an ext2/3/4 directory, block by block. Whatever a kernel would call damage is an error here: a reader that stops at it in silence
makes every file behind it absent.

PRIVATE: module_utils of this collection are not an interface.
Source: Documentation/filesystems/ext4/directory.rst; fs/ext4/dir.c (__ext4_check_dir_entry).
"""

import struct
from typing import Iterator, Tuple

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.image.file_system import Crc

_ENTRY = struct.Struct("<IHBB")  # inode, length of the record, length of the name, type; without the feature filetype the last is 0
_ROOT, _FIRST_FREE = 2, 11  # inode numbers; those between are the file system's own
_TAIL = struct.Struct("<IHBBI")  # a record without a name that ends a block: 0, its length, 0, its type, the checksum of what is before it
_TAIL_TYPE = 0xDE
_DOTS, _INFO = 12, 24  # bytes of the record of "." that begins an index, and where what it says of itself is
_PAIR = 8  # bytes of an entry of an index, and of the end behind them: reserved, checksum


def entries(block: bytes, highest: int, where: str) -> Iterator[Tuple[str, int]]:
    """Yield (name, inode number) of a block; blocks of the index of a large directory hold none.

    block: bytes. highest: int, number of the last inode. where: str, for errors, ``the directory with inode 12, block 3``.
    Raises ImagewrightError: a record cannot be.
    """
    position, size = 0, len(block)
    while position < size:
        if size - position < _ENTRY.size:
            raise _damage(where, position, "there is no room for a record")
        inode, length, name_length, _kind = _ENTRY.unpack_from(block, position)
        length = 65536 if length in (0, 65535) and size == 65536 else length  # 16 bits cannot say it
        if length < _ENTRY.size + name_length or length % 4 or length > size - position:
            raise _damage(where, position, f"a record has a length of {length} bytes")
        if inode > highest or inode and not name_length or 0 < inode < _FIRST_FREE and inode != _ROOT:
            raise _damage(where, position, f"a record names the inode {inode}")
        if inode:
            yield block[position + _ENTRY.size : position + _ENTRY.size + name_length].decode("utf-8", "surrogateescape"), inode
        position += length


def unproven(block: bytes, is_indexed: bool, is_first: bool, seed: int, crc: Crc) -> bool:
    """Return whether Linux refuses a block of a directory by its checksum.

    block: bytes. is_indexed: bool, whether the directory says that it has an index; is_first: bool, of its blocks.
    seed: int, CRC32C with which the directory's checksums begin.
    Source: Linux fs/ext4/namei.c (__ext4_read_dirblock, ext4_dirblock_csum_verify, ext4_dx_csum_verify); tried on a mounted file system.
    """
    length = struct.unpack_from("<H", block, 4)[0]
    if is_indexed and (is_first or length in (0, 65535) or length == len(block)):
        return not _is_proven_index(block, length, seed, crc)
    end = len(block) - _TAIL.size
    *fixed, wanted = _TAIL.unpack_from(block, end)
    return fixed != [0, _TAIL.size, 0, _TAIL_TYPE] or ~crc(block[:end], seed) & 0xFFFFFFFF != wanted


def _is_proven_index(block: bytes, length: int, seed: int, crc: Crc) -> bool:
    """Return whether a block of an index has the checksum that is behind all that it has room for."""
    start = _INFO + _PAIR if length == _DOTS else _ENTRY.size
    limit, count = struct.unpack_from("<HH", block, start)
    tail = start + limit * _PAIR
    if tail > len(block) - _PAIR or not count:
        return False
    value = crc(block[: start + count * _PAIR] + block[tail : tail + 4] + bytes(4), seed)
    return bool(~value & 0xFFFFFFFF == int.from_bytes(block[tail + 4 : tail + _PAIR], "little"))


def _damage(where: str, position: int, cause: str) -> ImagewrightError:
    return ImagewrightError(f"cannot read {where} at byte {position}: it is damaged: {cause}; repair it with fsck, or take a sound copy")
