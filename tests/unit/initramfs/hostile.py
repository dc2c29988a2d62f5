# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small files that make a reader without bounds run for minutes, or take all memory."""

import gzip
import struct

from unit.initramfs.images import LINK, archive, main_archive, member

MIB = 1024 * 1024


def overlapping_sections(size=16 * MIB, count=65535):
    """Return an ELF file whose sections all are its whole content; it compresses to some ten KB."""
    table, names = 64, 64 + 64 * count
    size = max(size, names + 16)
    header = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 1, 62, 1, 0, 0, table, 0, 64, 0, 0, 64, count, 0)
    section = struct.pack("<IIQQQQIIQQ", 1, 1, 2, 0, 0, size, 0, 0, 1, 0)
    first = struct.pack("<IIQQQQIIQQ", 0, 3, 0, 0, names, 16, 0, 0, 1, 0)
    content = header + first + section * (count - 1) + b"\0.text\0".ljust(16, b"\0")
    return content.ljust(size, b"\0")


def initramfs_of_overlapping_sections(path):
    """Return an initramfs (bytes) with such a module at its path."""
    return gzip.compress(main_archive(extra=[member(path, overlapping_sections())]), 9)


def initramfs_of_long_links(count=160, size=48 * MIB):
    """Return an initramfs (bytes) of count links whose targets have size bytes each."""
    compressed = gzip.compress(main_archive())
    for number in range(count):
        link = member(f"usr/lib/link{number}", b"x" * size, mode=LINK, inode=number + 10)
        compressed += gzip.compress(archive(link), 9)
    return compressed
