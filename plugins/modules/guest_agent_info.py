#!/usr/bin/python
# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: guest_agent_info
short_description: Tell what a guest has to be provisioned with
version_added: 1.0.0
description:
  - Reports the Azure Linux agent and cloud-init of a guest - whether they are installed, in which version, which of their services start at boot,
    where the agent's configuration is, and what switches cloud-init off.
  - All of it comes from files, in one call. No program is run, nothing is changed, and a mounted guest is asked as a running one is.
author:
  - imagewright.azure contributors (@imagewright)
options:
  services:
    description:
      - Further services to tell of, as C(NetworkManager), or units of another kind with their suffix, as C(ssh.socket).
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - imagewright.azure.guest.info
seealso:
  - module: imagewright.azure.guest_services
  - module: imagewright.azure.waagent_conf
  - module: imagewright.azure.cloud_init_early
"""

EXAMPLES = r"""
- name: Look what could provision the guest
  imagewright.azure.guest_agent_info:
    services: [NetworkManager]
  register: guest

- name: Stop where neither would
  ansible.builtin.assert:
    that: guest.cloud_init.runs or 'enabled' in guest.agent.services.values()
    fail_msg: neither cloud-init nor the Azure agent starts at boot

- name: Look at a mounted image
  imagewright.azure.guest_agent_info:
    root: /mnt/guest
"""

RETURN = r"""
agent:
  description: The Azure Linux agent.
  returned: success
  type: dict
  contains:
    program:
      description: Path of C(waagent), null where the agent is not installed.
      type: str
    version:
      description: Version that is installed, null where it is not found. One to which the agent updated itself is not told.
      type: str
    configuration:
      description: The C(waagent.conf) that it reads, null where there is none.
      type: str
    services:
      description: State of each of its services that is there, as M(imagewright.azure.guest_services) tells it.
      type: dict
  sample:
    program: /usr/sbin/waagent
    version: 2.7.3.0
    configuration: /etc/waagent.conf
    services: {walinuxagent: enabled}
cloud_init:
  description: cloud-init.
  returned: success
  type: dict
  contains:
    program:
      description: Path of C(cloud-init), null where it is not installed.
      type: str
    version:
      description: Its major and minor version, null where it is not found.
      type: str
    configuration:
      description: The directory of files that are read after C(/etc/cloud/cloud.cfg), null where it is not there.
      type: str
    services:
      description: State of each of its services that is there. From 24.3 on they have other names.
      type: dict
    switched_off_by:
      description:
        - What keeps it from running in spite of its services - the file C(/etc/cloud/cloud-init.disabled), and C(cloud-init=disabled) on the command
          line of the running kernel.
      type: list
      elements: str
    kernel_parameters:
      description:
        - Names of parameters on the command lines of the boot entries, and on that of the next kernel, that turn it away from Azure, switch it off or
          configure it - C(ds), C(ci.ds), C(cloud-init), C(network-config) and C(cc:). Null where they cannot be told, which is warned of.
      type: list
      elements: str
    runs:
      description: Whether it is installed, starts at boot, and nothing switches it off.
      type: bool
    leftovers:
      description: Files by which an installer keeps it from finding Azure or from setting up the network.
      type: list
      elements: str
  sample:
    program: /usr/bin/cloud-init
    version: "22.4"
    configuration: /etc/cloud/cloud.cfg.d
    services: {cloud-init-local: enabled, cloud-init: enabled, cloud-config: enabled, cloud-final: enabled}
    switched_off_by: []
    kernel_parameters: []
    runs: true
    leftovers: [/etc/cloud/cloud.cfg.d/99-installer.cfg]
services:
  description: The state of each name in O(services), as M(imagewright.azure.guest_services) tells it.
  returned: success
  type: dict
  sample: {NetworkManager: enabled}
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import finish
from ansible_collections.imagewright.azure.plugins.module_utils.waagent import guest_agent_info


def main():
    """Run the module."""
    finish(AnsibleModule(argument_spec=guest_agent_info.ARGUMENTS, supports_check_mode=True), guest_agent_info.run)


if __name__ == "__main__":
    main()
