#!/usr/bin/python
# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: initrd_modules
short_description: Put drivers into the initramfs of every kernel, and prove it
version_added: 1.0.0
description:
  - Makes sure that each kernel that a boot entry can start has the drivers that it needs before its root file system is there.
  - Writes the generator's persistent configuration, so that the next kernel's initramfs has the drivers too, and rebuilds
    the images that lack one; images that have all of them are left alone.
  - The proof is the image itself. It is read to its last byte, without lsinitrd or lsinitramfs - a driver is present when its file is
    in the image for this very kernel, is the same as on the disk, and all modules that it depends on are there too. What the kernel
    has built in counts. What the generator prints or returns does not.
  - A new image is built beside the old one, proved, brought to disk and renamed, so that at every moment each kernel has a whole image.
    When a step fails, the configuration and all images are as they were before.
  - Generators - initramfs-tools, dracut, mkinitcpio, mkinitfs, and the C(mkinitrd) of SUSE 11 and of RHEL 5.
author:
  - imagewright.azure contributors (@imagewright)
options:
  modules:
    description:
      - Names of kernel modules, as C(modprobe) takes them. C(-) and C(_) are the same. The list may be empty when O(left_out) is given.
    type: list
    elements: str
    required: true
  optional:
    description:
      - Names of modules that go into the initramfs of each kernel that has them as modules; a kernel that has no such driver is right without.
    type: list
    elements: str
    default: []
  left_out:
    description:
      - What an image must not carry over from the machine that it was built on. An image that has it is rebuilt too, and the new one is looked into.
      - V(resume) is the device that a suspended system is woken up from (see M(imagewright.azure.swap_off)).
      - V(bans) are lines of C(modprobe.d) that keep one of O(modules) from being loaded and that the guest has no longer
        (see M(imagewright.azure.modprobe_allow)).
      - V(network_names) are files that name a card by its MAC address and are gone from the guest (see M(imagewright.azure.network_dhcp)).
    type: list
    elements: str
    choices: [bans, network_names, resume]
    default: []
  kernels:
    description:
      - Versions of the kernels, as in C(/lib/modules), or V(all) for every kernel that a boot entry can start.
      - kdump's images are never touched.
    type: list
    elements: str
    default: [all]
  rescue:
    description:
      - Rebuild rescue images too. They are only checked and reported otherwise.
    type: bool
    default: false
  generator:
    description:
      - What builds the images. V(auto) takes the one that is installed; of several the one that owns the guest's images.
    type: str
    choices: [auto, dracut, initramfs-tools, mkinitcpio, mkinitfs, mkinitrd-redhat, mkinitrd-suse]
    default: auto
  rebuild:
    description:
      - Rebuild the images that lack a module. With V(false) only the configuration is written, and what is missing is reported.
    type: bool
    default: true
  backup:
    description:
      - Keep the image that was replaced, and a copy of each configuration file beside it.
    type: bool
    default: true
  backup_dir:
    description:
      - Directory in the guest for replaced images, outside the names that boot loaders pick up. There is one for each kernel,
        named after the kernel and its content, readable by its owner only.
    type: path
    default: /var/lib/imagewright/initrd-backup
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
  - imagewright.azure.guest
seealso:
  - module: imagewright.azure.grub_cmdline
"""

EXAMPLES = r"""
- name: Have the Hyper-V drivers in every initramfs
  imagewright.azure.initrd_modules:
    modules: [hv_vmbus, hv_storvsc, hv_netvsc]

- name: Boot from NVMe disks as well
  imagewright.azure.initrd_modules:
    modules: [hv_vmbus, hv_storvsc, hv_netvsc, pci_hyperv, nvme, nvme_core]

- name: Have the keyboard of the emulated console too, where the kernel has its driver as a module
  imagewright.azure.initrd_modules:
    modules: [hv_vmbus, hv_storvsc, hv_netvsc]
    optional: [hid_hyperv, hyperv_keyboard]

- name: Prepare an image that is mounted on this machine
  imagewright.azure.initrd_modules:
    modules: [hv_vmbus, hv_storvsc, hv_netvsc]
    root: /mnt/guest

- name: Have no name of a card in any initramfs that the guest does not give any more
  imagewright.azure.initrd_modules:
    modules: []
    left_out: [network_names]

- name: Only write the configuration, and see what the images lack
  imagewright.azure.initrd_modules:
    modules: [hv_vmbus, hv_storvsc, hv_netvsc]
    rebuild: false
  register: initramfs
"""

RETURN = r"""
generator:
  description: What builds the images; null when none is installed and none is needed.
  returned: success
  type: str
  sample: initramfs-tools
config_file:
  description: The generator's configuration that names the modules.
  returned: success
  type: str
  sample: /etc/initramfs-tools/modules
