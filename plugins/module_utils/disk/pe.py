# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""EFI programs: whether a file is one, for which processor, with which sections, and who signed it.

PRIVATE: module_utils of this collection are not an interface.
Source: Microsoft PE Format; UEFI Specification 2.10, section 2.1.1 (UEFI Images).
"""

import struct
from typing import BinaryIO, List, NamedTuple, Optional, Tuple

from ansible_collections.imagewright.azure.plugins.module_utils.disk.annotations import ReadAt

#: Processors by the header's machine, in Azure's words where it has them.
MACHINES = {0x8664: "x64", 0xAA64: "Arm64", 0x014C: "IA32", 0x01C2: "ARM", 0x5064: "RISCV64", 0x6264: "LOONGARCH64"}

_PE32, _PE32_PLUS = 0x10B, 0x20B
_CERTIFICATES = 4  # index of the data directory that holds the signatures
_MOST_CERTIFICATES = 256 * 1024  # bytes; real ones have 10 KiB
_MOST_SECTIONS = 96  # what the format allows
_MICROSOFT = (b"Microsoft Corporation UEFI CA 2011", b"Microsoft UEFI CA 2023")


class EfiProgram(NamedTuple):
    """architecture: of MACHINES or the number; certificates: (offset, size) of the signatures, (0, 0) without."""

    architecture: str
    sections: "List[PeSection]"
    certificates: Tuple[int, int]


class PeSection(NamedTuple):
    """memory: bytes that it takes when loaded; size, offset: bytes in the file."""

    name: bytes
    memory: int
    size: int
    offset: int


class PeError(ValueError):
    """The file is no whole EFI program; the message says why, as what follows ``it``."""


def read_program(read_at: ReadAt, size: Optional[int] = None) -> EfiProgram:
    """Return the EfiProgram in a file.

    read_at: callable (offset, length) -> bytes, shorter at the end of the file; size: int or None, bytes of the file, to see that it is whole.
    Raises PeError: it is none, or ends before its sections do.
    """
    start = read_at(0, 64)
    if not start:
        raise PeError("is empty")
    if start[:2] != b"MZ" or len(start) < 64:
        raise PeError("is no EFI program")
    header = struct.unpack_from("<I", start, 0x3C)[0]
    fixed = read_at(header, 24)
    if len(fixed) < 24 or fixed[:4] != b"PE\0\0":
        raise PeError("begins as a program of DOS and is no EFI program")
    machine, count, optional_size = struct.unpack_from("<HH12xH", fixed, 4)
    optional = read_at(header + 24, optional_size)
    table = read_at(header + 24 + optional_size, min(count, _MOST_SECTIONS) * 40)
    if len(optional) < optional_size or len(table) < min(count, _MOST_SECTIONS) * 40:
        raise PeError("is cut off within its header")
    sections = [PeSection(name.rstrip(b"\0"), memory, length, offset) for name, memory, length, offset in struct.iter_unpack("<8sI4xII16x", table)]
    if size is not None and any(section.offset + section.size > size for section in sections if section.size):
        raise PeError("is cut off: a section ends behind the end of the file")
    return EfiProgram(MACHINES.get(machine, f"0x{machine:04x}"), sections, _certificates(optional))


def find_section(stream: BinaryIO, wanted: bytes) -> Optional[PeSection]:
    """Return the PeSection of that name of the EFI program in a binary stream, None when it has none.

    Raises PeError: as read_program.
    """

    def read_at(offset: int, length: int) -> bytes:
        stream.seek(offset)
        return stream.read(length)

    return next((section for section in read_program(read_at).sections if section.name == wanted), None)


def signed_by_microsoft(program: EfiProgram, read_at: ReadAt) -> bool:
    """Return whether one of Microsoft's authorities for third parties signed the EfiProgram, as Secure Boot in Azure wants of a first loader.

    The names in the signature are looked for; whether it holds is the firmware's to prove.
    """
    offset, size = program.certificates
    certificates = read_at(offset, min(size, _MOST_CERTIFICATES)) if offset else b""
    return any(name in certificates for name in _MICROSOFT)


def _certificates(optional: bytes) -> Tuple[int, int]:
    """Return (offset, size) of the signatures, as the optional header (bytes) tells."""
    magic = struct.unpack_from("<H", optional)[0] if len(optional) >= 2 else 0
    directories = {_PE32: 96, _PE32_PLUS: 112}.get(magic)
    if directories is None or len(optional) < directories + (_CERTIFICATES + 1) * 8:
        return 0, 0
    return struct.unpack_from("<II", optional, directories + _CERTIFICATES * 8)
