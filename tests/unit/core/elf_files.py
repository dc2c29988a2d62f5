# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small ELF files with what a loader reads: header, program headers, interpreter, dynamic section. Written by the System V ABI."""

import struct

X86_64, AARCH64, I386 = 62, 183, 3


def program(needed=(), interpreter="/lib64/ld-linux-x86-64.so.2", rpath=None, runpath=None, machine=X86_64, bits=64, order="<", asked=(), versions=()):
    """Return the bytes of an ELF file: a program, or a library with interpreter=None.

    asked: [(library, version, flags)] of its symbols that it needs; versions: those that it has.
    """
    wide = bits == 64
    strings = b"\0"
    entries = []
    for tag, value in [(1, name) for name in needed] + [(15, rpath)] * (rpath is not None) + [(29, runpath)] * (runpath is not None):
        entries.append((tag, len(strings)))
        strings += value.encode() + b"\0"
    count = 3 if interpreter else 2
    headers = (64 + 56 * count) if wide else (52 + 32 * count)
    interp = interpreter.encode() + b"\0" if interpreter else b""
    strings_at = headers + len(interp)
    place = {}
    for text in [text for library_, version, _flags in asked for text in (library_, version)] + list(versions):
        place[text] = len(strings)
        strings += text.encode() + b"\0"
    tables = b""
    for library_, version, flags in asked:
        tables += struct.pack(order + "HHIII", 1, 1, place[library_], 16, 32) + struct.pack(order + "IHHII", 0, flags, 2, place[version], 0)
    needed_at = strings_at + len(strings)
    own_at = needed_at + len(tables)
    for version in versions:
        tables += struct.pack(order + "HHHHIII", 1, 0, 1, 1, 0, 20, 28) + struct.pack(order + "II", place[version], 0)
    dynamic_at = needed_at + len(tables)
    entries += [(0x6FFFFFFE, needed_at), (0x6FFFFFFF, len(asked))] * bool(asked) + [(0x6FFFFFFC, own_at), (0x6FFFFFFD, len(versions))] * bool(versions)
    entries += [(5, strings_at), (10, len(strings)), (0, 0)]
    dynamic = b"".join(struct.pack(order + ("qQ" if wide else "iI"), *entry) for entry in entries)
    size = dynamic_at + len(dynamic)
    segments = [(1, 0, size), (2, dynamic_at, len(dynamic))] + ([(3, headers, len(interp))] if interpreter else [])
    table = b""
    for kind, offset, length in segments:
        fields = (kind, 5, offset, offset, offset, length, length, 8) if wide else (kind, offset, offset, offset, length, length, 5, 4)
        table += struct.pack(order + ("IIQQQQQQ" if wide else "IIIIIIII"), *fields)
    ident = b"\x7fELF" + bytes([2 if wide else 1, 1 if order == "<" else 2, 1]) + b"\0" * 9
    rest = (3, machine, 1, 0, 64 if wide else 52, 0, 0, 64 if wide else 52, 56 if wide else 32, count, 0, 0, 0)
    header = ident + struct.pack(order + ("HHIQQQIHHHHHH" if wide else "HHIIIIIHHHHHH"), *rest)
    return header + table + interp + strings + tables + dynamic


def library(needed=(), **options):
    """Return the bytes of a shared library."""
    return program(needed, interpreter=None, **options)