kernels:
  description: The kernels, each with the image that it is booted with.
  returned: success
  type: list
  elements: dict
  contains:
    version:
      description: The kernel's version.
      type: str
    image:
      description: The initramfs; null when none is loaded for this kernel.
      type: str
    kind:
      description: V(normal) or V(rescue).
      type: str
    built_in:
      description: The modules asked for that the kernel has built in.
      type: list
      elements: str
    present_before:
      description: The modules that the image had before, with all that they depend on.
      type: list
      elements: str
    present:
      description: The modules that the image has now.
      type: list
      elements: str
    missing:
      description: The modules that neither the kernel nor the image has now.
      type: list
      elements: str
    reason:
      description: Why the image was not good before, empty when it was.
      type: str
    carried:
      description: What the image carried over of O(left_out) before, each with its file in the image.
      type: list
      elements: str
    rebuilt:
      description: Whether the image was rebuilt.
      type: bool
    backup:
      description: The copy of the image that was replaced; null when there is none.
      type: str
  sample:
    - version: 6.1.0-50-cloud-amd64
      image: /boot/initrd.img-6.1.0-50-cloud-amd64
      kind: normal
      built_in: []
      present_before: [hv_vmbus]
      present: [hv_vmbus, hv_storvsc]
      missing: []
      reason: hv_storvsc is not in it
      carried: []
      rebuilt: true
      backup: /var/lib/imagewright/initrd-backup/6.1.0-50-cloud-amd64-9f86d081884c7d65.img
backup_files:
  description: Copies of configuration files, when O(backup=true) and they were changed.
  returned: success
  type: list
  elements: str
  sample: [/etc/initramfs-tools/modules.3170.2026-11-22@07:20:11~]
"""

import collections

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.imagewright.azure.plugins.module_utils.core import edits
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError, finish
from ansible_collections.imagewright.azure.plugins.module_utils.core.tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.initramfs import carried, generators, replace, survey
from ansible_collections.imagewright.azure.plugins.module_utils.initramfs.compression import CannotVerify
from ansible_collections.imagewright.azure.plugins.module_utils.kernel.kernels import installed_kernels, version_key


#: A kernel whose image is rebuilt. state: survey.State; target: guest path of the image; backup: guest path of the old one's copy
#: or None; idle: bool, a boot entry starts this kernel without an initramfs, so that the image is not booted yet.
Rebuild = collections.namedtuple("Rebuild", "state target backup idle")


def run(module):
    """Return the module's result after the images were brought to the state asked for."""
    parameters = module.params
    if not parameters["backup_dir"].startswith("/"):
        raise ImagewrightError(f"cannot keep images in backup_dir {parameters['backup_dir']!r}: it is no absolute path of the guest; begin it with /")
    tree = LiveTree(parameters["root"])
    if not parameters["modules"] and parameters["left_out"] and not installed_kernels(tree):
        return {"changed": False, "backup_files": [], "kernels": [], "generator": None, "config_file": None}
    required = survey.module_names(parameters["modules"]) if parameters["modules"] or not parameters["left_out"] else []
    optional = [name for name in survey.module_names(parameters["optional"]) if name not in required] if parameters["optional"] else []
    states = [survey.without(survey.state_of(tree, kernel, required + optional), optional) for kernel in survey.select_kernels(tree, parameters["kernels"])]
    survey.check_available(tree, states)
    names = required + [name for name in optional if any(name in state.verdict.present + state.verdict.missing for state in states)]
    items = [_carried(module, tree, state, parameters["left_out"], names) for state in states]
    generator = _generator(tree, parameters["generator"], states, items)
    rebuilds = plan(tree, generator, states, items, names, parameters) if parameters["rebuild"] else []
    planned = generator.config_edits(tree, names) if generator and names else []

    copies = []

    def activate():
        copies.extend(_rebuild(tree, generator, [rebuild.state.kernel for rebuild in rebuilds], names, parameters))

    result = edits.apply(module, tree, planned, parameters["backup"], activate=activate if rebuilds else None)
    # what was asked for is done: nothing that goes wrong from here on is a failure of it
    try:
        if copies:
            replace.remove_old_backups(tree, parameters["backup_dir"], copies, tree.listdir("/lib/modules"))
        for warning in _warnings(tree, generator, states, rebuilds, names):
            module.warn(warning)
    except ImagewrightError as error:
        module.warn(f"the images are as they should be; besides, {error}")
    result.update(
        kernels=_reports(states, items, names, rebuilds),
        generator=generator.NAME if generator else None,
        config_file=generator.config_file(tree) if generator else None,
    )
    return result


