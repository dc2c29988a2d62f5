# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Unified kernel images: kernel, initramfs and command line in one EFI program, which no file of a boot loader names.

Source: UAPI.5 Unified Kernel Image; UAPI.1 Boot Loader Specification, type 2.

PRIVATE: module_utils of this collection are not an interface.
"""

import posixpath
import re

from ansible_collections.imagewright.azure.plugins.module_utils.bootloader import menu_places
from ansible_collections.imagewright.azure.plugins.module_utils.bootloader.boot_entry import BootEntry
from ansible_collections.imagewright.azure.plugins.module_utils.core import shell_variables
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError

NAME = "uki"

#: Bytes of the longest command line or os-release that is read.
_MOST_TEXT = 64 * 1024
#: Of systemd, whose stub reads addons from then on.
_ADDONS_SINCE = 254


def paths(tree):
    """Return the paths ([str]) of the unified kernel images, each once, the newest by its name first."""
    found = {}
    for pattern in menu_places.UNIFIED:
        for path in tree.glob(pattern):
            if tree.is_file(path):
                found.setdefault(tree.resolve(path), path)
    return sorted(found.values(), reverse=True)


def entries(tree):
    """Return the entry ([BootEntry]) of each image; its line is None. What is no whole EFI program has no command line and no initramfs."""
    return [
        BootEntry(
            NAME,
            path,
            None,
            _title(tree, path),
            path,
            [path] if _section(tree, path, ".initrd", 0) is not None else [],
            " ".join(" ".join([section_text(tree, path, ".cmdline") or ""] + _added(tree, path)).split("\n")).strip(),
            "normal",
        )
        for path in paths(tree)
    ]


def has_kernel(tree, path):
    """Return whether an image has a kernel in it, which its program starts; what is no whole EFI program is told by other rules."""
    return bool(_section(tree, path, ".linux", 1)) or _section(tree, path, ".osrel", 0) is None


def _added(tree, path):
    """Return the command lines ([str]) of the addons of an image, which its program puts behind its own: those of all images, then its own.

    Source: systemd-stub(7), since 254; the version is in the image's .sdmagic. One for another kernel is passed over.
    """
    version = re.search(r"systemd-stub (\d+)", section_text(tree, path, ".sdmagic") or "")
    if version and int(version.group(1)) < _ADDONS_SINCE:
        return []
    kernel, top = section_text(tree, path, ".uname"), path.partition("/EFI/Linux/")[0]
    paths = sorted(tree.glob(f"{top}/loader/addons/*.addon.efi")) + sorted(tree.glob(f"{path}.extra.d/*.addon.efi"))
    return [section_text(tree, each, ".cmdline") or "" for each in paths if tree.is_file(each) and section_text(tree, each, ".uname") in (None, kernel)]


def section_text(tree, path, name):
    """Return the text (str) of a section of an image, None when it has none or is no whole EFI program."""
    content = _section(tree, path, name, _MOST_TEXT)
    return None if content is None else content.partition(b"\0")[0].decode("utf-8", "surrogateescape")


def _section(tree, path, name, most):
    """Return the first bytes of a section of an image, as many as most; None when it has none or is no whole EFI program."""
    # here alone: what reads EFI programs is compiled only on guests that have such an image
    from ansible_collections.imagewright.azure.plugins.module_utils.initramfs import uki
    from ansible_collections.imagewright.azure.plugins.module_utils.initramfs.compression import CorruptImage

    try:
        with tree.open(path) as stream:
            section = uki.section(stream, name, path)
            return None if section is None else section.read(most)
    except CorruptImage:
        return None


def release(tree, path):
    """Return {name: value} of the os-release inside an image, {} when it has none that can be read."""
    try:
        return shell_variables.values(section_text(tree, path, ".osrel") or "", path)
    except ImagewrightError:
        return {}


def _title(tree, path):
    return release(tree, path).get("PRETTY_NAME") or posixpath.basename(path)
