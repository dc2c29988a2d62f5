# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The compressed kernel inside a kernel's file: where it lies by the file's own header, and whether it can be unpacked.

Source: Linux Documentation/arch/x86/boot.rst (payload_offset, payload_length), scripts/Makefile.lib (size_append),
drivers/firmware/efi/libstub/zboot-header.S; UAPI.5 Unified Kernel Image (.linux).

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import struct

from ansible_collections.imagewright.azure.plugins.module_utils.disk import pe
from ansible_collections.imagewright.azure.plugins.module_utils.initramfs import compression
from ansible_collections.imagewright.azure.plugins.module_utils.initramfs.forward_bytes import CHUNK, ForwardBytes

#: Where a compressed kernel lies. offset, length: int, bytes of the file; compression: str, as the header names it, "" when only its first bytes tell;
#: unpacked: int, bytes that it unpacks to as the four bytes behind it say, None when nothing says so.
Payload = collections.namedtuple("Payload", "offset length compression unpacked")

_HEADER = 0x300  # bytes
_SECTOR = 512  # bytes
_SIZE = 4  # bytes behind what gzip has not compressed
_WITH_PAYLOAD = 0x208  # protocol
#: The names that scripts/Makefile.lib has for what compression.detect calls otherwise.
_NAMES = {"xzkern": "xz", "zstd22": "zstd"}
_KNOWN = ("gzip", "bzip2", "lzma", "xz", "lzo", "lz4", "zstd")
#: Bytes that a kernel may have unpacked; the largest ones have 60 MiB.
_MOST_UNPACKED = 512 * 1024 * 1024


def payload(stream):
    """Return the Payload of a binary stream of a kernel's file, None when its header says nothing of one."""
    return _payload(stream, 0) or _of_unified(stream)


def problem(stream, found, where):
    """Return why the Payload found of a binary stream cannot be unpacked (str), "" when it can, or is of no kind that is known here.

    where: str, the file's path, for errors.
    Raises CannotVerify: it is compressed in a way that nothing here can read, or is too large.
    """
    stream.seek(found.offset)
    start = stream.read(min(16, found.length))
    if start and not any(start):
        return f"the compressed kernel in it, at byte {found.offset}, begins with zeros"
    name = compression.detect(start)
    if found.compression in _KNOWN and name != found.compression:
        return f"the compressed kernel in it, at byte {found.offset}, is not the {found.compression} that its header says"
    if name is None:
        return ""
    stream.seek(found.offset)
    total, source = 0, ForwardBytes(_chunks(stream, found.length))
    try:
        for piece in compression.decompress(name, source, where):
            total += len(piece)
            if total > _MOST_UNPACKED:
                raise compression.CannotVerify(f"cannot unpack {where}: it has more than {_MOST_UNPACKED >> 20} MiB; install the kernel again")
    except compression.CorruptImage:
        return f"the compressed kernel in it ({name}, {found.length} bytes at byte {found.offset}) is damaged: it cannot be unpacked"
    if found.unpacked is not None and total & 0xFFFFFFFF != found.unpacked:
        return f"the compressed kernel in it ({name}, at byte {found.offset}) is damaged: it unpacks to {total} bytes, and is to have {found.unpacked}"
    return ""


def _payload(stream, base):
    """Return the Payload of the kernel that begins at base, None when it is no bzImage or zboot kernel, or says nothing of one."""
    stream.seek(base)
    header = stream.read(_HEADER)
    if len(header) >= 0x250 and header[0x202:0x206] == b"HdrS" and header[0x1FE:0x200] == b"\x55\xaa":
        return _of_bzimage(stream, base, header)
    if header[:2] == b"MZ" and header[4:8] == b"zimg" and len(header) >= 0x38:
        offset, length = struct.unpack("<II", header[8:16])
        name = header[0x18:0x38].partition(b"\0")[0].decode("ascii", "replace")
        return Payload(base + offset, length, _NAMES.get(name, name), None) if length else None
    return None


def _of_bzimage(stream, base, header):
    if int.from_bytes(header[0x206:0x208], "little") < _WITH_PAYLOAD:
        return None
    offset, length = struct.unpack("<II", header[0x248:0x250])
    if not offset or length <= _SIZE:
        return None
    place = base + ((header[0x1F1] or 4) + 1) * _SECTOR + offset
    stream.seek(place)
    if compression.detect(stream.read(16)) in ("gzip", None):
        return Payload(place, length, "", None)
    stream.seek(place + length - _SIZE)
    size = stream.read(_SIZE)
    return Payload(place, length - _SIZE, "", int.from_bytes(size, "little") if len(size) == _SIZE else None)


def _of_unified(stream):
    """Return the Payload of the kernel in a unified kernel image, None when the stream is none."""
    try:
        section = pe.find_section(stream, b".linux")
    except pe.PeError:
        return None
    return _payload(stream, section.offset) if section is not None else None


def _chunks(stream, length):
    while length > 0:
        chunk = stream.read(min(CHUNK, length))
        if not chunk:
            return
        length -= len(chunk)
        yield chunk
