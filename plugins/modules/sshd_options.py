#!/usr/bin/python
# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: sshd_options
short_description: Set options of the SSH server where they take effect
version_added: 1.0.0
description:
  - Sets options of sshd so that they hold for every connection, whatever drop-ins and the main file say already.
    The first line of a keyword wins and a C(Match) ends the global part, so that a line added at the end often does nothing.
  - Where the main file includes C(/etc/ssh/sshd_config.d/*.conf), the options go to a drop-in of their own that is read first.
    Elsewhere they go to the main file, in place or before the first C(Match). A line that would still win is commented.
  - On a running guest with sshd, the values are checked by sshd before anything is written, and what sshd then reads is
    compared with what was asked. With O(root), and without sshd, the module's own reading of the files is compared.
  - The service is not reloaded.
author:
  - imagewright.azure contributors (@imagewright)
options:
  options:
    description:
      - Keywords and values. V(true) and V(false) become C(yes) and C(no).
      - Keywords whose lines add up, such as C(Port) or C(AllowUsers), are refused.
    type: dict
    required: true
  drop_in:
    description:
      - Name of the drop-in. It has to sort before those of others to win over them.
    type: str
    default: 00-azure.conf
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
  - imagewright.azure.guest
  - imagewright.azure.guest.backup
seealso:
  - module: imagewright.azure.readiness_info
"""

EXAMPLES = r"""
- name: Keep idle connections open behind Azure's load balancers
  imagewright.azure.sshd_options:
    options:
      ClientAliveInterval: 180

- name: The same in a mounted image
  imagewright.azure.sshd_options:
    root: /mnt/guest
    options:
      ClientAliveInterval: 180
    backup: true
"""

RETURN = r"""
path:
  description: The file that the options are written to when they do not hold yet.
  returned: success
  type: str
  sample: /etc/ssh/sshd_config.d/00-azure.conf
before:
  description: The options asked for as the files set them before, null where sshd took its default.
  returned: success
  type: dict
  sample: {ClientAliveInterval: "0"}
after:
  description: The options asked for as the files set them now.
  returned: success
  type: dict
  sample: {ClientAliveInterval: "180"}
commented:
  description: Lines that would have won and are comments now.
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
      description: The line before.
      type: str
  sample: [{path: /etc/ssh/sshd_config.d/00-aaa.conf, line: 1, text: ClientAliveInterval 0}]
backup_files:
  description: Copies of what was changed, when O(backup=true).
  returned: success
  type: list
  elements: str
  sample: [/etc/ssh/sshd_config.3170.2026-11-22@07:20:11~]
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import finish
from ansible_collections.imagewright.azure.plugins.module_utils.ssh import sshd_options


def main():
    """Run the module."""
    finish(AnsibleModule(argument_spec=sshd_options.ARGUMENTS, supports_check_mode=True), sshd_options.run)


if __name__ == "__main__":
    main()
