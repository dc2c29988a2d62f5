#!/usr/bin/python
# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: guest_facts
short_description: Tell which system a guest is, as Ansible's facts
version_added: 1.0.0
description:
  - Reads from the guest's files what M(ansible.builtin.setup) asks a running system for, as far as the roles of this collection use it.
  - M(ansible.builtin.setup) would tell of the machine that it runs on, and not of a guest that is mounted there. It is what a running guest is
    asked by, unless a play has done so already.
author:
  - imagewright.azure contributors (@imagewright)
extends_documentation_fragment:
  - imagewright.azure.guest.info
seealso:
  - module: ansible.builtin.setup
"""

EXAMPLES = r"""
- name: Read which system the mounted guest is
  imagewright.azure.guest_facts:
    root: /mnt/guest

- name: Show the name of its distribution
  ansible.builtin.debug:
    var: ansible_facts.distribution
"""

RETURN = r"""
ansible_facts:
  description: What Ansible calls the facts of this guest.
  returned: success
  type: dict
  contains:
    guest_root:
      description: O(root), by which a role knows whose facts it has.
      type: str
      returned: success
    guest_system_names:
      description:
        - Names of the system, from the widest to the narrowest, as V([default, Debian, Debian_12]). A role has its values for a system under these names
          in its C(__<role>_distributions); what a later one says counts.
      type: list
      elements: str
      returned: success
    distribution:
      description: The name of the distribution, as V(Debian), V(RedHat), V(openSUSE Leap).
      type: str
      returned: success
    distribution_version:
      description: Its version, as V(15.4); V("") when the guest does not say.
      type: str
      returned: success
    distribution_major_version:
      description: The first number of the version.
      type: str
      returned: success
    os_family:
      description: The family, as V(Debian), V(RedHat), V(Suse); the name of the distribution for one that has no family.
      type: str
      returned: success
    architecture:
      description: What C(uname -m) says on the guest, by its programs.
      type: str
      returned: success
    kernel:
      description: The newest kernel of the guest that a boot entry starts or that lies in C(/boot); V("") without any.
      type: str
      returned: success
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.imagewright.azure.plugins.module_utils.core import distribution, machine
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import finish
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import kernels


def facts_of(tree):
    """Return the facts (dict) of the guest in the tree.

    Raises ImagewrightError: its architecture cannot be told, as where no system is mounted.
    """
    architecture, _program = machine.architecture(tree)
    facts = distribution.as_ansible_names(distribution.distribution(tree))
    versions = [kernel.version for kernel in kernels.installed_kernels(tree) if kernel.kind == "normal"]
    return dict(facts, architecture=architecture, kernel=max(versions, key=kernels.version_key) if versions else "")


def run(module):
    """Return the module's result."""
    root = module.params["root"]
    return {"changed": False, "ansible_facts": dict(facts_of(LiveTree(root)), guest_root=root)}


def main():
    """Run the module."""
    finish(AnsibleModule(argument_spec={"root": {"type": "path", "default": "/"}}, supports_check_mode=True), run)


if __name__ == "__main__":
    main()
