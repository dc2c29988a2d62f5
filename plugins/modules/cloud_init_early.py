#!/usr/bin/python
# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: cloud_init_early
short_description: Have cloud-init run modules in its first stage
version_added: 1.0.0
description:
  - Moves modules to C(cloud_init_modules) in C(/etc/cloud/cloud.cfg) from the lists of cloud-init's later stages. The resource disk of
    Azure and the swap on it are then there before anything that uses them starts.
  - cloud-init's own file has C(disk_setup) and C(mounts) there; those of Red Hat and its kin did not before cloud-init 23. What counts is
    what the file says, not the version of cloud-init, for an upgrade keeps a file that was changed.
  - The lists are edited as lines. Comments, indentation, quotes and all else in the file stay byte for byte.
  - When a file in C(/etc/cloud/cloud.cfg.d) has one of the lists, the list there is what cloud-init takes, and it is edited there.
author:
  - imagewright.azure contributors (@imagewright)
options:
  modules:
    description:
      - Names of the modules, in the order in which they shall run. C(-) and C(_) are equal.
      - Those that the first stage runs in this order already stay where they are. Others come behind the one before them, the
        first of them behind C(growpart) and C(resizefs).
    type: list
    elements: str
    default: [disk_setup, mounts]
  path:
    description:
      - cloud-init's configuration, a path in the guest. Files in the directory of the same name with C(.d) are read too.
    type: path
    default: /etc/cloud/cloud.cfg
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
  - imagewright.azure.guest
  - imagewright.azure.guest.backup
seealso:
  - module: imagewright.azure.waagent_conf
"""

EXAMPLES = r"""
- name: Set the resource disk and its swap up as early as cloud-init can
  imagewright.azure.cloud_init_early:

- name: The same in a mounted image
  imagewright.azure.cloud_init_early:
    root: /mnt/guest
    modules: [disk_setup, mounts]

- name: Keep a copy of the file
  imagewright.azure.cloud_init_early:
    path: /etc/cloud/cloud.cfg
    backup: true
"""

RETURN = r"""
moved:
  description: Modules that were in another place, with the list that had them.
  returned: success
  type: list
  elements: dict
  contains:
    module:
      description: Name of the module.
      type: str
    path:
      description: File of the list.
      type: str
    line:
      description: Line number before the change.
      type: int
    stage:
      description: The list.
      type: str
  sample: [{module: mounts, path: /etc/cloud/cloud.cfg, line: 28, stage: cloud_config_modules}]
backup_files:
  description: Copies of what was changed, when O(backup=true).
  returned: success
  type: list
  elements: str
  sample: [/etc/cloud/cloud.cfg.3170.2026-11-22@07:20:11~]
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.imagewright.azure.plugins.module_utils.cloud_init import cloud_init_early
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import finish


def main():
    """Run the module."""
    finish(AnsibleModule(argument_spec=cloud_init_early.ARGUMENTS, supports_check_mode=True), cloud_init_early.run)


if __name__ == "__main__":
    main()
