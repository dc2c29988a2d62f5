# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files with the headers of kernels, and nothing of theirs behind them. Source: Documentation/arch/x86/boot.rst; Microsoft PE Format."""

import struct


def bzimage(sectors=4, size=65536, flags=1, protocol=0x20F):
    """Return a bzImage with sectors of set-up and size bytes (a multiple of 16) behind them; flags: xloadflags."""
    header = bytearray(0x300)
    header[0x1F1] = sectors
    struct.pack_into("<I", header, 0x1F4, size // 16)
    header[0x1FE:0x200] = b"\x55\xaa"
    header[0x202:0x206] = b"HdrS"
    struct.pack_into("<H", header, 0x206, protocol)
    struct.pack_into("<H", header, 0x236, flags)
    return bytes(header) + b"\1" * ((sectors + 1) * 512 + size - len(header))


def efi(machine, sections=((0x400, 0x1000),), start=b"MZ", signature=(0, 0)):
    """Return an EFI program of a machine (int) with sections ((offset, length)) and a signature (offset, length)."""
    head = bytearray(0x80)
    head[: len(start)] = start
    struct.pack_into("<I", head, 0x3C, 0x80)
    optional = bytearray(240)
    optional[:2] = b"\x0b\x02"
    struct.pack_into("<II", optional, 112 + 32, *signature)
    table = b"".join(struct.pack("<8sIIII16x", b".text", length, 0, length, offset) for offset, length in sections)
    content = bytes(head) + struct.pack("<4sHH12xH2x", b"PE\0\0", machine, len(sections), len(optional)) + bytes(optional) + table
    end = max(offset + length for offset, length in sections + (signature,))
    return content + b"\1" * (end - len(content))


def uki(**contents):
    """Return a unified kernel image; contents: {section without its dot: bytes}."""
    place, sections, body = 0x1000, [], b""
    for name, content in contents.items():
        sections.append((b"." + name.encode(), place + len(body), content))
        body += content + bytes(-len(content) % 512)
    head = bytearray(0x80)
    head[:2] = b"MZ"
    struct.pack_into("<I", head, 0x3C, 0x80)
    table = b"".join(struct.pack("<8sIIII16x", name, len(content), 0, len(content), offset) for name, offset, content in sections)
    header = bytes(head) + struct.pack("<4sHH12xH2x", b"PE\0\0", 0x8664, len(sections), 0) + table
    return header + bytes(0x1000 - len(header)) + body


def zboot(machine):
    """Return a compressed EFI kernel whose payload lies behind its sections."""
    header = b"MZ\0\0zimg" + struct.pack("<II", 0x1400, 0x800)
    return efi(machine, start=header) + b"\2" * 0x800


def packed(compressed, unpacked=None, protocol=0x20F):
    """Return a bzImage whose compressed kernel is given (bytes), with the size (int) behind it that it unpacks to, None for gzip."""
    content = compressed + (b"" if unpacked is None else struct.pack("<I", unpacked))
    start, size = 5 * 512 + 64, -(-(len(content) + 1024) // 16) * 16
    octets = bytearray(bzimage(size=size, protocol=protocol))
    struct.pack_into("<II", octets, 0x248, 64, len(content))
    octets[start : start + len(content)] = content
    return bytes(octets)


def packed_zboot(compressed, name):
    """Return a compressed EFI kernel whose payload (bytes) is compressed by what the header names (str)."""
    header = b"MZ\0\0zimg" + struct.pack("<II", 0x1400, len(compressed)) + bytes(8) + name.encode().ljust(32, b"\0")
    return efi(0xAA64, start=header) + compressed + struct.pack("<I", 0)
