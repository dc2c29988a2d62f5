# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Firmware: what Hyper-V starts on the disk, the boot code of generation 1 or the EFI loader of generation 2, and where that leads.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.disk.bootability import generation_wanted
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, WARNING, Evidence, failed, not_applicable, passed, unknown
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import FIRMWARE


@rule(
    "R58",
    step=FIRMWARE,
    severity=ERROR,
    needs="disk",
    title="The boot code of generation 1 leads to its boot loader's files",
    fault="The boot code of generation 1 leads nowhere",
    why="The BIOS starts the first sector, which loads GRUB's core from a fixed place; the core looks for everything else at the place that is built into "
    "it. Partitions that were moved, a disk that was copied file by file, or a core that was made for another disk end in `grub rescue>`.",
    cure="Install the boot loader again from the guest or a chroot of it: `grub-install --target=i386-pc /dev/DISK` (`grub2-install`), then write its "
    "configuration.",
    source="GRUB manual, chapter 4 (BIOS installation); boot.S, diskboot.S",
)
def boot_code_leads_somewhere(context):
    """Return failed when the boot code loads no GRUB core, or that core looks for its files where none are on this disk."""
    return _followed(context, context.disk.bios, 1, "the disk has no boot code that was followed")


@rule(
    "R59",
    step=FIRMWARE,
    severity=ERROR,
    needs="disk",
    title="The EFI loader of generation 2 leads to its configuration",
    fault="The EFI loader of generation 2 leads nowhere",
    why="shim starts GRUB beside it, or what a vendor's list names, and GRUB reads a few lines on the EFI system partition that look for the real "
    "configuration by the UUID of its file system. After a copy to another disk that UUID is often another one, and the machine ends in `grub>`.",
    cure="Correct the UUID in grub.cfg on the EFI system partition, or write it again: `grub-install`, or reinstall the packages of shim and GRUB.",
    source="shim, fallback.c; GRUB manual, chapter 4 (EFI)",
)
def loader_leads_somewhere(context):
    """Return failed when the fallback loader starts a file that is none, or GRUB's lines on the ESP look for a file system that is not on this disk."""
    return _followed(context, context.disk.efi, 2, "the disk has no EFI loader that was followed")


def _followed(context, chain, generation, without):
    """Return the Outcome of a BootChain; an error when the machine of the other generation is no way out."""
    if chain is None:
        return not_applicable(without)
    wanted = generation_wanted(context.generation)
    if wanted not in (None, generation):
        return not_applicable(f"a machine of generation {wanted} was asked for")
    if generation not in context.disk.bootability.generations:
        return not_applicable(f"the disk does not begin to boot on generation {generation}, which R14a tells")
    severity = WARNING if wanted is None and _other_way(context.disk, generation) else ERROR
    if chain.fault:
        return failed([_place(context, chain, chain.fault)], "", severity)
    if chain.doubt:
        return unknown(chain.doubt, [_place(context, chain, chain.doubt)], WARNING)
    return passed(f"{chain.loader}: {chain.place}" if chain.place else chain.loader)


def _other_way(disk, generation):
    """Return whether the disk boots on the other generation, as far as that was followed."""
    other = 3 - generation
    chain = disk.bios if other == 1 else disk.efi
    return other in disk.bootability.generations and chain is not None and not chain.fault


def _place(context, chain, text):
    """Return the Evidence of a BootChain: a file of the ESP with its line, or the image and the sector."""
    if not chain.place.startswith("/EFI"):
        return Evidence(context.disk.path, None, f"{chain.place}: {text}")
    path, _colon, line = chain.place.partition(":")
    return Evidence("/boot/efi" + path, int(line) if line else None, text)


RULES = [boot_code_leads_somewhere, loader_leads_somewhere]
