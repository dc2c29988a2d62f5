# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which boot entry a boot loader starts when nobody is there, and what keeps it from that.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.bootloader import (
    bls,
    extlinux,
    grub2,
    grub_legacy,
    grub2_starting,
    other_starting,
    systemd_boot,
    unified,
)
from ansible_collections.imagewright.azure.plugins.module_utils.core.place import Place
from ansible_collections.imagewright.azure.plugins.module_utils.bootloader.boot_entry import Start
from ansible_collections.imagewright.azure.plugins.module_utils.bootloader.reading import Reading

__all__ = ["Place", "Start", "starts"]


def starts(tree):
    """Return the [Start] of each configuration that a boot loader of the guest reads; [] when there is none.

    Of several boot loaders GRUB 2 counts, for others are left beside it, and systemd-boot where it is what firmware without variables starts.
    Raises ImagewrightError: a boot loader's file is broken.
    """
    tree = Reading(tree)
    found = grub2_starting.starts(tree) if grub2.is_present(tree) else []
    if systemd_boot.is_fallback(tree) or (not found and systemd_boot.is_present(tree)):
        found.append(systemd_boot.start(tree))
    if not found and grub_legacy.is_present(tree):
        found = other_starting.legacy(tree)
    if not found and extlinux.is_present(tree):
        found = other_starting.extlinux(tree)
    if not found and bls.is_present(tree):
        found = [systemd_boot.start(tree)]
    if not found:
        found = [Start(unified.NAME, entry.path, entry, Place(entry.path, None, entry.title), "", [], []) for entry in unified.entries(tree)[:1]]
    return found
