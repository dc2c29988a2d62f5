# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The disk inside an image file: raw, fixed and dynamic VHD, qcow2, VMDK, VDI, VHDX. Nothing is copied, no other file is opened.

PRIVATE: module_utils of this collection are not an interface.
"""

import io
import os
import stat
from typing import NamedTuple, Tuple

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError, from_os_error
from ansible_collections.imagewright.azure.plugins.module_utils.disk.annotations import ReadAt
from ansible_collections.imagewright.azure.plugins.module_utils.disk.blocks import CachedBytes, Window
from ansible_collections.imagewright.azure.plugins.module_utils.disk.problems import Refusal
from ansible_collections.imagewright.azure.plugins.module_utils.image import formats, qcow2
from ansible_collections.imagewright.azure.plugins.module_utils.image.libraries import damage_as_error, library


class Container(NamedTuple):
    """format: QEMU's name (raw, vpc, qcow2, vmdk, vdi, vhdx); file_size: bytes; content: of the disk; stream: the open file."""

    path: str
    format: str
    fixed_vhd: bool
    file_size: int
    content: CachedBytes
    stream: io.FileIO


#: Formats that need a library: format -> (module of dissect.hypervisor, opener).
_LIBRARY_FORMATS = {
    "vpc": ("dissect.hypervisor.disk.vhd", lambda module, stream: module.VHD(stream)),
    "qcow2": ("dissect.hypervisor.disk.qcow2", lambda module, stream: module.QCow2(stream).open()),
    "vmdk": ("dissect.hypervisor.disk.vmdk", lambda module, stream: module.VMDK(stream)),
    "vdi": ("dissect.hypervisor.disk.vdi", lambda module, stream: module.VDI(stream).open()),
    "vhdx": ("dissect.hypervisor.disk.vhdx", lambda module, stream: module.VHDX(stream)),
}


def open_container(path: str) -> Container:
    """Return the Container of an image file.

    Raises ImagewrightError: it is no regular file, no disk, damaged, or needs another file (backing file, parent, extent).
    """
    stream = _open(path)
    try:
        return _read_container(path, stream)
    except BaseException:
        stream.close()
        raise


def _open(path: str) -> io.FileIO:
    try:
        # without waiting: opening a FIFO would, for a writer that never comes
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise from_os_error(f"read the image {path}", error) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise ImagewrightError(f"cannot read the image {path}: it is not a regular file; give the file of a disk image")
    return os.fdopen(descriptor, "rb", buffering=0)


def _read_container(path: str, stream: io.FileIO) -> Container:
    file_size = os.fstat(stream.fileno()).st_size

    def read_at(offset: int, length: int) -> bytes:
        return os.pread(stream.fileno(), length, offset)

    found, size, fixed = _identify(read_at, file_size, path)
    fetch = _whole_reads(stream) if found == "raw" or fixed else _library_reads(found, stream, path)
    return Container(path, found, fixed, file_size, CachedBytes(fetch, size, path), stream)


def _identify(read_at: ReadAt, file_size: int, path: str) -> Tuple[str, int, bool]:
    """Return (format, size of the disk in bytes, whether it is a fixed VHD)."""
    if read_at(0, 6) == b"LUKS\xba\xbe":
        return "raw", file_size, False
    try:
        # a wrong checksum is told by the rule about the footer; what is in the disk can be read all the same
        image = formats.read_image(read_at, file_size, path, repair_footer=True)
    except Refusal as refused:
        raise refused.when("read") from refused
    if image.format == "qcow2" and qcow2.has_subclusters(read_at):
        raise ImagewrightError(
            f"cannot read {path}: its clusters are divided (extended_l2=on), which only QEMU reads; convert it first, with the role "
            "disk_convert or `qemu-img convert -O qcow2`, and check the result"
        )
    return image.format, image.virtual_size, image.format == "vpc" and image.dynamic is None


def _whole_reads(stream: io.FileIO) -> ReadAt:
    def fetch(offset: int, length: int) -> bytes:
        pieces = []
        while length > 0:
            piece = os.pread(stream.fileno(), min(length, 1 << 30), offset)
            if not piece:
                break
            pieces.append(piece)
            offset += len(piece)
            length -= len(piece)
        return b"".join(pieces)

    return fetch


def _library_reads(found: str, stream: io.FileIO, path: str) -> ReadAt:
    name, opener = _LIBRARY_FORMATS[found]
    module = library(name, f"read {path}")
    # without a name: the libraries look beside a file whose name they know for its parents and extents
    file_size = os.fstat(stream.fileno()).st_size
    unnamed = Window(CachedBytes(_whole_reads(stream), file_size, path), 0, file_size)
    with damage_as_error(f"read {path}", f"the {found} image is damaged"):
        disk = opener(module, unnamed)

    def fetch(offset: int, length: int) -> bytes:
        with damage_as_error(f"read {path} at byte {offset} of its disk", f"the {found} image is damaged"):
            disk.seek(offset)
            return disk.read(length)

    return fetch
