# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The 512-byte footer that makes a raw disk a fixed VHD. Pure: bytes in, bytes out.

PRIVATE: module_utils of this collection are not an interface.
Source: Virtual Hard Disk Image Format Specification 1.0 (Microsoft, 11 October 2006).
"""

import datetime
import struct
import uuid
from typing import Any, Dict, NamedTuple, Optional

FOOTER_SIZE = 512  # bytes
COOKIE = b"conectix"
FIXED, DYNAMIC, DIFFERENCING = 2, 3, 4
DISK_TYPES = {0: "none", FIXED: "fixed", DYNAMIC: "dynamic", DIFFERENCING: "differencing"}

EPOCH_2000 = 946684800  # seconds from 1970 to 2000-01-01 00:00 UTC, where the footer's clock starts
NO_DATA_OFFSET = 0xFFFFFFFFFFFFFFFF  # a fixed disk has no further header; the specification's 32 bits are refused by Microsoft's tools
MAXIMUM_GEOMETRY = (65535, 16, 255)  # tells every reader to use the size field

#: Creators whose size field QEMU believes; with any other it multiplies the geometry. Source: QEMU block/vpc.c.
SIZE_CREATORS = (b"win ", b"qem2", b"d2v ", b"CTXS", b"tap\0")

_LAYOUT = ">8sIIQI4sI4sQQHBBII16sB427x"
_CHECKSUM_AT = 64


class Footer(NamedTuple):
    """All fields of a footer. creator_application, creator_host_os: 4 bytes; the sizes: bytes."""

    cookie: bytes
    features: int
    version: int
    data_offset: int
    timestamp: int
    creator_application: bytes
    creator_version: int
    creator_host_os: bytes
    original_size: int
    current_size: int
    cylinders: int
    heads: int
    sectors_per_track: int
    disk_type: int
    checksum: int
    unique_id: uuid.UUID
    saved_state: int


def fixed_footer(virtual_size: int, unique_id: uuid.UUID, unix_time: int) -> bytes:
    """Return the footer (bytes of 512) of a fixed VHD.

    virtual_size: int, bytes, multiple of 512.
    unique_id: uuid.UUID, the disk's identity.
    unix_time: int, seconds since 1970; times before 2000 become 2000.
    Creator ``qem2`` with the maximum geometry is the one that QEMU, Hyper-V and Azure all read at its full size.
    """
    timestamp = min(max(int(unix_time) - EPOCH_2000, 0), 0xFFFFFFFF)
    footer = Footer(
        COOKIE,
        2,
        0x00010000,
        NO_DATA_OFFSET,
        timestamp,
        b"qem2",
        0x00050003,
        b"Wi2k",
        virtual_size,
        virtual_size,
        *MAXIMUM_GEOMETRY,
        disk_type=FIXED,
        checksum=0,
        unique_id=unique_id,
        saved_state=0,
    )
    return pack_footer(footer)


def pack_footer(footer: Footer) -> bytes:
    """Return the footer as bytes of 512, with its checksum computed."""
    *fields, _checksum, unique_id, saved_state = footer
    return _with_checksum(struct.pack(_LAYOUT, *fields, 0, unique_id.bytes, saved_state))


def parse_footer(sector: bytes) -> Optional[Footer]:
    """Return the Footer in a sector (bytes of 512), or None when it has no footer's cookie.

    The checksum is not judged: compare ``footer_checksum(sector)`` with the field.
    """
    if len(sector) != FOOTER_SIZE or not sector.startswith(COOKIE):
        return None
    fields = list(struct.unpack(_LAYOUT, sector))
    fields[-2] = uuid.UUID(bytes=fields[-2])
    return Footer(*fields)


def footer_checksum(sector: bytes) -> int:
    """Return the checksum (int) that the sector's footer must carry: the ones' complement of the sum of all other bytes."""
    return ~(sum(sector[:_CHECKSUM_AT]) + sum(sector[_CHECKSUM_AT + 4 :])) & 0xFFFFFFFF


def checksum_is_right(sector: bytes) -> bool:
    """Return whether the footer (bytes of 512) carries its right checksum."""
    return footer_checksum(sector) == struct.unpack_from(">I", sector, _CHECKSUM_AT)[0]


def qemu_size(footer: Footer) -> int:
    """Return the size (int, bytes) that QEMU reads from the footer: the size field, or the geometry's product."""
    geometry = (footer.cylinders, footer.heads, footer.sectors_per_track)
    if footer.creator_application in SIZE_CREATORS or geometry == MAXIMUM_GEOMETRY:
        return footer.current_size
    return footer.cylinders * footer.heads * footer.sectors_per_track * 512


def describe_footer(footer: Footer) -> Dict[str, Any]:
    """Return the footer's fields as plain values (dict) for a module's result."""
    moment = datetime.datetime(2000, 1, 1) + datetime.timedelta(seconds=footer.timestamp)
    return {
        "cookie": footer.cookie.decode("ascii"),
        "features": footer.features,
        "version": f"{footer.version >> 16}.{footer.version & 0xFFFF}",
        "data_offset": f"0x{footer.data_offset:016x}",
        "created": moment.isoformat() + "Z",
        "creator_application": footer.creator_application.decode("latin-1").rstrip("\0"),
        "creator_version": f"0x{footer.creator_version:08x}",
        "creator_host_os": footer.creator_host_os.decode("latin-1").rstrip("\0"),
        "original_size": footer.original_size,
        "current_size": footer.current_size,
        "geometry": {"cylinders": footer.cylinders, "heads": footer.heads, "sectors_per_track": footer.sectors_per_track},
        "disk_type": DISK_TYPES.get(footer.disk_type, f"unknown ({footer.disk_type})"),
        "checksum": f"0x{footer.checksum:08x}",
        "unique_id": str(footer.unique_id),
        "saved_state": footer.saved_state != 0,
    }


def _with_checksum(unsigned: bytes) -> bytes:
    checksum = struct.pack(">I", footer_checksum(unsigned))
    return unsigned[:_CHECKSUM_AT] + checksum + unsigned[_CHECKSUM_AT + 4 :]
