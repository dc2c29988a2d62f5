# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""First card: the name that it will have, who sets it up, and what the firewall lets through.

PRIVATE: module_utils of this collection are not an interface.
"""

RULES = []
