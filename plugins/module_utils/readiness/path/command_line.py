# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kernel command line: that of the started entry, with what the initramfs and the loader add to it.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rules import endless_boot, root_argument, volumes_argument
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.started import last, started_lines, starting_parameters

__all__ = ["RULES", "last", "started_lines", "starting_parameters"]

RULES = root_argument.RULES + endless_boot.RULES + volumes_argument.RULES
