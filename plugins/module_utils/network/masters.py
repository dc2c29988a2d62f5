# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bonds, bridges, teams and VLANs that hold the first card: on Azure it has to ask for its address itself.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.network.first_card import may_be_first

#: A card made of others. kind: bond, bridge, team or VLAN; name: str; place: Place that says so; members: [str], names or patterns.
Master = collections.namedtuple("Master", "kind name place members")

#: The kind that leaves the card below it what it is.
VLAN = "VLAN"


def holding(found):
    """Return those of the masters ([Master]) that hold a card which may be the first, or another master that does; the topmost first.

    In this order they are taken apart: what tells of those that are left is there until the last one is gone.
    """
    above = {}
    for master in found:
        for member in master.members:
            above.setdefault(member, []).append(master)
    held, waiting = {}, collections.deque(member for member in above if may_be_first(member))
    while waiting:
        for master in above.get(waiting.popleft(), []):
            if id(master) not in held:
                held[id(master)] = master
                waiting.append(master.name)
    return list(held.values())[::-1]


def order(held):
    """Return {name: place in the order in which the masters are taken apart}."""
    return {master.name: number for number, master in enumerate(held)}


def refuse(held):
    """Raise ImagewrightError with the name and the place of every master."""
    named = "; ".join(
        f"{master.place.path}{f' line {master.place.line}' if master.place.line else ''}: the {master.kind} {master.name} holds {', '.join(master.members)}"
        for master in held
    )
    raise ImagewrightError(
        f"cannot have the first card ask for its address: {named}; take {'it' if len(held) == 1 else 'them'} apart, "
        "or have it done here with the option masters: remove"
    )
