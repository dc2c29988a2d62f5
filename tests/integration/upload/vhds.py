# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""VHDs to upload, made by hand: a sparse disk with an MBR, data where the test wants it, and a footer."""

import hashlib
import os
import random
import struct

MIB = 1024 * 1024


def footer(size):
    """Return the 512 bytes of a fixed VHD's footer for a disk of size bytes, field by field from Microsoft's format document."""
    fields = struct.pack(
        ">8sIIQI4sI4sQQHBBII16sB",
        b"conectix",
        2,
        0x00010000,
        0xFFFFFFFFFFFFFFFF,
        0x2A000000,
        b"qem2",
        0x00050003,
        b"Wi2k",
        size,
        size,
        65535,
        16,
        255,
        2,
        0,
        bytes(range(16)),
        0,
    )
    blank = fields.ljust(512, b"\0")
    checksum = ~sum(blank) & 0xFFFFFFFF
    return blank[:64] + struct.pack(">I", checksum) + blank[68:]


def master_boot_record(size):
    """Return a sector with boot code and one active Linux partition from 1 MiB on."""
    start, count = 2048, size // 512 - 2048
    entry = struct.pack("<B3sB3sII", 0x80, b"\xfe\xff\xff", 0x83, b"\xfe\xff\xff", start, count)
    return (b"\xeb\x63\x90" + b"\x90" * 437 + b"IMGW\0\0").ljust(446, b"\0")[:446] + entry + bytes(48) + b"\x55\xaa"


def make(path, size_mib=32, pieces=((2 * MIB, MIB),), seed=1):
    """Write a fixed VHD and return its path.

    pieces: [(offset, length)] in bytes that get random data; all else is a hole.
    """
    size = size_mib * MIB
    source = random.Random(seed)
    with open(path, "wb") as stream:
        stream.write(master_boot_record(size))
        for offset, length in pieces:
            stream.seek(offset)
            stream.write(source.randbytes(length))
        stream.seek(size)
        stream.write(footer(size))
    return path


def scattered(count, size_mib, seed=7, smallest=4096, largest=256 * 1024):
    """Return [(offset, length)] of count pieces that lie all over the disk, none of them on a block's border."""
    source = random.Random(seed)
    slot = (size_mib - 2) * MIB // count
    return [
        (MIB + index * slot + source.randrange(0, slot // 4) // 512 * 512, min(source.randrange(smallest, largest) // 512 * 512 + 512, slot // 2))
        for index in range(count)
    ]


def sha256(path):
    """Return the SHA-256 (hex) of a file."""
    digest = hashlib.sha256()
    with open(path, "rb") as stream:
        for piece in iter(lambda: stream.read(8 * MIB), b""):
            digest.update(piece)
    return digest.hexdigest()


def non_zero_blocks(path):
    """Return the number of bytes in blocks of 64 KiB that are not all zero, counted the slow and plain way."""
    total, size = 0, os.path.getsize(path)
    with open(path, "rb") as stream:
        for _offset in range(0, size, 65536):
            block = stream.read(65536)
            if block.strip(b"\0"):
                total += len(block)
    return total
