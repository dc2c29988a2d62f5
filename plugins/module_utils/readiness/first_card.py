# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What makes the first network card, eth0 on Azure, ask for its address by DHCP: the lines that do, and those that seem to.

PRIVATE: module_utils of this collection are not an interface.
"""

import fnmatch
import re

from ansible_collections.imagewright.azure.plugins.module_utils.network import (
    ifcfg, ifupdown, ini, managers, netplan, networkd, networkmanager, wicked)
from ansible_collections.imagewright.azure.plugins.module_utils.network.changes import is_ethernet
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import Evidence

KEYFILES = "/etc/NetworkManager/system-connections/*"
OWN_MAC = re.compile(r"^\s*(?:HWADDR|MACADDR|LLADDR|mac-address|cloned-mac-address|MACAddress|PermanentMACAddress|macaddress|hwaddress)\b\s*[:= ]",
                     re.IGNORECASE)
_CARD = "eth0"
#: Where NetworkManager is configured; a file in /etc stands for one of the same name in /usr/lib.
_MANAGER_FILES = ("/etc/NetworkManager/NetworkManager.conf", "/etc/NetworkManager/conf.d/*.conf", "/usr/lib/NetworkManager/conf.d/*.conf")
_NO_DEFAULT = re.compile(r"\s*no-auto-default\s*=.*\*")


def asks(context):
    """Return the Evidence of lines that make eth0 ask for its address."""
    return _ifupdown(context) + _ifcfg(context) + _wicked(context) + _networkd(context) + _netplan(context)


def networkmanager_asks(context):
    """Return (whether NetworkManager asks on eth0, the Evidence of what decides it).

    It asks on every card that no profile is for, unless it is told not to; NetworkManager-config-server of Red Hat's servers tells it.
    """
    forbidden = context.find(_manager_files(context.tree), _NO_DEFAULT.match)
    if not forbidden:
        return True, []
    profiles = [path for path in context.tree.glob(KEYFILES) if context.tree.is_file(path)]
    fitting = [Evidence(path, None, "a profile for the first card") for path in profiles if _fits(context.tree.read_text(path))]
    named = context.find(profiles, lambda text: re.match(r"\s*(?:interface-name|mac-address)\s*=", text))
    return (True, fitting) if fitting else (False, forbidden + named)


def near_misses(context):
    """Return the Evidence of lines that set up a card, but not eth0, or not by DHCP."""
    tree = context.tree
    found = context.find(ifupdown.files(tree), lambda text: re.match(r"\s*iface\s+\S+\s+inet\s+", text) and is_ethernet(text.split()[1]))
    found += context.find(networkd.files(tree) + netplan.files(tree) + ifcfg.files(tree) + wicked.files(tree),
                          lambda text: re.match(r"\s*(?:Name\s*=|BOOTPROTO\s*=|(?:ONBOOT|STARTMODE)\s*=|DEVICE\s*=|e\w+\s*:\s*$)", text))
    return found or [Evidence("/etc", None, "no file makes eth0 ask for an address")]


def _ifupdown(context):
    files = ifupdown.files(context.tree)
    if not any(ifupdown.starts(context.tree.read_text(path)) for path in files):
        return []
    lines = context.find(files, lambda text: re.match(r"\s*iface\s+\S+\s+inet\s+dhcp\b", text))
    return [place for place in lines for card in [place.text.split()[1]]
            if fnmatch.fnmatchcase(_CARD, card.partition("=")[2] or card.strip("/"))]


def _ifcfg(context):
    found = []
    if context.shared(managers.active) == ["networkmanager"] and not context.shared(networkmanager.reads_ifcfg):
        return found
    for path in ifcfg.files(context.tree):
        of_the_card = path.endswith(("ifcfg-eth0", "ifcfg-System_eth0")) or context.find([path], lambda text: re.match(r'\s*DEVICE="?eth0', text))
        if of_the_card and not context.find([path], lambda text: re.match(r"\s*ONBOOT\s*=\s*[\"']?no\b", text)):
            found += context.find([path], lambda text: re.match(r"\s*BOOTPROTO\s*=\s*[\"']?dhcp", text))
    return found


def _wicked(context):
    files = [path for path in wicked.files(context.tree) if path == wicked.FIRST_CARD
             and not context.find([path], lambda text: re.match(r"\s*STARTMODE\s*=\s*[\"']?(?:off|manual)\b", text))]
    return context.find(files, lambda text: re.match(r"\s*BOOTPROTO\s*=\s*[\"']?dhcp", text))


def _networkd(context):
    texts = {path: context.tree.read_text(path) for path in networkd.files(context.tree)}
    files = [path for path, text in texts.items() if not networkd.is_of_this_machine(text) and networkd.is_for_first_card(text)]
    return context.find(files, lambda text: re.match(r"\s*DHCP\s*=\s*(?:yes|true|1|on|ipv4|both|v4)\s*$", text, re.IGNORECASE))


def _netplan(context):
    files = [path for path in netplan.files(context.tree) if not context.find([path], OWN_MAC.match)
             and re.search(r"eth0|name:\s*[\"']?(?:e\*|eth\*|\*)|driver:\s*\[?\s*hv_netvsc", context.tree.read_text(path))]
    return context.find(files, lambda text: re.match(r"\s*dhcp4\s*:\s*(?:true|yes)", text))


def _manager_files(tree):
    """Return the paths of NetworkManager's configuration, without those that one of the same name replaces."""
    by_name = {}
    for path in [path for pattern in _MANAGER_FILES for path in tree.glob(pattern) if tree.is_file(path)]:
        by_name.setdefault(path.rpartition("/")[2], path)
    return list(by_name.values())


def _fits(text):
    """Whether a keyfile is of any Ethernet card, or of eth0, and asks by DHCP by itself."""
    def all_in(section, key, accepted):
        return all(value.lower() in accepted for value in ini.values(text, section, key))
    return (bool({"ethernet", "802-3-ethernet"} & set(ini.values(text, "connection", "type"))) and all_in("connection", "interface-name", (_CARD,))
            and all_in("connection", "autoconnect", ("true", "yes", "1")) and all_in("ipv4", "method", ("auto",)) and not any(
                ini.values(text, section, "mac-address") for section in ("ethernet", "802-3-ethernet")))
