# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""mkinitfs: Alpine Linux. Modules come from features, each a list of paths in the kernel's module tree.

Source: mkinitfs(1) and mkinitfs.in of Alpine's mkinitfs 3.

PRIVATE: module_utils of this collection are not an interface.
"""

import re

from ansible_collections.imagewright.azure.plugins.module_utils.core import commands, edits
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import drivers

NAME = "mkinitfs"
#: Members that only images of this generator have.
MARKERS = ("sbin/nlplug-findfs", "usr/sbin/nlplug-findfs", ".modloop")
_FEATURE = "azure"
_FEATURE_FILE = f"/etc/mkinitfs/features.d/{_FEATURE}.modules"
_MAIN_FILE = "/etc/mkinitfs/mkinitfs.conf"
_FEATURES = re.compile(r"""^[ \t]*features=(["'])([^"'\n]*)\1""", re.M)


def is_installed(tree):
    """Return whether images can be built with it."""
    return commands.find("mkinitfs", tree.root) is not None


def has_kernel_hook(tree):
    """Return whether the next kernel's image will be built with it: its package has a trigger for that."""
    return is_installed(tree)


def config_file(tree):
    """Return the path of the feature's list of modules."""
    return _FEATURE_FILE


def config_edits(tree, modules):
    """Return the edits ([Edit]) that put the modules into every image from now on.

    Raises ImagewrightError: mkinitfs.conf does not set its features as text.
    """
    before, main = edits.read(tree, _FEATURE_FILE), edits.read(tree, _MAIN_FILE)
    indexes = [drivers.index(tree, version) for version in tree.listdir("/lib/modules")]
    paths = [re.sub(r"^.*?/modules/[^/]+/", "", index[name].path) for name in modules for index in indexes if name in index]
    return [edits.Edit(_FEATURE_FILE, before, with_paths(before or "", paths)), edits.Edit(_MAIN_FILE, main, with_feature(main or ""))]


def with_paths(text, paths):
    """Return the text of the feature's list with the modules' paths (``kernel/drivers/hv/hv_vmbus.ko.gz``) that it did not have."""
    for path in paths:
        line = re.sub(r"\.ko(\.\w+)?$", ".ko*", path)  # however the next kernel's modules are compressed
        if line not in text.splitlines():
            text += line + "\n"
    return text


def with_feature(text):
    """Return the text of mkinitfs.conf with our feature enabled in its last line of features, which counts."""
    found = next(iter(list(_FEATURES.finditer(text))[-1:]), None)  # the shell takes the last one
    if found is None:
        if re.search(r"^[ \t]*features=", text, re.M):
            raise ImagewrightError(f'cannot add the feature {_FEATURE} in {_MAIN_FILE}: its features are not one quoted text; write features="... {_FEATURE}"')
        return text + f'features="ata base ide scsi usb virtio ext4 {_FEATURE}"\n'
    if _FEATURE in found.group(2).split():
        return text
    return text[: found.end(2)] + " " + _FEATURE + text[found.end(2) :]


def target(tree, kernel):
    """Return the path of the image that is rebuilt for a kernel: named after its flavour."""
    return kernel.image or f"/boot/initramfs-{kernel.version.rpartition('-')[2]}"


def build(tree, kernel, output, modules, work):
    """Return the arguments ([str]) that build the kernel's image into the new file output, with temporary files in work."""
    return ["mkinitfs", "-o", output, "-t", work + "/mkinitfs", kernel.version]
