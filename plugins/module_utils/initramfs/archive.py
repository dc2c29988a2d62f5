# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads an initramfs image: every part of it, to its last byte, without unpacking it and without lsinitrd.

An image is one cpio archive after the other (newc, or crc with checksums), each uncompressed or several in a
compressed part, with zero bytes between them: early microcode first, then what holds the drivers.

Source: Documentation/driver-api/early-userspace/buffer-format.rst and init/initramfs.c of Linux.

PRIVATE: module_utils of this collection are not an interface.
"""

import binascii
import collections
import stat
import struct

from ansible_collections.imagewright.azure.plugins.module_utils.initramfs import compression
from ansible_collections.imagewright.azure.plugins.module_utils.initramfs.compression import CannotVerify, CorruptImage
from ansible_collections.imagewright.azure.plugins.module_utils.initramfs.forward_bytes import ForwardBytes, file_chunks

#: One file of an image. name: str without a leading slash or ``./``; mode: int with the file type bits; size: int, bytes;
#: links, inode: hard links share the inode (a tuple), only the last of them has the content; part: int, from 1;
#: content: bytes of a symbolic link (its target) or of a regular file that the caller wanted, else None.
Member = collections.namedtuple("Member", "name mode size links inode part content")

_HEADER = 110  # bytes
_MAGICS = (b"070701", b"070702")
_CRC_MAGIC = b"070702"
_TRAILER = "TRAILER!!!"
_MAX_NAME = 4096  # bytes, PATH_MAX of Linux; of the target of a link, too
#: A module is at most some ten MiB; more in one piece would not be streaming.
MAX_CONTENT = 48 * 1024 * 1024
#: More than any initramfs unpacks to, even one with a whole live system: a guest's file must not keep us busy for ever.
MAX_UNPACKED = 2 * 1024 * 1024 * 1024
#: More files than any initramfs has, and the bytes of all their names, which readers keep.
MAX_MEMBERS = 500000
MAX_NAMES = 64 * 1024 * 1024

#: First bytes of what is no initramfs but can be loaded in its place.
_OTHER_KINDS = [
    (b"hsqs", "a squashfs file system"),
    (b"-rom1fs-", "a romfs file system"),
    (b"MZ", "an EFI program"),
    (b"\xd0\x0d\xfe\xed", "a device tree or FIT image"),
    (b"\x27\x05\x19\x56", "a U-Boot image"),
]


def list_members(stream, where, keep=None, largest=None):
    """Yield every Member of the image, in the order in which a kernel unpacks them: the last of a name counts.

    stream: binary stream at the image's start. where: str, its path, for errors.
    keep: callable or None, given the name (str) of a regular file, says whether its content is wanted. largest: int or None, bytes;
        the content of larger ones is left out, where None makes it an error that one has more than a module has.
    Raises CorruptImage: a part is cut off or damaged, or there is none. Raises CannotVerify: nothing here can read it.
    """
    count = names = 0
    for member in _parts(ForwardBytes(file_chunks(stream)), where, keep, largest):
        count, names = count + 1, names + len(member.name)
        if count > MAX_MEMBERS or names > MAX_NAMES:
            raise CorruptImage(f"cannot read {where}: it has more than {MAX_MEMBERS} files, or names of more than {MAX_NAMES >> 20} MiB; rebuild the image")
        yield member


def _parts(source, where, keep, largest):
    """Yield the Members of each part."""
    part = 0
    source.skip_zeros()
    while source.peek(1):
        part += 1
        if source.peek(6) in _MAGICS and source.offset % 4 == 0:
            yield from _archive(source, where, keep, largest, part)
        else:
            yield from _compressed(source, where, keep, largest, part)
        source.skip_zeros()
    if not part:
        raise CorruptImage(f"cannot read {where}: it is empty; rebuild the image")


def _compressed(source, where, keep, largest, part):
    """Yield the Members of the archives in a compressed part."""
    offset = source.offset
    name = compression.detect(source.peek(16))
    if name is None:
        raise _unknown(source.peek(16), where, offset)
    content = ForwardBytes(_limited(compression.decompress(name, source, where), where))
    inside = f"{where}: in its {name} part at byte {offset}"
    content.skip_zeros()
    if not content.peek(1):
        raise CorruptImage(f"cannot read {inside}: there is no archive; rebuild the image")
    while content.peek(1):
        yield from _archive(content, inside, keep, largest, part)
        content.skip_zeros()


def _unknown(start, where, offset):
    if start.startswith(_MAGICS):
        return CorruptImage(f"cannot read {where}: an archive starts at byte {offset}, no multiple of 4: the kernel does not see it; rebuild the image")
    for magic, kind in _OTHER_KINDS:
        if start.startswith(magic):
            return CannotVerify(
                f"cannot verify {where}: at byte {offset} it is {kind}, not an initramfs; build it as a cpio archive, or check it on a machine that boots it"
            )
    return CorruptImage(
        f"cannot read {where}: at byte {offset} there is neither a cpio archive nor a known compression,"
        f" but {binascii.hexlify(start[:6]).decode()}; rebuild the image"
    )


def _limited(chunks, where):
    total = 0
    for chunk in chunks:
        total += len(chunk)
        if total > MAX_UNPACKED:
            raise CorruptImage(f"cannot read {where}: it unpacks to more than {MAX_UNPACKED >> 30} GiB; rebuild the image")
        yield chunk


def _archive(source, where, keep, largest, part):
    """Yield the Members of one cpio archive, which ends with its trailer."""
    while True:
        offset = source.offset
        magic, fields = _header(source, where)
        inode, mode, links, size, major, minor, name_size, checksum = (fields[0], fields[1], fields[4], fields[6], fields[7], fields[8], fields[11], fields[12])
        name = _name(source, name_size, where, offset)
        if name == _TRAILER:
            return
        if stat.S_ISLNK(mode) and size > _MAX_NAME:
            raise CorruptImage(f"cannot read {where}: the link {name!r} at byte {offset} has {size} bytes, more than a path may have; rebuild the image")
        wanted = stat.S_ISLNK(mode) or bool(stat.S_ISREG(mode) and keep and (largest is None or size <= largest) and keep(name))
        try:
            content = _body(source, size, wanted, checksum if magic == _CRC_MAGIC else None)
        except ValueError as error:
            raise CorruptImage(f"cannot read {where}: the member {name!r} at byte {offset} {error}; rebuild the image") from None
        yield Member(name, mode, size, links, (major, minor, inode), part, content)


def _header(source, where):
    """Return the magic (bytes) and the 13 numbers of a member's header."""
    offset = source.offset
    header = source.read(_HEADER)
    if len(header) < _HEADER:
        raise CorruptImage(f"cannot read {where}: the archive is cut off at byte {offset}; rebuild the image")
    if header[:6] in _MAGICS:
        try:
            return header[:6], struct.unpack(">13I", binascii.unhexlify(header[6:]))
        except binascii.Error:
            pass
    raise CorruptImage(f"cannot read {where}: at byte {offset} there is no header of a member; rebuild the image")


