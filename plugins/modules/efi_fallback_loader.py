#!/usr/bin/python
# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: efi_fallback_loader
short_description: Give UEFI firmware the loader that it starts without boot variables
version_added: 1.0.0
author:
  - imagewright.azure contributors (@imagewright)
description:
  - The firmware's boot variables do not travel with a disk. A new machine of generation 2 starts C(EFI/BOOT/BOOTX64.EFI) of the EFI system
    partition (C(BOOTAA64.EFI) on ARM), or nothing.
  - Where there is no such loader, copies the distribution's own there - shim with GRUB and MokManager, GRUB where there is no shim, or
    systemd-boot. The loader itself comes last, so that one that is there is whole. Each copy is compared with what it was made of.
  - A fallback loader that is there stays as it is. A guest without an EFI system partition has nothing to do.
options: {}
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
  - imagewright.azure.guest
"""

EXAMPLES = r"""
- name: Let the disk start on a machine that has never seen it
  imagewright.azure.efi_fallback_loader:

- name: The same in a mounted image, with its EFI system partition on /mnt/guest/boot/efi
  imagewright.azure.efi_fallback_loader:
    root: /mnt/guest
"""

RETURN = r"""
path:
  description: The fallback loader, V(null) where nothing says that the guest is started by UEFI.
  returned: success
  type: str
  sample: /boot/efi/EFI/BOOT/BOOTX64.EFI
copied:
  description: What was copied, or would be in check mode.
  returned: success
  type: list
  elements: dict
  contains:
    src:
      description: The distribution's loader.
      type: str
    dest:
      description: Its copy.
      type: str
  sample: [{src: /boot/efi/EFI/debian/shimx64.efi, dest: /boot/efi/EFI/BOOT/BOOTX64.EFI}]
"""

import contextlib
import os
import posixpath

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.imagewright.azure.plugins.module_utils.bootloader import efi_fallback
from ansible_collections.imagewright.azure.plugins.module_utils.core import edits, files
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError, finish, from_os_error
from ansible_collections.imagewright.azure.plugins.module_utils.core.machine import architecture
from ansible_collections.imagewright.azure.plugins.module_utils.core.tree import LiveTree


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


def main():
    """Run the module."""
    finish(AnsibleModule(argument_spec={"root": {"type": "path", "default": "/"}}, supports_check_mode=True), run)


if __name__ == "__main__":
    main()
