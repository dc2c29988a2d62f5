# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Identity: what the machine of the build leaves in the image of itself.

PRIVATE: module_utils of this collection are not an interface.
"""

RULES = []
