# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""wicked, SUSE's: /etc/sysconfig/network/ifcfg-*.

PRIVATE: module_utils of this collection are not an interface.
"""

import re

from ansible_collections.imagewright.azure.plugins.module_utils.core import edits
from ansible_collections.imagewright.azure.plugins.module_utils.core.place import Place
from ansible_collections.imagewright.azure.plugins.module_utils.network import first_card, fixed_routes
from ansible_collections.imagewright.azure.plugins.module_utils.network.changes import is_ethernet, remove, write
from ansible_collections.imagewright.azure.plugins.module_utils.network.ifcfg import IfcfgFile, all_files, with_settings
from ansible_collections.imagewright.azure.plugins.module_utils.network.masters import VLAN, Master
from ansible_collections.imagewright.azure.plugins.module_utils.network.texts import text_of

FOLDER = "/etc/sysconfig/network"
#: wicked's own files, for what it finds no ifcfg file of.
NATIVE = "/etc/wicked/ifconfig"
FIRST_CARD = FOLDER + "/ifcfg-eth0"
DHCP = FOLDER + "/dhcp"
ROUTES = FOLDER + "/routes"
CONFIGURATION = "/etc/wicked/*.xml"
#: Servers whose offers are passed over. Source: wicked-config(5), addrconf.
_IGNORED = re.compile(r"<ignore-server\s+ip=[\"']([0-9.]+)[\"']")

#: Settings that name the parts of a card, and what it is. Source: ifcfg-bonding(5), ifcfg-bridge(5), ifcfg-vlan(5), ifcfg-team(5) of wicked.
_PARTS = (
    (re.compile(r"BONDING_SLAVE_?\d+"), "bond"),
    (re.compile(r"BRIDGE_PORTS"), "bridge"),
    (re.compile(r"ETHERDEVICE"), VLAN),
    (re.compile(r"TEAM_PORT_DEVICE_?\d+"), "team"),
)


def files(tree):
    """Return the paths ([str]) of the ifcfg files of Ethernet cards."""
    return [path for path in tree.glob(FOLDER + "/ifcfg-*") if tree.is_file(path) and is_ethernet(path.rpartition("ifcfg-")[2])]


def answer(tree, card=first_card.FIRST):
    """Return the Answer of wicked for a card."""
    found = [_answer(file) for file in all_files(tree, FOLDER) if file.path == f"{FOLDER}/ifcfg-{card.name}"]
    if found and all(each.what == first_card.DHCP for each in found):
        found = [_of_client(tree) or each for each in found]
    if found:
        return first_card.one_of(found)
    native = [path for path in tree.glob(NATIVE + "/*.xml") if tree.is_file(path) and _may_be_of(text_of(tree, path), card.name)]
    if native:
        return first_card.CardAnswer(first_card.UNSURE, [Place(path, None, "wicked's own XML, which is not read here") for path in native])
    return first_card.CardAnswer(first_card.NOTHING, [])


def _of_client(tree):
    """Return the CardAnswer of what keeps wicked's client from the lease or its route whatever the card's file says, None without it."""
    common = IfcfgFile(DHCP, text_of(tree, DHCP) if tree.is_file(DHCP) else "")
    if common.settings.get("DHCLIENT_SET_DEFAULT_ROUTE", "").lower() == "no":
        return first_card.CardAnswer(first_card.NO_ROUTE, [common.place("DHCLIENT_SET_DEFAULT_ROUTE")])
    for path in tree.glob(CONFIGURATION):
        for number, line in enumerate(text_of(tree, path).split("\n") if tree.is_file(path) else [], 1):
            match = _IGNORED.search(line.partition("<!--")[0])
            if match and fixed_routes.rejects_platform(fixed_routes.network_of(match.group(1)), True):
                return first_card.CardAnswer(first_card.NOTHING, [Place(path, number, line.strip())])
    return None


def _may_be_of(text, name):
    """Return whether a file of wicked's own kind may set up the card of a name: it names it, or matches cards by something else."""
    return bool(re.search(rf"<name[^<>]*>\s*{re.escape(name)}\s*</name>|<match\b", text))


