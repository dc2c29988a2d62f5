# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The compressed parts of an initramfs: recognised and decompressed as the kernel does it, in pieces.

The standard library reads gzip, bzip2, xz and lzma, and from Python 3.14 on zstd. For the rest a Python
package or a program of this machine is taken where there is one; else the image cannot be verified.

Source: lib/decompress.c and init/initramfs.c of Linux; RFC 8878 (zstd); lz4's legacy frame; lzop's format.

PRIVATE: module_utils of this collection are not an interface.
"""

import bz2
import lzma
import zlib

from ansible_collections.imagewright.azure.plugins.module_utils.core import commands
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.initramfs import frames

#: First bytes of each compression that a kernel may know, in the kernel's order (lib/decompress.c).
_MAGICS = [
    (b"\x1f\x8b", "gzip"),
    (b"\x1f\x9e", "gzip"),
    (b"BZh", "bzip2"),
    (b"\x5d\x00\x00", "lzma"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x89LZO\x00\r\n\x1a\n", "lzo"),
    (b"\x02\x21\x4c\x18", "lz4"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
]

#: Bytes that a decompressor may give at a time, so that a small file cannot fill the memory.
_PIECE = 1024 * 1024

#: What a reader of the error can do where this Python cannot read a compression.
_CURES = {
    "zstd": "install the program zstd on the guest, or the Python package zstandard on the controller",
    "lz4": "install the program lz4 on the guest, or the Python package lz4 on the controller",
    "lzo": "install the program lzop",
}


class CorruptImage(ImagewrightError):
    """The image is cut off or damaged: a kernel could not unpack it either."""


class CannotVerify(ImagewrightError):
    """The image may be whole, but this machine has no means to look into it."""


def detect(start):
    """Return the compression (str, e.g. ``zstd``) of a part that starts with these bytes, or None."""
    for magic, name in _MAGICS:
        if start.startswith(magic):
            return name
    return None


def decompress(name, source, where):
    """Return an iterator of the content ([bytes]) of the compressed part that starts at source's offset.

    name: str, as detect gives it. source: Source, left behind the part's end.
    where: str, for errors, e.g. ``/boot/initrd.img-6.1.0-13-amd64``.
    Raises CorruptImage: the part is damaged or cut off. Raises CannotVerify: nothing here can read it.
    """
    if name in _LIBRARY:
        return _with_library(_LIBRARY[name](), source, _description(name, source, where))
    return _framed(name, source, where)


def _description(name, source, where):
    return f"cannot read {where}: its {name} part at byte {source.offset}"


def _with_library(decompressor, source, description):
    """Yield what one of the standard library's decompressors makes of the source, up to the end that it finds."""
    while not decompressor.eof:
        chunk = source.some()
        if not chunk:
            raise CorruptImage(f"{description} is cut off; rebuild the image")
        try:
            yield decompressor.decompress(chunk, _PIECE)
            while not decompressor.eof and not decompressor.needs_input:
                yield decompressor.decompress(b"", _PIECE)
        except (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError) as error:
            raise CorruptImage(f"{description} is damaged: {error}; rebuild the image") from None
    source.push_back(decompressor.unused_data)


class _Gzip:
    """zlib's decompressor for gzip with the attributes that those of bz2 and lzma have."""

    def __init__(self):
        self._decompressor = zlib.decompressobj(zlib.MAX_WBITS | 16)

    def decompress(self, chunk, limit):
        """Return at most limit bytes of content."""
        return self._decompressor.decompress(self._decompressor.unconsumed_tail + chunk, limit)

    @property
    def eof(self):
        """Whether the member's end, with its checksum, was read."""
        return self._decompressor.eof

    @property
    def needs_input(self):
        """Whether all that was given is used up."""
        return not self._decompressor.unconsumed_tail

    @property
    def unused_data(self):
        """What follows the member."""
        return self._decompressor.unused_data


def _lzma_alone():
    return lzma.LZMADecompressor(lzma.FORMAT_ALONE)


def _xz():
    return lzma.LZMADecompressor(lzma.FORMAT_XZ)


_LIBRARY = {"gzip": _Gzip, "bzip2": bz2.BZ2Decompressor, "xz": _xz, "lzma": _lzma_alone}


def _framed(name, source, where):
    """Yield the content of a zstd, lz4 or lzo part: its end is found by its own block sizes, so that what cannot be
    decompressed can still be told from what is cut off, and a program is fed exactly this part."""
    description = _description(name, source, where)
    blocks = _whole(_FRAMES[name](source), description)
    package = _PACKAGES.get(name, _none)()
    if package:
        try:
            for block in blocks:
                content = package(block)
                for start in range(0, len(content), _PIECE):
                    yield content[start : start + _PIECE]
        except ImagewrightError:
            raise
        except Exception as error:  # each package has errors of its own
            raise CorruptImage(f"{description} is damaged: {error}; rebuild the image") from error
        return
    argv = _PROGRAMS[name]
    if commands.find(argv[0]) is None:
        raise CannotVerify(f"{description} is of a kind that this Python cannot read; {_CURES[name]}")
    try:
        with commands.stream(argv, f"read {where}", blocks) as content:
            yield from iter(lambda: content.read(_PIECE), b"")
    except CorruptImage:
        raise
    except ImagewrightError as error:
        raise CorruptImage(f"{description} is damaged: {error}; rebuild the image", **error.details) from None


def _whole(blocks, description):
    """Yield the blocks; a frame that ends early or makes no sense is a CorruptImage."""
    try:
        yield from blocks
    except frames.BrokenFrame as error:
        raise CorruptImage(f"{description} {error}; rebuild the image") from None


def _none():
    return None


def _zstd_package():
    """Return a callable bytes -> bytes for the blocks of a frame in order, or None."""
    try:
        from compression.zstd import ZstdDecompressor  # novermin: from Python 3.14 on

        return ZstdDecompressor().decompress
    except ImportError:
        pass
    try:
        from zstandard import ZstdDecompressor

        return ZstdDecompressor(max_window_size=1 << 27).decompressobj().decompress
    except ImportError:
        return None


def _lz4_package():
    """Return a callable bytes -> bytes for the blocks of a legacy frame, or None."""
    try:
        from lz4.block import decompress
    except ImportError:
        return None

    def block_content(block):
        # the magic, then blocks with their size in front
        return b"" if len(block) <= 4 else decompress(block[4:], uncompressed_size=frames.LZ4_BLOCK)

    return block_content


_FRAMES = {"zstd": frames.zstd, "lz4": frames.lz4_legacy, "lzo": frames.lzop}
_PACKAGES = {"zstd": _zstd_package, "lz4": _lz4_package}
_PROGRAMS = {"zstd": ["zstd", "-q", "-d", "-c", "--long=27"], "lz4": ["lz4", "-q", "-d", "-c"], "lzo": ["lzop", "-q", "-d", "-c"]}
