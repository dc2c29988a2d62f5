# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that can boot on a guest, whatever its boot loader.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.bootloader import changing, discover, kernel_install, unified
from ansible_collections.imagewright.azure.plugins.module_utils.bootloader.boot_entry import BootEntry
from ansible_collections.imagewright.azure.plugins.module_utils.bootloader.reading import Reading

__all__ = ["BootEntry", "boot_entries", "next_kernel_cmdline"]


def boot_entries(tree):
    """Return the entries ([BootEntry]) of every boot loader of the tree, in menu order, and of unified kernel images, which need none.

    Raises ImagewrightError: a boot loader's file is broken.
    """
    tree = Reading(tree)
    return [entry for loader in discover.loaders(tree) for entry in loader.entries(tree)] + unified.entries(tree)


def next_kernel_cmdline(tree):
    """Return the command line (str) that the next installed kernel will get, None when nothing on the guest says it.

    Raises ImagewrightError: only running the shell could tell it.
    """
    tree = Reading(tree)
    found = [(loader, loader.entries(tree)) for loader in discover.loaders(tree)]
    lines = [(not entries, loader.next_kernel(tree, entries)) for loader, entries in found]
    if not found and unified.paths(tree):  # the next image is made of it
        files = kernel_install.files(tree)
        lines = [(False, " ".join(kernel_install.line(tree, files)))] if files else []
    return changing.first_line(lines)
