# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the fixed VHD that Azure takes out of any disk image, by the cheapest method that gives a whole one.

Methods in the order of their cost: unchanged (nothing to do), in_place (a footer, and the table's backup),
reflink (a copy that shares its blocks), sparse_copy (each byte of data once, no hole), qemu_img (the same,
out of a foreign format).

PRIVATE: module_utils of this collection are not an interface.
"""

import functools
import json
import os
import uuid
from typing import Any, Dict, List, NamedTuple, Optional, cast

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError, from_os_error
from ansible_collections.imagewright.azure.plugins.module_utils.disk import bootability, partitions
from ansible_collections.imagewright.azure.plugins.module_utils.disk.annotations import ReadAt
from ansible_collections.imagewright.azure.plugins.module_utils.disk.footer import (
    FOOTER_SIZE,
    Footer,
    checksum_is_right,
    describe_footer,
    fixed_footer,
    parse_footer,
    qemu_size,
)
from ansible_collections.imagewright.azure.plugins.module_utils.disk.partitions import Relocation, Table
from ansible_collections.imagewright.azure.plugins.module_utils.image.image_file import RAW, VHD, Image
from ansible_collections.imagewright.azure.plugins.module_utils.vhd import copying, destination, disk_size, in_place
from ansible_collections.imagewright.azure.plugins.module_utils.vhd.copying import CopyOutcome
from ansible_collections.imagewright.azure.plugins.module_utils.vhd.source import Source, bounded_reader, open_source, require_unchanged
from ansible_collections.imagewright.azure.plugins.module_utils.vhd.verify import verify_vhd

_IDENTITIES = uuid.UUID("6f2a1c1e-2b0b-5d3c-9d8e-3c1f6a7b5e40")  # name space of the unique ids that are made here
_SECOND = 1000000000  # ns
_TIME_STEPS = (1, 100, 1000, 10000000, _SECOND, 2 * _SECOND)  # ns; what file systems keep: ext4, NTFS and SMB, NFS, exFAT, ext3, FAT
_NO_RELOCATION = partitions.Relocation([], [], [])


class AlignRequest(NamedTuple):
    """What is asked for: the module's options, sizes in bytes. generation: 1, 2, or None when the disk decides; check: write nothing."""

    src: str
    dest: str
    format: str
    size: Optional[int]
    alignment: int
    max_size: Optional[int]
    generation: Optional[int]
    in_place: bool
    overwrite: bool
    relocate_gpt: bool
    repair_footer: bool
    wait_released: float
    sha256: bool
    report_path: Optional[str]
    check: bool


def align(request: AlignRequest) -> Dict[str, Any]:
    """Return the result (dict) of making request.dest the fixed VHD of the disk in request.src.

    Raises ImagewrightError: the source must not be converted or the destination not be written; both are then as they were.
    """
    source = open_source(request.src, request.format, request.repair_footer, bool(request.size), request.in_place, request.wait_released)
    try:
        size = disk_size.new_size(source.image, request.src, request.size, request.alignment, request.max_size, request.generation, source.table)
        if source.table:
            _check_table(request, size, source.table)
        found = destination.status_of(request.dest)
        if found and (found.st_dev, found.st_ino) == (source.status.st_dev, source.status.st_ino):
            return _align_itself(request, source, size)
        if request.in_place:
            raise ImagewrightError(f"cannot change {request.src} in place into {request.dest}: these are two files; leave dest out, or set in_place: false")
        return _align_copy(request, source, size, found)
    except OSError as error:
        raise from_os_error(f"convert {request.src}", error) from error
    finally:
        os.close(source.descriptor)


def is_up_to_date(dest: str, found: os.stat_result, size: int, footer: bytes, source_status: os.stat_result) -> bool:
    """Return whether dest was made from this very state of the source, and has not been written since.

    The footer's unique id stands for the source's state and the options; the time for dest's own state.
    found: os.stat_result of dest.
    """
    if found.st_size != size + FOOTER_SIZE or not _same_time(found.st_mtime_ns, source_status.st_mtime_ns):
        return False
    with destination.opened(dest) as descriptor:
        return os.pread(descriptor, FOOTER_SIZE, size) == footer


def _same_time(stored: int, wanted: int) -> bool:
    """Return whether the times (int, ns) are equal as far as the file system can tell."""
    return any(stored == wanted // step * step for step in _TIME_STEPS)


def _align_itself(request: AlignRequest, source: Source, size: int) -> Dict[str, Any]:
    """Return the result for a source that is the destination, too."""
    image, footer = source.image, _kept_footer(request, source, size)
    is_vhd = image.format == VHD and image.dynamic is None
    relocation = _relocate(request, size, source.table, source.read_disk_at) if source.table and source.read_disk_at else _NO_RELOCATION
    if is_vhd and size == image.virtual_size and _is_sound(source) and not (request.in_place and _could_be_better(image, relocation)):
        return _unchanged(request, source, size, source.descriptor, relocation.warnings)
    if not is_vhd and image.format != RAW:
        what = "dynamic VHD" if image.dynamic else image.format
        raise ImagewrightError(
            f"cannot convert {request.src}: dest is the same file, and a {what} image must be copied;"
            f" give another dest{' and set in_place: false' if request.in_place else ''}"
        )
    if not request.in_place:
        raise ImagewrightError(f"cannot convert {request.src}: dest is the same file; set in_place: true to change the image itself, or give another dest")
    os.close(_open_for_change(request.src))  # also in check mode; nothing is written yet
    written = in_place.written_in_place(image, size, footer, relocation)
    allocated = source.status.st_blocks * 512 + written
    if not request.check:
        allocated = _change(request, source, size, footer, relocation)
    digest = copying.sha256_of(source.descriptor) if request.sha256 and not request.check else None
    boots = bootability.judge(source.table, source.read_disk_at) if source.table and source.read_disk_at else None
    return _result(request, source, size, footer, CopyOutcome("in_place", written, allocated, source.table, relocation, boots, digest, relocation.warnings))


def _change(request: AlignRequest, source: Source, size: int, footer: bytes, relocation: Relocation) -> int:
    """Return the bytes (int) that the changed file takes on its disk."""
    descriptor = _open_for_change(request.src)
    try:
        require_unchanged(source._replace(descriptor=descriptor))
        in_place.extend_in_place(descriptor, source.image, size, footer, relocation)
        verify_vhd(descriptor, request.src, size, footer, relocation)
        return os.fstat(descriptor).st_blocks * 512
    except OSError as error:
        raise from_os_error(f"change {request.src}", error) from error
    finally:
        os.close(descriptor)


def _open_for_change(path: str) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError as error:
        raise from_os_error(f"change {path}", error) from error


def _align_copy(request: AlignRequest, source: Source, size: int, found: Optional[os.stat_result]) -> Dict[str, Any]:
    """Return the result for a destination of its own. found: os.stat_result of it, or None."""
    footer = _new_footer(request, source, size)
    if found and is_up_to_date(request.dest, found, size, footer, source.status):
        with destination.opened(request.dest) as descriptor:
            return _unchanged(request, source, size, descriptor, [])
    if found and not request.overwrite:
        raise ImagewrightError(
            f"cannot write {request.dest}: it is there already and was not made from {request.src} as that is now; remove it, or set overwrite: true"
        )
    destination.require_writable_directory(request.dest)
    relocate = functools.partial(_relocate, request, size)
    with destination.replaceable(request.dest, found):
        if request.check:
            outcome = copying.predict_copy(source, request.dest, size, relocate)
        else:
            outcome = copying.make_copy(source, request.dest, size, footer, relocate, found, request.sha256, request.report_path)
    return _result(request, source, size, footer, outcome)


def _check_table(request: AlignRequest, size: int, table: Table) -> None:
    disk_size.check_table(table, request.src, size, request.max_size, request.generation)


def _relocate(request: AlignRequest, size: int, table: Table, read_at: ReadAt) -> Relocation:
    _check_table(request, size, table)  # of a format that only QEMU reads, the table is known now
    relocation = partitions.plan_relocation(table, read_at, size)
    if request.relocate_gpt or not (relocation.tail or relocation.head):
        return relocation
    return partitions.Relocation([], [], ["the backup of the partition table is not at the end of the disk, and relocate_gpt is false"])


def _new_footer(request: AlignRequest, source: Source, size: int) -> bytes:
    """Return the footer (bytes of 512) that the source's state and the options determine, its time and unique id included."""
    status = source.status
    state = json.dumps([os.path.realpath(request.src), status.st_ino, status.st_size, status.st_mtime_ns, source.image.format, size, request.relocate_gpt])
    return fixed_footer(size, uuid.uuid5(_IDENTITIES, state), status.st_mtime_ns // _SECOND)


def _kept_footer(request: AlignRequest, source: Source, size: int) -> bytes:
    """Return the footer (bytes of 512) for a change in place: a VHD keeps its identity."""
    footer = _new_footer(request, source, size)
    if source.image.footer is None:
        return footer
    return fixed_footer(size, source.image.footer.unique_id, source.status.st_mtime_ns // _SECOND)


def _is_sound(source: Source) -> bool:
    """Return whether the footer's checksum is right; a wrong one is only met with repair_footer."""
    return checksum_is_right(os.pread(source.descriptor, FOOTER_SIZE, source.image.virtual_size))


def _could_be_better(image: Image, relocation: Relocation) -> bool:
    """Return whether Azure takes the VHD as it is, but QEMU would misread its size or its GPT has no backup at the end."""
    footer = image.footer
    return footer is not None and qemu_size(footer) != footer.current_size or bool(relocation.tail or relocation.head)


def _unchanged(request: AlignRequest, source: Source, size: int, descriptor: int, warnings: List[str]) -> Dict[str, Any]:
    """Return the result for a VHD, open as descriptor, that is right as it is."""
    read_at = bounded_reader(descriptor, size)
    table = partitions.read_table(read_at, size)
    digest = copying.sha256_of(descriptor) if request.sha256 else None
    outcome = CopyOutcome("unchanged", 0, os.fstat(descriptor).st_blocks * 512, table, _NO_RELOCATION, bootability.judge(table, read_at), digest, warnings)
    return _result(request, source, size, os.pread(descriptor, FOOTER_SIZE, size), outcome)


def _result(request: AlignRequest, source: Source, size: int, footer: bytes, outcome: CopyOutcome) -> Dict[str, Any]:
    result = {
        "changed": outcome.method != "unchanged",
        "method": outcome.method,
        "src": request.src,
        "dest": request.dest,
        "source_format": source.image.format,
        "source_virtual_size": source.image.virtual_size,
        "virtual_size": size,
        "file_size": size + FOOTER_SIZE,
        "bytes_written": outcome.bytes_written,
        "allocated": outcome.allocated,
        "gpt_relocated": bool(outcome.relocation.tail or outcome.relocation.head) if outcome.relocation else None,
        "generations": outcome.bootability.generations if outcome.bootability else None,
        "architecture": outcome.bootability.architecture if outcome.bootability else None,
        "footer": describe_footer(cast(Footer, parse_footer(footer))),
        "warnings": source.image.warnings + outcome.warnings + disk_size.size_warnings(outcome.table, size, request.generation),
    }
    if request.sha256:
        result["sha256"] = outcome.sha256
    return result
