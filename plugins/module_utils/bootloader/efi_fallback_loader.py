# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module efi_fallback_loader: give UEFI firmware the loader that it starts without boot variables.

PRIVATE: module_utils of this collection are not an interface.
"""

import contextlib
import os
import posixpath

from ansible_collections.imagewright.azure.plugins.module_utils.bootloader import efi_fallback
from ansible_collections.imagewright.azure.plugins.module_utils.core import edits, files
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError, from_os_error
from ansible_collections.imagewright.azure.plugins.module_utils.core.machine import architecture
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree

ARGUMENTS = {"root": {"type": "path", "default": "/"}}


def run(module):
    """Return the module's result after copying the loaders."""
    tree = LiveTree(module.params["root"])
    if not any(tree.is_dir(folder) for folder in efi_fallback.FOLDERS) and not _started_by_uefi(tree):
        return {"changed": False, "path": None, "copied": []}
    machine = architecture(tree)[0]
    present = efi_fallback.find(tree, machine)
    if present:
        return {"changed": False, "path": present, "copied": []}
    copies = efi_fallback.copies(tree, machine)
    if not copies and _started_by_uefi(tree):
        raise ImagewrightError(
            "cannot give this guest a loader that firmware finds by itself: it was started by UEFI, and below /boot/efi/EFI is "
            f"neither BOOT/{efi_fallback.name(machine)} nor a shim or GRUB of the distribution that could be copied there; "
            "mount the EFI system partition, or install shim or grub-efi; where the disk shall only start by BIOS, leave "
            "this out (guest_boot_fallback_loader: false)"
        )
    result = {"changed": bool(copies), "path": copies[-1].dest if copies else None, "copied": [{"src": copy.source, "dest": copy.dest} for copy in copies]}
    if getattr(module, "_diff", False):
        result["diff"] = [{"before_header": copy.dest, "after_header": copy.dest, "before": "", "after": f"copy of {copy.source}\n"} for copy in copies]
    if not module.check_mode:
        _copy_all(tree, copies)
    return result


def _started_by_uefi(tree):
    return tree.is_running_system and tree.is_dir("/sys/firmware/efi")


def _copy_all(tree, copies):
    """Copy the loaders; when one fails, those that were not there before are removed again."""
    new = []
    try:
        for copy in copies:
            if not tree.exists(copy.dest):
                new.append(tree.host_path(copy.dest))
            _copy(tree, copy)
    except BaseException:
        for path in reversed(new):
            with contextlib.suppress(OSError):
                os.unlink(path)
        raise


def _copy(tree, copy):
    """Copy one loader, as a whole or not at all, and read it back."""
    content, dest = tree.read_bytes(copy.source), tree.host_path(copy.dest)
    edits.check_writable(tree, copy.dest)
    try:
        os.makedirs(posixpath.dirname(dest), 0o755, exist_ok=True)
    except OSError as error:
        raise from_os_error(f"make {posixpath.dirname(copy.dest)}", error) from error
    files.write(dest, content)
    if tree.read_bytes(copy.dest) != content:
        raise ImagewrightError(f"cannot copy {copy.source} to {copy.dest}: the copy reads back otherwise; look at the EFI system partition with fsck.vfat")
