# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sizes as people write them, and as Azure counts them.

PRIVATE: module_utils of this collection are not an interface.
"""

import re
from typing import Union

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError

SECTOR = 512  # bytes; the only sector size that Azure presents
KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB
TIB = 1024 * GIB

_UNITS = {"": 1, "K": KIB, "M": MIB, "G": GIB, "T": TIB, "P": 1024 * TIB}


def parse_size(text: Union[str, int], option: str) -> int:
    """Return a size in bytes (int): ``32GiB``, ``32G`` and ``32GB`` are all 32 * 2**30, as Azure counts.

    text: str or int, a number with an optional unit K, M, G, T or P.
    option: str, the module's option that it came from, for the error.
    Raises ImagewrightError: the text is no size, or not a whole number of bytes.
    """
    match = re.match(r"^\s*(\d+)(?:\.(\d+))?\s*([KMGTP]?)(?:i?B)?\s*$", str(text), re.IGNORECASE)
    if not match:
        raise ImagewrightError(f"cannot use {option} {text!r}: it is not a size; write a number of bytes or one like '30GiB'")
    whole, decimals, unit = match.groups("")
    size, rest = divmod(int(whole + decimals) * _UNITS[unit.upper()], 10 ** len(decimals))
    if rest:
        raise ImagewrightError(f"cannot use {option} {text!r}: it is not a whole number of bytes; use a smaller unit")
    return size


def show_size(size: int) -> str:
    """Return the size (int, bytes) for people: ``8589934592 bytes (8 GiB)``; ``4396972769280 bytes (4095 GiB)``, which is not about 4 TiB."""
    units = ((TIB, "TiB"), (GIB, "GiB"), (MIB, "MiB"), (KIB, "KiB"), (1, "bytes"))
    for (unit, name), (smaller, smaller_name) in zip(units, units[1:]):
        if size < unit:
            continue
        if size * 100 % unit == 0 or size % smaller or smaller == 1:
            digits = f"{size / unit:.2f}".rstrip("0").rstrip(".")
            return f"{size} bytes ({'' if size * 100 % unit == 0 else 'about '}{digits} {name})"
        return f"{size} bytes ({size // smaller} {smaller_name})"
    return f"{size} bytes"


def round_up(size: int, alignment: int) -> int:
    """Return the least multiple of alignment that is not less than size (R03: an aligned size stays)."""
    return (size + alignment - 1) // alignment * alignment
