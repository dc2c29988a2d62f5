#!/usr/bin/python
# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: guest_services
short_description: Say which services a guest starts at boot, whether it runs or not
version_added: 1.0.0
description:
  - Reads from the guest's files which of the services start at boot - with systemd, OpenRC, SysV scripts and Upstart - and switches those that are to
    be otherwise.
  - On a running guest by M(ansible.builtin.service), which also stops what is not to be started.
  - For a mounted guest, calls its own tool (systemctl, rc-update, chkconfig, update-rc.d) in a chroot, and reads back from the guest's files that it worked.
    Nothing is started or stopped.
options:
  enabled:
    description:
      - Services, or units with their suffix, to start at boot. A mask is taken off.
    type: list
    elements: str
    default: []
  disabled:
    description:
      - Services that shall not start at boot; one that is not there is right.
    type: list
    elements: str
    default: []
  unless:
    description:
      - Where one of these starts at boot, O(enabled) has nothing to do, as with the socket that starts a server when it is called.
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - imagewright.azure.guest
attributes:
  diff_mode:
    support: full
    description: Shows the states before and after.
author:
  - imagewright.azure contributors (@imagewright)
seealso:
  - module: ansible.builtin.service
"""

EXAMPLES = r"""
- name: Start the agent at boot, and leave the clock to chrony alone
  imagewright.azure.guest_services:
    enabled: [waagent, chronyd]
    disabled: [ntpd, systemd-timesyncd]
    root: /mnt/guest

- name: Start the SSH server at boot, unless its socket does
  imagewright.azure.guest_services:
    enabled: [ssh]
    unless: [ssh.socket]
"""

RETURN = r"""
before:
  description:
    - The state of each name before.
    - V(enabled) starts at boot, or whenever another unit asks for it, as units do that have no C([Install]) section.
      V(disabled) is there and does not start, V(masked) cannot be started, V(missing) is not there.
  returned: success
  type: dict
  sample: {waagent: masked, chronyd: enabled, ntpd: enabled, systemd-timesyncd: missing}
services:
  description: The state of each name after, as RV(before) tells it.
  returned: success
  type: dict
  sample: {waagent: enabled, chronyd: enabled, ntpd: disabled, systemd-timesyncd: missing}
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.imagewright.azure.plugins.module_utils.core import guest_services
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import finish


def main():
    """Run the module."""
    finish(AnsibleModule(argument_spec=guest_services.ARGUMENTS, supports_check_mode=True), guest_services.run)


if __name__ == "__main__":
    main()