def _name(source, size, where, offset):
    """Return the name of a member, without a leading slash or ``./``."""
    if not 1 < size <= _MAX_NAME:
        raise CorruptImage(f"cannot read {where}: the member at byte {offset} has a name of {size} bytes; rebuild the image")
    stored = source.read(size)
    padding = -(_HEADER + size) % 4
    if len(stored) < size or source.skip(padding) < padding:
        raise CorruptImage(f"cannot read {where}: the archive is cut off at byte {offset}; rebuild the image")
    if stored[-1:] != b"\0" or b"\0" in stored[:-1]:
        raise CorruptImage(f"cannot read {where}: the name of the member at byte {offset} is damaged; rebuild the image")
    name = stored[:-1].decode("utf-8", "surrogateescape").lstrip("/")
    return name[2:] if name.startswith("./") else name


def _body(source, size, wanted, checksum):
    """Return the content of a member when it is wanted, else None.

    checksum: int or None, the sum of the content's bytes modulo 2**32.
    Raises ValueError: the content is not whole.
    """
    content = None
    if wanted and size > MAX_CONTENT:
        raise ValueError(f"has {size} bytes, more than a module has")
    if wanted or checksum is not None and size <= MAX_CONTENT:
        content = source.read(size)
        taken = len(content)
    else:
        taken = source.skip(size)
    if taken < size or source.skip(-size % 4) < -size % 4:
        raise ValueError("is cut off")
    if checksum is not None and content is not None and sum(content) & 0xFFFFFFFF != checksum:
        raise ValueError("does not have its checksum")
    return content if wanted else None
