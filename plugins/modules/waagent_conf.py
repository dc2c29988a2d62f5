#!/usr/bin/python
# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: waagent_conf
short_description: Set keys of the Azure Linux agent's configuration
version_added: 1.0.0
description:
  - Sets keys in C(waagent.conf) so that the agent really takes them. The file is read by the agent's own rules
    (keys are case sensitive, the last of several lines wins, C(#) ends a value, switches are C(y) and C(n)).
  - A value that the agent would silently replace by its default is refused, and so is a key that no agent reads.
  - A key that is only there as a comment is uncommented in place, later lines of the same key are removed;
    all other bytes of the file stay.
  - Keys that the installed agent ignores (older or newer than the key) are reported as warnings.
author:
  - imagewright.azure contributors (@imagewright)
options:
  settings:
    description:
      - Keys and values. V(true) and V(false) become C(y) and C(n); V(null) unsets a key (its line becomes a comment),
        so that the agent takes its default.
    type: dict
    required: true
  path:
    description:
      - The configuration file, a path in the guest.
      - Without it, the file that the agent reads is found - C(/etc/waagent.conf) on most systems,
        C(/usr/share/oem/waagent.conf) on Flatcar, C(/usr/share/defaults/waagent/waagent.conf) on Clear Linux,
        or what the agent's systemd unit names by C(-configuration-path).
    type: path
  create:
    description:
      - Create the file when it is not there; without O(path) as C(/etc/waagent.conf).
    type: bool
    default: false
  allow_unknown:
    description:
      - Take keys that no agent is known to read.
    type: bool
    default: false
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
  - imagewright.azure.guest
  - imagewright.azure.guest.backup
seealso:
  - module: imagewright.azure.sudoers_clean
"""

EXAMPLES = r"""
- name: Let the agent provision and make 2 GiB of swap on the resource disk
  imagewright.azure.waagent_conf:
    settings:
      Provisioning.Agent: waagent
      ResourceDisk.Format: true
      ResourceDisk.Filesystem: ext4
      ResourceDisk.MountPoint: /mnt/resource
      ResourceDisk.EnableSwap: true
      ResourceDisk.SwapSizeMB: 2048

- name: Leave provisioning and the resource disk to cloud-init in a mounted image
  imagewright.azure.waagent_conf:
    root: /mnt/guest
    settings:
      Provisioning.Agent: cloud-init
      ResourceDisk.Format: false
      ResourceDisk.EnableSwap: false

- name: Go back to the agent's default and keep a copy of the file
  imagewright.azure.waagent_conf:
    settings:
      HttpProxy.Host: null
    backup: true

- name: Write a configuration for an agent of one's own
  imagewright.azure.waagent_conf:
    path: /etc/agent/own.conf
    create: true
    allow_unknown: true
    settings:
      Own.Key: text
"""

RETURN = r"""
path:
  description: The configuration file.
  returned: success
  type: str
  sample: /etc/waagent.conf
before:
  description: The keys asked for as the agent read them before; null where it took its default.
  returned: success
  type: dict
  sample: {ResourceDisk.Format: n, ResourceDisk.SwapSizeMB: null}
after:
  description: The keys asked for as the agent reads them now.
  returned: success
  type: dict
  sample: {ResourceDisk.Format: y, ResourceDisk.SwapSizeMB: "2048"}
duplicates_removed:
  description: Lines that were removed because an earlier line sets the same key.
  returned: success
  type: list
  elements: dict
  contains:
    line:
      description: Line number before the change.
      type: int
    key:
      description: Name of the key.
      type: str
    value:
      description: Value that the line set.
      type: str
  sample: [{line: 40, key: ResourceDisk.Format, value: n}]
agent_version:
  description: Version of the installed agent, null when none is found.
  returned: success
  type: str
  sample: 2.7.3.0
backup_files:
  description: Copies of what was changed, when O(backup=true).
  returned: success
  type: list
  elements: str
  sample: [/etc/waagent.conf.3170.2026-11-22@07:20:11~]
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import finish
from ansible_collections.imagewright.azure.plugins.module_utils.waagent import waagent_conf


def main():
    """Run the module."""
    finish(AnsibleModule(argument_spec=waagent_conf.ARGUMENTS, supports_check_mode=True), waagent_conf.run)


if __name__ == "__main__":
    main()
