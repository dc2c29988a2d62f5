#!/usr/bin/python
# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: readiness_info
short_description: Tell whether a Linux guest, or the finished image of its disk, will boot and provision on Azure
version_added: 1.0.0
description:
  - Checks a running guest, a mounted tree, or a disk image against what Azure wants of a Linux image, and names the line in the file that is wrong,
    why it matters, and what fixes it.
  - An image is read as it lies there, without mounting it, without root, without libguestfs and without a cloud. Raw disks, fixed and dynamic VHD,
    qcow2, VMDK, VDI and VHDX are read, with MBR or GPT, ext2/3/4, XFS, Btrfs, FAT and LVM in them. No other file is opened, whatever the image names.
  - Never changes anything.
options:
  root:
    description:
      - The tree to check, V(/) for the running guest, else where its root is mounted.
      - V(/) when O(image) is not given.
    type: path
  image:
    description:
      - The disk image to check, on the machine that the module runs on; usually the controller, C(delegate_to=localhost).
      - Needs the C(dissect) Python packages there, see the notes.
    type: path
  profile:
    description:
      - V(azure) asks whether the guest boots and is provisioned, V(marketplace) also for what the certification of the Azure Marketplace wants;
        some rules weigh more there.
    type: str
    choices: [azure, marketplace]
    default: azure
  generation:
    description:
      - The generation of virtual machine that the disk must boot on. V(auto) takes any.
    type: str
    choices: [auto, '1', '2']
    default: auto
  kind:
    description:
      - What the image is for. V(generalized) is provisioned again, and must have nothing left of the old machine. V(specialized) keeps its identity and
        must not be provisioned again. V(before_deprovision) is a guest that still has its host keys, users and histories; these are not looked at.
      - V(auto) is V(before_deprovision) for the running guest, V(generalized) for an image and for a mounted tree.
    type: str
    choices: [auto, generalized, specialized, before_deprovision]
    default: auto
  rules:
    description:
      - Which rules to check, by their id (V(R12a)) or by that of their requirement (V(R12), all of its rules). All ids are in C(docs/requirements.md).
    type: dict
    default: {}
    suboptions:
      include:
        description: Only these; all when empty.
        type: list
        elements: str
        default: []
      exclude:
        description: All but these.
        type: list
        elements: str
        default: []
  reports:
    description:
      - Reports to write, each to a file on the machine that the module runs on, replaced as a whole.
    type: dict
    default: {}
    suboptions:
      json:
        description: The verdict as JSON.
        type: path
      junit:
        description: JUnit XML with a case for each rule; it fails exactly when the guest is not ready.
        type: path
      html:
        description: One HTML page for people, which needs no network.
        type: path
      sarif:
        description: SARIF 2.1.0, for views of code scanning, which show each finding beside its line.
        type: path
  compare_with:
    description:
      - The RV(findings) of an earlier check, to be told what is fixed, what is new and what is left.
    type: list
    elements: dict
attributes:
  check_mode:
    support: full
    description: The module changes nothing. Reports are not written in check mode.
  diff_mode:
    support: none
    description: The module never changes anything on the guest.
notes:
  - O(image) needs C(pip install dissect.volume dissect.extfs dissect.xfs dissect.btrfs dissect.fat dissect.hypervisor) where the module runs.
    They are under the AGPL-3.0 and are no part of this collection. Checking a guest or a tree needs nothing but Python 3.6.
  - Journals of file systems are not replayed; an image of a machine that was not shut down is read as it is, and said so (R52).
author:
  - imagewright.azure contributors (@imagewright)
seealso:
  - module: imagewright.azure.vhd_info
"""

EXAMPLES = r"""
- name: Ask whether this guest is ready for Azure
  imagewright.azure.readiness_info:
  become: true
  register: readiness

- name: Show what is wrong
  ansible.builtin.debug:
    msg: "{{ readiness.table }}"

- name: Prove the finished VHD before it is uploaded, and leave a report for people and one for the CI
  imagewright.azure.readiness_info:
    image: /images/web.vhd
    generation: '2'
    reports:
      html: /images/web.html
      junit: /images/web.xml
  delegate_to: localhost
  register: readiness
  failed_when: not readiness.ready

