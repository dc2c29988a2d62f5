# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The image that is read: opened once, held, and known before anything is written.

PRIVATE: module_utils of this collection are not an interface.
"""

import os
import stat
from typing import NamedTuple, Optional

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError, from_os_error
from ansible_collections.imagewright.azure.plugins.module_utils.disk import partitions, sparse
from ansible_collections.imagewright.azure.plugins.module_utils.disk.annotations import ReadAt
from ansible_collections.imagewright.azure.plugins.module_utils.disk.partitions import Table
from ansible_collections.imagewright.azure.plugins.module_utils.image import formats, vhd_file
from ansible_collections.imagewright.azure.plugins.module_utils.image.dynamic_vhd import dynamic_reader
from ansible_collections.imagewright.azure.plugins.module_utils.image.image_file import RAW, VHD, Image
from ansible_collections.imagewright.azure.plugins.module_utils.vhd import locks


class Source(NamedTuple):
    """descriptor: open for reading; status: when it was opened; read_disk_at: of the disk in it, and table: None when only QEMU can read it."""

    descriptor: int
    path: str
    status: os.stat_result
    image: Image
    read_disk_at: Optional[ReadAt]
    table: Optional[Table]


def open_image(path: str) -> int:
    """Return the descriptor of an image file, open for reading.

    Raises ImagewrightError: it is not there, not to be read, or no regular file.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise ImagewrightError(f"cannot read {path}: there is no such file; check the path") from None
    except OSError as error:
        raise from_os_error(f"read {path}", error) from error
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        fix = "copy the device into a file first" if stat.S_ISBLK(mode) else "give the path of an image file"
        raise ImagewrightError(f"cannot read {path}: it is no regular file; {fix}")
    return descriptor


def open_source(path: str, wanted: str, repair_footer: bool, size_is_given: bool, writing: bool, wait: float) -> Source:
    """Return the Source, claimed against other programs until its descriptor is closed.

    wanted: str, format that the user says, or ``auto``.
    writing: bool, whether it will be changed; wait: int, seconds to wait for it to be released.
    Raises ImagewrightError: it cannot be had, or must not be converted.
    """
    descriptor = open_image(path)
    try:
        locks.claim(descriptor, path, writing, wait)
        return _inspect(descriptor, path, wanted, repair_footer, size_is_given)
    except OSError as error:
        os.close(descriptor)
        raise from_os_error(f"read {path}", error) from error
    except ImagewrightError:
        os.close(descriptor)
        raise


def require_unchanged(source: Source) -> None:
    """Check that nobody has changed the source since it was opened.

    Raises ImagewrightError: its size or modification time is another, or the descriptor is of another file.
    """
    now, then = os.fstat(source.descriptor), source.status
    if (now.st_dev, now.st_ino, now.st_size, now.st_mtime_ns) != (then.st_dev, then.st_ino, then.st_size, then.st_mtime_ns):
        raise ImagewrightError(f"cannot convert {source.path}: it was changed while it was read; shut down what writes to it and run again")


def bounded_reader(descriptor: int, size: int) -> ReadAt:
    """Return a function (offset, length) -> bytes that reads an open file up to size, shorter at that end."""

    def read_at(offset: int, length: int) -> bytes:
        # a damaged header may name any offset
        return os.pread(descriptor, max(min(length, size - offset), 0), offset) if 0 <= offset < size else b""

    return read_at


def _inspect(descriptor: int, path: str, wanted: str, repair_footer: bool, size_is_given: bool) -> Source:
    status = os.fstat(descriptor)
    read_at = bounded_reader(descriptor, status.st_size)
    image = formats.read_image(read_at, status.st_size, path, wanted, repair_footer)
    if image.format == RAW:
        vhd_file.refuse_stray_footer(read_at, status.st_size, sparse.data_end(descriptor, status.st_size), path)
    formats.require_whole_sectors(image, path, size_is_given)
    read_disk_at = _disk_reader(descriptor, read_at, image)
    table = partitions.read_table(read_disk_at, image.virtual_size) if read_disk_at else None
    return Source(descriptor, path, status, image, read_disk_at, table)


def _disk_reader(descriptor: int, read_at: ReadAt, image: Image) -> Optional[ReadAt]:
    if image.dynamic:
        return dynamic_reader(read_at, image.dynamic, image.virtual_size)
    return bounded_reader(descriptor, image.virtual_size) if image.format in (RAW, VHD) else None
