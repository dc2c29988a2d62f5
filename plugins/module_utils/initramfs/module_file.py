# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares a module in an image with the one on the guest's disk, also when it was stripped on its way.

Source: the System V ABI (section headers), and what modinfo reads: the section .modinfo.

PRIVATE: module_utils of this collection are not an interface.
"""

import io
import re

from ansible_collections.imagewright.azure.plugins.module_utils.core import elf
from ansible_collections.imagewright.azure.plugins.module_utils.initramfs import compression
from ansible_collections.imagewright.azure.plugins.module_utils.initramfs.compression import CannotVerify, CorruptImage
from ansible_collections.imagewright.azure.plugins.module_utils.initramfs.forward_bytes import ForwardBytes, file_chunks

_ALLOCATED = 2  # SHF_ALLOC: the section is part of the loaded module
_NO_CONTENT = 8  # SHT_NOBITS
_CHECKSUMS = ("__versions", "__version_ext_crcs")  # sections of CONFIG_MODVERSIONS
MAX_MODULE = 256 * 1024 * 1024  # bytes of a module that is unpacked; those with all their debugging information have some ten MiB


def unpacked(content, where):
    """Return the content (bytes) of a module, decompressed when it is compressed.

    Raises CorruptImage: it is damaged, or unpacks to more than MAX_MODULE.
    """
    name = compression.detect(content[:16])
    if name is None:
        return content
    pieces, size = [], 0
    for piece in compression.decompress(name, ForwardBytes(file_chunks(io.BytesIO(content))), where):
        size += len(piece)
        if size > MAX_MODULE:
            raise CorruptImage(f"cannot read {where}: it unpacks to more than {MAX_MODULE >> 20} MiB, which no module has")
        pieces.append(piece)
    return b"".join(pieces)


def difference(content, original, version, where):
    """Return None when the module in the image is good for the kernel, else what is wrong with it (str).

    content: bytes, the module's file in the image. original: bytes or None, the one on the disk.
    version: str, of the kernel that must take it. where: str, for errors.
    Raises CannotVerify: it is compressed in a way that nothing here can read.
    """
    try:
        sections = loaded_sections(unpacked(content, where))
    except CannotVerify:
        if original is None or content != original:
            raise
        return None
    except (ValueError, CorruptImage):
        return None if content == original and _is_without_sections(content) else "is no kernel module: its file is damaged"
    own = None if original is None else _sections_of(original, where)
    if own is not None:
        return None if sections == own else "is not the same as the one on the disk"
    found = re.search(rb"(?:^|\0)vermagic=(\S+)", sections.get(".modinfo", b""))
    if found is None or found.group(1).decode("ascii", "replace") != version:
        return f"is for another kernel than {version}"
    return None


def _sections_of(original, where):
    """Return loaded_sections of the module on the disk (bytes), None when that one is damaged: then it tells nothing of the one in the image."""
    try:
        return loaded_sections(unpacked(original, where))
    except (ValueError, CorruptImage):
        return None


def _is_without_sections(content):
    """Return whether the header of an ELF file (bytes) tells of no sections: nothing was cut off it, and none of a kernel's build is like that."""
    try:
        return elf.section_headers(content[: elf.HEADER]).entries == 0
    except ValueError:
        return False


def other_kernel(sections, version):
    """Return the version (str) of the kernel that a module is of, "" when a kernel may load it.

    Where a module has the checksums of the symbols that it uses, these decide, and not the version: so Red Hat's are loaded into later kernels.
    sections: {name: bytes}, as of loaded_sections; version: str, of the kernel.
    Source: Linux kernel/module/version.c (same_magic).
    """
    said = re.search(rb"(?:^|\0)vermagic=(\S+)", sections.get(".modinfo", b""))
    own = said.group(1).decode("ascii", "replace") if said else version
    return "" if own == version or set(_CHECKSUMS).intersection(sections) else own


def loaded_sections(module):
    """Return {name: content} of the sections of an ELF file (bytes) that are loaded into the kernel.

    Raises ValueError: it is not an ELF file, it is cut off, or its sections lie on each other.
    """
    return {name: b"".join(pieces) for name, pieces in _sections(io.BytesIO(module), len(module), None).items()}


def outline(stream, size):
    """Return {name: content} of the same sections of a binary stream of size bytes; only the content of .modinfo is read. Raises ValueError likewise."""
    return {name: b"".join(pieces) for name, pieces in _sections(stream, size, (".modinfo",)).items()}


def _sections(stream, size, read):
    """Return {name: [content]}; read: None, or the names ([str]) of the sections whose content is read."""
    found, left = {}, size
    for section in elf.sections(stream, size):
        if section.kind != _NO_CONTENT and (section.flags & _ALLOCATED or section.name == ".modinfo"):
            left -= section.length
            if section.offset + section.length > size:
                raise ValueError("a section is cut off")
            if left < 0:
                raise ValueError("its sections lie on each other")
            pieces = found.setdefault(section.name, [])
            if read is None or section.name in read:
                stream.seek(section.offset)
                pieces.append(stream.read(section.length))
    return found
