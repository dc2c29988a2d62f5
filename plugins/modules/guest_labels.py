#!/usr/bin/python
# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: guest_labels
short_description: Give SELinux labels to what is new in a guest that does not run
version_added: 1.0.0
description:
  - Files that are made in a mounted guest have no label, for the machine that it is mounted on does not know its policy. Those that have none are
    labelled by the guest's own C(setfiles), in a chroot; where that cannot be, C(/.autorelabel) has the guest label all files at its next boot.
  - Does nothing to a running guest, whose files get their labels by themselves, and where SELinux is disabled.
extends_documentation_fragment:
  - imagewright.azure.guest
author:
  - imagewright.azure contributors (@imagewright)
"""

EXAMPLES = r"""
- name: Label what the tasks before have made in the mounted guest
  imagewright.azure.guest_labels:
    root: /mnt/guest
"""

RETURN = r"""
labelled:
  description: Paths that have got a label.
  returned: success
  type: list
  elements: str
  sample: [/etc/ssh/sshd_config.d/10-azure.conf]
autorelabel:
  description: Whether C(/.autorelabel) was made.
  returned: success
  type: bool
  sample: false
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.imagewright.azure.plugins.module_utils.core import guest_labels
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import finish


def main():
    """Run the module."""
    finish(AnsibleModule(argument_spec=guest_labels.ARGUMENTS, supports_check_mode=True), guest_labels.run)


if __name__ == "__main__":
    main()
