# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Unified kernel images: kernel, initramfs and command line in one EFI program, which no file of a boot loader names.

Source: UAPI.5 Unified Kernel Image; UAPI.1 Boot Loader Specification, type 2.

PRIVATE: module_utils of this collection are not an interface.
"""

import posixpath

from ansible_collections.imagewright.azure.plugins.module_utils.bootloader import menu_places
from ansible_collections.imagewright.azure.plugins.module_utils.bootloader.boot_entry import BootEntry
from ansible_collections.imagewright.azure.plugins.module_utils.core import shell_variables
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError

NAME = "uki"

#: Bytes of the longest command line or os-release that is read.
_MOST_TEXT = 64 * 1024


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
            " ".join((section_text(tree, path, ".cmdline") or "").split("\n")).strip(),
            "normal",
        )
        for path in paths(tree)
    ]


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
