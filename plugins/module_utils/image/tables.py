# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables of numbers, which tell in an image file where the blocks of its disk are.

PRIVATE: module_utils of this collection are not an interface.
"""

import array
import sys


def numbers(octets: bytes, width: int, order: str) -> "array.array[int]":
    """Return the unsigned numbers in bytes; what is behind the last whole one is left out.

    width: 4 or 8, bytes of a number; order: ``big`` or ``little``.
    """
    found = array.array({4: "I", 8: "Q"}[width], octets[: len(octets) // width * width])
    if sys.byteorder != order:
        found.byteswap()
    return found
