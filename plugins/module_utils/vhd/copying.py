# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copy a disk out of its image into a new VHD that appears under its name only when it is whole.

PRIVATE: module_utils of this collection are not an interface.
"""

import contextlib
import errno
import hashlib
import os
import threading
from types import ModuleType
from typing import Callable, Iterator, List, NamedTuple, Optional, Tuple

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError, from_os_error
from ansible_collections.imagewright.azure.plugins.module_utils.disk import bootability, partitions, sparse
from ansible_collections.imagewright.azure.plugins.module_utils.disk.annotations import Chunk, ReadAt
from ansible_collections.imagewright.azure.plugins.module_utils.disk.bootability import Bootability
from ansible_collections.imagewright.azure.plugins.module_utils.disk.footer import FOOTER_SIZE
from ansible_collections.imagewright.azure.plugins.module_utils.disk.partitions import Relocation, Table
from ansible_collections.imagewright.azure.plugins.module_utils.image import formats
from ansible_collections.imagewright.azure.plugins.module_utils.image.dynamic_vhd import dynamic_extents
from ansible_collections.imagewright.azure.plugins.module_utils.vhd import copy_progress, destination
from ansible_collections.imagewright.azure.plugins.module_utils.vhd import sparse_copy, temporary
from ansible_collections.imagewright.azure.plugins.module_utils.vhd.source import Source, bounded_reader, require_unchanged
from ansible_collections.imagewright.azure.plugins.module_utils.vhd.verify import verify_vhd

_HASHED_AT_A_TIME = 4 * 1024 * 1024  # bytes
_WRITTEN_EVERY = 0.03  # seconds

#: (table, read_at) -> what its table needs on a disk of the new size; raises ImagewrightError when it does not suit that.
Relocate = Callable[[Table, ReadAt], Relocation]


class CopyOutcome(NamedTuple):
    """What was or would be done. allocated: bytes of disk that the result takes (an estimate when not yet done); table, of the result, relocation and
    bootability are None when not known yet.
    """

    method: str
    bytes_written: int
    allocated: int
    table: Optional[Table]
    relocation: Optional[Relocation]
    bootability: Optional[Bootability]
    sha256: Optional[str]
    warnings: List[str]


def predict_copy(source: Source, dest: str, new_size: int, relocate: Relocate) -> CopyOutcome:
    """Return the CopyOutcome that ``make_copy`` would make; nothing is written.

    relocate: callable (table, read_at) -> Relocation for the new size; raises ImagewrightError when the table does not suit it.
    """
    stale = temporary.unfinished(dest)
    method, data = _predicted_method(source, dest)
    if method != "reflink":
        destination.require_space(dest, data_size(source) - (stale or 0))
    relocation = boots = None
    if source.table and source.read_disk_at:
        relocation = relocate(source.table, source.read_disk_at)
        boots = bootability.judge(source.table, source.read_disk_at)
    extra = FOOTER_SIZE + sum(len(octets) for unused, octets in (relocation.tail + relocation.head if relocation else []))
    written = extra if method == "reflink" else data + extra
    warnings = _stale_warnings(dest, stale is not None) + (relocation.warnings if relocation else [])
    return CopyOutcome(method, written, data + extra, source.table, relocation, boots, None, warnings)


def make_copy(
    source: Source,
    dest: str,
    new_size: int,
    footer: bytes,
    relocate: Relocate,
    replaced: Optional[os.stat_result],
    wants_sha256: bool = False,
    report_path: Optional[str] = None,
) -> CopyOutcome:
    """Return the CopyOutcome, after writing the fixed VHD under the name dest, durably.

    dest: str; footer: bytes of 512; relocate: as in ``predict_copy``.
    replaced: os.stat_result of the file that dest was, or None; its owner, mode and label stay.
    Raises ImagewrightError: it cannot be written, or the source changed meanwhile; dest is then as it was.
    """
    descriptor, stale = temporary.open_temporary(dest)
    try:
        outcome = _fill(descriptor, source, dest, new_size, footer, relocate, report_path)
        require_unchanged(source)
        verify_vhd(descriptor, dest, new_size, footer, outcome.relocation or Relocation([], [], []))
        digest = sha256_of(descriptor) if wants_sha256 else None
        temporary.publish(descriptor, dest, source.status, replaced)
    except sparse_copy.ReadError as error:
        temporary.discard(descriptor, dest)
        require_unchanged(source)
        raise from_os_error(f"read {source.path}", error) from error
    except OSError as error:
        temporary.discard(descriptor, dest)
        raise from_os_error(f"write {dest}", error) from error
    except BaseException:
        temporary.discard(descriptor, dest)
        raise
    os.close(descriptor)
    return outcome._replace(sha256=digest, warnings=_stale_warnings(dest, stale) + outcome.warnings)


def _stale_warnings(dest: str, stale: bool) -> List[str]:
    return [f"{temporary.temporary_path(dest)}, the unfinished file of a run that was killed, is removed"] if stale else []


def sha256_of(descriptor: int) -> str:
    """Return the SHA-256 (str, hexadecimal) of an open file."""
    digest, offset = hashlib.sha256(), 0
    while True:
        octets = os.pread(descriptor, _HASHED_AT_A_TIME, offset)
        if not octets:
            return digest.hexdigest()
        digest.update(octets)
        offset += len(octets)


def _fill(descriptor: int, source: Source, dest: str, new_size: int, footer: bytes, relocate: Relocate, report_path: Optional[str]) -> CopyOutcome:
    """Write disk and partition table into the temporary file, durably, and then the footer, which publish() makes durable."""
    method, written, warnings = _fill_disk(descriptor, source, dest, new_size, report_path)
    read_at = bounded_reader(descriptor, new_size)
    table = partitions.read_table(read_at, new_size)
    relocation = relocate(table, read_at)
    for offset, octets in relocation.tail + relocation.head:
        sparse_copy.write_all(descriptor, octets, offset)
        written += len(octets)
    os.fsync(descriptor)
    sparse_copy.write_all(descriptor, footer, new_size)
    allocated = os.fstat(descriptor).st_blocks * 512
    boots = bootability.judge(table, read_at)
    return CopyOutcome(method, written + len(footer), allocated, table, relocation, boots, None, warnings + relocation.warnings)


def _fill_disk(descriptor: int, source: Source, dest: str, new_size: int, report_path: Optional[str]) -> Tuple[str, int, List[str]]:
    """Return (method, bytes written, warnings) after the disk's data is in the temporary file."""
    image = source.image
    if _is_plain(source) and sparse_copy.clone(source.descriptor, descriptor):
        os.ftruncate(descriptor, image.virtual_size)  # without the footer of a VHD
        os.ftruncate(descriptor, new_size)
        return "reflink", 0, []
    data = data_size(source)
    destination.require_space(dest, data)
    os.ftruncate(descriptor, new_size + FOOTER_SIZE)  # a file system with a lower limit refuses now, before the long copy
    os.ftruncate(descriptor, new_size)
    with copy_progress.reported(descriptor, dest, data, report_path):
        if source.read_disk_at:
            return "sparse_copy", sparse_copy.copy_extents(source.descriptor, descriptor, extents(source)), []
        warnings = _convert(source, dest, descriptor)
    return "qemu_img", os.fstat(descriptor).st_blocks * 512, warnings


