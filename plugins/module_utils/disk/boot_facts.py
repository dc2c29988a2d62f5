# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of the way from the firmware to the boot loader's files.

PRIVATE: module_utils of this collection are not an interface.
"""

from typing import NamedTuple, Optional


class BootChain(NamedTuple):
    """What starts a machine.

    loader: what is started, for people; place: where it shows, ``sector 0`` or a path on the EFI system partition with its line;
    fault: what stops it; doubt: why it cannot be said.
    """

    loader: str
    place: str
    fault: Optional[str]
    doubt: Optional[str]


def whole(loader: str, place: str = "") -> BootChain:
    """Return the BootChain that nothing stops."""
    return BootChain(loader, place, None, None)


def broken(place: str, fault: str) -> BootChain:
    """Return the BootChain that a fault stops."""
    return BootChain("", place, fault, None)


def undecided(place: str, doubt: str) -> BootChain:
    """Return the BootChain of which it cannot be said where it leads."""
    return BootChain("", place, None, doubt)
