#!/usr/bin/python
# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: sudoers_clean
short_description: Take "Defaults targetpw" and "ALL ALL=(ALL) ALL" out of sudoers
version_added: 1.0.0
description:
  - Takes the pair C(Defaults targetpw) and V(ALL ALL=(ALL\) ALL) out of C(/etc/sudoers) and everything that it includes.
    With the pair, sudo asks every user for root's password, which nobody has on Azure.
  - The pair is one change. Without C(targetpw), the other line would let everybody become root with their own password, so the
    module refuses to leave it, or a rule that means the same, behind.
  - The whole sudoers tree as it is to become is checked by C(visudo) before the first file is replaced.
  - Continued lines, C(#include), C(@includedir) and C(#uid) are read as sudo reads them. Of a C(Defaults) line with several
    options only C(targetpw) goes. C(rootpw) and C(runaspw) are treated as C(targetpw); each of the three that a later entry
    turns off is off, and its lines stay. C(Defaults:ALL), C(Defaults@ALL), C(Defaults>ALL) and C(Defaults!ALL) are for everybody, and treated so.
    What is negated, or bound to other users, hosts, runas users or commands, and every other rule, stays.
  - Where sudo reads C(/usr/etc/sudoers) (SUSE, as long as there is no C(/etc/sudoers)), that file is copied to
    C(/etc/sudoers) and cleaned there, as C(visudo) itself would store it.
  - A guest without sudo has nothing to clean, RV(main_file) is null then.
author:
  - imagewright.azure contributors (@imagewright)
options:
  rules:
    description:
      - What is taken out. V(targetpw) is the option in a C(Defaults) line that is for everybody, or C(rootpw) or C(runaspw).
        V(all_all) is V(ALL ALL=(ALL\) ALL).
    type: list
    elements: str
    choices: [targetpw, all_all]
    default: [targetpw, all_all]
  method:
    description:
      - V(comment) puts C(# ) before each line that goes, V(remove) takes it out of the file.
    type: str
    choices: [comment, remove]
    default: comment
  path:
    description:
      - The main sudoers file, a path in the guest. Another one than the default must be there.
    type: path
    default: /etc/sudoers
  follow_includes:
    description:
      - Clean the included files too. With V(false) they are still checked for what they mean together with O(path).
    type: bool
    default: true
  runas_group:
    description:
      - Take V(ALL ALL=(ALL:ALL\) ALL) for V(all_all) too.
    type: bool
    default: false
  validate:
    description:
      - Check the tree by C(visudo) before and after the change. With O(root), by the guest's own C(visudo) when it runs on this machine.
    type: bool
    default: true
  allow_lockout:
    description:
      - Go on although nobody could become root afterwards, neither by another sudo rule, nor by a password or an SSH key of root's.
        Right for an image whose first user gets a sudo rule from the Azure agent or cloud-init.
    type: bool
    default: false
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
  - imagewright.azure.guest
  - imagewright.azure.guest.backup
seealso:
  - module: imagewright.azure.waagent_conf
"""

EXAMPLES = r"""
- name: Let users of the sudo group use their own password
  imagewright.azure.sudoers_clean:

- name: Clean a mounted image whose first user will come from Azure
  imagewright.azure.sudoers_clean:
    root: /mnt/guest
    allow_lockout: true

- name: Take the lines out for good and keep copies
  imagewright.azure.sudoers_clean:
    method: remove
    runas_group: true
    backup: true

- name: Take only the rule out of one file, with targetpw left on
  imagewright.azure.sudoers_clean:
    path: /etc/sudoers
    follow_includes: false
    rules: [all_all]
"""

RETURN = r"""
main_file:
  description:
    - The file that sudo starts with, O(path) or the vendor's; null where the guest has neither, which is to say no sudo.
  returned: success
  type: str
  sample: /etc/sudoers
matches:
  description: The lines that were taken out (in check mode, would be).
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
      description: The line without comment.
      type: str
    rule:
      description: V(targetpw) or V(all_all).
      type: str
  sample: [{path: /etc/sudoers, line: 68, text: Defaults targetpw, rule: targetpw}]
created:
  description: The file that the vendor's file was copied to, null when it was not.
  returned: success
  type: str
  sample: /etc/sudoers
backup_files:
  description: Copies of what was changed, when O(backup=true).
  returned: success
  type: list
  elements: str
  sample: [/etc/sudoers.3170.2026-11-22@07:20:11~]
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import finish
from ansible_collections.imagewright.azure.plugins.module_utils.sudo import sudoers_clean


def main():
    """Run the module."""
    finish(AnsibleModule(argument_spec=sudoers_clean.ARGUMENTS, supports_check_mode=True), sudoers_clean.run)


if __name__ == "__main__":
    main()
