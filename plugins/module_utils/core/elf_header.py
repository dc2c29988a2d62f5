# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The start of an ELF file: what it is, and for which machine. Most modules ask no more of a program; elf.py reads the rest.

Source: the System V ABI, ELF header; e_machine by its registry.

PRIVATE: module_utils of this collection are not an interface.
"""

import struct
from typing import Optional

MAGIC = b"\x7fELF"
HEADER = 64  # bytes, of the larger kind
SMALL_HEADER = 52  # bytes, of 32 bit

#: e_machine -> name as of `uname -m`.
MACHINES = {3: "i686", 21: "ppc64le", 22: "s390x", 40: "armv7l", 62: "x86_64", 183: "aarch64", 243: "riscv64"}


def machine_of(header: bytes) -> Optional[str]:
    """Return the name of the machine (str, as of `uname -m`) that the start of an ELF file (bytes, 20 at least) is for, None for another file."""
    if header[:4] != MAGIC or len(header) < 20 or header[5] not in (1, 2):
        return None
    number = struct.unpack_from(byte_order(header) + "H", header, 18)[0]
    return MACHINES.get(number, f"unknown ({number})")


def byte_order(header: bytes) -> str:
    """Return the character of struct for the byte order that the start of an ELF file (bytes, 6 at least) tells."""
    return ">" if header[5] == 2 else "<"
