# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""mkinitrd of SUSE 10 and 11. From SUSE 12 on the command of that name is dracut's.

Source: mkinitrd(8) of SLES 11 and the comments in its /etc/sysconfig/kernel.

PRIVATE: module_utils of this collection are not an interface.
"""

import posixpath
import re

from ansible_collections.imagewright.azure.plugins.module_utils.core import commands, edits
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import drivers

NAME = "mkinitrd-suse"
#: Members that only images of this generator have.
MARKERS = ("mkinitrd.config", "run_all.sh", "config/start.sh")
_MODULES_FILE = "/etc/sysconfig/kernel"
_VARIABLE = re.compile(r"""^[ \t]*INITRD_MODULES=(["']?)([^"'\n]*)\1""", re.M)


def is_installed(tree):
    """Return whether images can be built with it."""
    has_list = tree.is_file(_MODULES_FILE) and _VARIABLE.search(tree.read_text(_MODULES_FILE)) is not None
    return has_list and commands.find("mkinitrd", tree.root) is not None and commands.find("dracut", tree.root) is None


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
    """Return the text of /etc/sysconfig/kernel with those of the modules that INITRD_MODULES did not have.

    They are loaded in this order; those that were there keep their places in front.
    """
    found = _VARIABLE.search(text)
    listed = found.group(2).split() if found else []
    known = {drivers.normalize(name) for name in listed}
    added = [name for name in modules if name not in known]
    if not added:
        return text
    line = f'INITRD_MODULES="{" ".join(listed + added)}"'
    if found:
        return text[: found.start()] + line + text[found.end() :]
    return text + ("" if not text or text.endswith("\n") else "\n") + line + "\n"


def target(tree, kernel):
    """Return the path of the image that is rebuilt for a kernel."""
    return kernel.image or f"/boot/initrd-{kernel.version}"


def build(tree, kernel, output, modules, work):
    """Return the arguments ([str]) that build the kernel's image into the new file output, with temporary files in work.

    mkinitrd takes both names relative to its boot directory.
    """
    folder = posixpath.dirname(output)
    return ["mkinitrd", "-b", folder, "-k", posixpath.relpath(kernel.vmlinuz, folder), "-i", posixpath.basename(output)]
