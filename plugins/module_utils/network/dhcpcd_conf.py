# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""dhcpcd.conf: what has dhcpcd leave the first card alone, refuse the lease that Azure offers, or leave out what is in it.

Source: dhcpcd.conf(5).

PRIVATE: module_utils of this collection are not an interface.
"""

import fnmatch
import re

from ansible_collections.imagewright.azure.plugins.module_utils.core.place import Place
from ansible_collections.imagewright.azure.plugins.module_utils.network import fixed_routes
from ansible_collections.imagewright.azure.plugins.module_utils.network.dhclient_conf import SENT, LeaseHarm
from ansible_collections.imagewright.azure.plugins.module_utils.network.texts import text_of

PATH = "/etc/dhcpcd.conf"
_BLOCKS = ("interface", "ssid", "profile")
_SENT = {name.replace("-", "_") for name in SENT} | {"classless_static_routes", "ms_classless_static_routes"}
#: Options that switch something off, and what follows.
_SWITCHES = {
    "nodhcp": "it asks for no address",
    "noipv4": "it asks for no address",
    "ipv6only": "it asks for no address",
    "noconfigure": "it configures nothing",
    "nogateway": "it sets no route to anybody outside the subnet",
}


def harms(tree, card):
    """Return the [LeaseHarm] of dhcpcd's file for a card (str, its name)."""
    lines = _lines(text_of(tree, PATH), card) if tree.is_file(PATH) else []
    found = [LeaseHarm(place, cause, stops) for place, words in lines for cause, stops in [_harm(words, card)] if cause]
    if any(re.match(r"ip_address=.", words[1]) for _place, words in lines if words[0] == "static" and words[1:]):
        found += [LeaseHarm(place, "a fixed address", True) for place, words in lines if words[0] == "static" and words[1:2][0].startswith("ip_address=")]
    dropped = {name: place for place, words in lines if words[0] == "nooption" for name in _listed(words)}
    if "routers" in dropped and ("classless_static_routes" in dropped or not _asks_for_routes(lines)):
        found.append(LeaseHarm(dropped["routers"], "it takes no route with its address", True))
    return found


def _harm(words, card):
    """Return (what a line does to the lease, whether it stops the machine), ("", False) of a right one."""
    name, rest = words[0], _listed(words)
    if name == "denyinterfaces" and any(fnmatch.fnmatchcase(card, pattern) for pattern in rest):
        return "it leaves the first card alone", True
    if name == "allowinterfaces" and rest and not any(fnmatch.fnmatchcase(card, pattern) for pattern in rest):
        return "it leaves the first card alone", True
    if name in _SWITCHES:
        return _SWITCHES[name], True
    networks = [fixed_routes.rejects_platform(fixed_routes.network_of(word), True) for word in rest]
    if name == "blacklist" and any(networks) or name == "whitelist" and rest and not any(networks):
        return "it refuses what the server of Azure offers", True
    if name == "require" and set(rest) - _SENT:
        return f"Azure sends no {sorted(set(rest) - _SENT)[0]}, and every offer without it is refused", True
    if name == "reject" and set(rest) & _SENT:
        return f"Azure sends {sorted(set(rest) & _SENT)[0]}, and every offer with it is refused", True
    if name in ("inform", "inform4"):
        return "a fixed address", True
    return "", False


def _asks_for_routes(lines):
    return any(words[0] in ("option", "request") and "classless_static_routes" in _listed(words) for _place, words in lines)


def _listed(words):
    return [word for text in words[1:] for word in text.split(",") if word]


def _lines(text, card):
    """Return [(Place, words)] of the lines for a card: those above all blocks, and those in a block of it."""
    found, applies = [], True
    for number, line in enumerate(text.split("\n"), 1):
        words = line.partition("#")[0].split()
        if words[:1] and words[0] in _BLOCKS:
            applies = words[0] == "interface" and card in words[1:]
        elif words and applies:
            found.append((Place(PATH, number, line.strip()), words))
    return found
