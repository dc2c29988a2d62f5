# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who else sets up cards, though nothing here changes its configuration: dhcpcd as a service of its own, ConnMan, netctl, and Gentoo's netifrc.

All but netctl ask by DHCP unless they are told not to.

Source: dhcpcd.conf(5), static, denyinterfaces and allowinterfaces; connman.conf(5), NetworkInterfaceBlacklist; net.example of netifrc.

PRIVATE: module_utils of this collection are not an interface.
"""

import fnmatch
import re

from ansible_collections.imagewright.azure.plugins.module_utils.core import services, shell_variables
from ansible_collections.imagewright.azure.plugins.module_utils.core.place import Place
from ansible_collections.imagewright.azure.plugins.module_utils.network import ini, netctl
from ansible_collections.imagewright.azure.plugins.module_utils.network.first_card import DHCP, FIRST, FIXED, NOTHING, UNMANAGED, UNSURE, CardAnswer
from ansible_collections.imagewright.azure.plugins.module_utils.network.texts import text_of

_DHCPCD, _CONNMAN, _NETIFRC = "/etc/dhcpcd.conf", "/etc/connman/main.conf", "/etc/conf.d/net"
#: What asks in a configuration of netifrc: its word for any client, and the clients' names.
_ASKING = ("dhcp", "dhcpcd", "dhclient", "udhcpc")


def answers(tree, card=FIRST):
    """Return [(name, CardAnswer)] of those that start at boot."""
    dhcpcd = services.state(tree, ["dhcpcd", f"dhcpcd@{card.name}"]) == services.ENABLED
    connman = services.state(tree, ["connman"]) == services.ENABLED
    starting = {"dhcpcd": dhcpcd, "connman": connman, "netctl": bool(netctl.started(tree)), "netifrc": _starts_netifrc(tree, card)}
    readers = {"dhcpcd": _of_dhcpcd, "connman": _of_connman, "netctl": netctl.answer, "netifrc": _of_netifrc}
    return [(name, readers[name](tree, card)) for name, starts in starting.items() if starts]


def _starts_netifrc(tree, card):
    """Return whether netifrc's script or unit starts for a card."""
    script = f"net.{card.name}"
    by_openrc = tree.exists(f"/etc/init.d/{script}") and bool(tree.glob(f"/etc/runlevels/*/{script}")) and not services.uses_systemd(tree)
    return by_openrc or services.state(tree, [f"net@{card.name}"]) == services.ENABLED


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


def _of_netifrc(tree, card):
    name = f"config_{re.sub(r'[^A-Za-z0-9]', '_', card.name)}"
    text = text_of(tree, _NETIFRC) if tree.is_file(_NETIFRC) else ""
    said = [assignment for assignment in shell_variables.parse(text, _NETIFRC).assignments if assignment.name == name]
    if not said:
        return CardAnswer(DHCP, [])
    place = Place(_NETIFRC, said[-1].line, text.split("\n")[said[-1].line - 1].strip())
    words = re.sub(r"[()\"']", " ", text[said[-1].start : said[-1].end]).split()
    if not words or set(words) & set(_ASKING):
        return CardAnswer(DHCP, [place])
    if said[-1].doubt or any("$" in word or "`" in word for word in words):
        return CardAnswer(UNSURE, [place])
    return CardAnswer(FIXED if re.match(r"\d", words[0]) else NOTHING, [place])
