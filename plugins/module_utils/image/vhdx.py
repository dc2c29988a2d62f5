# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The headers and block table of a VHDX image.

PRIVATE: module_utils of this collection are not an interface.
Source: [MS-VHDX], Virtual Hard Disk v2 (VHDX) File Format.
"""

import struct
import uuid
from typing import Dict, Iterator, List, NamedTuple, Tuple

from ansible_collections.imagewright.azure.plugins.module_utils.disk.annotations import ReadAt
from ansible_collections.imagewright.azure.plugins.module_utils.disk.problems import refusal
from ansible_collections.imagewright.azure.plugins.module_utils.disk.sizes import KIB, MIB
from ansible_collections.imagewright.azure.plugins.module_utils.image.image_file import Image

_HEADERS, _HEADER_SIZE = (64 * KIB, 128 * KIB), 4 * KIB
_REGION_TABLES, _REGION_TABLE_SIZE = (192 * KIB, 256 * KIB), 64 * KIB
_BAT = uuid.UUID("2DC27766-F623-4200-9D64-115E9BFD4A08")
_METADATA = uuid.UUID("8B7CA206-4790-4B9A-B8FE-575F050F886E")
_FILE_PARAMETERS = uuid.UUID("CAA16737-FA36-4D43-B3B6-33F0AA44E76B")
_DISK_SIZE = uuid.UUID("2FA54224-CD1B-4876-B211-5DBED83BF4B8")
_SECTOR_SIZE = uuid.UUID("8141BF1D-A96F-4709-BA47-F233A8FAAB5F")
_HAS_PARENT = 2
_PRESENT = (6, 7)  # states of a block that has data in the file
_MOST_TABLE = 128 * MIB  # bytes; 64 TiB in blocks of 4 MiB
_PRESENT_MARKS = bytes(int(state & 7 in _PRESENT) for state in range(256))
_SOUND = "take a sound copy"


class _Region(NamedTuple):
    """A part of the file, in bytes."""

    offset: int
    length: int


def read_image(read_at: ReadAt, file_size: int, path: str) -> Image:
    """Return the Image of a VHDX file.

    Raises ImagewrightError: its log must be replayed first, it needs a parent, or it is damaged or cut off.
    """
    header = _active_header(read_at, path)
    if any(header[48:64]):
        raise refusal(
            path,
            "not_closed",
            "it was not closed properly: its log must be replayed",
            "open it once with Hyper-V (`Mount-VHD`, `Dismount-VHD`), or repair a copy with `qemu-img check -r all`",
        )
    regions = _regions(read_at, path)
    metadata = _metadata(read_at, regions, path)
    block_size, flags = struct.unpack("<II", metadata[_FILE_PARAMETERS][:8])
    size = struct.unpack("<Q", metadata[_DISK_SIZE][:8])[0]
    if flags & _HAS_PARENT:
        raise refusal(
            path, "needs_other_file", "it is a differencing VHDX, which holds only what differs from its parent", "merge the two first (Hyper-V: `Merge-VHD`)"
        )
    if struct.unpack("<I", metadata[_SECTOR_SIZE][:4])[0] != 512:
        raise refusal(path, "sector_size", "its sectors have 4096 bytes; Azure presents 512", "make the disk with 512-byte sectors")
    _check_blocks(read_at, regions[_BAT], block_size, file_size, path)
    return Image("vhdx", size, None, None, [])


def _active_header(read_at: ReadAt, path: str) -> bytes:
    """Return the sound header (bytes) with the higher sequence number."""
    sound = []
    for offset in _HEADERS:
        header = read_at(offset, _HEADER_SIZE)
        if header.startswith(b"head") and len(header) == _HEADER_SIZE and _checksum_is_right(header):
            sound.append((struct.unpack_from("<Q", header, 8)[0], header))
    if not sound:
        raise refusal(path, "damaged", "both of its VHDX headers are damaged", _SOUND)
    return max(sound)[1]


def _regions(read_at: ReadAt, path: str) -> Dict[uuid.UUID, _Region]:
    for start in _REGION_TABLES:
        table = read_at(start, _REGION_TABLE_SIZE)
        if table.startswith(b"regi") and len(table) == _REGION_TABLE_SIZE and _checksum_is_right(table):
            count = min(struct.unpack_from("<I", table, 8)[0], 2047)
            found = {}
            for index in range(count):
                guid, offset, length = struct.unpack_from("<16sQI", table, 16 + 32 * index)
                found[uuid.UUID(bytes_le=guid)] = _Region(offset, length)
            if _BAT in found and _METADATA in found:
                return found
    raise refusal(path, "damaged", "its VHDX region tables are damaged", _SOUND)


def _metadata(read_at: ReadAt, regions: Dict[uuid.UUID, _Region], path: str) -> Dict[uuid.UUID, bytes]:
    """Return the metadata items ({uuid.UUID: bytes})."""
    region = regions[_METADATA]
    table = read_at(region.offset, 64 * KIB)
    items = {}
    if table.startswith(b"metadata") and len(table) == 64 * KIB:
        for index in range(min(struct.unpack_from("<H", table, 10)[0], 2047)):
            guid, offset, length = struct.unpack_from("<16sII", table, 32 + 32 * index)
            items[uuid.UUID(bytes_le=guid)] = read_at(region.offset + offset, min(length, KIB))
    if any(len(items.get(guid, b"")) < least for guid, least in ((_FILE_PARAMETERS, 8), (_DISK_SIZE, 8), (_SECTOR_SIZE, 4))):
        raise refusal(path, "damaged", "its VHDX metadata is damaged", _SOUND)
    return items


def _check_blocks(read_at: ReadAt, region: _Region, block_size: int, file_size: int, path: str) -> None:
    if region.length > _MOST_TABLE or not MIB <= block_size <= 256 * MIB:
        raise refusal(path, "damaged", f"it describes a block table of {region.length} bytes with blocks of {block_size} bytes", _SOUND)
    raw = read_at(region.offset, region.length)
    if len(raw) < region.length:
        raise refusal(path, "cut_off", "it is cut off within its block table", "get the whole image")
    before, before_offset = None, MIB - block_size  # the first MiB holds the headers
    for offset, index in sorted(_places(raw, block_size)):
        if offset + block_size > file_size:
            raise refusal(
                path,
                "cut_off",
                f"entry {index} of its block table points to offset {offset}, past the end of the file ({file_size} bytes): it is cut off or damaged",
                "get the whole image",
            )
        if offset < before_offset + block_size:
            what = "into the headers" if before is None else f"over the block of entry {before}"
            raise refusal(path, "damaged", f"entry {index} of its block table points to offset {offset}, {what}", _SOUND)
        before, before_offset = index, offset


def _places(raw: bytes, block_size: int) -> Iterator[Tuple[int, int]]:
    """Yield (offset in the file, index) of each block of the disk that is in the file."""
    for index in _present_blocks(raw):
        if not _is_bitmap(index, block_size):
            yield (struct.unpack_from("<Q", raw, index * 8)[0] >> 20) * MIB, index


def _present_blocks(raw: bytes) -> Iterator[int]:
    """Yield the index of each entry whose block is in the file; entries without one, of which there may be millions, cost nothing."""
    marks = raw[::8].translate(_PRESENT_MARKS)  # the state is in the lowest three bits of an entry's first byte
    index = marks.find(b"\1")
    while index >= 0:
        yield index
        index = marks.find(b"\1", index + 1)


def _is_bitmap(index: int, block_size: int) -> bool:
    """Return whether the entry is one of the sector bitmaps' that follow every chunk of payload blocks."""
    chunk = (2**23) * 512 // block_size
    return index % (chunk + 1) == chunk


def _checksum_is_right(structure: bytes) -> bool:
    return _crc32c(structure[:4] + b"\0\0\0\0" + structure[8:]) == struct.unpack_from("<I", structure, 4)[0]


def _crc32c_table() -> List[int]:
    table = []
    for value in range(256):
        for _bit in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return table


_CRC32C = _crc32c_table()


def _crc32c(octets: bytes) -> int:
    """Return the CRC-32C (Castagnoli, RFC 3720 appendix B.4) of the bytes."""
    crc = 0xFFFFFFFF
    for octet in octets:
        crc = crc >> 8 ^ _CRC32C[(crc ^ octet) & 0xFF]
    return crc ^ 0xFFFFFFFF
