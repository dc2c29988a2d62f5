# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first card of a machine on Azure, and what a network manager will do with it at the next boot.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import re

from ansible_collections.imagewright.azure.plugins.module_utils.network.changes import is_ethernet

#: A card as its managers see it. name: str; driver: str, ID_NET_DRIVER of udev.
Card = collections.namedtuple("Card", "name driver")

#: udev's names for cards by place know no VMBus, so that the kernel's name stays. Source: 99-default.link and net_id of systemd.
FIRST = Card("eth0", "hv_netvsc")

#: What becomes of the card. It asks for its address by DHCP; it gets a fixed one; it is a part of a bond, bridge or team; the manager leaves it alone;
#: its configuration is not started at boot; it is up without an address, or nobody has a configuration for it; the files do not tell.
DHCP, FIXED, HELD, UNMANAGED, NOT_STARTED, NOTHING, UNSURE = "dhcp", "fixed", "held", "unmanaged", "not started", "nothing", "unsure"
NO_ROUTE, STARVED = "no route", "starved"

#: What a manager does with a card. what: one of these; places: [Place], what decides it, the winner first.
CardAnswer = collections.namedtuple("CardAnswer", "what places")

#: Bytes of a packet that every host takes, and that a client of DHCP asks for at least. Source: RFC 791; DHCP_MIN_PACKET_SIZE of systemd.
LEAST_MTU = 576

_FURTHER_CARD = re.compile(r"eth[1-9]\d*")


def may_be_first(name):
    """Return whether a card of this name (str, or pattern) here may be the first one on Azure: any Ethernet card but the kernel's eth1 and on."""
    return is_ethernet(name) and not _FURTHER_CARD.fullmatch(name)


def one_of(answers):
    """Return the CardAnswer where several configurations may win: the one that all agree on, else UNSURE.

    answers: [CardAnswer], not empty.
    """
    places = [place for answer in answers for place in answer.places]
    return CardAnswer(answers[0].what if len({answer.what for answer in answers}) == 1 else UNSURE, places)
