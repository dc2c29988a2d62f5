#!/usr/bin/python
# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: modprobe_allow
short_description: Lift what keeps kernel modules from being loaded
version_added: 1.0.0
description:
  - Comments the lines of C(modprobe.d) that ban a kernel module - C(blacklist), C(install) of a program that does not load it,
    C(alias) to C(off). Hardening guides ban C(udf) and C(vfat), but Azure provisions from a UDF disc and boots from a VFAT partition.
  - Files of the administrator (C(/etc/modprobe.d)) are edited in place. A file of a package, or one that is made at boot, is
    hidden by a copy of the same name in C(/etc/modprobe.d) in which the lines are comments.
author:
  - imagewright.azure contributors (@imagewright)
options:
  modules:
    description:
      - Names of the modules. C(-) and C(_) are equal.
      - The default is what Azure needs to boot and to provision - the disk, network and PCI drivers, the DVD drive and the file systems
        of the provisioning disc and of the EFI system partition.
    type: list
    elements: str
    default: [udf, vfat, fat, isofs, iso9660, cdrom, sr_mod, sd_mod, hv_vmbus, hv_storvsc, hv_netvsc, hv_utils, pci_hyperv, nvme, nvme_core]
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
  - imagewright.azure.guest
  - imagewright.azure.guest.backup
seealso:
  - module: imagewright.azure.readiness_info
"""

EXAMPLES = r"""
- name: Let the guest read Azure's provisioning disc and its EFI system partition
  imagewright.azure.modprobe_allow:

- name: The same in a mounted image, for the network cards too
  imagewright.azure.modprobe_allow:
    root: /mnt/guest
    modules: [udf, vfat, mlx5_core, mlx4_en]

- name: Keep copies of the files that ban them
  imagewright.azure.modprobe_allow:
    backup: true
"""

RETURN = r"""
bans:
  description: The lines that banned a module.
  returned: success
  type: list
  elements: dict
  contains:
    path:
      description: File that the line is in.
      type: str
    line:
      description: Line number.
      type: int
    text:
      description: The line.
      type: str
    module:
      description: The module it bans.
      type: str
  sample: [{path: /etc/modprobe.d/cis.conf, line: 3, text: install udf /bin/false, module: udf}]
overrides:
  description: Files in C(/etc/modprobe.d) that hide a package's file of the same name.
  returned: success
  type: list
  elements: str
  sample: [/etc/modprobe.d/hardening.conf]
backup_files:
  description: Copies of what was changed, when O(backup=true).
  returned: success
  type: list
  elements: str
  sample: [/etc/modprobe.d/cis.conf.3170.2026-11-22@07:20:11~]
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import finish
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import modprobe_allow


def main():
    """Run the module."""
    finish(AnsibleModule(argument_spec=modprobe_allow.ARGUMENTS, supports_check_mode=True), modprobe_allow.run)


if __name__ == "__main__":
    main()
