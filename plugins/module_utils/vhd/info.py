# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an image is, and everything about it that Azure would refuse or that would surprise somebody, in words.

PRIVATE: module_utils of this collection are not an interface.
Source: requirements R01, R02, R07, R09, R14 and R15 of docs/requirements.md.
"""

import collections
import os

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.disk import bootability, partitions
from ansible_collections.imagewright.azure.plugins.module_utils.disk import footer as footers
from ansible_collections.imagewright.azure.plugins.module_utils.disk.sizes import MIB, SECTOR, round_up, show_size
from ansible_collections.imagewright.azure.plugins.module_utils.image import formats, vhd_file
from ansible_collections.imagewright.azure.plugins.module_utils.image.dynamic_vhd import dynamic_reader, read_dynamic
from ansible_collections.imagewright.azure.plugins.module_utils.image.image_file import RAW, VHD
from ansible_collections.imagewright.azure.plugins.module_utils.vhd import sizing, sparse_copy
from ansible_collections.imagewright.azure.plugins.module_utils.vhd.source import bounded_reader, open_image

_CONVERT = "convert it with vhd_align"

#: What the file holds. read_disk_at: as in Source; refusals: [str], why Azure does not take the file.
_Content = collections.namedtuple("_Content", "format footer checksum_ok disk_type virtual_size read_disk_at refusals")


def describe_image(path):
    """Return what is known of an image (dict, the result of vhd_info). It is only read, and no lock is taken.

    Raises ImagewrightError: the file is not there, empty, or not to be read.
    """
    descriptor = open_image(path)
    try:
        file_size = os.fstat(descriptor).st_size
        if not file_size:
            raise ImagewrightError(f"cannot describe {path}: it is empty; give the image of a disk")
        content = _read_content(descriptor, file_size, path)
        result = _describe_content(content, file_size)
        surprises = _size_surprises(content) + _content_surprises(content) + _name_surprises(path)
        if content.read_disk_at:
            table = partitions.read_table(content.read_disk_at, content.virtual_size)
            verdict = bootability.judge(table, content.read_disk_at)
            result.update(_describe_table(table, verdict))
            surprises += _table_surprises(content, table, verdict)
        return dict(result, path=path, accepted=not content.refusals, problems=content.refusals + surprises)
    finally:
        os.close(descriptor)


def _read_content(descriptor, file_size, path):
    read_at = bounded_reader(descriptor, file_size)
    tail = read_at(file_size - SECTOR, SECTOR)
    footer = footers.parse_footer(tail)
    checksum_ok = footer and footers.checksum_is_right(tail)
    if footer and (checksum_ok or footer.current_size == file_size - SECTOR or footer.disk_type != footers.FIXED):
        return _read_vhd(read_at, file_size, path, footer, checksum_ok)
    try:
        image = formats.read_image(read_at, file_size, path)
    except ImagewrightError as error:
        return _Content(None, None, None, None, None, None, [_cause(error, path)])
    if image.format != RAW:
        return _Content(image.format, None, None, None, image.virtual_size, None,
                        [f"it is a {image.format} image, and Azure takes fixed VHDs only; {_CONVERT}"])
    return _read_raw(descriptor, read_at, file_size)


def _read_vhd(read_at, file_size, path, footer, checksum_ok):
    refusals, read_disk_at = [], None
    if not checksum_ok:
        refusals.append("the checksum of its footer is wrong")
    if footer.disk_type == footers.DYNAMIC:
        refusals.append(f"it is a dynamic VHD, and Azure takes fixed ones only; {_CONVERT}")
        try:
            dynamic = read_dynamic(read_at, file_size, footer, footers.parse_footer(read_at(0, SECTOR)), path)
            read_disk_at = dynamic_reader(read_at, dynamic, footer.current_size)
        except ImagewrightError as error:
            refusals.append(_cause(error, path))
    elif footer.disk_type == footers.FIXED:
        read_disk_at = _bounded(read_at, file_size - SECTOR)
        refusals += _fixed_refusals(footer, file_size)
    else:
        refusals.append(f"its disk type is {footers.DISK_TYPES.get(footer.disk_type, footer.disk_type)!r}, and Azure takes fixed VHDs only")
    if footer.saved_state:
        refusals.append("it belongs to a machine that is suspended (saved state)")
    fixed = footer.disk_type == footers.FIXED
    return _Content(VHD, footer, checksum_ok, footers.DISK_TYPES.get(footer.disk_type, "unknown"),
                    file_size - SECTOR if fixed else footer.current_size, read_disk_at, refusals)


def _fixed_refusals(footer, file_size):
    refusals, size = [], file_size - SECTOR
    if footer.current_size != size:
        refusals.append(f"its footer says that the disk has {footer.current_size} bytes, but the file has {file_size},"
                        f" which makes {size} without the footer")
    if footer.data_offset != footers.NO_DATA_OFFSET:
        refusals.append(f"the data offset in its footer is 0x{footer.data_offset:x}; Microsoft's tools want 64 one bits")
    if footer.version != 0x00010000:
        refusals.append(f"the version of its footer is 0x{footer.version:08x}; only 1.0 exists")
    if size > sizing.LARGEST_UPLOAD:
        refusals.append(f"its disk of {show_size(size)} is larger than {show_size(sizing.LARGEST_UPLOAD)}, the most that a managed disk takes")
    if not size:
        refusals.append("its disk has 0 bytes: there is nothing but a footer")
    if size % MIB:
        refusals.append(f"its disk of {show_size(size)} is no whole number of MiB: Azure calls that an unsupported virtual size;"
                        f" vhd_align makes it {round_up(size, MIB)}")
    return refusals


def _read_raw(descriptor, read_at, file_size):
    stray = vhd_file.find_stray_footer(read_at, file_size, sparse_copy.data_end(descriptor, file_size))
    if stray is None:
        return _Content(RAW, None, None, None, file_size, read_at, [f"it is a raw disk without a VHD footer; {_CONVERT}"])
    footer = footers.parse_footer(read_at(stray, SECTOR))
    behind = file_size - stray - SECTOR
    what = f"{behind} bytes follow it" if behind >= 0 else f"it is cut off after {file_size - stray} bytes"
    refusal = f"the VHD footer is at offset {stray} and not at the end of the file: {what}; Azure then misses the cookie 'conectix'"
    return _Content(VHD, footer, bool(footer), "fixed", stray, _bounded(read_at, stray), [refusal])


def _bounded(read_at, size):
    """Return a function that reads as read_at does, up to size."""
    return lambda offset, length: read_at(offset, max(min(length, size - offset), 0))


def _describe_content(content, file_size):
    aligned = content.virtual_size is not None and content.virtual_size % MIB == 0
    upload_size = round_up(content.virtual_size, MIB) + footers.FOOTER_SIZE if content.virtual_size is not None else None
    return {
        "format": content.format, "disk_type": content.disk_type, "checksum_ok": content.checksum_ok,
        "footer": footers.describe_footer(content.footer) if content.footer else None,
        "virtual_size": content.virtual_size, "file_size": file_size, "upload_size": upload_size, "aligned": aligned,
        "partition_table": None, "partitions": None, "boot_code": None, "fallback_loader": None,
        "generations": None, "generation_reasons": [],
    }


def _describe_table(table, verdict):
    return {
        "partition_table": table.kind,
        "partitions": [partition._asdict() for partition in table.partitions],
        "boot_code": table.boot_code,
        "fallback_loader": verdict.fallback_loader,
        "generations": verdict.generations,
        "generation_reasons": verdict.reasons,
    }


def _size_surprises(content):
    surprises = []
    if content.virtual_size and content.virtual_size < sizing.SMALLEST_UPLOAD:
        surprises.append(f"its disk of {show_size(content.virtual_size)} is smaller than the {show_size(sizing.SMALLEST_UPLOAD)}"
                         " that a managed disk must have")
    if content.footer and content.disk_type == "fixed" and footers.qemu_size(content.footer) != content.footer.current_size:
        creator = content.footer.creator_application.decode("latin-1").rstrip("\0")
        read = footers.qemu_size(content.footer)
        surprises.append(f"its creator {creator!r} makes QEMU compute the size from the geometry: {show_size(read)} in place of"
                         f" {show_size(content.footer.current_size)}; vhd_align with in_place: true cures that")
    return surprises


def _content_surprises(content):
    inside = formats.image_inside(content.read_disk_at) if content.disk_type == "fixed" else None
    return [f"its disk is a whole {inside} image, behind which a footer was put; {_CONVERT} without that footer"] if inside else []


def _name_surprises(path):
    return [f"its name has {character!r}, which the marketplace refuses" for character in '%"' if character in os.path.basename(path)]


def _table_surprises(content, table, verdict):
    surprises = []
    end = partitions.end_of_partitions(table)
    if table.sector != SECTOR:
        surprises.append("its partition table is made for sectors of 4096 bytes; Azure presents 512, where no partition would be found")
    elif table.damage:
        surprises.append(f"its partition table is {'unusual' if table.gpt else 'damaged'}: {table.damage}")
    if end > content.virtual_size:
        surprises.append(f"its partitions need {show_size(end)} and the disk has {show_size(content.virtual_size)}: it is cut off")
    elif table.gpt and not table.damage:
        surprises += _backup_surprises(content, table)
    if table.partitions and min(partition.start for partition in table.partitions) < MIB:
        surprises.append("its first partition begins within the first MiB, which the marketplace wants free of partitions")
    if not verdict.generations:
        surprises.append(f"no generation of machine boots it: {'; '.join(verdict.reasons)}")
    largest = sizing.LARGEST["2" if 2 in verdict.generations else "1"]
    if verdict.generations and content.virtual_size > largest:
        surprises.append(f"its disk of {show_size(content.virtual_size)} is larger than {show_size(largest)},"
                         f" the most for an operating system disk of generation {max(verdict.generations)}")
    return surprises


def _backup_surprises(content, table):
    relocation = partitions.plan_relocation(table, content.read_disk_at, content.virtual_size)
    if relocation.tail:
        return ["the backup of its partition table is not at the end of the disk; vhd_align with in_place: true moves it"]
    return relocation.warnings


def _cause(error, path):
    """Return the part of a refusal behind the path."""
    text, beginning = str(error), f"cannot convert {path}: "
    return text[len(beginning):] if text.startswith(beginning) else text
