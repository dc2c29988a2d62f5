# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the kernel's command line tells cloud-init in place of Azure's metadata.

PRIVATE: module_utils of this collection are not an interface.
Source: tools/ds-identify and cloudinit/sources/__init__.py:parse_cmdline (ds=, ci.ds=), tools/cloud-init-generator (cloud-init=),
cloudinit/net/cmdline.py (network-config=), cloudinit/util.py:read_cc_from_cmdline (cc: ... end_cc).
"""

from ansible_collections.imagewright.azure.plugins.module_utils.bootloader.entries import boot_entries, next_kernel_cmdline

#: Names of the parameters, as grub_cmdline takes them.
NAMES = ("ds", "ci.ds", "cloud-init", "network-config", "cc:")


def overriding(command_line):
    """Return the parameters ([str]) of a command line (str) that turn cloud-init away from Azure, switch it off, or configure it.

    ``ds=azure`` names Azure itself, and ``cloud-init=enabled`` changes nothing.
    """
    return [word for word in command_line.split() if _name(word) in NAMES and word.lower() not in ("ds=azure", "ci.ds=azure", "cloud-init=enabled")]


def on_boot_entries(tree):
    """Return the names ([str]), in the order of NAMES, of such parameters on the command lines of the guest's boot entries and of its next kernel.

    Raises ImagewrightError: a boot loader's file is broken, or only running the shell could tell its lines.
    """
    lines = [entry.cmdline or "" for entry in boot_entries(tree) if entry.kind != "other"] + [next_kernel_cmdline(tree) or ""]
    found = {_name(word) for line in lines for word in overriding(line)}
    return [name for name in NAMES if name in found]


def _name(word):
    return "cc:" if word.startswith("cc:") else word.partition("=")[0]
