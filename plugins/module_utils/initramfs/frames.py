# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a zstd, lz4 or lzo frame ends, from the sizes that it states itself: each function takes a Source
at the frame's start and yields its blocks as they are stored.

PRIVATE: module_utils of this collection are not an interface.
"""

import struct

#: Content of one block of lz4's legacy frame, bytes, and the most that it takes when stored.
LZ4_BLOCK = 8 * 1024 * 1024
_LZ4_BOUND = LZ4_BLOCK + LZ4_BLOCK // 255 + 16

#: Largest block of a zstd frame and of lzop's format, bytes.
_ZSTD_BLOCK = 128 * 1024
_LZOP_BLOCK = 64 * 1024 * 1024

#: Blocks without content in a row: legal, but of a file that is all zeros there would be millions.
_MOST_EMPTY = 1024

# flags of lzop's header
_ADLER32_D, _ADLER32_C, _CRC32_D, _CRC32_C, _EXTRA_FIELD, _FILTER = 0x1, 0x2, 0x100, 0x200, 0x40, 0x800


class BrokenFrame(Exception):
    """A frame ends early or states what cannot be."""


def zstd(source):
    """Yield header, blocks and checksum of one zstd frame. Source: RFC 8878, 3.1.1."""
    descriptor = source.peek(5)[4:5]
    if not descriptor:
        raise BrokenFrame("is cut off")
    descriptor = descriptor[0]
    if descriptor & 0x08:
        raise BrokenFrame("is damaged: a reserved bit is set")
    single_segment = bool(descriptor & 0x20)
    content_size = (1 if single_segment else 0, 2, 4, 8)[descriptor >> 6]
    yield _exactly(source, 5 + (not single_segment) + (0, 1, 2, 4)[descriptor & 3] + content_size)
    last, empty = False, 0
    while not last:
        header = _exactly(source, 3)
        bits = int.from_bytes(header, "little")
        last, kind, size = bits & 1, bits >> 1 & 3, bits >> 3
        if kind == 3 or size > _ZSTD_BLOCK:
            raise BrokenFrame("is damaged: a block's header makes no sense")
        empty = 0 if size else empty + 1
        if empty > _MOST_EMPTY:
            raise BrokenFrame("is damaged: nothing but empty blocks follow")
        yield header + _exactly(source, 1 if kind == 1 else size)
    if descriptor & 0x04:
        yield _exactly(source, 4)


def lz4_legacy(source):
    """Yield the magic, then each block with its size, of lz4's legacy frame: the only one that the kernel reads.

    The frame has no end mark: it ends where the file does, or where no size of a block can be.
    """
    yield _exactly(source, 4)
    while True:
        size = source.peek(4)
        if not size.strip(b"\0") or len(size) == 4 and struct.unpack("<I", size)[0] > _LZ4_BOUND:
            return
        if len(size) < 4:
            raise BrokenFrame("is cut off")
        yield _exactly(source, 4) + _exactly(source, struct.unpack("<I", size)[0])


def lzop(source):
    """Yield the header, then each block, of lzop's format. Source: lzop's doc and lib/decompress_unlzo.c of Linux."""
    header = _exactly(source, 13)
    version = struct.unpack(">H", header[9:11])[0]
    header += _exactly(source, 4 if version >= 0x0940 else 1)  # version needed, method, level
    flags_field = _exactly(source, 4)
    flags = struct.unpack(">I", flags_field)[0]
    header += flags_field + _exactly(source, (4 if flags & _FILTER else 0) + (12 if version >= 0x0940 else 8))
    name_length = _exactly(source, 1)
    yield header + name_length + _exactly(source, name_length[0] + 4)
    if flags & _EXTRA_FIELD:
        length = _exactly(source, 4)
        yield length + _exactly(source, struct.unpack(">I", length)[0] + 4)
    while True:
        sizes = _exactly(source, 4)
        content_size = struct.unpack(">I", sizes)[0]
        if content_size == 0:
            yield sizes
            return
        sizes += _exactly(source, 4)
        stored_size = struct.unpack(">I", sizes[4:])[0]
        if content_size > _LZOP_BLOCK or stored_size > content_size:
            raise BrokenFrame("is damaged: a block's header makes no sense")
        checksums = bool(flags & _ADLER32_D) + bool(flags & _CRC32_D)
        if stored_size < content_size:
            checksums += bool(flags & _ADLER32_C) + bool(flags & _CRC32_C)
        yield sizes + _exactly(source, 4 * checksums + stored_size)


def _exactly(source, count):
    taken = source.read(count)
    if len(taken) < count:
        raise BrokenFrame("is cut off")
    return taken
