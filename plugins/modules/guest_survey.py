#!/usr/bin/python
# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: guest_survey
short_description: Look in one call what a guest has, and what there is to do on it
version_added: 1.0.0
description:
  - Each call of a module takes a quarter of a second on a near guest and more on a far one. This one asks other modules of this collection what they
    find, or what they would change, in one process on the guest.
  - What it reports of a module is what that module does in check mode; the errors are the module's own.
  - The role C(prepare) asks it for all its roles, and runs those that have work.
author:
  - imagewright.azure contributors (@imagewright)
options:
  ask:
    description:
      - Modules whose results are returned as they are. An error of one of them is the error of this module.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the result among RV(answers).
        type: str
        required: true
      module: &module
        description: Name of the module.
        type: str
        required: true
        choices:
          - chrony_clock
          - cloud_init_early
          - efi_fallback_loader
          - fstab_clean
          - grub_cmdline
          - guest_agent_info
          - initrd_modules
          - modprobe_allow
          - network_dhcp
          - readiness_info
          - sshd_options
          - sudoers_clean
          - swap_off
          - waagent_conf
      arguments: &arguments
        description: Its options. O(root) is taken for its C(root), unless they have one.
        type: dict
        default: {}
  paths:
    description: Paths of the guest to look for.
    type: list
    elements: str
    default: []
  topics:
    description: What the guest shall be like, by topic.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the topic among RV(topics).
        type: str
        required: true
      packages:
        description: Packages that are to be installed.
        type: list
        elements: str
        default: []
      services:
        description: Services that are to start at boot, or not.
        type: list
        elements: dict
        default: []
        suboptions:
          names:
            description: Several names of one thing, as C(ssh.socket) and C(ssh).
            type: list
            elements: str
            required: true
          enabled:
            description: Whether one of them is to start at boot, or none.
            type: bool
            default: true
      files:
        description: Files of mode 0644 with their content; null for one that is not to be there.
        type: dict
        default: {}
      parts:
        description: Modules that would find nothing to change.
        type: list
        elements: dict
        default: []
        suboptions:
          module: *module
          arguments: *arguments
      notes:
        description: What is known to be to do, in words.
        type: list
        elements: str
        default: []
      after:
        description: Topics before this one whose work may change what there is to do here. Where one of them has work, this one has.
        type: list
        elements: str
        default: []
  roles:
    description:
      - Roles of this collection that are topics, in their order, each as its variable C(__<role>_survey) says. Those that the tags of the command line
        leave out are not asked, nor are modules of a topic of a role that they leave out.
      - Read on the controller, by the action plugin of this name.
    type: list
    elements: str
    default: []
  known:
    description:
      - Variables of O(roles), with what an earlier call has found.
      - Read on the controller, by the action plugin of this name.
    type: dict
    default: {}
extends_documentation_fragment:
  - imagewright.azure.guest.info
seealso:
  - module: imagewright.azure.readiness_info
"""

EXAMPLES = r"""
- name: Ask whether swap and fstab have work
  imagewright.azure.guest_survey:
    topics:
      - name: swap
        parts:
          - module: swap_off
          - module: fstab_clean
  register: survey

- name: Say what is to do
  imagewright.azure.show:
    lines: "{{ survey.topics.swap.todo }}"

- name: Ask two modules in one call
  imagewright.azure.guest_survey:
    ask:
      - name: agent
        module: guest_agent_info
      - name: boot
        module: grub_cmdline
        arguments:
          present: [console=ttyS0]
    paths: [/etc/default/grub]

- name: Ask what two roles would do to a guest that does not run
  imagewright.azure.guest_survey:
    root: /mnt/guest
    roles: [guest_swap, guest_sudoers]
    known:
      __guest_swap_boot_follows: true
"""

RETURN = r"""
answers:
  description: Result of each module of O(ask), by its name there.
  returned: success
  type: dict
  sample:
    agent: {changed: false, services: {ssh: enabled}}
paths:
  description: Whether each of O(paths) is there.
  returned: success
  type: dict
  sample: {/etc/default/grub: true}
packages:
  description: Whether each package that a topic names is installed; null where that cannot be told.
  returned: success
  type: dict
  sample: {openssh-server: true}
topics:
  description: What there is to do, by topic.
  returned: success
  type: dict
  contains:
    work:
      description: Whether there is something to do, or to say.
      type: bool
    todo:
      description: What, a line each.
      type: list
      elements: str
    follows:
      description: Topics with work, or C(packages), after which there may be more to do here than is told.
      type: list
      elements: str
    problems:
      description: Why it cannot be done, as the modules say it. What only the packages bring that are to be installed is none.
      type: list
      elements: str
    warnings:
      description: What the modules warn of. Where there is no work, this module warns of it.
      type: list
      elements: str
  sample:
    swap: {work: true, todo: ["/etc/fstab: 1 line"], follows: [], problems: [], warnings: []}
table:
  description: What there is to do, for a person.
  returned: success
  type: list
  elements: str
  sample: ["  swap            /etc/fstab: 1 line"]
root_device:
  description: What is mounted on the root of the guest, empty where nothing is.
  returned: success
  type: str
  sample: /dev/sda1
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import finish
from ansible_collections.imagewright.azure.plugins.module_utils.survey import guest_survey


def main():
    """Run the module."""
    finish(AnsibleModule(argument_spec=guest_survey.ARGUMENTS, supports_check_mode=True), guest_survey.run)


if __name__ == "__main__":
    main()
