# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A place in a guest's file that says or decides something.

PRIVATE: module_utils of this collection are not an interface.
"""

from typing import NamedTuple, Optional


class Place(NamedTuple):
    """path: the guest's; line: int from 1, or None; text: what stands there."""

    path: str
    line: Optional[int]
    text: str
