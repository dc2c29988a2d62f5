#!/usr/bin/python
# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: guest_services_info
short_description: Tell which services a guest starts at boot
version_added: 1.0.0
description:
  - Reads from the guest's files which of the services start at boot - with systemd, OpenRC, SysV scripts and Upstart.
  - No program is run, so that it takes a moment where M(ansible.builtin.service_facts) asks systemd for every unit by itself, works on a mounted
    guest, and knows units that are not services, such as sockets.
author:
  - imagewright.azure contributors (@imagewright)
options:
  names:
    description:
      - The services, as C(sshd), or units of another kind with their suffix, as C(ssh.socket).
    type: list
    elements: str
    required: true
extends_documentation_fragment:
  - imagewright.azure.guest.info
seealso:
  - module: ansible.builtin.service_facts
"""

EXAMPLES = r"""
- name: Look which way the server is started
  imagewright.azure.guest_services_info:
    names: [ssh, ssh.socket]
  register: guest

- name: Start it at boot, unless its socket does
  ansible.builtin.service:
    name: ssh
    enabled: true
  when: guest.services['ssh.socket'] != 'enabled'
"""

RETURN = r"""
services:
  description:
    - The state of each name.
    - V(enabled) starts at boot, or whenever another unit asks for it, as units do that have no C([Install]) section.
      V(disabled) is there and does not start, V(masked) cannot be started, V(missing) is not there.
  returned: success
  type: dict
  sample: {ssh: disabled, ssh.socket: enabled, ntpd: missing}
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.imagewright.azure.plugins.module_utils.core import guest_services_info
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import finish


def main():
    """Run the module."""
    finish(AnsibleModule(argument_spec=guest_services_info.ARGUMENTS, supports_check_mode=True), guest_services_info.run)


if __name__ == "__main__":
    main()
