#!/usr/bin/python
# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: guest_kernel_info
short_description: Tell whether a guest's kernels can run on Azure
version_added: 1.0.0
description:
  - Reports of each kernel that the guest can boot - the drivers for Hyper-V that it has as modules or built in, what bans them,
    which of the seven fixes that Azure names a custom kernel lacks, and whether it needs C(numa=off), the Linux Integration
    Services, or cannot run at all.
  - Nothing is changed, and nothing is started. The kernels are those of the guest's boot entries, not just the running one.
author:
  - imagewright.azure contributors (@imagewright)
options:
  drivers:
    description:
      - Kernel modules to look for. C(-) and C(_) are equal.
    type: list
    elements: str
    default: [hv_vmbus, hv_storvsc, hv_netvsc, hv_utils, hv_balloon, hyperv_keyboard, pci_hyperv, nvme, mlx4_en, mlx5_core, mana, udf, vfat]
extends_documentation_fragment:
  - imagewright.azure.guest.info
seealso:
  - module: imagewright.azure.initrd_modules
  - module: imagewright.azure.modprobe_allow
"""

EXAMPLES = r"""
- name: Look at the kernels
  imagewright.azure.guest_kernel_info:
  register: guest

- name: Stop when a kernel cannot read Azure's provisioning disc
  ansible.builtin.assert:
    that: item.drivers.udf != 'missing'
    fail_msg: "kernel {{ item.version }} has no udf; install kernel-modules-extra"
  loop: "{{ guest.kernels }}"

- name: Look at those of a mounted image
  imagewright.azure.guest_kernel_info:
    root: /mnt/guest
    drivers: [hv_vmbus, hv_storvsc, hv_netvsc]
"""

RETURN = r"""
kernels:
  description: The kernels that the guest can boot, newest last.
  returned: success
  type: list
  elements: dict
  contains:
    version:
      description: Version as in C(/lib/modules).
      type: str
    kind:
      description: V(normal) or V(rescue).
      type: str
    vendor:
      description: Whether a distribution built it; its fixes are then the vendor's and C(missing_patches) is empty.
      type: bool
    missing_patches:
      description: Fixes that Azure names and that a mainline kernel of this version lacks, each with C(commit), C(title) and the C(since) release.
      type: list
      elements: dict
    numa_off_needed:
      description: Whether it needs C(numa=off) on its command line.
      type: bool
    lis_needed:
      description: Whether it is of RHEL 6.0 to 6.3 and the Linux Integration Services are not installed.
      type: bool
    uek2_unsupported:
      description: Whether it is an Unbreakable Enterprise Kernel without Hyper-V drivers.
      type: bool
    sack_fixed:
      description: Whether it has the fixes of CVE-2019-11477 (the SACK panic), null when its version does not tell.
      type: bool
    drivers:
      description: V(built_in), V(module) or V(missing) for each driver asked for.
      type: dict
    bans:
      description: Lines of C(modprobe.d) that keep a driver that is a module from being loaded, by driver.
      type: dict
  sample:
    - version: 6.1.0-50-amd64
      kind: normal
      vendor: true
      missing_patches: []
      numa_off_needed: false
      lis_needed: false
      uek2_unsupported: false
      sack_fixed: true
      drivers: {hv_vmbus: module, udf: module}
      bans: {udf: [{path: /etc/modprobe.d/cis.conf, line: 3, text: install udf /bin/false}]}
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import finish
from ansible_collections.imagewright.azure.plugins.module_utils.core.tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import kernels
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import modprobe, patches

#: Where kernel modules go that did not come with the kernel.
_ADDED = ("/extra/", "/updates/", "/weak-updates/")


def run(module):
    """Return the module's result."""
    tree = LiveTree(module.params["root"])
    bans = {name: modprobe.bans(tree, name) for name in module.params["drivers"]}
    found = {}
    for kernel in kernels.installed_kernels(tree):
        # one kernel may have several images
        if kernel.version not in found or kernel.kind == "normal":
            found[kernel.version] = _facts(tree, kernel, module.params["drivers"], bans)
    ordered = sorted(found.values(), key=lambda facts: kernels.version_key(facts["version"]))
    return {"changed": False, "kernels": ordered}


def _facts(tree, kernel, names, bans):
    """Return what the module reports of one kernel (dict)."""
    built_in, available = kernels.built_in(tree, kernel.version), kernels.available(tree, kernel.version)
    drivers = {name: _form(name.replace("-", "_"), built_in, available) for name in names}
    vendor = patches.is_vendor_kernel(kernel.version)
    missing = [] if vendor else patches.missing_patches(kernel.version)
    added = any(part in "/" + available.get("hv_vmbus", "") for part in _ADDED)
    return {
        "version": kernel.version,
        "kind": kernel.kind,
        "vendor": vendor,
        "missing_patches": [{"commit": patch.commit, "title": patch.title, "since": ".".join(map(str, patch.since))} for patch in missing],
        "numa_off_needed": patches.numa_off_needed(kernel.version),
        "lis_needed": patches.lis_needed(kernel.version) and not added,
        "uek2_unsupported": patches.is_uek2(kernel.version),
        "sack_fixed": patches.has_sack_fix(kernel.version),
        "drivers": drivers,
        "bans": {name: [{"path": ban.path, "line": ban.line, "text": ban.text} for ban in bans[name]]
                 for name in names if drivers[name] == "module" and bans[name]},
    }


def _form(name, built_in, available):
    if name in built_in:
        return "built_in"
    return "module" if name in available else "missing"


def main():
    """Run the module."""
    finish(AnsibleModule(
        argument_spec={
            "drivers": {"type": "list", "elements": "str",
                        "default": ["hv_vmbus", "hv_storvsc", "hv_netvsc", "hv_utils", "hv_balloon", "hyperv_keyboard", "pci_hyperv", "nvme",
                                    "mlx4_en", "mlx5_core", "mana", "udf", "vfat"]},
            "root": {"type": "path", "default": "/"},
        },
        supports_check_mode=True), run)


if __name__ == "__main__":
    main()
