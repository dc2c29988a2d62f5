# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who else sets up cards, though nothing here changes its configuration: dhcpcd as a service of its own, and ConnMan.

Both ask by DHCP unless they are told not to.

Source: dhcpcd.conf(5), static, denyinterfaces and allowinterfaces; connman.conf(5), NetworkInterfaceBlacklist.

PRIVATE: module_utils of this collection are not an interface.
"""

import fnmatch

from ansible_collections.imagewright.azure.plugins.module_utils.core import services
from ansible_collections.imagewright.azure.plugins.module_utils.core.place import Place
from ansible_collections.imagewright.azure.plugins.module_utils.network import ini
from ansible_collections.imagewright.azure.plugins.module_utils.network.first_card import DHCP, FIRST, FIXED, UNMANAGED, CardAnswer
from ansible_collections.imagewright.azure.plugins.module_utils.network.texts import text_of

_DHCPCD, _CONNMAN = "/etc/dhcpcd.conf", "/etc/connman/main.conf"


def answers(tree, card=FIRST):
    """Return [(name, CardAnswer)] of those that start at boot."""
    services_of = {"dhcpcd": ["dhcpcd", f"dhcpcd@{card.name}"], "connman": ["connman"]}
    enabled = [name for name, names in services_of.items() if services.state(tree, names) == services.ENABLED]
    return [(name, {"dhcpcd": _of_dhcpcd, "connman": _of_connman}[name](tree, card)) for name in enabled]


def _of_dhcpcd(tree, card):
    of_others = False
    for number, line in enumerate(text_of(tree, _DHCPCD).split("\n") if tree.is_file(_DHCPCD) else [], 1):
        words = line.partition("#")[0].split()
        place = Place(_DHCPCD, number, line.strip())
        listed = any(fnmatch.fnmatchcase(card.name, word) for word in words[1:])
        if words[:1] in (["interface"], ["ssid"], ["profile"]):
            of_others = words[0] != "interface" or not listed
        elif words[:1] == ["denyinterfaces"] and listed or words[:1] == ["allowinterfaces"] and not listed:
            return CardAnswer(UNMANAGED, [place])
        elif words[:1] == ["static"] and words[1:2] and words[1].startswith("ip_address=") and not of_others:
            return CardAnswer(FIXED, [place])
    return CardAnswer(DHCP, [])


def _of_connman(tree, card):
    text = text_of(tree, _CONNMAN) if tree.is_file(_CONNMAN) else ""
    entry = ini.last(ini.entries(text), "General", "NetworkInterfaceBlacklist")
    if entry is not None and any(word and card.name.startswith(word.strip()) for word in entry.value.split(",")):
        return CardAnswer(UNMANAGED, [Place(_CONNMAN, entry.line, f"{entry.key}={entry.value}")])
    return CardAnswer(DHCP, [])