def masters(tree):
    """Return the Masters of the files."""
    found = []
    for file in all_files(tree, FOLDER):
        name = file.path.rpartition("ifcfg-")[2]
        for pattern, kind in _PARTS:
            settings = [setting for setting in file.settings if pattern.fullmatch(setting)]
            members = [word for setting in settings for word in file.settings[setting].split()]
            if members:
                found.append(Master(kind, name, file.place(*settings), members))
        if re.fullmatch(r"[A-Za-z0-9]+\.[0-9]{1,4}", name) and not file.settings.get("ETHERDEVICE"):
            found.append(Master(VLAN, name, file.place("BOOTPROTO"), [name.partition(".")[0]]))
    return found


def plan(tree, settings):
    """Return the Changes that make eth0 ask for its address by DHCP and drop the files of other cards.

    settings.masters: [Master], those that are to go.
    """
    own = [f"{FOLDER}/ifcfg-{master.name}" for master in settings.masters]
    changes = [remove(tree, path, "is a bond, bridge, team or VLAN that holds the first card") for path in dict.fromkeys(own) if tree.is_file(path)]
    changes += [remove(tree, path, "describes a card of this machine alone") for path in files(tree) if path not in own + [FIRST_CARD]]
    changes.append(write(tree, FIRST_CARD, "BOOTPROTO='dhcp'\nSTARTMODE='auto'\n", "DHCP on eth0"))
    changes += [change for path in (ROUTES, f"{FOLDER}/ifroute-eth0") for change in _without_gateway(tree, path)]
    before = edits.read(tree, DHCP) or ""
    changes.append(write(tree, DHCP, with_settings(before, {"DHCLIENT_SET_HOSTNAME": '"no"'}), "the name comes from Azure, not from DHCP"))
    return changes


def _without_gateway(tree, path):
    """Return the Changes ([Change]) that take the gateway of everybody out of a table of routes: it was the one of the fixed address."""
    before = edits.read(tree, path)
    after = "".join(line for line in (before or "").splitlines(keepends=True) if not _is_of_gateway(line.split()))
    return [write(tree, path, after, "the gateway comes from Azure")] if after != (before or "") else []


def _is_of_gateway(words):
    """Return whether a line (its words: destination, gateway, netmask, card) sends all of IPv4 to a gateway of the first card, or of any.

    Source: ifroute(5) of wicked.
    """
    destination, gateway, netmask, card = (words + ["-"] * 4)[:4]
    everybody = destination in ("default", "0.0.0.0/0") or (destination == "0.0.0.0" and netmask in ("-", "0.0.0.0"))
    return everybody and re.match(r"\d", gateway) is not None and card in ("-", "eth0")


def _answer(file):
    """Return the Answer of a file for its own card."""
    if file.settings.get("STARTMODE", "manual").lower() in ("off", "manual"):
        return first_card.CardAnswer(first_card.NOT_STARTED, [file.place("STARTMODE")])
    if file.master is not None:
        return first_card.CardAnswer(first_card.HELD, [file.place("MASTER", "BRIDGE")])
    protocol = file.settings.get("BOOTPROTO", "").lower()
    mtu = file.settings.get("MTU", "")
    if "dhcp" in protocol and protocol != "dhcp6":
        if file.settings.get("DHCLIENT_SET_DEFAULT_ROUTE", "").lower() == "no":
            return first_card.CardAnswer(first_card.NO_ROUTE, [file.place("DHCLIENT_SET_DEFAULT_ROUTE")])
        if mtu.isdigit() and int(mtu) < first_card.LEAST_MTU:
            return first_card.CardAnswer(first_card.NOTHING, [file.place("MTU")])
        return first_card.CardAnswer(first_card.DHCP, [file.place("BOOTPROTO")])
    fixed = any(name.startswith("IPADDR") and value for name, value in file.settings.items())
    return first_card.CardAnswer(first_card.FIXED if fixed else first_card.NOTHING, [file.place("IPADDR", "BOOTPROTO")])
