#!/usr/bin/python
# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stop swapping on the disk of a guest, now and after the next boot."""

DOCUMENTATION = r"""
module: swap_off
short_description: Stop swapping on the OS disk
version_added: 1.0.0
description:
  - Azure wants no swap on the OS disk; the agent or cloud-init makes it on the resource disk.
  - Stops the swap that is in use, deletes swap files, removes swap units of systemd, disables C(dphys-swapfile) and C(swapspace), takes C(swap) out of
    cloud-init's configuration and swap with a random key out of C(/etc/crypttab), and keeps systemd from swapping on a GPT partition by
    its type, and makes the next initramfs resume from nowhere.
  - What else makes swap at boot - a script that calls C(swapon), C(systemd-swap), a swap unit of a package, C(mounts) of cloud-init - is refused by its
    place before anything is changed. Swap in memory and on Azure's temporary disk stays.
  - C(/etc/fstab) is M(imagewright.azure.fstab_clean)'s and C(resume=) is M(imagewright.azure.grub_cmdline)'s. Run this module before them,
    for C(/etc/fstab) names the swap files.
options:
  files:
    description: Whether swap files are deleted.
    type: str
    choices: [keep, remove]
    default: remove
  partition:
    description:
      - What becomes of swap partitions. V(wipe) takes away the swap signature and makes the type of the partition a plain Linux one, so that
        the certification of the marketplace finds none.
      - The partition's place on the disk does not change. With another O(root) than V(/) only V(keep) is possible.
    type: str
    choices: [keep, wipe]
    default: keep
  zram:
    description: Whether compressed swap in memory, which is not on the OS disk, is stopped as well.
    type: str
    choices: [keep, stop]
    default: keep
  rebuild:
    description:
      - Rebuild the initramfs images that would resume from swap. They are looked into, so that a run which was stopped is finished by the next.
      - With V(false) only the configuration is written.
    type: bool
    default: true
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
  - imagewright.azure.guest
  - imagewright.azure.guest.backup
author: imagewright.azure contributors (@imagewright)
"""

EXAMPLES = r"""
- name: Stop swapping on the OS disk
  imagewright.azure.swap_off:

- name: Leave no swap partition for the certification to find
  imagewright.azure.swap_off:
    partition: wipe
"""

RETURN = r"""
stopped:
  description: Swap that was in use.
  type: list
  elements: str
  returned: success
  sample: [/dev/sda2]
removed:
  description: Swap files, swap units and links to them that were deleted.
  type: list
  elements: str
  returned: success
  sample: [/swapfile]
wiped:
  description: Swap partitions that are none any more.
  type: list
  elements: str
  returned: success
  sample: [/dev/sda2]
resume:
  description: Files that were written to keep the next initramfs from resuming.
  type: list
  elements: str
  returned: success
  sample: [/etc/initramfs-tools/conf.d/resume]
rebuilt:
  description: Initramfs images that looked for a suspended system, and were rebuilt.
  type: list
  elements: str
  returned: success
  sample: [/boot/initrd.img-6.1.0-50-cloud-amd64]
backup_files:
  description: Copies of the files as they were, when O(backup) is true.
  type: list
  elements: str
  returned: success
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import finish
from ansible_collections.imagewright.azure.plugins.module_utils.storage import swap_off


def main():
    """Run the module."""
    finish(AnsibleModule(argument_spec=swap_off.ARGUMENTS, supports_check_mode=True), swap_off.run)


if __name__ == "__main__":
    main()
