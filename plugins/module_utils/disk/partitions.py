# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The partition table of a disk, MBR or GPT, and what must be written when the disk grows. Pure but for the given read function.

PRIVATE: module_utils of this collection are not an interface.
Source: UEFI Specification 2.10, section 5.2 (LBA 0 Format) and 5.3.
"""

import struct
from typing import List, NamedTuple, Optional, Tuple

from ansible_collections.imagewright.azure.plugins.module_utils.disk import gpt as gpt_tables
from ansible_collections.imagewright.azure.plugins.module_utils.disk.annotations import ReadAt, Writes
from ansible_collections.imagewright.azure.plugins.module_utils.disk.sizes import SECTOR

PROTECTIVE = 0xEE
_EXTENDED = (0x05, 0x0F, 0x85)
_ENTRIES_AT, _SIGNATURE_AT = 446, 510
_BOOT_CODE = 440  # bytes before the disk signature
_MOST_LOGICAL = 128  # ends a chain of logical partitions that points to itself


class Partition(NamedTuple):
    """A partition of either kind. type: GUID or ``0x83``; start, size: bytes; active: the MBR's or GPT's boot flag; uuid: its PARTUUID, lower case."""

    number: int
    type: str
    start: int
    size: int
    active: bool
    name: str
    uuid: str = ""


class Table(NamedTuple):
    """kind: gpt, mbr or none; gpt: of the believed primary; damage: why the GPT must not be touched (of a hybrid one, too); sector: bytes per LBA;
    mbr: sector 0.
    """

    kind: str
    partitions: List[Partition]
    boot_code: bool
    gpt: Optional[gpt_tables.Gpt]
    damage: Optional[str]
    sector: int
    mbr: bytes


class Relocation(NamedTuple):
    """What is to be written: first the writes at the end of the disk, then, once these are safe, those at its start."""

    tail: Writes
    head: Writes
    warnings: List[str]


class _MbrEntry(NamedTuple):
    """An entry of the MBR. position: from 0; sectors: its size."""

    position: int
    status: int
    type: int
    first_lba: int
    sectors: int


def read_table(read_at: ReadAt, size: int) -> Table:
    """Return the Table of a disk.

    read_at: callable (offset, length) -> bytes, shorter at the end of the disk.
    size: int, bytes, of the disk.
    """
    mbr = read_at(0, SECTOR)
    entries = _mbr_entries(mbr)
    boot_code = mbr[_SIGNATURE_AT:] == b"\x55\xaa" and any(mbr[:_BOOT_CODE])
    if entries and not any(entry.type == PROTECTIVE for entry in entries):
        # a GPT beneath it is what an earlier use of the disk has left; Linux and UEFI firmware do not look at it either
        signature = int.from_bytes(mbr[_BOOT_CODE : _BOOT_CODE + 4], "little")
        partitions = [_from_mbr(entry, signature) for entry in entries + _logical_partitions(read_at, entries)]
        return Table("mbr", partitions, boot_code, None, None, SECTOR, mbr)
    gpt, damage, sector = _believed_gpt(read_at, size, bool(entries))
    if gpt and not damage:
        damage = _unusual_mbr(entries)
    if gpt or damage:
        partitions = [_from_gpt(entry, sector) for entry in gpt_tables.gpt_partitions(gpt)] if gpt else []
        return Table("gpt", partitions, boot_code, gpt, damage, sector, mbr)
    return Table("none", [], boot_code, None, None, SECTOR, mbr)


def is_hybrid(table: Table) -> bool:
    """Return whether a sound GPT stands beside partitions of the MBR: systems that look for a GPT find it, a BIOS finds the others."""
    entries = _mbr_entries(table.mbr)
    return table.gpt is not None and len(entries) > 1 and any(_is_protective(entry) for entry in entries)


def end_of_partitions(table: Table) -> int:
    """Return the least size (int, bytes) of a disk that holds all of the table's partitions."""
    if table.gpt:
        return gpt_tables.least_sectors(table.gpt) * table.sector
    return max([partition.start + partition.size for partition in table.partitions] + [0])


def plan_relocation(table: Table, read_at: ReadAt, size: int) -> Relocation:
    """Return the Relocation that a GPT needs on a disk that is now size bytes; no writes when all is in place.

    read_at: callable (offset, length) -> bytes, of the disk as it is.
    A table that cannot be believed is left alone, with a warning.
    """
    if table.kind != "gpt":
        return Relocation([], [], [])
    if table.gpt is None or table.damage:
        return Relocation([], [], [f"the partition table is left as it is, since {table.damage}; repair it with `sgdisk` or `gdisk`"])
    sectors = size // SECTOR
    protective = _grown_protective(table.mbr, sectors)
    head = [(0, protective)] if protective else []
    if table.gpt.alternate_lba != sectors - 1:
        return Relocation(gpt_tables.moved_backup(table.gpt, sectors), [gpt_tables.moved_primary(table.gpt, sectors)] + head, [])
    try:
        gpt_tables.read_gpt(read_at, sectors - 1)
    except gpt_tables.GptError as error:
        return Relocation([], head, [f"the backup of the partition table is damaged ({error}) and left as it is; repair it with `gdisk`"])
    return Relocation([], head, [])