- name: Check a tree that is mounted on the controller for the marketplace, without the rules on swap
  imagewright.azure.readiness_info:
    root: /mnt/guest
    profile: marketplace
    rules:
      exclude: [R12]
  delegate_to: localhost

- name: Tell what the preparation changed
  imagewright.azure.readiness_info:
    compare_with: "{{ readiness_before.findings }}"
  become: true
  register: readiness_after
"""

RETURN = r"""
ready:
  description: Whether no rule of severity V(error) failed, or could not be decided.
  returned: success
  type: bool
findings:
  description: One for each rule, in the order of the requirements.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The requirement, with a letter where it has several rules.
      type: str
      sample: R13a
    title:
      description: What holds when the rule passes.
      type: str
      sample: /etc/fstab names devices by UUID or label
    fault:
      description: What is wrong when it fails.
      type: str
      sample: /etc/fstab names a device by a name that changes
    step:
      description: The step of the path to which it belongs.
      type: str
      sample: system_manager
    severity:
      description: V(error) will not boot or provision; V(warning) works, but not well; V(note) is good to know.
      type: str
      sample: error
    status:
      description: V(passed), V(failed), V(not_applicable), or V(unknown) when it could not be decided, which never counts as passed.
      type: str
      sample: failed
    evidence:
      description: Where it shows. The line counts from 1 and is null where there is none. Password hashes and keys are never in it.
      type: list
      elements: dict
      sample: [{path: /etc/fstab, line: 3, text: /dev/vda1 / ext4 defaults 0 1}]
    reason:
      description: Why it matters on Azure, or why the rule is not applicable or could not be decided.
      type: str
    cure:
      description: What fixes it.
      type: str
    source:
      description: Where the requirement comes from.
      type: str
summary:
  description: How many rules have each status, and how many of each severity failed or are unknown.
  returned: success
  type: dict
  sample: {passed: 62, failed: 3, unknown: 0, not_applicable: 14, errors: 1, warnings: 2, notes: 0}
generations:
  description: The generations of virtual machines that can boot the disk; empty when only files are looked at.
  returned: success
  type: list
  elements: int
  sample: [1, 2]
path:
  description:
    - The steps of the machine from its firmware to the first login, in their order.
    - Findings keep their own status behind a step that fails; this tells how far the machine comes.
  returned: success
  type: list
  elements: dict
  contains:
    step:
      description: >-
        V(firmware), V(loader), V(kernel), V(command_line), V(initramfs), V(root), V(system_manager), V(first_card), V(ssh), V(provisioner) or V(identity).
      type: str
      sample: system_manager
    status:
      description: >-
        V(failed) or V(unknown) where a rule of severity V(error) has that status; V(not_reached) behind such a step; V(not_applicable) where no rule of
        the step was asked, or none concerns what is looked at; else V(passed).
      type: str
      sample: failed
    findings:
      description: Ids of the step's rules, of any severity, that failed or could not be decided.
      type: list
      elements: str
      sample: [R13a]
table:
  description: The verdict as lines for a terminal.
  returned: success
  type: list
  elements: str
brief:
  description: The verdict as lines for a screen, one for each thing that is wrong, with its first place.
  returned: success
  type: list
  elements: str
difference:
  description: Ids of rules that failed before and hold now, fail now and held before, and fail as before.
  returned: with O(compare_with)
  type: dict
  sample: {fixed: [R13a, R27a], appeared: [], left: [R10]}
difference_table:
  description: The difference as lines for a terminal.
  returned: with O(compare_with)
  type: list
  elements: str
reports:
  description: The files that were written.
  returned: success
  type: dict
  sample: {html: /images/web.html}
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import finish
from ansible_collections.imagewright.azure.plugins.module_utils.readiness import readiness_info


def main():
    """Run the module."""
    module = AnsibleModule(argument_spec=readiness_info.ARGUMENTS, supports_check_mode=True, mutually_exclusive=[["root", "image"]])
    finish(module, lambda module: readiness_info.run(module, open_image))


def open_image(question):
    """Return what opened_image.open_image does, imported for an image alone: a guest looks at itself, by a Python that cannot do this."""
    from ansible_collections.imagewright.azure.plugins.module_utils.readiness import opened_image

    return opened_image.open_image(question)


if __name__ == "__main__":
    main()
