# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The boot code in the first sector of a disk, the GRUB core that it loads, and what a core has built in. Pure but for the given read function.

PRIVATE: module_utils of this collection are not an interface.
Source: GRUB 2 (boot.S, diskboot.S, startup_raw.S, mkimage.c, kernel.h) and GRUB Legacy (stage1.S).
"""

import re
import struct
from typing import AbstractSet, NamedTuple, Optional, Set

from ansible_collections.imagewright.azure.plugins.module_utils.disk.annotations import ReadAt
from ansible_collections.imagewright.azure.plugins.module_utils.disk.sizes import MIB, SECTOR


class BootCode(NamedTuple):
    """kind: ``grub2``, ``grub_legacy``, ``active_partition`` (syslinux, Debian's mbr and their like) or ``unknown``; sector: of the core of GRUB 2."""

    kind: str
    sector: int


class GrubCore(NamedTuple):
    """What is built into a GRUB core. prefix: like ``(,msdos1)/boot/grub``, "" without; config: what runs before it is used, "" without;
    modules: names, among which are those of the modules that are in it. memory: all of it, with the names that it has for its modules; b"" where that was
    not read.
    """

    prefix: str
    config: str
    modules: AbstractSet[str]
    memory: bytes = b""


_KERNEL_SECTOR_AT = 0x5C  # boot.img: of the core's first sector
_DRIVE_AT = 0x64  # boot.img: that it reads from
_ANY_DRIVE, _FIRST_DRIVE = 0xFF, 0x80  # the one that the BIOS started, the first disk
_JUMPS = (0xEB, 0xE9)
_MESSAGES = b"GRUB \0Geom\0Hard Disk\0Read\0 Error"  # of boot.img, and of stage1 of GRUB Legacy
_CORE_MESSAGES = b"Geom\0Read\0 Error"  # of diskboot.img
_LEGACY_VERSION = b"\x03\x02"  # stage1, at 0x3E
_FIRST_BLOCKS_AT, _BLOCKS = 500, struct.Struct("<QHH")  # diskboot.img: start, sectors, segment; further ones lie before it
_ACTIVE_PARTITION = (b"Missing operating system", b"Missing OS", b"\xfa1:", b"MBR \xfa", b"1FA:", b"SYSLINUX")

_MOST_CORE = 4 * MIB  # bytes; real ones have 30 to 150 KiB
_MOST_DECOMPRESSED = 16 * MIB
_MOST_OBJECTS = 1024
_DECOMPRESSOR = 2848  # bytes of lzma_decompress.img of GRUB 2.02 to 2.12, where the packed part begins; looked for elsewhere, too
_LARGEST_DECOMPRESSOR = 8192
_MODULES = b"mimg"  # GRUB_MODULE_MAGIC
_MODULE, _CONFIG, _PREFIX = 0, 2, 3  # types of objects
_NAME = re.compile(rb"[a-z0-9_]{2,24}(?=\0)")  # of a module, in its section .modname


class CoreError(ValueError):
    """There is no GRUB core where one should be; the message says what is there."""


def read_boot_code(sector: bytes) -> BootCode:
    """Return the BootCode of the first sector (bytes of 512) of a disk."""
    if _MESSAGES in sector:
        if sector[0x3E:0x40] == _LEGACY_VERSION:
            return BootCode("grub_legacy", 0)
        return BootCode("grub2", struct.unpack_from("<Q", sector, _KERNEL_SECTOR_AT)[0])
    if any(text in sector[:440] for text in _ACTIVE_PARTITION):
        return BootCode("active_partition", 0)
    return BootCode("unknown", 0)


def fault_of_boot_code(sector: bytes) -> str:
    """Return why GRUB's boot code (bytes of 512) cannot load its core, "" when it can, as far as its own sector tells."""
    if sector[0] not in _JUMPS:
        return "does not begin with the jump to its program"
    drive = sector[_DRIVE_AT]
    return "" if drive in (_ANY_DRIVE, _FIRST_DRIVE) else f"reads from drive {drive:#x} alone, and the disk is {_FIRST_DRIVE:#x} on Azure"


def read_core(read_at: ReadAt, sector: int) -> Optional[GrubCore]:
    """Return the GrubCore that begins at a sector, or None when nothing is built into it that can be read.

    read_at: callable (offset, length) -> bytes of the disk.
    Raises CoreError: there is none, or it is damaged.
    """
    if not begins_at(read_at, sector):
        raise CoreError(f"at sector {sector} there is no GRUB core")
    first = read_at(sector * SECTOR, SECTOR)
    unpacked = _unpacked(_rest_of_core(read_at, first, sector))
    if unpacked is None:
        raise CoreError(f"the core at sector {sector} is damaged: what is packed in it cannot be unpacked")
    core = built_in(unpacked)
    return core and core._replace(memory=unpacked)


def begins_at(read_at: ReadAt, sector: int) -> bool:
    """Return whether a GRUB core begins at a sector."""
    first = read_at(sector * SECTOR, SECTOR)
    return len(first) == SECTOR and _CORE_MESSAGES in first


def built_in(octets: bytes) -> Optional[GrubCore]:
    """Return the GrubCore of the memory image of a GRUB (bytes), or None when nothing is built into it that can be read."""
    at = octets.find(_MODULES)
    while at >= 0:
        for layout, header in (("<4xII", 12), ("<8xQQ", 24)):  # of 32 and of 64 bits
            if at + header <= len(octets):
                core = _objects(octets, at, *struct.unpack_from(layout, octets, at))
                if core is not None:
                    return core
        at = octets.find(_MODULES, at + 1)
    return None


def _rest_of_core(read_at: ReadAt, first: bytes, sector: int) -> bytes:
    """Return the bytes of a core behind its first sector, as the list of blocks at the end of that tells.

    Raises CoreError: the list leads nowhere.
    """
    pieces, length = [], 0
    for at in range(_FIRST_BLOCKS_AT, 0, -12):  # bytes of _BLOCKS
        start, sectors, _segment = _BLOCKS.unpack_from(first, at)
        if not sectors:
            break
        length += sectors * SECTOR
        if length > _MOST_CORE:
            raise CoreError(f"the core at sector {sector} claims to have more than {_MOST_CORE} bytes")
        piece = read_at(start * SECTOR, sectors * SECTOR)
        if len(piece) < sectors * SECTOR:
            raise CoreError(f"the core at sector {sector} goes on at sector {start}, behind the end of the disk")
        pieces.append(piece)
    if not any(any(piece) for piece in pieces):
        raise CoreError(f"the core at sector {sector} goes on nowhere" if not pieces else f"where the core at sector {sector} goes on, there are zeros")
    return b"".join(pieces)


def _unpacked(body: bytes) -> Optional[bytes]:
    """Return the memory image (bytes) of a core behind its first sector, or None when it cannot be unpacked here."""
    import lzma

    if len(body) < 16:
        return None
    packed_size, size = struct.unpack_from("<II", body, 8)
    if not 0 < packed_size <= len(body) or not 0 < size <= _MOST_DECOMPRESSED:
        return None
    places = [_DECOMPRESSOR] + [place for place in range(512, min(_LARGEST_DECOMPRESSOR, len(body))) if place != _DECOMPRESSOR]
    for place in places:
        if body[place : place + 1] != b"\0":  # every LZMA stream begins so
            continue
        decoder = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_LZMA1, "dict_size": 1 << 16, "lc": 3, "lp": 0, "pb": 2}])
        try:
            unpacked = decoder.decompress(body[place : place + packed_size], size)
        except lzma.LZMAError:
            continue
        if len(unpacked) == size and _MODULES in unpacked:
            return unpacked
    return None


def _objects(octets: bytes, at: int, offset: int, size: int) -> Optional[GrubCore]:
    """Return the GrubCore of the objects that a module header tells of, or None when there are none.

    at: int, of the header; offset, size: int, of the objects from there.
    """
    end, position, found, count = at + size, at + offset, {}, 0
    modules: Set[str] = set()
    if not 0 < offset <= size or end > len(octets):
        return None
    while position + 8 <= end and count < _MOST_OBJECTS:
        kind, length = struct.unpack_from("<II", octets, position)
        if length < 8 or position + length > end:
            break
        if kind in (_CONFIG, _PREFIX):
            found[kind] = octets[position + 8 : position + length].split(b"\0")[0].decode("utf-8", "replace")
        elif kind == _MODULE:
            modules.update(name.decode("ascii") for name in _NAME.findall(octets[position + 8 : position + length]))
        position, count = position + length, count + 1
    if not count:
        return None
    return GrubCore(found.get(_PREFIX, ""), found.get(_CONFIG, ""), modules)
