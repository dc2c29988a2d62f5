# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Boot entries, and that what they start is there.

PRIVATE: module_utils of this collection are not an interface.
"""

import posixpath

from ansible_collections.imagewright.azure.plugins.module_utils.bootloader import bls_reading, efi_fallback, grub2_menu, systemd_boot
from ansible_collections.imagewright.azure.plugins.module_utils.bootloader.entries import boot_entries
from ansible_collections.imagewright.azure.plugins.module_utils.core.machine import architecture
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.command_lines import line_of
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, WARNING, Evidence, failed, failed_if, not_applicable, passed
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.path import grub_loopback
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.started import started_entries
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import FIRMWARE, KERNEL, LOADER


def _linux_entries(context):
    return [entry for entry in context.shared(boot_entries) if entry.kind != "other"]


@rule(
    "R14c",
    step=LOADER,
    severity=ERROR,
    title="There is a boot entry that starts Linux",
    fault="No boot entry starts Linux",
    why="A boot loader without entries stops at its prompt; update-grub writes none without a word where it cannot tell the root's device. The entries of "
    "Red Hat's systems are files of their own, which GRUB reads by the command blscfg of its menu.",
    cure="Install a kernel and run update-grub or grub2-mkconfig; look at its output.",
    source="GRUB 10_linux",
)
def has_entry(context):
    """Return passed when at least one normal boot entry starts a Linux kernel, and failed with the menu that does not read the entries which there are."""
    entries = _linux_entries(context)
    normal = [entry for entry in entries if entry.kind == "normal"]
    unread = context.shared(bls_reading.not_read) if normal and all(entry.loader == "bls" for entry in normal) else None
    if unread is not None:
        return failed([Evidence(*unread)])
    if normal:
        return passed(f"{len(entries)} boot entries")
    return failed([Evidence("/boot", None, "no entry that starts Linux was found")])


@rule(
    "R14d",
    step=LOADER,
    severity=ERROR,
    title="Every boot entry starts files that are there",
    fault="A boot entry starts a file that is not there",
    why="An entry that names a kernel or initramfs which is gone does not boot.",
    cure="Run update-grub or grub2-mkconfig, or remove the entry.",
    source="Boot Loader Specification",
)
def entries_are_whole(context):
    """Return failed with each kernel and initramfs of an entry that is missing or empty; a warning when what starts by itself is whole."""
    evidence, broken = [], []
    started = started_entries(context)
    entries = _linux_entries(context)
    for entry in entries + [entry for entry in started if entry not in entries]:
        trees = systemd_boot.device_trees(context.tree, entry) if entry in started and systemd_boot.is_fallback(context.tree) else []
        # what is in a file that GRUB opens as a disk is asked for by R14q
        named = [entry.kernel] + list(entry.initrds) + trees if entry.loader != grub2_menu.NAME or not grub_loopback.loop_of(context, entry) else []
        paths = [path for path in named if path and "$" not in path]
        missing = [path for path in paths if not _has_content(context.tree, path)]
        evidence += [
            Evidence(entry.path, line_of(context.tree, entry, posixpath.basename(path)), f"{entry.title}: {path} is not there, or empty") for path in missing
        ]
        if missing:
            broken.append(entry)
    return failed_if(evidence, severity=ERROR if any(entry in started for entry in broken) else WARNING)


@rule(
    "R16",
    step=KERNEL,
    severity=ERROR,
    title="The guest is 64-bit x86 or ARM",
    fault="The guest is made for a processor that Azure does not have",
    why="Azure runs x86_64 and aarch64 guests; the certification fails 32-bit ones.",
    cure="Build the image for x86_64 or aarch64.",
    source="Microsoft: certification test 49",
)
def machine(context):
    """Return passed when the guest's programs are made for x86_64 or aarch64."""
    found, path = context.shared(architecture)
    return passed(found) if found in ("x86_64", "aarch64") else failed([Evidence(path, None, f"made for {found}")])


@rule(
    "R15b",
    step=FIRMWARE,
    severity=ERROR,
    title="The fallback loader is for the guest's processor",
    fault="The fallback loader is for another processor",
    why="The firmware starts BOOTX64.EFI on x86 and BOOTAA64.EFI on ARM.",
    cure="Install the loader of the guest's architecture.",
    source="UEFI Specification 2.10, section 3.5.1.1",
)
def fallback_architecture(context):
    """Return failed with the fallback loaders that are there when none is named for the guest's processor."""
    found = context.shared(architecture)[0]
    present, folder = efi_fallback.names(context.tree)
    loaders = [name for name in present if name.lower().startswith("boot") and name.lower().endswith(".efi")]
    if efi_fallback.name(found) is None or not loaders:
        return not_applicable("no fallback loader is there")
    wrong = [] if efi_fallback.find(context.tree, found) else loaders
    return failed_if([Evidence(f"{folder}/{name}", None, f"not for {found}") for name in wrong])


def _has_content(tree, path):
    status = tree.stat(path)
    return status is not None and status.size > 0


RULES = [has_entry, entries_are_whole, fallback_architecture, machine]
