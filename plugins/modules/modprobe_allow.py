#!/usr/bin/python
# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: modprobe_allow
short_description: Lift what keeps kernel modules from being loaded
version_added: 1.0.0
description:
  - Comments the lines of C(modprobe.d) that ban a kernel module - C(blacklist), C(install) of a program that does not load it,
    C(alias) to C(off). Hardening guides ban C(udf) and C(vfat), but Azure provisions from a UDF disc and boots from a VFAT partition.
  - Files of the administrator (C(/etc/modprobe.d)) are edited in place. A file of a package, or one that is made at boot, is
    hidden by a copy of the same name in C(/etc/modprobe.d) in which the lines are comments.
author:
  - imagewright.azure contributors (@imagewright)
options:
  modules:
    description:
      - Names of the modules. C(-) and C(_) are equal.
      - The default is what Azure needs to boot and to provision - the disk, network and PCI drivers, the DVD drive and the file systems
        of the provisioning disc and of the EFI system partition.
    type: list
    elements: str
    default: [udf, vfat, fat, isofs, iso9660, cdrom, sr_mod, sd_mod, hv_vmbus, hv_storvsc, hv_netvsc, hv_utils, pci_hyperv, nvme, nvme_core]
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
  - imagewright.azure.guest
  - imagewright.azure.guest.backup
seealso:
  - module: imagewright.azure.readiness_info
"""

EXAMPLES = r"""
- name: Let the guest read Azure's provisioning disc and its EFI system partition
  imagewright.azure.modprobe_allow:

- name: The same in a mounted image, for the network cards too
  imagewright.azure.modprobe_allow:
    root: /mnt/guest
    modules: [udf, vfat, mlx5_core, mlx4_en]

- name: Keep copies of the files that ban them
  imagewright.azure.modprobe_allow:
    backup: true
"""

RETURN = r"""
bans:
  description: The lines that banned a module.
  returned: success
  type: list
  elements: dict
  contains:
    path:
      description: File that the line is in.
      type: str
    line:
      description: Line number.
      type: int
    text:
      description: The line.
      type: str
    module:
      description: The module it bans.
      type: str
  sample: [{path: /etc/modprobe.d/cis.conf, line: 3, text: install udf /bin/false, module: udf}]
overrides:
  description: Files in C(/etc/modprobe.d) that hide a package's file of the same name.
  returned: success
  type: list
  elements: str
  sample: [/etc/modprobe.d/hardening.conf]
backup_files:
  description: Copies of what was changed, when O(backup=true).
  returned: success
  type: list
  elements: str
  sample: [/etc/modprobe.d/cis.conf.3170.2026-11-22@07:20:11~]
"""

import posixpath
import re

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.imagewright.azure.plugins.module_utils.core import edits
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError, finish
from ansible_collections.imagewright.azure.plugins.module_utils.core.tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import modprobe


def plan(tree, bans):
    """Return the edits ([edits.Edit]) that lift the bans ([modprobe.Ban])."""
    planned = []
    for path in dict.fromkeys(ban.path for ban in bans):
        text = tree.read_text(path)
        allowed = modprobe.without(text, [ban.module for ban in bans])
        if posixpath.dirname(path) == modprobe.ADMIN_FOLDER:
            planned.append(edits.Edit(path, text, allowed))
        else:
            planned.append(edits.Edit(posixpath.join(modprobe.ADMIN_FOLDER, posixpath.basename(path)), None, allowed))
    return planned


def run(module):
    """Return the module's result after lifting the bans."""
    names = module.params["modules"]
    for name in names:
        if not re.match(r"[A-Za-z0-9_-]+\Z", name):
            raise ImagewrightError(f"cannot allow the module {name!r}: that is no module's name; correct it")
    tree = LiveTree(module.params["root"])
    bans = _bans(tree, names)
    planned = plan(tree, bans)

    def read_back():
        left = _bans(tree, names)
        if left:
            raise ImagewrightError(
                f"cannot allow the module {left[0].module}: {left[0].path} line {left[0].line} still bans it: {left[0].text!r}; "
                "look for another program that writes it"
            )

    result = edits.apply(module, tree, planned, module.params["backup"], activate=read_back if planned else None)
    result.update(
        overrides=[edit.path for edit in planned if edit.before is None],
        bans=[{"path": ban.path, "line": ban.line, "text": ban.text, "module": ban.module} for ban in bans],
    )
    return result


def _bans(tree, names):
    return [ban for name in names for ban in modprobe.bans(tree, name)]


def main():
    """Run the module."""
    finish(
        AnsibleModule(
            argument_spec={
                "modules": {"type": "list", "elements": "str", "default": list(modprobe.NEEDED)},
                "backup": {"type": "bool", "default": False},
                "root": {"type": "path", "default": "/"},
            },
            supports_check_mode=True,
        ),
        run,
    )


if __name__ == "__main__":
    main()
