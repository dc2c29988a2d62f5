# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether an XFS file system was unmounted: the last record of its log says so. Nothing of the log is replayed.

The log is a ring of blocks of 512 bytes. Each begins with the number of its round, a record's first one with a magic number and then the round.
The newest record ends where the number drops; it holds nothing but the mark of an unmount when there is nothing to replay.

PRIVATE: module_utils of this collection are not an interface.
Source: Linux fs/xfs/xfs_log_recover.c (xlog_find_head, xlog_check_unmount_rec), fs/xfs/libxfs/xfs_log_format.h.
"""

import struct
from typing import Callable, Optional

from ansible_collections.imagewright.azure.plugins.module_utils.disk.annotations import ReadAt

_BLOCK = 512  # bytes
_MAGIC = 0xFEEDBABE
_UNMOUNT = 0x20  # XLOG_UNMOUNT_TRANS, in the flags of an operation
_RECORD_UNIT = 32 * 1024  # bytes of a record that one header block describes
_LONGEST = 256 * 1024 // _BLOCK + 8  # blocks of the longest record with its headers

#: Number of a block, also beyond the ring -> its bytes.
ReadBlock = Callable[[int], bytes]


def ends_with_unmount(read_at: ReadAt, size: int) -> Optional[bool]:
    """Return whether the log's last record is the mark of an unmount (bool), None when the log cannot be made out.

    read_at: callable (offset, length) -> bytes of the log.
    size: int, bytes of the log.
    """
    blocks = size // _BLOCK

    def read(block: int) -> bytes:
        return read_at(block % blocks * _BLOCK, _BLOCK)

    head = _head(read, blocks)
    if head is None:
        return None
    start = next((block for block in range(head - 1, head - 1 - min(_LONGEST, blocks), -1) if _is_header(read(block))), None)
    return start is not None and _is_unmount(read, start, head, blocks)


def _head(read: ReadBlock, blocks: int) -> Optional[int]:
    """Return the block behind the newest record, None when the numbers of the rounds make no ring."""
    if blocks < 2:
        return None
    newest, oldest = _round(read(0)), _round(read(blocks - 1))
    if newest == 0 or newest not in (oldest, oldest + 1):
        return None
    low, high = 0, blocks  # the number at low is the newest one, that at high is older, or the ring ends there
    while newest != oldest and high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _round(read(middle)) == newest else (low, middle)
    return high


def _round(block: bytes) -> int:
    magic, number = struct.unpack_from(">II", block)
    return number if magic == _MAGIC else magic


def _is_header(block: bytes) -> bool:
    return struct.unpack_from(">I", block)[0] == _MAGIC


def _is_unmount(read: ReadBlock, start: int, head: int, blocks: int) -> bool:
    """Whether the record at start ends at head and its only operation is the unmount."""
    header = read(start)
    version, length = struct.unpack_from(">II", header, 8)
    (operations,) = struct.unpack_from(">I", header, 40)
    (record_size,) = struct.unpack_from(">I", header, 320)
    headers = -(-record_size // _RECORD_UNIT) if version & 2 and record_size > _RECORD_UNIT else 1
    end = start + headers + -(-length // _BLOCK)
    return operations == 1 and (end - head) % blocks == 0 and bool(read(start + headers)[9] & _UNMOUNT)
