# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that can boot on a guest, whatever its boot loader.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.bootloader import changing, discover
from ansible_collections.imagewright.azure.plugins.module_utils.bootloader.boot_entry import BootEntry

__all__ = ["BootEntry", "boot_entries", "next_kernel_cmdline"]


def boot_entries(tree):
    """Return the entries ([BootEntry]) of every boot loader of the tree, in menu order.

    Raises ImagewrightError: a boot loader's file is broken.
    """
    return [entry for loader in discover.loaders(tree) for entry in loader.entries(tree)]


def next_kernel_cmdline(tree):
    """Return the command line (str) that the next installed kernel will get, None when nothing on the guest says it.

    Raises ImagewrightError: only running the shell could tell it.
    """
    found = [(loader, loader.entries(tree)) for loader in discover.loaders(tree)]
    return changing.first_line([(not entries, loader.next_kernel(tree, entries)) for loader, entries in found])
