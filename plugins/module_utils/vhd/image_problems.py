# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Azure would refuse of an image, and what would surprise somebody, as values ([problems.Problem]). Pure but for the given read functions.

PRIVATE: module_utils of this collection are not an interface.
Source: requirements R01, R02, R07, R09, R14 and R15 of docs/requirements.md.
"""

import os
from typing import Any, List, Mapping, Optional

from ansible_collections.imagewright.azure.plugins.module_utils.disk import content as contents
from ansible_collections.imagewright.azure.plugins.module_utils.disk import footer as footers
from ansible_collections.imagewright.azure.plugins.module_utils.disk import limits, partitions
from ansible_collections.imagewright.azure.plugins.module_utils.disk.annotations import ReadAt
from ansible_collections.imagewright.azure.plugins.module_utils.disk.blocks import CachedBytes, Window
from ansible_collections.imagewright.azure.plugins.module_utils.disk.bootability import Bootability
from ansible_collections.imagewright.azure.plugins.module_utils.disk.footer import Footer
from ansible_collections.imagewright.azure.plugins.module_utils.disk.partitions import Table
from ansible_collections.imagewright.azure.plugins.module_utils.disk.problems import Problem, found
from ansible_collections.imagewright.azure.plugins.module_utils.disk.sizes import MIB, SECTOR, round_up, show_size
from ansible_collections.imagewright.azure.plugins.module_utils.image import formats

CONVERT = "convert it with vhd_align"
ALIGN_IN_PLACE = "run vhd_align with in_place: true"


def of_a_fixed_footer(footer: Footer, file_size: int) -> List[Problem]:
    """Return what is wrong with the footer (Footer) of a fixed VHD, or with the disk before it.

    file_size: int, bytes.
    """
    told, size = [], file_size - SECTOR
    if footer.current_size != size:
        told.append(
            found(
                "footer_size",
                f"its footer says that the disk has {footer.current_size} bytes, but the file has {file_size}, which makes {size} without the footer",
                "take a whole copy",
            )
        )
    if footer.data_offset != footers.NO_DATA_OFFSET:
        told.append(
            found("footer_data_offset", f"the data offset in its footer is 0x{footer.data_offset:x}; Microsoft's tools want 64 one bits", ALIGN_IN_PLACE)
        )
    if footer.version != 0x00010000:
        told.append(found("footer_version", f"the version of its footer is 0x{footer.version:08x}; only 1.0 exists", "take a sound copy"))
    if size > limits.LARGEST_MANAGED_DISK:
        told.append(
            found(
                "too_large",
                f"its disk of {show_size(size)} is larger than {show_size(limits.LARGEST_MANAGED_DISK)}, the most that a managed disk takes",
                "make the disk smaller",
            )
        )
    if not size:
        told.append(found("empty", "its disk has 0 bytes: there is nothing but a footer", "give the image of a disk"))
    if size % MIB:
        told.append(
            found(
                "not_whole_mebibytes",
                f"its disk of {show_size(size)} is no whole number of MiB: Azure calls that an unsupported virtual size",
                f"vhd_align makes it {round_up(size, MIB)}",
            )
        )
    return told


def of_the_kind(footer: Footer, checksum_ok: Optional[bool]) -> List[Problem]:
    """Return why Azure does not take a VHD of this footer (Footer), whatever its file looks like."""
    told = []
    if not checksum_ok:
        told.append(found("footer_checksum", "the checksum of its footer is wrong", "take a sound copy, or vhd_align with repair_footer: true"))
    if footer.disk_type == footers.DYNAMIC:
        told.append(found("other_format", "it is a dynamic VHD, and Azure takes fixed ones only", CONVERT))
    elif footer.disk_type != footers.FIXED:
        kind = footers.DISK_TYPES.get(footer.disk_type, footer.disk_type)
        told.append(found("footer_type", f"its disk type is {kind!r}, and Azure takes fixed VHDs only", "merge it with its parent, or take a sound copy"))
    if footer.saved_state:
        told.append(found("suspended", "it belongs to a machine that is suspended (saved state)", "resume that machine and shut it down first"))
    return told


def of_a_stray_footer(offset: int, file_size: int) -> Problem:
    """Return what is wrong with a VHD whose footer is at the offset and not at the end of its file."""
    behind = file_size - offset - SECTOR
    what = f"{behind} bytes follow it" if behind >= 0 else f"it is cut off after {file_size - offset} bytes"
    return found(
        "footer_misplaced",
        f"the VHD footer is at offset {offset} and not at the end of the file: {what}; Azure then misses the cookie 'conectix'",
        "do not lengthen or cut a finished VHD as a file",
    )


def of_the_size(virtual_size: Optional[int], footer: Optional[Footer], disk_type: Optional[str]) -> List[Problem]:
    """Return what would surprise of the size (int or None, bytes) of a disk."""
    told = []
    if virtual_size and virtual_size < limits.SMALLEST_MANAGED_DISK:
        told.append(
            found(
                "too_small",
                f"its disk of {show_size(virtual_size)} is smaller than the {show_size(limits.SMALLEST_MANAGED_DISK)} that a managed disk must have",
                "let vhd_align grow it with size",
            )
        )
    if virtual_size and disk_type is None and virtual_size % SECTOR:
        told.append(
            found(
                "not_whole_sectors",
                f"its disk of {show_size(virtual_size)} is no whole number of sectors of 512 bytes",
                "get the whole image, or let vhd_align pad it with size",
            )
        )
    if footer and disk_type == "fixed" and footers.qemu_size(footer) != footer.current_size:
        creator = footer.creator_application.decode("latin-1").rstrip("\0")
        told.append(
            found(
                "geometry",
                f"its creator {creator!r} makes QEMU compute the size from the geometry:"
                f" {show_size(footers.qemu_size(footer))} in place of {show_size(footer.current_size)}",
                ALIGN_IN_PLACE,
            )
        )
    return told


def of_the_content(read_disk_at: Optional[ReadAt], disk_type: Optional[str]) -> List[Problem]:
    """Return what is wrong when the disk of a fixed VHD is itself an image."""
    inside = formats.image_inside(read_disk_at) if read_disk_at and disk_type == "fixed" else None
    return (
        [
            found(
                "image_inside",
                f"its disk is a whole {inside} image, behind which a footer was put",
                f"take the footer off a copy and {CONVERT.replace('it', 'that', 1)}",
            )
        ]
        if inside
        else []
    )


def of_no_disk(table: Table, read_disk_at: ReadAt, size: int) -> List[Problem]:
    """Return what tells that a raw file is no disk: nothing on it is known, and no disk has its size.

    table: Table; size: int, bytes.
    """
    if table.kind != "none" or table.boot_code or (size % SECTOR == 0 and size >= limits.SMALLEST_MANAGED_DISK):
        return []
    if contents.identify(Window(CachedBytes(read_disk_at, size, "the file"), 0, size)) != "empty":
        return []
    cause = f"it has {show_size(size)}, " + ("no whole number of sectors, " if size % SECTOR else "") + "and neither a partition table nor a file system"
    return [found("not_a_disk", f"it is no disk: {cause}", "give the image of a disk")]


def of_the_name(path: str) -> List[Problem]:
    """Return what the marketplace refuses of a file's name."""
    return [
        found("file_name", f"its name has {character!r}, which the marketplace refuses", "rename the file")
        for character in '%"'
        if character in os.path.basename(path)
    ]


