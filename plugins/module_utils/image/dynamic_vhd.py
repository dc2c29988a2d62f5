# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The blocks of a dynamic VHD, read without QEMU.

PRIVATE: module_utils of this collection are not an interface.
Source: Virtual Hard Disk Image Format Specification 1.0, "Dynamic Disk Header Format", "Block Allocation Table and Data Blocks".
"""

import array
import struct
from typing import Dict, Iterator, List, NamedTuple, Optional

from ansible_collections.imagewright.azure.plugins.module_utils.disk import footer as footers
from ansible_collections.imagewright.azure.plugins.module_utils.disk.annotations import Chunk, ReadAt
from ansible_collections.imagewright.azure.plugins.module_utils.disk.footer import Footer
from ansible_collections.imagewright.azure.plugins.module_utils.disk.problems import refusal
from ansible_collections.imagewright.azure.plugins.module_utils.disk.sizes import MIB, SECTOR, round_up
from ansible_collections.imagewright.azure.plugins.module_utils.image.tables import numbers

_HEADER_SIZE = 1024  # bytes
_UNUSED = 0xFFFFFFFF  # a block that is all zeros
_MOST_ENTRIES = 4 * MIB  # a disk of 8 TiB in blocks of 2 MiB; the format ends at 2040 GiB

_STRETCH = 1024  # entries looked at together


class DynamicVhd(NamedTuple):
    """block_size: bytes; bitmap_size: bytes before each block's data; table: sector numbers."""

    block_size: int
    bitmap_size: int
    table: "array.array[int]"


def read_dynamic(read_at: ReadAt, file_size: int, footer: Footer, head: Optional[Footer], path: str) -> DynamicVhd:
    """Return the DynamicVhd of a file, its block table proven.

    footer: Footer at the end of the file; head: Footer of its copy at the start, or None.
    Raises ImagewrightError: a part is missing, damaged, or points where no block can be.
    """
    if head is None or not footers.checksum_is_right(read_at(0, SECTOR)):
        raise refusal(path, "damaged", "it is a dynamic VHD whose copy of the footer at the start is damaged", "take a sound copy")
    if (head.disk_type, head.current_size, head.data_offset) != (footer.disk_type, footer.current_size, footer.data_offset):
        raise refusal(
            path,
            "damaged",
            f"its footer describes a disk of {footer.current_size} bytes, and the copy of it at the start one of {head.current_size} bytes or of another kind",
            "take a sound copy",
        )
    header = read_at(footer.data_offset, _HEADER_SIZE)
    if not header.startswith(b"cxsparse") or len(header) < _HEADER_SIZE:
        raise refusal(path, "damaged", f"it is a dynamic VHD without a disk header at offset {footer.data_offset}", "take a sound copy")
    if ~(sum(header[:36]) + sum(header[40:])) & 0xFFFFFFFF != struct.unpack_from(">I", header, 36)[0]:
        raise refusal(path, "damaged", "it is a dynamic VHD whose disk header has a wrong checksum", "take a sound copy")
    table_offset, unused, entries, block_size = struct.unpack_from(">QIII", header, 16)
    if block_size < SECTOR or block_size & (block_size - 1) or entries > _MOST_ENTRIES or entries * block_size < footer.current_size:
        raise refusal(
            path, "damaged", f"its disk header describes {entries} blocks of {block_size} bytes for a disk of {footer.current_size} bytes", "take a sound copy"
        )
    table = _read_table(read_at, table_offset, entries, path)
    bitmap_size = round_up((block_size // SECTOR + 7) // 8, SECTOR)
    first_free = max(SECTOR, footer.data_offset + _HEADER_SIZE, table_offset + entries * 4)
    _check_table(table, first_free, file_size - footers.FOOTER_SIZE, bitmap_size + block_size, path)
    return DynamicVhd(block_size, bitmap_size, table)


def dynamic_extents(dynamic: DynamicVhd, virtual_size: int) -> Iterator[Chunk]:
    """Yield (offset in the file, offset on the disk, length) of each block that holds data."""
    for index, sector in enumerate(dynamic.table):
        offset = index * dynamic.block_size
        length = min(dynamic.block_size, virtual_size - offset)
        if sector != _UNUSED and length > 0:
            yield sector * SECTOR + dynamic.bitmap_size, offset, length


def dynamic_reader(read_at: ReadAt, dynamic: DynamicVhd, virtual_size: int) -> ReadAt:
    """Return a function (offset, length) -> bytes that reads the disk in the file, shorter at its end."""

    def read_disk_at(offset: int, length: int) -> bytes:
        parts = []
        end = min(offset + length, virtual_size)
        while offset < end:
            index, within = divmod(offset, dynamic.block_size)
            step = min(end - offset, dynamic.block_size - within)
            sector = dynamic.table[index]
            parts.append(bytes(step) if sector == _UNUSED else read_at(sector * SECTOR + dynamic.bitmap_size + within, step))
            offset += step
        return b"".join(parts)

    return read_disk_at


def _read_table(read_at: ReadAt, offset: int, entries: int, path: str) -> "array.array[int]":
    raw = read_at(offset, entries * 4)
    if len(raw) < entries * 4:
        raise refusal(path, "cut_off", "it is cut off within its block table", "get the whole image")
    return numbers(raw, 4, "big")


def _check_table(table: "array.array[int]", first_free: int, end: int, block_span: int, path: str) -> None:
    """Check that each block lies behind the headers, before the footer (end: int, bytes), and over no other block."""
    used = sorted(_used_sectors(table))
    if not used:
        return
    if len(set(used)) != len(used):
        _refuse_shared_place(table, path)
    span = (block_span + SECTOR - 1) // SECTOR
    if used[-1] * SECTOR + block_span > end:
        raise refusal(
            path,
            "cut_off",
            f"entry {table.index(used[-1])} of its block table points to offset {used[-1] * SECTOR},"
            f" and {block_span} bytes from there go past the end of the data at {end}: it is cut off or damaged",
            "get the whole image",
        )
    if used[0] * SECTOR < first_free:
        raise refusal(
            path, "damaged", f"entry {table.index(used[0])} of its block table points to offset {used[0] * SECTOR}, into the headers", "take a sound copy"
        )
    for sector, following in zip(used, used[1:]):
        if following - sector < span:
            raise refusal(
                path,
                "damaged",
                f"entries {table.index(sector)} and {table.index(following)} of its block table point to blocks that overlap at offset {following * SECTOR}",
                "take a sound copy",
            )


def _used_sectors(table: "array.array[int]") -> List[int]:
    """Return the entries ([int]) that are in use; stretches of unused ones, of which a table may have a million, cost nothing."""
    unused = array.array("I", [_UNUSED]) * _STRETCH
    used = []
    for start in range(0, len(table), _STRETCH):
        stretch = table[start : start + _STRETCH]
        if stretch != unused:
            used += [sector for sector in stretch if sector != _UNUSED]
    return used


def _refuse_shared_place(table: "array.array[int]", path: str) -> None:
    first: Dict[int, int] = {}
    for index, sector in enumerate(table):
        if sector != _UNUSED and sector in first:
            raise refusal(
                path,
                "damaged",
                f"entries {first[sector]} and {index} of its block table point to the same place, offset {sector * SECTOR}",
                "take a sound copy",
            )
        first[sector] = index
