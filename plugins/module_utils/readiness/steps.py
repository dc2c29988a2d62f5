# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps of a machine from its firmware to the first login. Each rule belongs to one of them.

PRIVATE: module_utils of this collection are not an interface.
"""

FIRMWARE, LOADER, KERNEL, COMMAND_LINE, INITRAMFS, ROOT = "firmware", "loader", "kernel", "command_line", "initramfs", "root"
SYSTEM_MANAGER, FIRST_CARD, SSH, PROVISIONER, IDENTITY = "system_manager", "first_card", "ssh", "provisioner", "identity"

#: In the order in which a machine takes them; the names are returned by readiness_info.
STEPS = (FIRMWARE, LOADER, KERNEL, COMMAND_LINE, INITRAMFS, ROOT, SYSTEM_MANAGER, FIRST_CARD, SSH, PROVISIONER, IDENTITY)
