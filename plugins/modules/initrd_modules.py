#!/usr/bin/python
# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: initrd_modules
short_description: Put drivers into the initramfs of every kernel, and prove it
version_added: 1.0.0
description:
  - Makes sure that each kernel that a boot entry can start has the drivers that it needs before its root file system is there.
  - Writes the generator's persistent configuration, so that the next kernel's initramfs has the drivers too, and rebuilds
    the images that lack one; images that have all of them are left alone.
  - The proof is the image itself. It is read to its last byte, without lsinitrd or lsinitramfs - a driver is present when its file is
    in the image for this very kernel, is the same as on the disk, and all modules that it depends on are there too. What the kernel
    has built in counts. What the generator prints or returns does not.
  - A new image is built beside the old one, proved, brought to disk and renamed, so that at every moment each kernel has a whole image.
    When a step fails, the configuration and all images are as they were before.
  - Generators - initramfs-tools, dracut, mkinitcpio, mkinitfs, and the C(mkinitrd) of SUSE 11 and of RHEL 5.
author:
  - imagewright.azure contributors (@imagewright)
options:
  modules:
    description:
      - Names of kernel modules, as C(modprobe) takes them. C(-) and C(_) are the same. The list may be empty when O(left_out) is given.
    type: list
    elements: str
    required: true
  optional:
    description:
      - Names of modules that go into the initramfs of each kernel that has them as modules; a kernel that has no such driver is right without.
    type: list
    elements: str
    default: []
  left_out:
    description:
      - What an image must not carry over from the machine that it was built on. An image that has it is rebuilt too, and the new one is looked into.
      - V(resume) is the device that a suspended system is woken up from (see M(imagewright.azure.swap_off)).
      - V(bans) are lines of C(modprobe.d) that keep one of O(modules) from being loaded and that the guest has no longer
        (see M(imagewright.azure.modprobe_allow)).
      - V(network_names) are files that name a card by its MAC address and are gone from the guest (see M(imagewright.azure.network_dhcp)).
    type: list
    elements: str
    choices: [bans, network_names, resume]
    default: []
  kernels:
    description:
      - Versions of the kernels, as in C(/lib/modules), or V(all) for every kernel that a boot entry can start.
      - kdump's images are never touched.
    type: list
    elements: str
    default: [all]
  rescue:
    description:
      - Rebuild rescue images too. They are only checked and reported otherwise.
    type: bool
    default: false
  generator:
    description:
      - What builds the images. V(auto) takes the one that is installed; of several the one that owns the guest's images.
    type: str
    choices: [auto, dracut, initramfs-tools, mkinitcpio, mkinitfs, mkinitrd-redhat, mkinitrd-suse]
    default: auto
  rebuild:
    description:
      - Rebuild the images that lack a module. With V(false) only the configuration is written, and what is missing is reported.
    type: bool
    default: true
  backup:
    description:
      - Keep the image that was replaced, and a copy of each configuration file beside it.
    type: bool
    default: true
  backup_dir:
    description:
      - Directory in the guest for replaced images, outside the names that boot loaders pick up. There is one for each kernel,
        named after the kernel and its content, readable by its owner only.
    type: path
    default: /var/lib/imagewright/initrd-backup
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
  - imagewright.azure.guest
seealso:
  - module: imagewright.azure.grub_cmdline
"""

EXAMPLES = r"""
- name: Have the Hyper-V drivers in every initramfs
  imagewright.azure.initrd_modules:
    modules: [hv_vmbus, hv_storvsc, hv_netvsc]

- name: Boot from NVMe disks as well
  imagewright.azure.initrd_modules:
    modules: [hv_vmbus, hv_storvsc, hv_netvsc, pci_hyperv, nvme, nvme_core]

- name: Have the keyboard of the emulated console too, where the kernel has its driver as a module
  imagewright.azure.initrd_modules:
    modules: [hv_vmbus, hv_storvsc, hv_netvsc]
    optional: [hid_hyperv, hyperv_keyboard]

- name: Prepare an image that is mounted on this machine
  imagewright.azure.initrd_modules:
    modules: [hv_vmbus, hv_storvsc, hv_netvsc]
    root: /mnt/guest

- name: Have no name of a card in any initramfs that the guest does not give any more
  imagewright.azure.initrd_modules:
    modules: []
    left_out: [network_names]

- name: Only write the configuration, and see what the images lack
  imagewright.azure.initrd_modules:
    modules: [hv_vmbus, hv_storvsc, hv_netvsc]
    rebuild: false
  register: initramfs
"""

RETURN = r"""
generator:
  description: What builds the images; null when none is installed and none is needed.
  returned: success
  type: str
  sample: initramfs-tools
config_file:
  description: The generator's configuration that names the modules.
  returned: success
  type: str
  sample: /etc/initramfs-tools/modules
kernels:
  description: The kernels, each with the image that it is booted with.
  returned: success
  type: list
  elements: dict
  contains:
    version:
      description: The kernel's version.
      type: str
    image:
      description: The initramfs; null when none is loaded for this kernel.
      type: str
    kind:
      description: V(normal) or V(rescue).
      type: str
    built_in:
      description: The modules asked for that the kernel has built in.
      type: list
      elements: str
    present_before:
      description: The modules that the image had before, with all that they depend on.
      type: list
      elements: str
    present:
      description: The modules that the image has now.
      type: list
      elements: str
    missing:
      description: The modules that neither the kernel nor the image has now.
      type: list
      elements: str
    reason:
      description: Why the image was not good before, empty when it was.
      type: str
    carried:
      description: What the image carried over of O(left_out) before, each with its file in the image.
      type: list
      elements: str
    rebuilt:
      description: Whether the image was rebuilt.
      type: bool
    backup:
      description: The copy of the image that was replaced; null when there is none.
      type: str
  sample:
    - version: 6.1.0-50-cloud-amd64
      image: /boot/initrd.img-6.1.0-50-cloud-amd64
      kind: normal
      built_in: []
      present_before: [hv_vmbus]
      present: [hv_vmbus, hv_storvsc]
      missing: []
      reason: hv_storvsc is not in it
      carried: []
      rebuilt: true
      backup: /var/lib/imagewright/initrd-backup/6.1.0-50-cloud-amd64-9f86d081884c7d65.img
backup_files:
  description: Copies of configuration files, when O(backup=true) and they were changed.
  returned: success
  type: list
  elements: str
  sample: [/etc/initramfs-tools/modules.3170.2026-11-22@07:20:11~]
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import finish
from ansible_collections.imagewright.azure.plugins.module_utils.initramfs import initrd_modules


def main():
    """Run the module."""
    finish(AnsibleModule(argument_spec=initrd_modules.ARGUMENTS, supports_check_mode=True), initrd_modules.run)


if __name__ == "__main__":
    main()
