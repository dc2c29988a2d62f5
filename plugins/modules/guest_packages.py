#!/usr/bin/python
# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: guest_packages
short_description: Install packages in a guest, whether it runs or not
version_added: 1.0.0
description:
  - On a running guest, M(ansible.builtin.package), but for O(files), which are brought to it and installed by its own package manager.
  - For a mounted guest, calls its own package manager (apt, dnf, yum, zypper, tdnf, apk, pacman, or rpm alone) in a chroot, where
    M(ansible.builtin.package) would ask that of the machine it runs on. No service is started. Lists of apt and pacman that are older than an hour are
    refreshed first, in check mode too, where that can be done.
options:
  names:
    description:
      - Packages to have. What is not installed by O(files) is fetched from the guest's own repositories.
    type: list
    elements: str
    default: []
  files:
    description:
      - Package files on the controller, installed together, as for a guest whose repositories cannot be reached.
      - One whose package is installed already is left out, in any version with C(apk).
    type: list
    elements: path
    default: []
  root:
    description:
      - Root directory of the guest.
    type: path
    default: /
extends_documentation_fragment:
  - imagewright.azure.guest
attributes:
  check_mode:
    support: full
    description: Predicts what would be installed, with the dependencies checked where the package manager can do so.
  diff_mode:
    support: none
    description: There is nothing to show.
author:
  - imagewright.azure contributors (@imagewright)
seealso:
  - module: ansible.builtin.package
"""

EXAMPLES = r"""
- name: Install chrony in the mounted guest
  imagewright.azure.guest_packages:
    names: [chrony]
    root: /mnt/guest

- name: Install the agent without any network
  imagewright.azure.guest_packages:
    files: [/packages/WALinuxAgent-2.0.18-1.el6.noarch.rpm, /packages/python-pyasn1-0.0.12a-1.el6.noarch.rpm]
    root: /mnt/guest
"""

RETURN = r"""
installed:
  description: Those of O(names) that were not installed before.
  returned: for a guest that does not run, and with O(files)
  type: list
  elements: str
  sample: [chrony]
manager:
  description: The program that was called.
  returned: for a guest that does not run, and with O(files)
  type: str
  sample: apt-get
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.imagewright.azure.plugins.module_utils.core import guest_packages
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import finish


def main():
    """Run the module."""
    finish(AnsibleModule(argument_spec=guest_packages.ARGUMENTS, supports_check_mode=True), guest_packages.run)


if __name__ == "__main__":
    main()
