# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a boot entry of GRUB starts Linux beneath the Xen hypervisor, where it sees Xen in the place of Hyper-V.

Source: Linux arch/x86/kernel/cpu/hypervisor.c, drivers/hv/vmbus_drv.c, hv_acpi_init; GRUB util/grub.d/20_linux_xen.in.

PRIVATE: module_utils of this collection are not an interface.
"""

import re

from ansible_collections.imagewright.azure.plugins.module_utils.bootloader import grub2_menu, grub_legacy, reading

_LOADS = {
    grub2_menu.NAME: re.compile(r"^[ \t]*(?:multiboot2?|xen_hypervisor)[ \t]+\S*/xen[^/\s]*", re.MULTILINE),
    grub_legacy.NAME: re.compile(r"^[ \t]*kernel[ \t=]+(?:--\S+[ \t]+)*\S*/xen[^/\s]*", re.MULTILINE),
}
_NEXT = re.compile(r"^[ \t]*(?:menuentry|submenu|title)\b", re.MULTILINE)


def line_of(tree, entry):
    """Return (line from 1, text) of the command by which a BootEntry starts Xen, None where it does not."""
    pattern = _LOADS.get(entry.loader)
    if pattern is None or not entry.line:
        return None
    rows = reading.text(tree, entry.path).split("\n")
    rest = "\n".join(rows[entry.line :])
    end = _NEXT.search(rest)
    match = pattern.search(rest[: end.start()] if end else rest)
    return (entry.line + 1 + rest.count("\n", 0, match.start()), match.group().strip()) if match else None
