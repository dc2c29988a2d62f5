#!/usr/bin/python
# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: guest_agent_source
short_description: Install the Azure agent from its source archive in a guest that does not run
version_added: 1.0.0
description:
  - Unpacks the archive to C(/usr/local/src/waagent) of a mounted guest, and has the guest's own Python, 2.6 or later, run its C(setup.py) in a chroot.
    Nothing is started.
  - Where there is C(/usr/sbin/waagent), nothing is done. What setup.py needs, as C(setuptools), must be there - M(imagewright.azure.guest_packages).
options:
  src:
    description:
      - The C(.tar.gz) of a release of WALinuxAgent, on the controller.
    type: path
    required: true
  root:
    description:
      - Root directory of the guest, another one than V(/).
    type: path
    required: true
attributes:
  check_mode:
    support: full
    description: Looks for the archive and for a Python, and changes nothing.
  diff_mode:
    support: none
    description: There is nothing to show.
  idempotent:
    support: full
    description: A second run changes nothing.
  platform:
    platforms: posix
    support: full
    description: Target OS/families that can be operated against.
author:
  - imagewright.azure contributors (@imagewright)
seealso:
  - module: imagewright.azure.guest_packages
"""

EXAMPLES = r"""
- name: Install the agent in a mounted guest that has Python 2.6
  imagewright.azure.guest_agent_source:
    src: /packages/WALinuxAgent-2.9.1.1.tar.gz
    root: /mnt/guest
"""

RETURN = r"""
python:
  description: The guest's Python that ran the installer, and its version.
  returned: success
  type: str
  sample: python 2.6
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import finish
from ansible_collections.imagewright.azure.plugins.module_utils.waagent import guest_agent_source


def main():
    """Run the module."""
    finish(AnsibleModule(argument_spec=guest_agent_source.ARGUMENTS, supports_check_mode=True), guest_agent_source.run)


if __name__ == "__main__":
    main()
