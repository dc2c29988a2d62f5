# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""initramfs-tools: Debian, Ubuntu and what derives from them.

Every module in /etc/initramfs-tools/modules goes into each image, whatever MODULES= says (most, dep, list or netboot).
update-initramfs is not used: it never makes an image that is not there yet, skips kernels silently, and keeps an old
image when its MODULES=dep fails. mkinitramfs, which it calls, takes the version and the place to write to.

Source: update-initramfs and mkinitramfs of initramfs-tools 0.140 to 0.151.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.core import commands, edits
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import drivers

NAME = "initramfs-tools"
#: Members that only images of this generator have.
MARKERS = ("conf/initramfs.conf", "scripts/init-top/ORDER")
_MODULES_FILE = "/etc/initramfs-tools/modules"
_HOOKS = "/etc/initramfs/post-update.d"


def is_installed(tree):
    """Return whether images can be built with it: mkinitramfs alone stays behind when dracut takes its place."""
    updater = commands.find("update-initramfs", tree.root)
    return (
        commands.find("mkinitramfs", tree.root) is not None and updater is not None and tree.is_file(updater) and "mkinitramfs" in tree.read_text(updater)
    )  # newer dracut brings one of that name


def has_kernel_hook(tree):
    """Return whether the next kernel's image will be built with it."""
    return tree.exists("/etc/kernel/postinst.d/initramfs-tools")


def config_file(tree):
    """Return the path of the persistent list of modules."""
    return _MODULES_FILE


def config_edits(tree, modules):
    """Return the edits ([Edit]) that put the modules into every image from now on."""
    before = edits.read(tree, _MODULES_FILE)
    return [edits.Edit(_MODULES_FILE, before, with_modules(before or "", modules))]


def with_modules(text, modules):
    """Return the text of /etc/initramfs-tools/modules with those of the modules that it did not name appended."""
    named = {drivers.normalize(line.split()[0]) for line in text.splitlines() if line.split() and not line.lstrip().startswith("#")}
    added = [name for name in modules if name not in named]
    if added and text and not text.endswith("\n"):
        text += "\n"
    return text + "".join(name + "\n" for name in added)


def target(tree, kernel):
    """Return the path of the image that is rebuilt for a kernel."""
    return f"/boot/initrd.img-{kernel.version}"


def build(tree, kernel, output, modules, work):
    """Return the arguments ([str]) that build the kernel's image into the new file output, with temporary files in work."""
    return ["mkinitramfs", "-o", output, kernel.version]


def after(tree, kernel, image):
    """Return the commands ([[str]]) to run when an image was replaced: what update-initramfs runs then."""
    if not tree.is_dir(_HOOKS):
        return []
    return [["run-parts", f"--arg={kernel.version}", f"--arg={image}", _HOOKS]]
