# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the firmware of a virtual machine starts on a disk, followed to the boot loader's own files.

PRIVATE: module_utils of this collection are not an interface.
"""

from typing import ContextManager, Optional

from ansible_collections.imagewright.azure.plugins.module_utils.disk import bootability, grub_core
from ansible_collections.imagewright.azure.plugins.module_utils.disk.boot_facts import BootChain, broken, undecided, whole
from ansible_collections.imagewright.azure.plugins.module_utils.disk.sizes import SECTOR
from ansible_collections.imagewright.azure.plugins.module_utils.image import efi_chain
from ansible_collections.imagewright.azure.plugins.module_utils.image.disk_image import DiskImage
from ansible_collections.imagewright.azure.plugins.module_utils.image.grub_prefix import resolve_prefix
from ansible_collections.imagewright.azure.plugins.module_utils.image.libraries import damage_as_error


def of_bios(disk: DiskImage) -> Optional[BootChain]:
    """Return the BootChain of generation 1, or None when the disk has no boot code.

    disk: DiskImage.
    """
    if not disk.table.boot_code:
        return None
    code = grub_core.read_boot_code(disk.table.mbr)
    if code.kind == "grub2":
        fault = grub_core.fault_of_boot_code(disk.table.mbr)
        with _reading():
            return broken("sector 0", f"GRUB's boot code {fault}") if fault else _of_grub(disk, code.sector)
    if code.kind == "grub_legacy":
        return whole("GRUB Legacy")
    active = [partition for partition in disk.table.partitions if partition.active]
    for partition in active:
        sector = disk.content.read_at(partition.start, SECTOR)
        if sector[510:] != b"\x55\xaa" or not any(sector[:440]):
            return broken("sector 0", f"the boot code starts the active partition {partition.number}, and its first sector has no boot code")
    if active:
        return whole("the active partition")
    if code.kind == "active_partition":
        return broken("sector 0", "the boot code starts the active partition, and none is active")
    return undecided("sector 0", "the boot code in the first sector is of no boot loader that is known here")


def of_efi(disk: DiskImage) -> Optional[BootChain]:
    """Return the BootChain of generation 2, or None when no fallback loader can start.

    disk: DiskImage.
    """
    verdict = bootability.judge(disk.table, disk.content.read_at)
    if 2 not in verdict.generations or verdict.architecture is None:
        return None
    partitions = {partition.number for partition in bootability.efi_partitions(disk.table)}
    for opened in disk.file_systems():
        if opened.volume.partition is not None and opened.volume.partition.number in partitions and opened.readable().kind == "fat":
            with _reading():
                chain = efi_chain.follow(disk, opened, verdict.architecture)
            if chain is not None:
                return chain
    return None


def _reading() -> ContextManager[None]:
    """Turn what a library raises while the way is followed into our one error."""
    return damage_as_error("follow what the firmware starts", "a file system is damaged")


def _of_grub(disk: DiskImage, sector: int) -> BootChain:
    place = f"sector {sector}"
    try:
        core = grub_core.read_core(disk.content.read_at, sector)
    except grub_core.CoreError as error:
        return broken("sector 0", f"the boot code loads its GRUB from sector {sector}, and {error}")
    if core is None:
        return undecided(place, "what is built into the GRUB core cannot be read here")
    return resolve_prefix(disk, core, place) or undecided(place, f"its GRUB core looks for its files in {core.prefix or 'no place'!r}")
