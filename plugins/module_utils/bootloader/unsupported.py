# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ways to boot whose command line cannot be changed by editing a file: refused with the reason.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.bootloader import menu_places
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError

_ZIPL = "/etc/zipl.conf"


def refuse(tree):
    """Raise ImagewrightError when the guest boots in a way that this module cannot change."""
    for entry in _unified_entries(tree):
        raise ImagewrightError(
            f"cannot set the kernel command line in {entry.path}: it is a unified kernel image with its command line "
            f"inside (and signed, for Secure Boot): {entry.cmdline!r}; set it in /etc/kernel/cmdline and build the image again "
            "(ukify, dracut --uefi, mkinitcpio -P), or name the loader to change by `bootloader`"
        )
    if tree.is_file(_ZIPL):
        raise ImagewrightError(
            f"cannot set the kernel command line in {_ZIPL}: on s390x `zipl` writes it into the boot record, and Azure "
            "has no such machines; change `parameters=` there and run zipl, or name the loader by `bootloader`"
        )


def _unified_entries(tree):
    """Return the entries ([BootEntry]) of unified kernel images, whose reader is imported where there are some."""
    if not any(tree.glob(pattern) for pattern in menu_places.UNIFIED):
        return []
    from ansible_collections.imagewright.azure.plugins.module_utils.bootloader import unified

    return unified.entries(tree)
