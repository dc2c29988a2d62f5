#!/usr/bin/python
# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Power a guest off without waiting for the end of the connection."""

DOCUMENTATION = r"""
module: guest_power_off
short_description: Power the guest off, after the task has ended
version_added: 1.0.0
description:
  - Starts the guest's power-off apart from the login of this task and ends before it comes, so that the task succeeds and the connection
    is not cut off in the middle of it.
  - It does not wait until the guest is off. On the controller, C(ansible.builtin.wait_for) with O(ansible.builtin.wait_for#module:state=drained)
    tells when SSH is gone, and O(imagewright.azure.vhd_align#module:wait_released) when the disk image is free.
options:
  delay:
    description: Seconds between the end of the task and the power-off.
    type: int
    default: 3
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  platform:
    platforms: posix
author: imagewright.azure contributors (@imagewright)
"""

EXAMPLES = r"""
- name: Power the guest off
  imagewright.azure.guest_power_off:
"""

RETURN = r""" # """

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.imagewright.azure.plugins.module_utils.core import power
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import finish


def run(module):
    """Return the module's result."""
    if not module.check_mode:
        power.power_off(module.params["delay"])
    return {"changed": True}


def main():
    """Run the module."""
    finish(AnsibleModule(argument_spec={"delay": {"type": "int", "default": power.DELAY}}, supports_check_mode=True), run)


if __name__ == "__main__":
    main()
