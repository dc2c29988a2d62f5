# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""System manager: the default target is reached, and every mount that it waits for comes up.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.readiness.path import (
    binary_formats,
    boot_files,
    boot_targets,
    cut_off,
    encrypted_devices,
    endings,
    kernel_limits,
    kernel_network,
    kernel_settings,
    manager_limits,
    mount_kinds,
    mount_units,
    mounts,
    root_mount,
    slices,
    tmpfiles,
    first_boot,
    unit_cycles,
    unit_order,
)

RULES = (
    boot_targets.RULES
    + mounts.RULES
    + mount_kinds.RULES
    + mount_units.RULES
    + root_mount.RULES
    + encrypted_devices.RULES
    + endings.RULES
    + cut_off.RULES
    + boot_files.RULES
    + unit_order.RULES
    + first_boot.RULES
    + unit_cycles.RULES
    + tmpfiles.RULES
    + binary_formats.RULES
)
RULES += kernel_settings.RULES + kernel_limits.RULES + kernel_network.RULES + manager_limits.RULES + slices.RULES
