# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""dracut: RHEL 6 and later with their relatives, Fedora, SUSE 12 and later, Azure Linux, and Debian or Ubuntu where it is chosen.

A drop-in names the drivers for every image from now on; the command names them too, so that neither hostonly mode nor another
file's ``add_drivers=`` can keep them out of this one. The version and the output are always given: without them dracut takes
the running kernel of the machine it runs on, and on a full disk it deletes the image that it was to replace.

Source: dracut(8), dracut.conf(5), dracut.sh of 004, 033, 049, 057, 059, 106, 112.

PRIVATE: module_utils of this collection are not an interface.
"""

import posixpath
import re

from ansible_collections.imagewright.azure.plugins.module_utils.core import commands, edits
from ansible_collections.imagewright.azure.plugins.module_utils.core.distribution import distribution
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import drivers

NAME = "dracut"
#: Members that only images of this generator have.
MARKERS = (
    "usr/lib/dracut/build-parameter.txt",
    "lib/dracut/build-parameter.txt",
    "usr/lib/dracut/dracut-util",
    "usr/bin/dracut-cmdline",
    "bin/dracut-cmdline",
    "lib/dracut/hooks",
    "usr/lib/dracut/hooks",
    "var/lib/dracut/hooks",
    "early_cpio",
    "lib/dracut-lib.sh",
    "usr/lib/dracut-lib.sh",
)
#: zz: files are read in the order of their names, and a later ``add_drivers=`` would drop what an earlier file added.
_DROP_IN = "/etc/dracut.conf.d/zz-imagewright-azure.conf"
_COMMENT = "# Drivers that a machine on Azure boots with; kept by Ansible (imagewright.azure.initrd_modules).\n"
_ADDED = re.compile(r"""^\s*add_drivers\+=["']([^"']*)["']""", re.M)
_OMITTED = re.compile(r"""^\s*omit_drivers\s*\+?=\s*["']?([^"'#]*)""")
_REPLACED = re.compile(r"""^\s*add_drivers=["']?([^"'#]*)""")


def is_installed(tree):
    """Return whether images can be built with it."""
    return commands.find("dracut", tree.root) is not None


def has_kernel_hook(tree):
    """Return whether the next kernel's image will be built with it."""
    return any(
        tree.exists(path)
        for path in (
            "/etc/kernel/postinst.d/dracut",
            "/usr/lib/kernel/install.d/50-dracut.install",
            "/lib/kernel/install.d/50-dracut.install",
            "/usr/lib/kernel/postinst.d/50-dracut",
            "/usr/lib/module-init-tools/regenerate-initrd-posttrans",
        )
    )


def config_file(tree):
    """Return the path of the drop-in."""
    return _DROP_IN


def config_edits(tree, modules):
    """Return the edits ([Edit]) that put the modules into every image from now on."""
    before = edits.read(tree, _DROP_IN)
    return [edits.Edit(_DROP_IN, before, with_modules(before, modules))]


def with_modules(text, modules):
    """Return the text of the drop-in (text: str, or None when there is none yet) with the modules besides those it had."""
    named = [name for found in _ADDED.findall(text or "") for name in found.split()]
    known = {drivers.normalize(name) for name in named}
    added = [name for name in modules if name not in known]
    if text is not None and not added:
        return text
    # The blanks inside the quotes matter: += joins the strings of all files.
    return f'{_COMMENT}add_drivers+=" {" ".join(named + added)} "\n'


def target(tree, kernel):
    """Return the path of the image that is rebuilt for a kernel: the one that is booted, else the distribution's name for it."""
    if kernel.image is not None:
        return kernel.image
    name = {"debian": "initrd.img-{}", "suse": "initrd-{}"}.get(distribution(tree).family, "initramfs-{}.img")
    return "/boot/" + name.format(kernel.version)


def build(tree, kernel, output, modules, work):
    """Return the arguments ([str]) that build the kernel's image into the new file output, with temporary files in work."""
    command = ["dracut", "--force", "--add-drivers", " ".join(modules)]
    if tree.is_dir("/usr/lib/dracut"):  # not RHEL 6's 004, which has neither option
        command += ["--tmpdir", work]
        if not tree.is_running_system:
            # /sys is the one of the machine that we run on: what it has says nothing of the guest
            command.append("--no-hostonly")
    return command + [output, kernel.version]


def after(tree, kernel, image):
    """Return the commands ([[str]]) to run when an image was replaced."""
    if tree.is_dir("/etc/initramfs/post-update.d"):
        return [["run-parts", f"--arg={kernel.version}", f"--arg={image}", "/etc/initramfs/post-update.d"]]
    return []


def obstacles(tree, modules):
    """Return what in dracut's configuration keeps modules out ([str], ``path line N: text``).

    That is omit_drivers, and an ``add_drivers=`` without ``+`` in a file that is read after the drop-in.
    """
    found, files = [], _configuration_files(tree)
    later = [path for path in files if posixpath.basename(path) > posixpath.basename(_DROP_IN)]
    for path in files:
        for number, line in enumerate(tree.read_text(path).splitlines(), 1):
            omitted, replaced = _OMITTED.match(line), _REPLACED.match(line) if path in later else None
            lost = set(modules).intersection(_names(omitted.group(1))) if omitted else set()
            lost |= set(modules).difference(_names(replaced.group(1))) if replaced else set()
            if lost:
                found.append(f"{path} line {number}: {line.strip()}")
    return found


def _names(text):
    return [drivers.normalize(name) for name in text.split()]


def _configuration_files(tree):
    """Return the files that dracut reads, a name in /etc hiding the same name in /usr."""
    files = {
        posixpath.basename(path): path
        for folder in ("/usr/lib/dracut/dracut.conf.d", "/etc/dracut.conf.d")
        for path in tree.glob(f"{folder}/*.conf")
        if tree.is_file(path)
    }
    main = ["/etc/dracut.conf"] if tree.is_file("/etc/dracut.conf") else []
    return main + [files[name] for name in sorted(files)]