def _unusual_mbr(entries: List[_MbrEntry]) -> Optional[str]:
    """Return why the MBR (entries: [_MbrEntry]) beside a sound GPT is not the usual one, or None when it is."""
    if not any(_is_protective(entry) for entry in entries):
        return "the MBR does not protect it, and so no system looks for it"
    if len(entries) > 1:
        return "it is a hybrid table: the MBR has partitions of its own"
    return None


def _is_protective(entry: _MbrEntry) -> bool:
    return entry.type == PROTECTIVE and entry.first_lba == 1


def _believed_gpt(read_at: ReadAt, size: int, protective: bool) -> Tuple[Optional[gpt_tables.Gpt], Optional[str], int]:
    """Return (Gpt or None, damage or None, bytes per LBA)."""
    try:
        return gpt_tables.read_gpt(read_at, 1), None, SECTOR
    except gpt_tables.GptError as error:
        damage = str(error)
    try:
        return gpt_tables.read_gpt(read_at, 1, sector=4096), "its sectors have 4096 bytes", 4096
    except gpt_tables.GptError:
        pass
    signed = read_at(SECTOR, 8) == gpt_tables.SIGNATURE
    return None, damage if signed or protective or _has_backup(read_at, size) else None, SECTOR


def _has_backup(read_at: ReadAt, size: int) -> bool:
    try:
        return bool(gpt_tables.read_gpt(read_at, size // SECTOR - 1))
    except gpt_tables.GptError:
        return False


def _mbr_entries(mbr: bytes) -> List[_MbrEntry]:
    """Return the used primary entries ([_MbrEntry]); none when the sector is something else, e.g. a file system's boot sector."""
    if len(mbr) < SECTOR or mbr[_SIGNATURE_AT:] != b"\x55\xaa":
        return []
    entries = []
    for index in range(4):
        status, kind, first, sectors = struct.unpack_from("<B3xB3xII", mbr, _ENTRIES_AT + 16 * index)
        if status not in (0x00, 0x80):
            return []
        if kind and sectors and first:
            entries.append(_MbrEntry(index, status, kind, first, sectors))
    return entries


def _logical_partitions(read_at: ReadAt, entries: List[_MbrEntry]) -> List[_MbrEntry]:
    """Return the entries ([_MbrEntry]) of partitions inside the extended one, numbered from 5 in the order of their chain, which may go backwards."""
    found: List[_MbrEntry] = []
    for extended in [entry for entry in entries if entry.type in _EXTENDED]:
        lba, seen = extended.first_lba, set()
        while lba and lba not in seen and len(found) < _MOST_LOGICAL:
            seen.add(lba)
            following = 0
            for entry in _mbr_entries(read_at(lba * SECTOR, SECTOR)):
                if entry.type in _EXTENDED:
                    following = following or extended.first_lba + entry.first_lba
                else:
                    found.append(entry._replace(position=4 + len(found), first_lba=lba + entry.first_lba))
            lba = following
    return found


def _from_mbr(entry: _MbrEntry, signature: int) -> Partition:
    return Partition(
        entry.position + 1,
        f"0x{entry.type:02x}",
        entry.first_lba * SECTOR,
        entry.sectors * SECTOR,
        entry.status == 0x80,
        "",
        f"{signature:08x}-{entry.position + 1:02x}",
    )


def _from_gpt(entry: gpt_tables.GptPartition, sector: int) -> Partition:
    length = (entry.last_lba - entry.first_lba + 1) * sector
    legacy_boot = bool(entry.attributes & 4)
    return Partition(entry.number, str(entry.type_guid).upper(), entry.first_lba * sector, length, legacy_boot, entry.name, str(entry.guid))


def _grown_protective(mbr: bytes, sectors: int) -> Optional[bytes]:
    """Return sector 0 with the protective entry's size following the disk's, or None when nothing is to be written.

    0xFFFFFFFF is right for any disk: some tools always write it.
    """
    entries = _mbr_entries(mbr)
    if len(entries) != 1 or entries[0].type != PROTECTIVE:
        return None
    size = min(sectors - 1, 0xFFFFFFFF)
    if entries[0].sectors in (size, 0xFFFFFFFF):
        return None
    grown = bytearray(mbr)
    struct.pack_into("<I", grown, _ENTRIES_AT + 16 * entries[0].position + 12, size)
    return bytes(grown)