def plan(tree, generator, states, items, names, parameters):
    """Return the Rebuilds of the images that lack modules or carry over ([Carried] for each state) what is to be left out.

    Raises ImagewrightError: one of them cannot be rebuilt.
    """
    rebuilds = []
    for state, carries in zip(states, items):
        if not (state.verdict.missing or carries) or state.kernel.kind == "rescue" and not parameters["rescue"]:
            continue
        survey.check_rebuildable(state, carried.sentence(carries))
        target = generator.target(tree, state.kernel)
        if carries or survey.lacks_modules(tree, state, target, names):
            backup = None
            if parameters["backup"] and tree.is_file(target):
                backup = replace.backup_path(tree, state.kernel.version, target, parameters["backup_dir"])
            rebuilds.append(Rebuild(state, target, backup, survey.is_started_without_image(tree, state.kernel)))
    return rebuilds


def _carried(module, tree, state, left_out, names):
    """Return what the image of a kernel carries over ([Carried]) of left_out; a damaged one is told by its state."""
    image = state.kernel.image
    if not left_out or state.problem or image is None or not tree.is_file(image):
        return []
    try:
        return carried.carried(tree, image, left_out, names)
    except CannotVerify as error:
        module.warn(f"whether {image} carries over what is to be left out is not known: {error}")
        return []


def _reports(states, items, names, rebuilds):
    """Return the result's ``kernels``, normal ones first, by version."""
    rebuilt = [rebuild.state for rebuild in rebuilds]
    reports = [survey.report(state, names, state.kernel.image, False, False, None) for state in states if state not in rebuilt]
    reports += [
        survey.report(rebuild.state, names, rebuild.state.kernel.image or rebuild.target, not rebuild.idle, True, rebuild.backup) for rebuild in rebuilds
    ]
    lines = {(state.kernel.version, state.kernel.image): [carried.sentence([item]) for item in carries] for state, carries in zip(states, items)}
    for report in reports:
        report["carried"] = lines.get((report["version"], report["image"]), [])
    return sorted(reports, key=lambda report: (report["kind"], version_key(report["version"]), report["image"] or ""))


def _warnings(tree, generator, states, rebuilds, names):
    """Yield what the user must know besides the result."""
    rebuilt = [rebuild.state for rebuild in rebuilds]
    for obstacle in generator.obstacles(tree, names) if generator else []:
        yield f"the next kernel's initramfs may lack drivers, which are kept out by {obstacle}; take them out of that line"
    for state in states:
        kernel, missing = state.kernel, ", ".join(state.verdict.missing)
        if kernel.kind == "rescue" and missing and state not in rebuilt:
            yield f"the rescue image {kernel.image} lacks {missing}; set rescue: true to rebuild it"
        if missing and survey.is_started_without_image(tree, kernel):
            yield (
                f"a boot entry starts kernel {kernel.version} without an initramfs, and so without {missing}; regenerate the boot loader's "
                f"configuration, so that it loads {generator.target(tree, kernel)}"
            )


def _generator(tree, name, states, items):
    """Return the generator, or None when there is none and none is needed: all drivers are built in, now and in the next kernel."""
    needed = any(items) or any(state.verdict.missing or state.verdict.present for state in states)
    if name == "auto" and not needed and not generators.installed(tree):
        return None
    return generators.choose(tree, name, [state.kernel for state in states])


def _rebuild(tree, generator, kernels, names, parameters):
    """Rebuild the images and return the copies ([guest path]) of the old ones that stay."""
    backup_dir = parameters["backup_dir"] if parameters["backup"] else None
    replaced = replace.rebuild_all(tree, generator, kernels, names, backup_dir, parameters["left_out"])
    return [done.kept for done in replaced if done.kept]


def main():
    """Run the module."""
    finish(
        AnsibleModule(
            argument_spec={
                "modules": {"type": "list", "elements": "str", "required": True},
                "optional": {"type": "list", "elements": "str", "default": []},
                "left_out": {"type": "list", "elements": "str", "default": [], "choices": list(carried.KINDS)},
                "kernels": {"type": "list", "elements": "str", "default": ["all"]},
                "rescue": {"type": "bool", "default": False},
                "generator": {
                    "type": "str",
                    "default": "auto",
                    "choices": ["auto", "dracut", "initramfs-tools", "mkinitcpio", "mkinitfs", "mkinitrd-redhat", "mkinitrd-suse"],
                },
                "rebuild": {"type": "bool", "default": True},
                "backup": {"type": "bool", "default": True},
                "backup_dir": {"type": "path", "default": replace.BACKUP_DIRECTORY},
                "root": {"type": "path", "default": "/"},
            },
            supports_check_mode=True,
        ),
        run,
    )


if __name__ == "__main__":
    main()
