# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which virtual machine generations of Azure can boot a disk, judged from the disk alone.

PRIVATE: module_utils of this collection are not an interface.
Source: requirements R14 (generations) and R15 (fallback loader) of docs/requirements.md.
"""

import collections

from ansible_collections.imagewright.azure.plugins.module_utils.disk import fat
from ansible_collections.imagewright.azure.plugins.module_utils.disk.gpt import BIOS_BOOT, EFI_SYSTEM
from ansible_collections.imagewright.azure.plugins.module_utils.disk.partitions import is_hybrid

#: The names under which a firmware without boot entries looks for a loader; all are 8.3 names.
FALLBACK_LOADERS = ("EFI/BOOT/BOOTX64.EFI", "EFI/BOOT/BOOTAA64.EFI")

#: generations: [int]; fallback_loader: True, False, or None when there is no ESP or it cannot be read;
#: reasons: [str], why a generation is missing.
Bootability = collections.namedtuple("Bootability", "generations fallback_loader reasons")


def judge(table, read_at):
    """Return the Bootability of the disk.

    table: Table; read_at: callable (offset, length) -> bytes of the disk.
    """
    reasons = []
    first = _boots_with_bios(table, reasons)
    esps = [partition for partition in table.partitions if partition.type == str(EFI_SYSTEM).upper()]
    loaders = [_has_fallback_loader(read_at, esp) for esp in esps]
    loader = next((found for found in (True, False) if found in loaders), None)  # the firmware looks into each
    # the firmware (EDK II) takes a GPT whose MBR has a protective entry and others beside it
    sound = table.kind == "gpt" and (not table.damage or is_hybrid(table))
    second = sound and loader is True
    if not second:
        reasons.append(_why_not_second(table, sound, esps, loader))
    return Bootability([1] * first + [2] * second, loader, reasons)


def _boots_with_bios(table, reasons):
    if table.kind == "none":
        reasons.append("generation 1 needs a partition table, and the disk has none")
    elif not table.boot_code:
        reasons.append("generation 1 needs boot code in the first sector, and there is none")
    elif table.kind == "mbr" or is_hybrid(table) or any(partition.type == str(BIOS_BOOT).upper() or partition.active for partition in table.partitions):
        return True
    else:
        reasons.append("generation 1 needs a BIOS boot partition beside a GPT, and there is none")
    return False


def _why_not_second(table, sound, esps, loader):
    if table.kind != "gpt":
        return "generation 2 needs a GPT"
    if not sound:
        return f"generation 2 needs a sound GPT: {table.damage}"
    if not esps:
        return "generation 2 needs an EFI system partition, and there is none"
    if loader is None:
        return f"generation 2 needs a FAT file system in the EFI system partition (partition {esps[0].number}), and none can be read there"
    return f"generation 2 needs {FALLBACK_LOADERS[0]} in the EFI system partition (partition {esps[0].number}), and it is not there"


def _has_fallback_loader(read_at, esp):
    def read_partition_at(offset, length):
        return read_at(esp.start + offset, length)
    try:
        return any(fat.has_file(read_partition_at, name) for name in FALLBACK_LOADERS)
    except fat.FatError:
        return None
