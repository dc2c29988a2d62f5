#!/usr/bin/python
# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: chrony_clock
short_description: Have chrony take the time from the clock of Hyper-V
version_added: 1.0.0
description:
  - Sets the C(refclock) and the C(makestep) of C(chrony.conf), in whichever file chronyd reads them - C(include), C(confdir) and C(sourcedir)
    are followed. A line that is there already stays or is changed in its place, others of the same meaning are removed, and where there is
    none it is added to the end of C(chrony.conf), where the last C(makestep) counts.
  - Takes the clocks of other hypervisors and of cards (C(refclock PHC /dev/ptp_kvm), C(/dev/ptp0)) out of all these files, for chronyd ends
    with an error when one is missing.
  - Writes beside it what the clock needs - a udev rule that names it C(/dev/ptp_hyperv) and starts chrony when it appears, and for systemd
    a drop-in that skips chrony where there is no such clock.
  - Reads the files back, and on a running guest has chronyd (4.0 or later) check all lines before, in check mode too, and print its
    configuration after. Every file is put back when chronyd does not take them.
  - chrony is not restarted, and systemd and udev are not reloaded - the clock is there on Azure alone.
author:
  - imagewright.azure contributors (@imagewright)
options:
  refclock:
    description:
      - The line that names the clock. An empty text leaves Hyper-V's clock as it is, and writes neither rule nor drop-in.
    type: str
    default: refclock PHC /dev/ptp_hyperv poll 3 dpoll -2 offset 0 stratum 2
  makestep:
    description:
      - The line that lets chrony step the clock. An empty text leaves it as it is.
    type: str
    default: makestep 1.0 -1
  path:
    description:
      - The configuration file, a path in the guest.
      - Without it, the file that chronyd reads is found - what its unit or its options name by C(-f), else C(/etc/chrony.conf) or
        C(/etc/chrony/chrony.conf).
    type: path
  create:
    description:
      - Create the file when it is not there; without O(path) where the package of the guest's distribution has it. Check mode tells then
        what will be set once a package is installed.
    type: bool
    default: false
  wait_for_clock:
    description:
      - Write the udev rule C(/etc/udev/rules.d/99-ptp_hyperv.rules), and where the guest has systemd the drop-in C(10-azure-clock.conf)
        of chrony's service. Both are about C(/dev/ptp_hyperv), and are left out when O(refclock) names another device.
    type: bool
    default: true
  start:
    description:
      - Let the udev rule start chrony as soon as the clock is there, where the guest has systemd.
    type: bool
    default: true
  service:
    description:
      - Name of chrony's service. Without it, the one that the guest has.
    type: str
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
  - imagewright.azure.guest
  - imagewright.azure.guest.backup
seealso:
  - module: imagewright.azure.guest_services
  - module: imagewright.azure.readiness_info
"""

EXAMPLES = r"""
- name: Take the time from the host
  imagewright.azure.chrony_clock:

- name: The same in a mounted image, and keep copies of the files
  imagewright.azure.chrony_clock:
    root: /mnt/guest
    refclock: refclock PHC /dev/ptp_hyperv poll 3 dpoll -2 offset 0 stratum 2
    makestep: makestep 0.5 -1
    backup: true

- name: Keep chrony to its servers on a kernel without the clock, and let it step
  imagewright.azure.chrony_clock:
    refclock: ""

- name: Write a configuration of one's own, and leave the start of chrony to something else
  imagewright.azure.chrony_clock:
    path: /etc/chrony/azure.conf
    create: true
    wait_for_clock: false
"""

RETURN = r"""
path:
  description: The configuration file.
  returned: success
  type: str
  sample: /etc/chrony/chrony.conf
files:
  description: Files that were changed.
  returned: success
  type: list
  elements: str
  sample: [/etc/chrony/chrony.conf, /etc/udev/rules.d/99-ptp_hyperv.rules, /etc/systemd/system/chrony.service.d/10-azure-clock.conf]
removed:
  description: Lines that were removed - clocks of others, and what was set twice.
  returned: success
  type: list
  elements: dict
  contains:
    path:
      description: File that the line was in.
      type: str
    line:
      description: Line number before the change.
      type: int
    text:
      description: The line.
      type: str
  sample: [{path: /etc/chrony/conf.d/kvm.conf, line: 1, text: refclock PHC /dev/ptp_kvm poll 2}]
replaced:
  description: Lines that another value was written in the place of.
  returned: success
  type: list
  elements: dict
  contains:
    path:
      description: File that the line is in.
      type: str
    line:
      description: Line number before the change.
      type: int
    text:
      description: The line before.
      type: str
  sample: [{path: /etc/chrony/chrony.conf, line: 44, text: makestep 1 3}]
backup_files:
  description: Copies of what was changed, when O(backup=true).
  returned: success
  type: list
  elements: str
  sample: [/etc/chrony/chrony.conf.3170.2026-11-22@07:20:11~]
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.imagewright.azure.plugins.module_utils.chrony import chrony_clock
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import finish


def main():
    """Run the module."""
    finish(AnsibleModule(argument_spec=chrony_clock.ARGUMENTS, supports_check_mode=True), chrony_clock.run)


if __name__ == "__main__":
    main()
