# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which virtual machine generations of Azure can boot a disk, judged from the disk alone.

PRIVATE: module_utils of this collection are not an interface.
Source: requirements R14 (generations) and R15 (fallback loader) of docs/requirements.md.
"""

from typing import Dict, List, NamedTuple, Optional

from ansible_collections.imagewright.azure.plugins.module_utils.disk import fat, grub_core, pe
from ansible_collections.imagewright.azure.plugins.module_utils.disk.annotations import ReadAt
from ansible_collections.imagewright.azure.plugins.module_utils.disk.gpt import BIOS_BOOT, EFI_SYSTEM
from ansible_collections.imagewright.azure.plugins.module_utils.disk.partitions import Partition, Table, is_hybrid

#: The names under which a firmware without boot entries looks for a loader, by the processor; all are 8.3 names.
FALLBACK_LOADERS = {"x64": "EFI/BOOT/BOOTX64.EFI", "Arm64": "EFI/BOOT/BOOTAA64.EFI"}


class Bootability(NamedTuple):
    """generations: of virtual machines that boot it; fallback_loader: None when there is no ESP or it cannot be read;
    reasons: {generation: why it is missing}; architecture: ``x64``, ``Arm64`` (Azure's words), or None when nothing boots;
    secure_boot: whether the fallback loader is signed as Secure Boot wants it, None without one.
    """

    generations: List[int]
    fallback_loader: Optional[bool]
    reasons: Dict[int, str]
    architecture: Optional[str] = None
    secure_boot: Optional[bool] = None


class _Loader(NamedTuple):
    """What an ESP has as fallback loader. architecture: as above, None without one that can start; problem: why one cannot start."""

    architecture: Optional[str]
    secure_boot: Optional[bool]
    problem: Optional[str]


def judge(table: Table, read_at: ReadAt) -> Bootability:
    """Return the Bootability of the disk.

    table: Table; read_at: callable (offset, length) -> bytes of the disk.
    """
    reasons: Dict[int, str] = {}
    first = _boots_with_bios(table, read_at, reasons)
    esps = efi_partitions(table)
    loaders = [loader for loader in (_fallback_loader(read_at, esp) for esp in esps) if loader is not None]
    loader = next((loader for loader in loaders if loader.architecture), None)  # the firmware looks into each
    # the firmware (EDK II) takes a GPT whose MBR has a protective entry and others beside it
    sound = table.kind == "gpt" and (not table.damage or is_hybrid(table))
    second = sound and loader is not None
    if not second:
        reasons[2] = _why_not_second(table, sound, esps, loaders)
    architecture = loader.architecture if loader is not None else "x64" if first else None
    return Bootability(
        [1] * first + [2] * second, loader is not None if loaders else None, reasons, architecture, loader.secure_boot if loader is not None else None
    )


def generation_wanted(option: str) -> Optional[int]:
    """Return the generation (int) that a module's option (``auto``, ``1`` or ``2``) asks for, or None when the disk decides."""
    return None if option == "auto" else int(option)


def efi_partitions(table: Table) -> List[Partition]:
    """Return the EFI system partitions ([Partition]) of a disk."""
    return [partition for partition in table.partitions if partition.type == str(EFI_SYSTEM).upper()]


def _boots_with_bios(table: Table, read_at: ReadAt, reasons: Dict[int, str]) -> bool:
    if table.kind == "none":
        reasons[1] = "generation 1 needs a partition table, and the disk has none"
    elif not table.boot_code:
        reasons[1] = "generation 1 needs boot code in the first sector, and there is none"
    elif table.kind == "mbr" or is_hybrid(table) or _has_bios_partition(table) or _has_grub_by_blocks(table, read_at):
        return True
    else:
        reasons[1] = "generation 1 needs a BIOS boot partition beside a GPT, and there is none"
    return False


def _has_bios_partition(table: Table) -> bool:
    return any(partition.type == str(BIOS_BOOT).upper() or partition.active for partition in table.partitions)


def _has_grub_by_blocks(table: Table, read_at: ReadAt) -> bool:
    """Return whether GRUB's boot code finds its core by block lists, as `grub-install --force` leaves it on a GPT without a BIOS boot partition."""
    code = grub_core.read_boot_code(table.mbr)
    return code.kind == "grub2" and grub_core.begins_at(read_at, code.sector)


def _why_not_second(table: Table, sound: bool, esps: List[Partition], loaders: List[_Loader]) -> str:
    if table.kind != "gpt":
        return "generation 2 needs a GPT"
    if not sound:
        return f"generation 2 needs a sound GPT: {table.damage}"
    if not esps:
        return "generation 2 needs an EFI system partition, and there is none"
    where = f"in the EFI system partition (partition {esps[0].number})"
    if not loaders:
        return f"generation 2 needs a FAT file system {where}, and none can be read there"
    return f"generation 2 needs {FALLBACK_LOADERS['x64']} {where}, and " + next((loader.problem for loader in loaders if loader.problem), "it is not there")


def _fallback_loader(read_at: ReadAt, esp: Partition) -> Optional[_Loader]:
    """Return the _Loader of an ESP (Partition), or None when its file system cannot be read."""

    def read_partition_at(offset: int, length: int) -> bytes:
        return read_at(esp.start + offset, length)

    problem = None
    for architecture, name in FALLBACK_LOADERS.items():
        try:
            found = fat.find_file(read_partition_at, name)
        except fat.FatError:
            return None
        if found is None:
            continue
        try:
            program = pe.read_program(found.read_at, found.size)
            if not found.read_at(found.size - 1, 1):
                raise pe.PeError("is cut off: its chain of clusters ends before it does")
        except pe.PeError as error:
            problem = problem or f"{name} {error}"
            continue
        if program.architecture == architecture:
            return _Loader(architecture, pe.signed_by_microsoft(program, found.read_at), None)
        problem = problem or f"{name} is for the processor {program.architecture}"
    return _Loader(None, None, problem)