def of_the_table(table: Table, verdict: Bootability, read_disk_at: ReadAt, size: int) -> List[Problem]:
    """Return what would surprise of a disk's partition table and of what boots from it.

    table: Table; verdict: Bootability; size: int, bytes, of the disk.
    """
    told = []
    end = partitions.end_of_partitions(table)
    if table.sector != SECTOR:
        told.append(
            found(
                "sector_size",
                "its partition table is made for sectors of 4096 bytes; Azure presents 512, where no partition would be found",
                "make the disk again with sectors of 512 bytes",
            )
        )
    elif table.damage:
        told.append(
            found("table_unusual", f"its partition table is unusual: {table.damage}")
            if table.gpt
            else found("table_damaged", f"its partition table is damaged: {table.damage}", "repair it with `sgdisk` or `gdisk`")
        )
    if end > size:
        told.append(
            found("partitions_cut_off", f"its partitions need {show_size(end)} and the disk has {show_size(size)}: it is cut off", "get the whole image")
        )
    elif table.gpt and not table.damage:
        told += _of_the_backup(table, read_disk_at, size)
    if table.partitions and min(partition.start for partition in table.partitions) < MIB:
        told.append(
            found(
                "first_mebibyte",
                "its first partition begins within the first MiB, which the marketplace wants free of partitions",
                "make the first partition begin at sector 2048",
            )
        )
    if not verdict.generations:
        told.append(found("no_generation", f"no generation of machine boots it: {'; '.join(verdict.reasons.values())}"))
    elif size > limits.LARGEST_OS_DISK[max(verdict.generations)]:
        told.append(
            found(
                "too_large_to_boot",
                f"its disk of {show_size(size)} is larger than"
                f" {show_size(limits.LARGEST_OS_DISK[max(verdict.generations)])},"
                f" the most for an operating system disk of generation {max(verdict.generations)}",
                "move data to data disks",
            )
        )
    return told


def of_the_generation(generation: Optional[int], facts: Mapping[str, Any]) -> List[Problem]:
    """Return what is wrong with a disk that is wanted for a generation.

    generation: int or None, when any will do; facts: dict, the result of vhd_info.
    """
    if generation is None or generation in (facts["generations"] or []):
        return []
    reasons = "; ".join(facts["generation_reasons"]) or "it is made for another one"
    return [found("other_generation", f"a machine of generation {generation} does not boot it: {reasons}")]


def _of_the_backup(table: Table, read_disk_at: ReadAt, size: int) -> List[Problem]:
    relocation = partitions.plan_relocation(table, read_disk_at, size)
    if relocation.tail:
        return [found("table_backup_misplaced", "the backup of its partition table is not at the end of the disk", f"{ALIGN_IN_PLACE}, which moves it")]
    return [found("table_backup_damaged", warning) for warning in relocation.warnings]
