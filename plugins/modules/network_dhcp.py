#!/usr/bin/python
# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Give the first network card of a guest its address by DHCP, whatever manages the network."""

DOCUMENTATION = r"""
module: network_dhcp
short_description: Let the first network card ask for its address by DHCP, at the next boot
version_added: 1.0.0
description:
  - Finds out what manages the guest's network (ifupdown, NetworkManager with keyfiles or ifcfg files, netplan, wicked, systemd-networkd,
    the network script of old Red Hat systems) and writes that manager's files so that the first Ethernet card asks for its address by
    DHCP, whatever its name and MAC address are on Azure. A file that the manager would take before those is settled or named.
  - Removes what describes a card of this machine alone - fixed addresses, MAC addresses, udev rules and C(.link) files that name a card by
    its MAC address - and leaves the loopback, and bridges, bonds and VLANs of no such card, as they are. The udev rule that writes such names
    again is put out of action.
  - Removes C(network:) from C(cloud.cfg) and C(cloud.cfg.d), whatever the file is called, where cloud-init sets up the network; it would be taken
    before what Azure says.
  - Edits YAML files around what goes, and refuses those in which it has no lines of its own. It needs PyYAML where there are such files.
  - Writes keyfiles, and no ifcfg files, where NetworkManager has lost the plugin that reads those, as in RHEL 10.
  - Keeps the managers away from the virtual functions of accelerated networking, which belong to the synthetic card above them.
  - Nothing is restarted. The running guest keeps its connection, the files count from the next boot on.
options:
  manager:
    description: What manages the network. V(auto) finds the one that is enabled, and stops when two are.
    type: str
    choices: [auto, ifupdown, networkmanager, netplan, networkd, wicked, ifcfg]
    default: auto
  cloud_init:
    description:
      - Whether cloud-init writes the network's configuration at the first boot on Azure. V(auto) looks whether it runs at boot and is not
        told to leave the network alone, by someone else than Ubuntu's installer.
      - With netplan no file of ours is written then, those of this machine are removed, and what the installer put in cloud-init's way too.
    type: str
    choices: [auto, 'true', 'false']
    default: auto
  unmanaged_drivers:
    description: Drivers of the virtual functions that no manager may touch. With an empty list no rule for them is written.
    type: list
    elements: str
    default: [mana, mlx4_core, mlx5_core]
  masters:
    description:
      - What becomes of a bond, bridge, team or VLAN that holds a card which may be the first one on Azure. V(refuse) stops with its name and place.
        V(remove) takes it apart, with what lies on top of it; the diff shows what goes.
      - Any Ethernet card may be the first, but those that the kernel calls eth1, eth2 and so on.
    type: str
    choices: [refuse, remove]
    default: refuse
  persistent_names:
    description: Whether to keep or remove what names a card by its MAC address, or gives the first card another name than the kernel's.
    type: str
    choices: [keep, remove]
    default: remove
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
  - imagewright.azure.guest
  - imagewright.azure.guest.backup
author: imagewright.azure contributors (@imagewright)
"""

EXAMPLES = r"""
- name: Ask for the address by DHCP on whatever card comes first
  imagewright.azure.network_dhcp:

- name: The same on a guest that is mounted below a directory and whose network cloud-init sets up
  imagewright.azure.network_dhcp:
    root: /mnt/guest
    cloud_init: true

- name: Take a bond of the old machine's cards apart
  imagewright.azure.network_dhcp:
    masters: remove

- name: Say which of two managers is the right one
  imagewright.azure.network_dhcp:
    manager: networkmanager
"""

RETURN = r"""
manager:
  description: What manages the network.
  type: str
  returned: success
  sample: ifupdown
cloud_init:
  description: Whether the network is taken to be set up by cloud-init at the first boot.
  type: bool
  returned: success
  sample: true
files:
  description: What was done to each file, and why.
  type: list
  elements: dict
  returned: success
  contains:
    path: {description: The file., type: str}
    action: {description: V(written) or V(removed)., type: str}
    reason: {description: Why., type: str}
  sample: [{path: /etc/udev/rules.d/70-persistent-net.rules, action: removed, reason: names a card by the MAC address of this machine}]
backup_files:
  description: Copies of the files as they were, when O(backup) is true.
  type: list
  elements: str
  returned: success
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import finish
from ansible_collections.imagewright.azure.plugins.module_utils.network import network_dhcp


def main():
    """Run the module."""
    finish(AnsibleModule(argument_spec=network_dhcp.ARGUMENTS, supports_check_mode=True), network_dhcp.run)


if __name__ == "__main__":
    main()
