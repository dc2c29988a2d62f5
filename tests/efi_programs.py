# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small EFI programs, written by hand: as much of one as those look at who ask whether it is one."""

import struct

X64, ARM64, IA32 = 0x8664, 0xAA64, 0x014C
SIGNATURE = b"\x30\x82Microsoft Corporation UEFI CA 2011 signs this"


def efi_program(machine=X64, content=b"code", signature=b"", sections=((b".text", 0x200, b""),)):
    """Return an EFI program (bytes): DOS header, PE header, sections of (name, size, content), and a signature behind them.

    content: bytes of the first section.
    """
    optional = bytearray(240)
    struct.pack_into("<H", optional, 0, 0x20B)
    struct.pack_into("<H", optional, 68, 10)  # an EFI application
    struct.pack_into("<I", optional, 108, 16)
    table, body, offset = b"", b"", 0x400
    for index, (name, size, octets) in enumerate(sections):
        octets = octets or (content if index == 0 else b"")
        size = max(size, -(-len(octets) // 512) * 512)
        table += struct.pack("<8sIIII16x", name, len(octets) or size, 0x1000 * (index + 1), size, offset)
        body += octets.ljust(size, b"\0")
        offset += size
    if signature:
        struct.pack_into("<II", optional, 112 + 4 * 8, offset, len(signature))
    header = b"MZ".ljust(0x3C, b"\0") + struct.pack("<I", 0x80) + bytes(0x40)
    header += struct.pack("<4sHH12xHH", b"PE\0\0", machine, len(sections), len(optional), 0x22) + bytes(optional) + table
    return header.ljust(0x400, b"\0") + body + signature
