# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a guest lies on its disk: pure arithmetic, and the script for sfdisk."""

from typing import NamedTuple

from lab.recipe import Plan

SECTOR = 512  # bytes
MIB = 1024 * 1024  # bytes
ODD_SECTORS = 37  # of a faulty disk, so that its size is no whole MiB (R02)
ESP_SIZE = 64 * MIB
SWAP_SIZE = 64 * MIB
BOOT_SIZE = 512 * MIB  # beside a logical volume
FIRST_EXTENT = MIB  # where lvm2 puts it on a physical volume
EXTENT = 4 * MIB
GPT_BACKUP = 34 * SECTOR  # the second partition table at the end of the disk

MBR_TYPES = {"boot": "83", "root": "83", "lvm": "8e", "swap": "82"}
GPT_TYPES = {
    "biosboot": "21686148-6449-6E6F-744E-656564454649",
    "esp": "C12A7328-F81F-11D2-BA4B-00A0C93EC93B",
    "root": "0FC63DAF-8483-4772-8E79-3D69D8477DE4",
    "swap": "0657FD6D-A4AB-43C4-84E5-0933C84B4F4F",
}


class Part(NamedTuple):
    """A partition: role is biosboot, esp, boot, root, lvm or swap; start and size in bytes."""

    role: str
    number: int
    start: int
    size: int


class Layout(NamedTuple):
    """A disk: size in bytes, table is mbr or gpt, its partitions in order; logical: (volume group, logical volume) of a root that is one, else ()."""

    size: int
    table: str
    parts: tuple
    logical: tuple = ()

    def part(self, role: str):
        """Return the partition of a role, or None. Of a root that is a logical volume: where it lies in the partition of its group."""
        found = next((part for part in self.parts if part.role == role), None)
        group = self.part("lvm") if role == "root" and not found else None
        return Part("root", group.number, group.start + FIRST_EXTENT, extents(group) * EXTENT) if group else found

    def device(self, role: str) -> str:
        """Return what the kernel calls the disk's partition of a role, or what device mapper calls its logical volume."""
        if role == "root" and self.part("lvm"):
            return mapped(*self.logical)
        return f"/dev/sda{self.part(role).number}"


def mapped(group: str, volume: str) -> str:
    """Return what device mapper calls a logical volume: a dash of a name is doubled."""
    return f"/dev/mapper/{group.replace('-', '--')}-{volume.replace('-', '--')}"


def extents(group: Part) -> int:
    """Return how many extents a volume may have that fills the partition of its group."""
    return (group.size - FIRST_EXTENT) // EXTENT


def layout(plan: Plan) -> Layout:
    """Return where each partition of a planned disk lies, on whole MiB."""
    size = plan.size + (ODD_SECTORS * SECTOR if plan.faulty else 0)
    sizes = {}
    if plan.recipe.firmware == "uefi":
        sizes["esp"] = ESP_SIZE
    elif plan.table == "gpt" and plan.recipe.loader == "grub2":
        sizes["biosboot"] = MIB
    if plan.logical:
        sizes["boot"] = BOOT_SIZE
    end = (size - GPT_BACKUP) // MIB * MIB
    swap = SWAP_SIZE if plan.faulty and plan.swap_partition else 0
    sizes["lvm" if plan.logical else "root"] = end - MIB - sum(sizes.values()) - swap
    if swap:
        sizes["swap"] = swap
    parts, start = [], MIB
    for number, (role, length) in enumerate(sizes.items(), start=1):
        parts.append(Part(role, number, start, length))
        start += length
    return Layout(size, plan.table, tuple(parts), plan.logical)


def sfdisk_script(disk: Layout) -> str:
    """Return the input with which sfdisk writes the partition table."""
    lines = ["label: dos" if disk.table == "mbr" else "label: gpt"]
    for part in disk.parts:
        kind = (MBR_TYPES if disk.table == "mbr" else GPT_TYPES)[part.role]
        active = ", bootable" if disk.table == "mbr" and part.role in ("root", "boot") else ""
        lines.append(f"start={part.start // SECTOR}, size={part.size // SECTOR}, type={kind}{active}")
    return "\n".join(lines) + "\n"
