# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Boot entries, and that what they start is there.

PRIVATE: module_utils of this collection are not an interface.
"""

import posixpath

from ansible_collections.imagewright.azure.plugins.module_utils.bootloader import efi_fallback
from ansible_collections.imagewright.azure.plugins.module_utils.bootloader.entries import boot_entries
from ansible_collections.imagewright.azure.plugins.module_utils.core.machine import architecture
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.command_lines import line_of
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import (
    ERROR, WARNING, Evidence, Rule, failed, failed_if, not_applicable, passed)


def _linux_entries(context):
    return [entry for entry in context.shared(boot_entries) if entry.kind != "other"]


def has_entry(context):
    """R14c"""
    entries = _linux_entries(context)
    if any(entry.kind == "normal" for entry in entries):
        return passed(f"{len(entries)} boot entries")
    return failed([Evidence("/boot", None, "no entry that starts Linux was found")])


def entries_are_whole(context):
    """R14d"""
    evidence, broken = [], []
    entries = _linux_entries(context)
    for entry in entries:
        paths = [path for path in [entry.kernel] + list(entry.initrds) if path and "$" not in path]
        missing = [path for path in paths if not _has_content(context.tree, path)]
        evidence += [Evidence(entry.path, line_of(context.tree, entry, posixpath.basename(path)), f"{entry.title}: {path} is not there, or empty")
                     for path in missing]
        if missing:
            broken.append(entry)
    normal = [entry for entry in entries if entry.kind == "normal"]
    first_is_broken = bool(normal) and normal[0] in broken
    return failed_if(evidence, severity=ERROR if first_is_broken else WARNING)


def machine(context):
    """R16"""
    found, path = context.shared(architecture)
    return passed(found) if found in ("x86_64", "aarch64") else failed([Evidence(path, None, f"made for {found}")])


def fallback_architecture(context):
    """R15b"""
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


RULES = [
    Rule("R14c", "There is a boot entry that starts Linux", ERROR,
         "A boot loader without entries stops at its prompt; update-grub writes none without a word where it cannot tell the root's device.",
         "Install a kernel and run update-grub or grub2-mkconfig; look at its output.", "GRUB 10_linux", has_entry, ""),
    Rule("R14d", "Every boot entry starts files that are there", ERROR,
         "An entry that names a kernel or initramfs which is gone does not boot.", "Run update-grub or grub2-mkconfig, or remove the entry.",
         "Boot Loader Specification", entries_are_whole, ""),
    Rule("R15b", "The fallback loader is for the guest's processor", ERROR,
         "The firmware starts BOOTX64.EFI on x86 and BOOTAA64.EFI on ARM.", "Install the loader of the guest's architecture.",
         "UEFI Specification 2.10, section 3.5.1.1", fallback_architecture, ""),
    Rule("R16", "The guest is 64-bit x86 or ARM", ERROR,
         "Azure runs x86_64 and aarch64 guests; the certification fails 32-bit ones.", "Build the image for x86_64 or aarch64.",
         "Microsoft: certification test 49", machine, ""),
]
