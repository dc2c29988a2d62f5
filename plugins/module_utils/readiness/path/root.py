# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Root: its init can run, and its accounts, free space and labels let the system come up.

PRIVATE: module_utils of this collection are not an interface.
"""

RULES = []
