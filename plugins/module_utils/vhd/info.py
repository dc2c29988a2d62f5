# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an image is, and everything about it that Azure would refuse or that would surprise somebody.

PRIVATE: module_utils of this collection are not an interface.
Source: requirements R01, R02, R07, R09, R14 and R15 of docs/requirements.md.
"""

import os
from typing import Any, Dict, List, NamedTuple, Optional

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.disk import bootability, partitions, sparse
from ansible_collections.imagewright.azure.plugins.module_utils.disk import footer as footers
from ansible_collections.imagewright.azure.plugins.module_utils.disk.annotations import ReadAt
from ansible_collections.imagewright.azure.plugins.module_utils.disk.bootability import Bootability
from ansible_collections.imagewright.azure.plugins.module_utils.disk.footer import Footer
from ansible_collections.imagewright.azure.plugins.module_utils.disk.partitions import Table
from ansible_collections.imagewright.azure.plugins.module_utils.disk.problems import Problem, Refusal, described, found, sentence
from ansible_collections.imagewright.azure.plugins.module_utils.disk.sizes import MIB, SECTOR, round_up
from ansible_collections.imagewright.azure.plugins.module_utils.image import formats, vhd_file
from ansible_collections.imagewright.azure.plugins.module_utils.image.dynamic_vhd import dynamic_reader, read_dynamic
from ansible_collections.imagewright.azure.plugins.module_utils.image.image_file import RAW, VHD
from ansible_collections.imagewright.azure.plugins.module_utils.vhd import image_problems
from ansible_collections.imagewright.azure.plugins.module_utils.vhd.source import bounded_reader, open_image


class _Content(NamedTuple):
    """What the file holds. format: None when it is no disk; read_disk_at: as in Source; refusals: why Azure does not take the file."""

    format: Optional[str]
    footer: Optional[Footer]
    checksum_ok: Optional[bool]
    disk_type: Optional[str]
    virtual_size: Optional[int]
    read_disk_at: Optional[ReadAt]
    refusals: List[Problem]


def describe_image(path: str) -> Dict[str, Any]:
    """Return what is known of an image (dict, the result of vhd_info). It is only read, and no lock is taken.

    Raises ImagewrightError: the file is not there, empty, or not to be read.
    """
    descriptor = open_image(path)
    try:
        file_size = os.fstat(descriptor).st_size
        if not file_size:
            raise ImagewrightError(f"cannot describe {path}: it is empty; give the image of a disk")
        return _describe(_read_content(descriptor, file_size, path), file_size, path)
    finally:
        os.close(descriptor)


def _describe(content: _Content, file_size: int, path: str) -> Dict[str, Any]:
    surprises = (
        image_problems.of_the_size(content.virtual_size, content.footer, content.disk_type)
        + image_problems.of_the_content(content.read_disk_at, content.disk_type)
        + image_problems.of_the_name(path)
    )
    told = {}
    if content.read_disk_at and content.virtual_size is not None:
        table = partitions.read_table(content.read_disk_at, content.virtual_size)
        verdict = bootability.judge(table, content.read_disk_at)
        surprises += image_problems.of_the_table(table, verdict, content.read_disk_at, content.virtual_size)
        told = _describe_table(table, verdict)
        no_disk = image_problems.of_no_disk(table, content.read_disk_at, content.virtual_size) if content.format == RAW else []
        if no_disk:
            content = content._replace(format=None, refusals=no_disk)
    result = _describe_content(content, file_size)
    result.update(told)
    problems = content.refusals + surprises
    return dict(result, path=path, accepted=not content.refusals, problems=[sentence(problem) for problem in problems], problem_details=described(problems))


def _read_content(descriptor: int, file_size: int, path: str) -> _Content:
    read_at = bounded_reader(descriptor, file_size)
    tail = read_at(file_size - SECTOR, SECTOR)
    footer = footers.parse_footer(tail)
    checksum_ok = footer and footers.checksum_is_right(tail)
    if footer and (checksum_ok or footer.current_size == file_size - SECTOR or footer.disk_type != footers.FIXED):
        return _read_vhd(read_at, file_size, path, footer, checksum_ok)
    try:
        image = formats.read_image(read_at, file_size, path)
    except Refusal as refused:
        return _Content(None, None, None, None, None, None, [refused.problem])
    if image.format != RAW:
        return _Content(
            image.format,
            None,
            None,
            None,
            image.virtual_size,
            None,
            [found("other_format", f"it is a {image.format} image, and Azure takes fixed VHDs only", image_problems.CONVERT)],
        )
    return _read_raw(descriptor, read_at, file_size)


def _read_vhd(read_at: ReadAt, file_size: int, path: str, footer: Footer, checksum_ok: Optional[bool]) -> _Content:
    refusals, read_disk_at = image_problems.of_the_kind(footer, checksum_ok), None
    if footer.disk_type == footers.DYNAMIC:
        try:
            dynamic = read_dynamic(read_at, file_size, footer, footers.parse_footer(read_at(0, SECTOR)), path)
            read_disk_at = dynamic_reader(read_at, dynamic, footer.current_size)
        except Refusal as refused:
            refusals.append(refused.problem)
    elif footer.disk_type == footers.FIXED:
        read_disk_at = _bounded(read_at, file_size - SECTOR)
        refusals += image_problems.of_a_fixed_footer(footer, file_size)
    fixed = footer.disk_type == footers.FIXED
    return _Content(
        VHD,
        footer,
        checksum_ok,
        footers.DISK_TYPES.get(footer.disk_type, "unknown"),
        file_size - SECTOR if fixed else footer.current_size,
        read_disk_at,
        refusals,
    )


def _read_raw(descriptor: int, read_at: ReadAt, file_size: int) -> _Content:
    stray = vhd_file.find_stray_footer(read_at, file_size, sparse.data_end(descriptor, file_size))
    if stray is None:
        return _Content(RAW, None, None, None, file_size, read_at, [found("footer_missing", "it is a raw disk without a VHD footer", image_problems.CONVERT)])
    footer = footers.parse_footer(read_at(stray, SECTOR))
    return _Content(VHD, footer, bool(footer), "fixed", stray, _bounded(read_at, stray), [image_problems.of_a_stray_footer(stray, file_size)])


def _bounded(read_at: ReadAt, size: int) -> ReadAt:
    """Return a function that reads as read_at does, up to size."""
    return lambda offset, length: read_at(offset, max(min(length, size - offset), 0))


def _describe_content(content: _Content, file_size: int) -> Dict[str, Any]:
    aligned = content.virtual_size is not None and content.virtual_size % MIB == 0
    upload_size = round_up(content.virtual_size, MIB) + footers.FOOTER_SIZE if content.virtual_size is not None else None
    return {
        "format": content.format,
        "disk_type": content.disk_type,
        "checksum_ok": content.checksum_ok,
        "footer": footers.describe_footer(content.footer) if content.footer else None,
        "virtual_size": content.virtual_size,
        "file_size": file_size,
        "upload_size": upload_size,
        "aligned": aligned,
        "partition_table": None,
        "partitions": None,
        "boot_code": None,
        "fallback_loader": None,
        "generations": None,
        "generation_reasons": [],
        "architecture": None,
        "secure_boot": None,
    }


def _describe_table(table: Table, verdict: Bootability) -> Dict[str, Any]:
    return {
        "partition_table": table.kind,
        "partitions": [partition._asdict() for partition in table.partitions],
        "boot_code": table.boot_code,
        "fallback_loader": verdict.fallback_loader,
        "generations": verdict.generations,
        "generation_reasons": list(verdict.reasons.values()),
        "architecture": verdict.architecture,
        "secure_boot": verdict.secure_boot,
    }
