# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""mkinitrd of RHEL 5 and its relatives: nash. RHEL 6's command of that name is dracut's.

Every ``alias scsi_hostadapterN`` of /etc/modprobe.conf goes into each image, the next kernel's too; --preload loads a module before
the others in this one.

Source: mkinitrd(8) of RHEL 5.

PRIVATE: module_utils of this collection are not an interface.
"""

import re

from ansible_collections.imagewright.azure.plugins.module_utils.core import commands, edits
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import drivers

NAME = "mkinitrd-redhat"
#: Members that only images of this generator have.
MARKERS = ("bin/nash", "sbin/nash")
_MODULES_FILE = "/etc/modprobe.conf"
_ALIAS = re.compile(r"^\s*alias\s+scsi_hostadapter(\d*)\s+(\S+)", re.M)


def is_installed(tree):
    """Return whether images can be built with it."""
    return all(commands.find(name, tree.root) for name in ("mkinitrd", "nash")) and commands.find("dracut", tree.root) is None


def has_kernel_hook(tree):
    """Return whether the next kernel's image will be built with it."""
    return is_installed(tree)


def config_file(tree):
    """Return the path of the persistent list of modules."""
    return _MODULES_FILE


def config_edits(tree, modules):
    """Return the edits ([Edit]) that put the modules into every image from now on."""
    before = edits.read(tree, _MODULES_FILE)
    return [edits.Edit(_MODULES_FILE, before, with_modules(before or "", modules))]


def with_modules(text, modules):
    """Return the text of /etc/modprobe.conf with an alias for those of the modules that had none."""
    aliases = _ALIAS.findall(text)
    known = {drivers.normalize(name) for _number, name in aliases}
    number = max([int(number or 0) for number, _name in aliases] or [-1])
    if text and not text.endswith("\n"):
        text += "\n"
    for name in modules:
        if name not in known:
            number += 1
            text += f"alias scsi_hostadapter{number or ''} {name}\n"
    return text


def target(tree, kernel):
    """Return the path of the image that is rebuilt for a kernel."""
    return kernel.image or f"/boot/initrd-{kernel.version}.img"


def build(tree, kernel, output, modules, work):
    """Return the arguments ([str]) that build the kernel's image into the new file output, with temporary files in work."""
    return ["mkinitrd", "-f"] + [f"--preload={name}" for name in modules] + [output, kernel.version]
