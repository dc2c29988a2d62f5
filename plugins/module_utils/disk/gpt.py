# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GUID partition tables: read, judge, and move the backup to another end of the disk. Pure but for the given read function.

PRIVATE: module_utils of this collection are not an interface.
Source: UEFI Specification 2.10, section 5.3 (GUID Partition Table Disk Layout).
"""

import struct
import uuid
import zlib
from typing import List, NamedTuple, Tuple

from ansible_collections.imagewright.azure.plugins.module_utils.disk.annotations import ReadAt, Writes
from ansible_collections.imagewright.azure.plugins.module_utils.disk.sizes import SECTOR

SIGNATURE = b"EFI PART"
_LAYOUT = "<8x4xII4xQQQQ16sQIII"  # x: bytes that are not looked at
_LEAST_HEADER = struct.calcsize(_LAYOUT)  # 92 bytes
_MOST_TABLE = 1024 * 1024  # bytes; real tables have 16 KiB

BIOS_BOOT = uuid.UUID("21686148-6449-6E6F-744E-656564454649")
EFI_SYSTEM = uuid.UUID("C12A7328-F81F-11D2-BA4B-00A0C93EC93B")


class Gpt(NamedTuple):
    """One copy of the table. header: header_size bytes; first_usable, last_usable: LBA; sector: bytes per LBA."""

    header: bytes
    lba: int
    alternate_lba: int
    first_usable: int
    last_usable: int
    disk_guid: uuid.UUID
    entries_lba: int
    entry_count: int
    entry_size: int
    entries: bytes
    sector: int


class GptPartition(NamedTuple):
    """A used entry. first_lba, last_lba: inclusive."""

    number: int
    type_guid: uuid.UUID
    guid: uuid.UUID
    first_lba: int
    last_lba: int
    attributes: int
    name: str


class GptError(ValueError):
    """A copy of a GUID partition table that cannot be believed; the message says why."""


def read_gpt(read_at: ReadAt, lba: int, sector: int = SECTOR) -> Gpt:
    """Return the Gpt whose header is at the LBA, its CRCs proven.

    read_at: callable (offset, length) -> bytes, shorter at the end of the disk.
    sector: int, bytes per LBA.
    Raises GptError: no signature, a wrong CRC, or values that cannot be.
    """
    raw = read_at(lba * sector, sector)
    if not raw.startswith(SIGNATURE) or len(raw) < _LEAST_HEADER:
        raise GptError(f"no GPT header at sector {lba}")
    (header_size, crc, my_lba, alternate, first, last, guid, entries_lba, count, entry_size, entries_crc) = struct.unpack_from(_LAYOUT, raw)
    if not _LEAST_HEADER <= header_size <= sector:
        raise GptError(f"the GPT header at sector {lba} claims a size of {header_size} bytes")
    header = raw[:header_size]
    if _header_crc(header) != crc:
        raise GptError(f"the GPT header at sector {lba} has a wrong checksum")
    if my_lba != lba:
        raise GptError(f"the GPT header at sector {lba} says that it is at sector {my_lba}")
    if entry_size < 128 or entry_size % 8 or count * entry_size > _MOST_TABLE:
        raise GptError(f"the GPT header at sector {lba} describes {count} entries of {entry_size} bytes")
    entries = read_at(entries_lba * sector, count * entry_size)
    if zlib.crc32(entries) & 0xFFFFFFFF != entries_crc:
        raise GptError(f"the GPT entries at sector {entries_lba} have a wrong checksum")
    return Gpt(header, my_lba, alternate, first, last, uuid.UUID(bytes_le=guid), entries_lba, count, entry_size, entries, sector)


def gpt_partitions(gpt: Gpt) -> List[GptPartition]:
    """Return the used entries ([GptPartition]) in the table's order."""
    partitions = []
    for index in range(gpt.entry_count):
        entry = gpt.entries[index * gpt.entry_size : (index + 1) * gpt.entry_size]
        type_guid = uuid.UUID(bytes_le=entry[:16])
        if type_guid.int == 0:
            continue
        first, last, attributes = struct.unpack_from("<QQQ", entry, 32)
        name = entry[56:128].decode("utf-16-le", "replace").split("\0")[0]
        partitions.append(GptPartition(index + 1, type_guid, uuid.UUID(bytes_le=entry[16:32]), first, last, attributes, name))
    return partitions


def moved_backup(gpt: Gpt, sectors: int) -> Writes:
    """Return the writes ([(offset, bytes)]) that put the table's backup at the end of a disk of so many sectors."""
    backup_lba, entries_lba = sectors - 1, sectors - 1 - _table_sectors(gpt)
    header = _rebuilt_header(gpt, backup_lba, 1, entries_lba - 1, entries_lba)
    entries = gpt.entries.ljust(_table_sectors(gpt) * SECTOR, b"\0")
    return [(entries_lba * SECTOR, entries), (backup_lba * SECTOR, header.ljust(SECTOR, b"\0"))]


def moved_primary(gpt: Gpt, sectors: int) -> Tuple[int, bytes]:
    """Return the write ((offset, bytes)) of the primary header that points to the backup of ``moved_backup``."""
    backup_lba = sectors - 1
    header = _rebuilt_header(gpt, 1, backup_lba, backup_lba - _table_sectors(gpt) - 1, gpt.entries_lba)
    return SECTOR, header.ljust(SECTOR, b"\0")


def least_sectors(gpt: Gpt) -> int:
    """Return the least number of sectors (int) of a disk that holds all partitions and the backup table."""
    last = max([partition.last_lba for partition in gpt_partitions(gpt)] + [gpt.first_usable])
    return last + 1 + _table_sectors(gpt) + 1


def _table_sectors(gpt: Gpt) -> int:
    return (gpt.entry_count * gpt.entry_size + gpt.sector - 1) // gpt.sector


def _rebuilt_header(gpt: Gpt, lba: int, alternate_lba: int, last_usable: int, entries_lba: int) -> bytes:
    """Return the header (bytes) with other places; revision, identity and any bytes after the standard ones stay."""
    header = bytearray(gpt.header)
    struct.pack_into("<QQQQ", header, 24, lba, alternate_lba, gpt.first_usable, last_usable)
    struct.pack_into("<Q", header, 72, entries_lba)
    struct.pack_into("<I", header, 16, _header_crc(bytes(header)))
    return bytes(header)


def _header_crc(header: bytes) -> int:
    return zlib.crc32(header[:16] + b"\0\0\0\0" + header[20:]) & 0xFFFFFFFF
