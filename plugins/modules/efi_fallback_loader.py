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

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.imagewright.azure.plugins.module_utils.bootloader import efi_fallback_loader
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import finish


def main():
    """Run the module."""
    finish(AnsibleModule(argument_spec=efi_fallback_loader.ARGUMENTS, supports_check_mode=True), efi_fallback_loader.run)


if __name__ == "__main__":
    main()