def extents(source: Source) -> Iterator[Chunk]:
    """Return an iterator of (offset in the file, offset on the disk, length) of the disk's data."""
    if source.image.dynamic:
        return dynamic_extents(source.image.dynamic, source.image.virtual_size)
    return ((offset, offset, length) for offset, length in sparse.data_extents(source.descriptor, source.image.virtual_size))


def data_size(source: Source) -> int:
    """Return the bytes (int) of data on the disk, as far as the file and its file system tell; of a foreign format those that its file takes."""
    taken = source.status.st_blocks * 512
    if source.image.dynamic:
        return _extents_length(source)
    return min(taken, _extents_length(source) if source.read_disk_at else source.image.virtual_size)


def _extents_length(source: Source) -> int:
    return sum(length for unused, unused, length in extents(source))


def _is_plain(source: Source) -> bool:
    """Return whether the disk lies in the file as it is, from its first byte."""
    return source.read_disk_at is not None and source.image.dynamic is None


def _predicted_method(source: Source, dest: str) -> Tuple[str, int]:
    """Return (method, bytes of data)."""
    if not source.read_disk_at:
        qemu_img, program, _warnings = _checked_by_qemu(source)
        data = qemu_img.mapped_size(program, source.descriptor, source.path, source.image.format)
        # QEMU tells the holes of a VHDX only while it converts; its file has them, too, and is never compressed
        return "qemu_img", min(data, source.status.st_blocks * 512) if source.image.format == "vhdx" else data
    data = _extents_length(source)
    if _is_plain(source) and sparse_copy.can_clone(source.descriptor, os.path.dirname(dest)):
        return "reflink", data
    return "sparse_copy", data


def _checked_by_qemu(source: Source) -> Tuple[ModuleType, str, List[str]]:
    """Return (module that calls qemu-img, path of the program, warnings) after it has found the image sound.

    Loaded only for images that need it: a change in place takes less time than its import.
    """
    from ansible_collections.imagewright.azure.plugins.module_utils.vhd import qemu_img

    image_format = source.image.format
    program = qemu_img.require(source.path, image_format)
    warnings = qemu_img.check(program, source.descriptor, source.path, image_format)
    formats.check_blocks(bounded_reader(source.descriptor, source.status.st_size), source.status.st_size, source.path, image_format)
    if source.image.map_tells:
        qemu_img.check_map(program, source.descriptor, source.path, image_format)
    return qemu_img, program, warnings


def _convert(source: Source, dest: str, descriptor: int) -> List[str]:
    qemu_img, program, warnings = _checked_by_qemu(source)
    try:
        with _written_behind(descriptor):
            qemu_img.convert(program, source.descriptor, source.path, source.image.format, descriptor)
    except ImagewrightError as error:
        if "No space left on device" in error.details.get("stderr", ""):
            raise from_os_error(f"write {dest}", OSError(errno.ENOSPC, "no space left")) from error
        raise
    return warnings


@contextlib.contextmanager
def _written_behind(descriptor: int) -> Iterator[None]:
    """Have the kernel write to the disk what another program puts into an open file, while it does so.

    Otherwise most of it would wait for the fsync at the end, when there is nothing else to do.
    """
    ended = threading.Event()

    def write() -> None:
        while not ended.wait(_WRITTEN_EVERY):
            with contextlib.suppress(OSError):  # a file system that takes no advice is as fast as before
                os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    try:
        yield
    finally:
        ended.set()
        writer.join()
