# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checksums of XFS of version 5: with which blocks Linux does not go on.

PRIVATE: module_utils of this collection are not an interface.
Source: XFS Algorithms & Data Structures, "Metadata Integrity"; Linux fs/xfs/libxfs/xfs_cksum.h; each case was tried on a mounted file system.
"""

from typing import Callable, Iterator, Tuple

from ansible_collections.imagewright.azure.plugins.module_utils.image.file_system import Crc

#: Where a checksum is, in bytes: of an inode, and of a block of a directory.
INODE, DIRECTORY = 100, 4
_MOST = 64  # groups that are looked at: a disk that grew has thousands
#: What begins a group, a sector each: its name, and where its checksum is. The copies of the superblock nobody reads.
_HEADERS = (("free space (AGF)", b"XAGF", 216), ("inodes (AGI)", b"XAGI", 312), ("free list (AGFL)", b"XAFL", 32))
_SUPERBLOCK = 224


def is_proven(octets: bytes, place: int, crc: Crc) -> bool:
    """Return whether bytes have the checksum that stands in them at a place (int)."""
    value = crc(octets[:place] + bytes(4) + octets[place + 4 :], 0)
    return value == int.from_bytes(octets[place : place + 4], "little")


def unproven(read: Callable[[int, int], bytes], sector: int, group: int, groups: int, crc: Crc) -> str:
    """Return what of the headers has another checksum (str), with which Linux does not mount it or stops as soon as it writes; "" when nothing has.

    read: callable (offset, length) -> bytes of the file system. sector, group: int, bytes of each; groups: int.
    """
    if not is_proven(read(0, sector), _SUPERBLOCK, crc):
        return "the checksum of its superblock is wrong"
    for number in range(min(groups, _MOST)):
        octets = read(number * group + sector, 3 * sector)
        for header, (name, magic, place) in _pieces(octets, sector):
            if header[:4] != magic or not is_proven(header, place, crc):
                return f"the header of the {name} of its group {number} is damaged"
    return ""


def _pieces(octets: bytes, sector: int) -> Iterator[Tuple[bytes, Tuple[str, bytes, int]]]:
    for index, header in enumerate(_HEADERS):
        yield octets[index * sector : (index + 1) * sector], header
