# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A kernel's file: whether it is whole by what its own header says, and the processor that it is for.

Source: Linux Documentation/arch/x86/boot.rst (setup_sects, syssize, xloadflags), Documentation/arch/arm64/booting.rst,
drivers/firmware/efi/libstub/zboot-header.S; Microsoft PE Format; RFC 1952.

PRIVATE: module_utils of this collection are not an interface.
"""

import codecs
import collections
import re
import struct
import zlib

from ansible_collections.imagewright.azure.plugins.module_utils.core import elf_header
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError

#: kind: what the file is, "" when it is of no kind that is known here; machine: as of `uname -m`, "" when it does not tell;
#: problem: str, why it is not whole, "" when nothing says so.
KernelFile = collections.namedtuple("KernelFile", "kind machine problem")

_PE_MACHINES = {0x8664: "x86_64", 0x14C: "i686", 0xAA64: "aarch64", 0x1C2: "armv7l", 0x5064: "riscv64"}
_ELF_MACHINES = {3: "i686", 0x3E: "x86_64", 0xB7: "aarch64", 0xF3: "riscv64"}
_HEADER = 4096  # bytes
_ARM64_MAGIC = b"ARM\x64"
_PARAGRAPH = 16  # bytes, the unit of syssize
_SECTOR = 512  # bytes
_64_BIT = 1  # XLF_KERNEL_64
_MOST_SECTIONS = 96
#: Bytes that a compressed kernel may have unpacked; the largest ones have 60 MiB.
_MOST_UNPACKED = 512 * 1024 * 1024
_CHUNK = 256 * 1024
#: Bytes that no text has.
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")


def examine(tree, path):
    """Return the KernelFile of a guest's path.

    Raises ImagewrightError: it cannot be read.
    """
    size = tree.stat(path).size
    with tree.open(path) as stream:
        header = stream.read(min(_HEADER, size))
        if header and not any(header):
            return KernelFile("", "", f"its first {len(header)} bytes are zeros")
        if header[0x202:0x206] == b"HdrS" and header[0x1FE:0x200] == b"\x55\xaa" and len(header) >= 0x238:
            return _bzimage(header, size, stream)
        if header[:2] == b"MZ" and len(header) >= 0x40:
            return _efi(header, size, stream)
        if header[0x38:0x3C] == _ARM64_MAGIC:
            return KernelFile("Image", "aarch64", "")
        if header[:2] == b"\x1f\x8b":
            return _gzip(stream)
        if header[:4] == elf_header.MAGIC and len(header) >= 64:
            return _elf(header, size)
    return KernelFile("", "", _no_program(header))


def is_linux(tree, path):
    """Return whether a file is a kernel that firmware can start: one with an EFI stub, packed or not.

    Source: Linux Documentation/arch/x86/boot.rst, Documentation/arch/arm64/booting.rst; drivers/firmware/efi/libstub/zboot-header.S.
    """
    with tree.open(path) as stream:
        header = stream.read(_HEADER)
    return header[:2] == b"MZ" and (header[0x202:0x206] == b"HdrS" or header[0x38:0x3C] == _ARM64_MAGIC or header[4:8] == b"zimg")


def _no_program(header):
    """Return what a file of no known kind certainly is in place of a kernel (str), "" when it may be one of another kind.

    A single word is left alone: it stands for a kernel in trees that have none.
    """
    if header[:2] == b"#!":
        return "it is a script, not a kernel"
    if not header or _CONTROL.search(header) or not re.search(rb"\S\s", header):
        return ""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(header)  # its last character may be cut off
    except UnicodeDecodeError:
        return ""
    return "it is a text, not a kernel"


def _bzimage(header, size, stream):
    sectors, protocol = header[0x1F1] or 4, int.from_bytes(header[0x206:0x208], "little")
    paragraphs = int.from_bytes(header[0x1F4 : 0x1F8 if protocol >= 0x204 else 0x1F6], "little")
    machine = ""
    if protocol >= 0x20C:
        machine = "x86_64" if int.from_bytes(header[0x236:0x238], "little") & _64_BIT else "i686"
    problem = _cut_off(size, (sectors + 1) * _SECTOR + paragraphs * _PARAGRAPH)
    if not problem and header[:2] == b"MZ":
        problem = _efi(header, size, stream).problem
    return KernelFile("bzImage", machine, problem)


def _efi(header, size, stream):
    """Return the KernelFile of an EFI program: an EFI stub kernel, a compressed one (zboot) or a unified kernel image."""
    place = int.from_bytes(header[0x3C:0x40], "little")
    stream.seek(place)
    head = stream.read(24)
    if len(head) < 24 or head[:4] != b"PE\0\0":
        return KernelFile("", "", "") if place >= _HEADER and size >= place else KernelFile("EFI", "", "it has no PE header where it says")
    machine, count, optional = struct.unpack("<HH12xH", head[4:22])
    needed = _end_of_signatures(stream.read(min(optional, _HEADER)))
    stream.seek(place + 24 + optional)
    table = stream.read(min(count, _MOST_SECTIONS) * 40)
    for index in range(len(table) // 40):
        length, offset = struct.unpack("<II", table[index * 40 + 16 : index * 40 + 24])
        needed = max(needed, offset + length)
    if header[4:8] == b"zimg":
        needed = max(needed, sum(struct.unpack("<II", header[8:16])))
    return KernelFile("EFI", _PE_MACHINES.get(machine, f"machine {machine:#x}"), _cut_off(size, needed))


def _end_of_signatures(optional_header):
    """Return the byte (int) where the signatures of an EFI program end, 0 when it has none: the data directory 4."""
    directories = {b"\x0b\x01": 96, b"\x0b\x02": 112}.get(optional_header[:2])
    entry = optional_header[directories + 32 : directories + 40] if directories else b""
    return sum(struct.unpack("<II", entry)) if len(entry) == 8 else 0


def _gzip(stream):
    """Return the KernelFile of a compressed kernel, which is unpacked to its end; nothing of it is kept but the header."""
    stream.seek(0)
    unpacker, header, total = zlib.decompressobj(31), b"", 0
    try:
        for chunk in iter(lambda: stream.read(_CHUNK), b""):
            unpacked = unpacker.decompress(chunk)
            header += unpacked[: max(0, 64 - len(header))]
            total += len(unpacked)
            if total > _MOST_UNPACKED:
                raise ImagewrightError(f"cannot read the compressed kernel: it has more than {_MOST_UNPACKED // 1048576} MiB unpacked; install it again")
            if unpacker.eof:
                break
    except zlib.error as error:
        return KernelFile("gzip", "", f"it cannot be unpacked: {error}")
    machine = "aarch64" if header[0x38:0x3C] == _ARM64_MAGIC else ""
    return KernelFile("gzip", machine, "" if unpacker.eof else "its compressed content ends too early")


def _elf(header, size):
    wide, order = header[4] == 2, ">" if header[5] == 2 else "<"
    machine = struct.unpack(order + "H", header[18:20])[0]
    sections, entry_size, count = struct.unpack(order + ("Q10xHH" if wide else "I10xHH"), header[40:62] if wide else header[32:50])
    return KernelFile("ELF", _ELF_MACHINES.get(machine, f"machine {machine:#x}"), _cut_off(size, sections + entry_size * count))


def _cut_off(size, needed):
    return f"it has {size} bytes, and its own header says {needed}" if size < needed else ""
