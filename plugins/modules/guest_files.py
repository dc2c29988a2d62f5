#!/usr/bin/python
# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: guest_files
short_description: Write small text files of a guest, and remove others, as one change
version_added: 1.0.0
description:
  - Writes all of the files or none of them, with the directories that are missing. Works on a mounted guest as well, whose links lead nowhere else.
options:
  present:
    description:
      - Files to have, path to text. A new one gets the mode 0644; one that is there keeps its owner, mode and label.
    type: dict
    default: {}
  absent:
    description:
      - Files to remove.
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - imagewright.azure.guest
  - imagewright.azure.guest.backup
author:
  - imagewright.azure contributors (@imagewright)
seealso:
  - module: ansible.builtin.copy
"""

EXAMPLES = r"""
- name: Let cloud-init look for Azure alone, in the mounted guest
  imagewright.azure.guest_files:
    present:
      /etc/cloud/cloud.cfg.d/91-azure_datasource.cfg: |
        datasource_list: [Azure]
    absent: [/etc/cloud/cloud.cfg.d/99-installer.cfg]
    backup: true
    root: /mnt/guest
"""

RETURN = r"""
backup_files:
  description: Copies of what was changed, when O(backup=true).
  returned: success
  type: list
  elements: str
  sample: []
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.imagewright.azure.plugins.module_utils.core import guest_files
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import finish


def main():
    """Run the module."""
    finish(AnsibleModule(argument_spec=guest_files.ARGUMENTS, supports_check_mode=True), guest_files.run)


if __name__ == "__main__":
    main()
