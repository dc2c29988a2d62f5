# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The partition table and what the partitions hold.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.disk.content import NAMES
from ansible_collections.imagewright.azure.plugins.module_utils.disk.partitions import is_hybrid
from ansible_collections.imagewright.azure.plugins.module_utils.disk.sizes import GIB, show_size
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, NOTE, WARNING, Evidence, failed_if
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import MARKETPLACE_ONLY, rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import FIRMWARE, ROOT, SYSTEM_MANAGER

_FIRST_FREE = 2048 * 512  # bytes, R09
_SWAP_TYPES = ("0x82", "0657FD6D-A4AB-43C4-84E5-0933C84B4F4F")
_LINUX_ROOT_GUIDS = ("4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709", "B921B045-1DF0-41C3-AF44-4C6F280D3FAE")


@rule(
    "R09",
    step=FIRMWARE,
    severity=NOTE,
    marketplace=ERROR,
    needs="disk",
    title="The first MiB of the disk is free of partitions",
    fault="A partition begins in the first MiB of the disk",
    why="The certification wants the first 2048 sectors kept free; boot loaders and Azure's tools use them.",
    cure="Partition the disk again, with the first partition at sector 2048.",
    source="Microsoft: marketplace certification",
)
def first_mebibyte(context):
    """Return failed with each partition that begins before sector 2048."""
    return failed_if(
        [
            Evidence(context.disk.path, None, f"partition {partition.number} starts at sector {partition.start // 512}")
            for partition in context.disk.table.partitions
            if partition.start < _FIRST_FREE
        ]
    )


@rule(
    "R10",
    step=ROOT,
    severity=WARNING,
    needs="disk",
    title="The OS disk has no LVM",
    fault="The OS disk has LVM",
    why="When the disk is attached to another virtual machine of the same image for rescue, the volume groups clash by name and neither can be mounted.",
    cure="Prefer plain partitions when the image is next built; LVM works otherwise.",
    source="Microsoft: create-upload-generic; redhat-create-upload-vhd",
    choice="Most pages advise against LVM, Red Hat's supports it: a warning, never an error.",
)
def no_lvm(context):
    """Return failed with each partition that holds a physical volume of LVM."""
    return failed_if([Evidence(context.disk.path, None, f"{volume.name} holds {NAMES['lvm']}") for volume in context.disk.volumes if volume.holds == "lvm"])


@rule(
    "R11",
    step=ROOT,
    severity=WARNING,
    needs="disk",
    profiles=MARKETPLACE_ONLY,
    title="There is one root partition",
    fault="There are several root partitions",
    why="The certification recommends a single root partition.",
    cure="Bring the system onto one partition; /boot and the EFI system partition may stay.",
    source="Microsoft: marketplace certification, test 42",
)
def single_root(context):
    """Return failed when two partitions are of the type root, or two hold Linux file systems of 2 GiB and more."""
    roots = [partition for partition in context.disk.table.partitions if partition.type in _LINUX_ROOT_GUIDS]
    data = [
        volume
        for volume in context.disk.volumes
        if volume.holds in ("ext", "xfs", "btrfs") and volume.partition is not None and volume.partition.size >= 2 * GIB
    ]
    found = [Evidence(context.disk.path, None, f"partition {partition.number} is of the type root partition") for partition in roots]
    if len(found) < 2:
        found = [Evidence(context.disk.path, None, f"{volume.name} holds {NAMES[volume.holds]} of {show_size(volume.partition.size)}") for volume in data]
    return failed_if(found if len(found) > 1 else [])


@rule(
    "R12a",
    step=SYSTEM_MANAGER,
    severity=WARNING,
    marketplace=ERROR,
    needs="disk",
    fixed_by="guest_swap",
    title="The OS disk has no swap partition",
    fault="The OS disk has a swap partition",
    why="Swap on the OS disk is slow, costs I/O budget and fails the certification; systemd uses a partition of the type swap by itself, whatever "
    "/etc/fstab says.",
    cure="Run the role guest_swap with guest_swap_partition: wipe, for it leaves the partition otherwise; or, on the image, delete the partition and "
    "its swap space: `sfdisk --delete DISK NUMBER`.",
    source="Microsoft: create-upload-generic; certification test 41",
)
def no_swap_partition(context):
    """Return failed with each partition of the type swap, or that holds swap space."""
    by_type = {partition.number for partition in context.disk.table.partitions if partition.type in _SWAP_TYPES}
    evidence = [Evidence(context.disk.path, None, f"partition {number} is of the type swap") for number in sorted(by_type)]
    evidence += [
        Evidence(context.disk.path, None, f"{volume.name} holds swap space")
        for volume in context.disk.volumes
        if volume.holds == "swap" and (volume.partition is None or volume.partition.number not in by_type)
    ]
    return failed_if(evidence)


@rule(
    "R14b",
    step=FIRMWARE,
    severity=ERROR,
    needs="disk",
    fixed_by="vhd_align relocate_gpt",
    title="The partition table is sound and within the disk",
    fault="The partition table is damaged, or reaches beyond the disk",
    why="Azure presents sectors of 512 bytes; a table made for 4096, a damaged one or one that reaches past the disk loses partitions.",
    cure="Repair it with `sgdisk -v` and `gdisk`, or get the whole image.",
    source="UEFI Specification 2.10, section 5.3",
)
def sector_size(context):
    """Return failed for a table made for other sectors, a damaged one, and partitions that end beyond the disk."""
    table = context.disk.table
    evidence = []
    if table.sector == 4096:
        evidence.append(Evidence(context.disk.path, None, "the GPT is made for sectors of 4096 bytes"))
    elif table.damage:
        evidence.append(Evidence(context.disk.path, None, table.damage))
    evidence += [
        Evidence(
            context.disk.path,
            None,
            f"partition {partition.number} ends at byte {partition.start + partition.size} of a disk of {context.disk.virtual_size} bytes",
        )
        for partition in table.partitions
        if partition.start + partition.size > context.disk.virtual_size
    ]
    # the firmware and Linux take the GPT of a hybrid table
    return failed_if(evidence, severity=WARNING if is_hybrid(table) and len(evidence) == 1 else None)


RULES = [first_mebibyte, no_lvm, single_root, no_swap_partition, sector_size]
