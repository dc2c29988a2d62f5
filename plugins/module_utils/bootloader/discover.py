# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The boot loaders of a guest.

An adapter is a module with NAME and these functions: is_present(tree), plan(tree, wanted, options) -> LoaderPlan, entries(tree) ->
[BootEntry], next_kernel(tree, entries) -> str or None; and, where a program generates its files, generators(tree, root) -> [Generator],
predict(before, after) -> [BootEntry], stale(tree, wanted, options) -> [path], given(tree) -> {path: [parameter]}. A new boot loader is one
file more, its place in adapters, and in starting.py what it starts by itself.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.bootloader import grub2, menu_places, unsupported
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError


def adapters(tree):
    """Return the adapters of the boot loaders that the guest may have; the first that can tell what the next kernel gets is believed.

    All but GRUB 2 are imported where their files are: what a module imports is compiled each time it runs.
    """
    found = []
    if _has(tree, menu_places.BLS):
        from ansible_collections.imagewright.azure.plugins.module_utils.bootloader import bls

        found.append(bls)
    found.append(grub2)
    if _has(tree, menu_places.GRUB_LEGACY):
        from ansible_collections.imagewright.azure.plugins.module_utils.bootloader import grub_legacy

        found.append(grub_legacy)
    if _has(tree, menu_places.EXTLINUX):
        from ansible_collections.imagewright.azure.plugins.module_utils.bootloader import extlinux

        found.append(extlinux)
    return found


def _has(tree, patterns):
    return any(tree.glob(pattern) if "*" in pattern else tree.exists(pattern) for pattern in patterns)


def loaders(tree, name="auto", refuse=False):
    """Return the adapters of the boot loaders that the guest has.

    name: str, the one to take, or ``auto`` for all of them.
    refuse: bool, raise an error when the guest also boots in a way that none of them can change.
    Raises ImagewrightError: the guest does not have the named one, or, if refuse, has a unified kernel image or zipl.
    """
    if name == "auto" and refuse:
        unsupported.refuse(tree)
    present = [adapter for adapter in adapters(tree) if adapter.is_present(tree)]
    if name == "auto":
        return present
    named = [adapter for adapter in present if name == adapter.NAME]
    if not named:
        raise ImagewrightError(
            f"cannot use bootloader {name!r}: the guest has {', '.join(adapter.NAME for adapter in present) or 'none'}; use `bootloader: auto`"
        )
    return named
