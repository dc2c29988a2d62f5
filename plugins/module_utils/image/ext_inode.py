# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which inodes of ext2/3/4 Linux refuses when a name leads to them: whoever asks for such a file gets an error.

PRIVATE: module_utils of this collection are not an interface.
Source: Linux fs/ext4/inode.c, __ext4_iget and ext4_inode_csum; each case was tried on a mounted file system.
"""

import struct
from typing import Optional

from ansible_collections.imagewright.azure.plugins.module_utils.image.file_system import Crc

_OLD_SIZE = 128  # bytes of an inode of ext2; what a larger one has behind them begins with how much of that is used
_PLACES = {"links": 26, "generation": 100, "low": 124, "high": 130}  # bytes
_LEAST_EXTRA = 4  # bytes that are used when the upper half of the checksum is there


def refused(inode: bytes, number: int, seed: Optional[int], crc: Crc) -> str:
    """Return why Linux refuses an inode that a name leads to (str), "" when it does not.

    inode: its bytes; number: its own; seed: int, CRC32C with which the file system's checksums begin, None when it has none.
    """
    if seed is not None and not _is_proven(inode, number, seed, crc):
        return f"the checksum of its inode {number} is wrong"
    return "" if any(inode[_PLACES["links"] : _PLACES["links"] + 2]) else f"its inode {number} is marked as deleted"


def _is_proven(inode: bytes, number: int, seed: int, crc: Crc) -> bool:
    low, high, generation = _PLACES["low"], _PLACES["high"], _PLACES["generation"]
    wanted, plain, mask = inode[low : low + 2], bytearray(inode), 0xFFFF
    plain[low : low + 2] = bytes(2)
    if len(inode) > _OLD_SIZE and struct.unpack_from("<H", inode, _OLD_SIZE)[0] >= _LEAST_EXTRA:
        wanted, mask = wanted + inode[high : high + 2], 0xFFFFFFFF
        plain[high : high + 2] = bytes(2)
    value = crc(struct.pack("<I", number) + inode[generation : generation + 4] + bytes(plain), seed)
    # the library gives the complement of what Linux goes on with
    return ~value & mask == int.from_bytes(wanted, "little")
