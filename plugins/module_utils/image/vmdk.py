# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The header and descriptor of a VMDK image.

Only the kinds that keep all data in the one file are taken: monolithicSparse and streamOptimized.

PRIVATE: module_utils of this collection are not an interface.
Source: VMware Virtual Disk Format 5.0; QEMU block/vmdk.c.
"""

import re
import struct
from typing import List, NamedTuple

from ansible_collections.imagewright.azure.plugins.module_utils.disk.annotations import ReadAt
from ansible_collections.imagewright.azure.plugins.module_utils.disk.problems import refusal
from ansible_collections.imagewright.azure.plugins.module_utils.disk.sizes import KIB, MIB, SECTOR
from ansible_collections.imagewright.azure.plugins.module_utils.image.image_file import Image
from ansible_collections.imagewright.azure.plugins.module_utils.image.tables import numbers

_MOST_DESCRIPTOR = 64 * KIB  # bytes
_MOST_DIRECTORY = 64 * MIB  # bytes; 512 TiB in grains of 64 KiB
_AT_THE_END = 0xFFFFFFFFFFFFFFFF  # in place of the directory's offset: a copy of the header before the last sector has it
_FOOTER_FROM_END, _DIRECTORY_AT = 1024, 56  # bytes
_TAKEN = ("monolithicSparse", "streamOptimized")
_COMPRESSED = 0x10000  # flag of the header
_ZEROS = 1  # in place of a grain's sector; 0 when there is none
_WHOLE, _SOUND = "get the whole image", "take a sound copy"
_CURE = "bring it into one file first: `qemu-img convert -O qcow2`, or export it as streamOptimized"


class _SparseHeader(NamedTuple):
    """The header's numbers. grain: sectors; entries: of a grain table; directory: bytes, where the tables' places are."""

    version: int
    flags: int
    capacity: int
    grain: int
    descriptor_at: int
    descriptor_size: int
    entries: int
    directory: int


def read_image(read_at: ReadAt, file_size: int, path: str) -> Image:
    """Return the Image of a VMDK file.

    Raises ImagewrightError: its data is in other files, or it is damaged.
    """
    header = _read_header(read_at, file_size, path)
    length = min(header.descriptor_size * SECTOR, _MOST_DESCRIPTOR)
    _check_descriptor(read_at(header.descriptor_at * SECTOR, length).split(b"\0")[0].decode("utf-8", "replace"), path)
    last = max(_grain_tables(read_at, header, path))
    if last and last + header.entries * 4 > file_size:
        # QEMU reads zeros where a file ends, which in a table means that there is no data
        raise refusal(path, "cut_off", f"it is cut off: its grain table at offset {last} goes past the end of the file", _WHOLE)
    return Image("vmdk", header.capacity * SECTOR, None, None, [])


def check_grains(read_at: ReadAt, file_size: int, path: str) -> None:
    """Check that each grain lies within the file and in a place of its own. For images that ``read_image`` takes.

    Raises ImagewrightError: one does not; `qemu-img check` sees no fault in it.
    """
    header = _read_header(read_at, file_size, path)
    if header.flags & _COMPRESSED:  # the end of each is only known when it is read, and an error then
        return
    size = header.grain * SECTOR
    taken = bytearray(file_size // size // 8 + 1)
    for number, offset in enumerate(_grain_tables(read_at, header, path)):
        table = numbers(read_at(offset, header.entries * 4), 4, "little") if offset else ()
        for index, sector in enumerate(table) if any(table) else ():
            if sector <= _ZEROS:
                continue
            needed = min(size, header.capacity * SECTOR - (number * header.entries + index) * size)
            if sector * SECTOR + needed > file_size:
                raise refusal(
                    path, "cut_off", f"it is cut off: a block of its data ends at offset {sector * SECTOR + needed}, and the file at {file_size}", _WHOLE
                )
            byte, bit = divmod(sector // header.grain, 8)
            if taken[byte] & 1 << bit:
                raise refusal(path, "damaged", f"two of its blocks are in one place, offset {sector * SECTOR}", _SOUND)
            taken[byte] |= 1 << bit


def _read_header(read_at: ReadAt, file_size: int, path: str) -> _SparseHeader:
    octets = read_at(0, 512)
    if not octets.startswith(b"KDMV"):
        raise refusal(path, "needs_other_file", "it is a VMDK descriptor or an ESX extent, whose data is in other files, which are never read", _CURE)
    if len(octets) < 512:
        raise refusal(path, "cut_off", "it is cut off within the VMDK header", _WHOLE)
    header = _SparseHeader(*struct.unpack_from("<IIQQQQI8xQ", octets, 4))
    if not 1 <= header.version <= 3:
        raise refusal(path, "unknown_format", f"it is of VMDK version {header.version}", _CURE)
    if not header.capacity or not header.descriptor_at:
        raise refusal(path, "needs_other_file", "it is one extent of a VMDK disk that has others", _CURE)
    if not header.grain or not header.entries:
        raise refusal(path, "damaged", f"its header describes grains of {header.grain} sectors and tables of {header.entries} entries", _SOUND)
    if header.directory == _AT_THE_END:
        octets = read_at(file_size - _FOOTER_FROM_END + _DIRECTORY_AT, 8).ljust(8, b"\0")
        header = header._replace(directory=struct.unpack("<Q", octets)[0])
    return header._replace(directory=header.directory * SECTOR)


def _grain_tables(read_at: ReadAt, header: _SparseHeader, path: str) -> List[int]:
    """Return where the grain tables are ([int], bytes; 0 for one that is not there)."""
    length = -(-header.capacity // (header.grain * header.entries)) * 4
    octets = read_at(header.directory, length) if length <= _MOST_DIRECTORY else b""
    if len(octets) < length:
        raise refusal(path, "cut_off", f"it is cut off within its grain directory of {length} bytes at offset {header.directory}", _WHOLE)
    return [sector * SECTOR for sector in numbers(octets, 4, "little")]


def _check_descriptor(text: str, path: str) -> None:
    kind = _value(text, "createType")
    if kind not in _TAKEN:
        raise refusal(path, "needs_other_file", f"its kind is {kind!r}, whose data is in other files, which are never read", _CURE)
    if _value(text, "parentCID").lower() not in ("", "ffffffff"):
        raise refusal(path, "needs_other_file", "it is a snapshot that needs its parent disk", "merge the snapshots first")
    extents = re.findall(r"^\s*(?:RW|RDONLY|NOACCESS)\s+\d+\s+(\w+)", text, re.MULTILINE)
    if extents != ["SPARSE"]:
        raise refusal(path, "needs_other_file", f"its descriptor names the extents {', '.join(extents) or 'none'} where one SPARSE is expected", _CURE)


def _value(text: str, name: str) -> str:
    match = re.search(rf"^\s*{name}\s*=\s*\"?([^\"\r\n]*)\"?", text, re.MULTILINE | re.IGNORECASE)
    return match.group(1).strip() if match else ""
