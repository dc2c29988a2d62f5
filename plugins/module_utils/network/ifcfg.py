# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ifcfg files of the Red Hat family: /etc/sysconfig/network-scripts, read by the network script and by NetworkManager.

PRIVATE: module_utils of this collection are not an interface.
"""

import re

from ansible_collections.imagewright.azure.plugins.module_utils.core import edits
from ansible_collections.imagewright.azure.plugins.module_utils.network.changes import is_ethernet, remove, write
from ansible_collections.imagewright.azure.plugins.module_utils.core.place import Place
from ansible_collections.imagewright.azure.plugins.module_utils.network.first_card import (
    DHCP,
    FIRST,
    FIXED,
    HELD,
    LEAST_MTU,
    NO_ROUTE,
    NOT_STARTED,
    NOTHING,
    CardAnswer,
    one_of,
)
from ansible_collections.imagewright.azure.plugins.module_utils.network.masters import VLAN, Master, order
from ansible_collections.imagewright.azure.plugins.module_utils.network.texts import text_of

FOLDER = "/etc/sysconfig/network-scripts"
FIRST_CARD = FOLDER + "/ifcfg-eth0"
NETWORK = "/etc/sysconfig/network"

#: R34. No HWADDR, UUID or MACADDR: the card of the next machine has others.
_LINES = ["DEVICE=eth0", "ONBOOT=yes", "BOOTPROTO=dhcp", "TYPE=Ethernet", "USERCTL=no", "PEERDNS=yes", "IPV6INIT=no"]


#: Copies that neither the network script nor NetworkManager reads. Source: ifup of initscripts, utils_should_ignore_file of NetworkManager.
_COPY = re.compile(r"(~|\.(bak|old|orig|rej|rpmnew|rpmorig|rpmsave|augnew|augtmp))\Z")

#: What names the bond, bridge or team that a card is a port of, by its name or its UUID.
PORT_OF = ("MASTER", "BRIDGE", "TEAM_MASTER", "OVS_BRIDGE", "MASTER_UUID", "BRIDGE_UUID", "TEAM_MASTER_UUID", "VRF", "VRF_UUID")
_ASSIGNMENT = re.compile(r"""[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)=("[^"]*"|'[^']*'|[^\s#;]*)""")
_YES = ("yes", "y", "true", "t", "on", "1")
_NO = ("no", "n", "false", "f", "off", "0")


class IfcfgFile:
    """An ifcfg file. path: str; settings: {NAME: value}; card: str, the name of its card; kind: str or None for an Ethernet card;

    returns: Place of a line of DOS, None without one.
    """

    def __init__(self, path, text):
        self.path = path
        self.settings, self._lines = {}, {}
        for number, line in enumerate(text.split("\n"), 1):
            match = _ASSIGNMENT.match(line)
            if match:
                self.settings[match.group(1)] = match.group(2).strip("\"'")
                self._lines[match.group(1)] = Place(path, number, line.strip())
        self.card = self.settings.get("DEVICE") or path.rpartition("ifcfg-")[2]
        self.kind = _kind(self.settings, self.card)
        self.master = next((self.settings[name] for name in PORT_OF if self.settings.get(name)), None)
        # bash takes a carriage return at the end of a line for a part of the value
        self.returns = next((Place(path, number, "ends with a carriage return") for number, line in enumerate(text.split("\n"), 1) if line[-1:] == "\r"), None)
        self.is_started = self.settings.get("ONBOOT", "yes").lower() not in _NO

    def place(self, *names):
        """Return the Place of the first of the settings that is there, else the file."""
        return next((self._lines[name] for name in names if name in self._lines), Place(self.path, None, f"sets up {self.card}"))


def all_files(tree, folder=FOLDER):
    """Return the files ([IfcfgFile]) of a folder, whatever their card."""
    return [IfcfgFile(path, text_of(tree, path)) for path in tree.glob(folder + "/ifcfg-*") if tree.is_file(path) and not _COPY.search(path)]


def files(tree):
    """Return the paths ([str]) of the ifcfg files of Ethernet cards, those of their further addresses (``ifcfg-eth0:1``) among them."""
    return [file.path for file in all_files(tree) if file.kind is None and file.master is None]


def answer(tree, card=FIRST):
    """Return the CardAnswer of the network script for a card."""
    whole = IfcfgFile(NETWORK, text_of(tree, NETWORK) if tree.is_file(NETWORK) else "")
    if whole.settings.get("NETWORKING", "").lower() == "no":
        return CardAnswer(NOT_STARTED, [whole.place("NETWORKING")])
    found = [_answer(file, of_another_card(tree, file)) for file in all_files(tree) if file.card == card.name]
    return one_of(found) if found else CardAnswer(NOTHING, [file.place("DEVICE") for file in all_files(tree) if file.kind is None])


def masters(tree):
    """Return the Masters of the files, and of the ports that name one that has no file."""
    found = all_files(tree)
    by_uuid = {file.settings["UUID"]: file.card for file in found if file.settings.get("UUID")}
    members, places = {}, {}
    for file in [file for file in found if file.master is not None]:
        name = by_uuid.get(file.master, file.master)
        members.setdefault(name, []).append(file.card)
        places.setdefault(name, file.place(*PORT_OF))
    own = {file.card: file for file in found if file.kind is not None}
    for file in own.values():
        below = file.settings.get("PHYSDEV") or (file.card.rpartition(".")[0] if file.kind == VLAN else "")
        if below:
            members.setdefault(file.card, []).append(by_uuid.get(below, below))
    return [
        Master(own[name].kind if name in own else "bond", name, own[name].place("DEVICE") if name in own else places[name], below)
        for name, below in members.items()
    ]


def plan(tree, settings, networkmanager=False):
    """Return the Changes that make eth0 ask for its address by DHCP and drop the files of other cards.

    settings.masters: [Master], those that are to go.
    """
    lines = _LINES + (["PERSISTENT_DHCLIENT=yes", "NM_CONTROLLED=yes"] if networkmanager else ["NM_CONTROLLED=no"])
    changes = without_masters(tree, settings)
    changes += [remove(tree, path, "describes a card of this machine alone") for path in files(tree) if path != FIRST_CARD]
    changes.append(write(tree, FIRST_CARD, "\n".join(lines) + "\n", "DHCP on eth0"))
    before = edits.read(tree, NETWORK) or ""
    wanted = {"NETWORKING": "yes"} if networkmanager else {"NETWORKING": "yes", "HOSTNAME": "localhost.localdomain"}
    changes.append(write(tree, NETWORK, with_settings(before, wanted), "networking on, no name of this machine"))
    return changes


def without_masters(tree, settings):
    """Return the Changes that remove the files of the masters that are to go, and of their ports, but for that of the first card."""
    names = order(settings.masters)
    found = all_files(tree)
    uuids = {file.settings.get("UUID") for file in found if file.card in names} - {None}
    gone = [file for file in found if file.path != FIRST_CARD and (file.card in names or file.master in uuids | set(names))]
    return [
        remove(tree, file.path, "is, or is a part of, a bond, bridge, team or VLAN that holds the first card")
        for file in sorted(gone, key=lambda file: names.get(file.card, len(names)))
    ]


def with_settings(text, settings):
    """Return the text of a sysconfig file with each NAME=value of settings ({str: str}) once, in place where it was.

    Values are quoted as they are given.
    """
    for name, value in settings.items():
        line, pattern = f"{name}={value}\n", re.compile(rf"^[ \t]*{re.escape(name)}=.*\n?", re.MULTILINE)
        first = pattern.search(text)
        if first is None:
            text += ("" if not text or text.endswith("\n") else "\n") + line
        else:
            text = text[: first.start()] + line + pattern.sub("", text[first.end() :])
    return text


def of_another_card(tree, file):
    """Return the Place of GATEWAYDEV= that has the default route of another card than that of a file (IfcfgFile) alone, None without one.

    Source: dhclient-script of Red Hat; read_defroute of NetworkManager's ifcfg-rh.
    """
    whole = IfcfgFile(NETWORK, text_of(tree, NETWORK) if tree.is_file(NETWORK) else "")
    named = file.settings.get("GATEWAYDEV") or whole.settings.get("GATEWAYDEV")
    said = "GATEWAYDEV" in file.settings and file or whole
    return said.place("GATEWAYDEV") if named and named != file.card and file.settings.get("DEFROUTE", "").lower() not in _YES else None


def _answer(file, gateway_device):
    """Return the CardAnswer of a file for its own card. gateway_device: Place or None, as of of_another_card."""
    if file.master is not None:
        return CardAnswer(HELD, [file.place(*PORT_OF)])
    if not file.is_started:
        return CardAnswer(NOT_STARTED, [file.place("ONBOOT")])
    if file.returns is not None:
        return CardAnswer(NOTHING, [file.returns])
    if file.settings.get("HWADDR"):
        return CardAnswer(NOTHING, [file.place("HWADDR")])  # the script passes over a card of another address
    if file.settings.get("BOOTPROTO", "").lower() in ("dhcp", "bootp"):
        without = without_route(file, ("DEFROUTE",)) or gateway_device
        mtu = file.settings.get("MTU", "")
        if mtu.isdigit() and int(mtu) < LEAST_MTU:
            return CardAnswer(NOTHING, [file.place("MTU")])
        return CardAnswer(DHCP, [file.place("BOOTPROTO")]) if without is None else CardAnswer(NO_ROUTE, [without])
    fixed = bool(file.settings.get("IPADDR") or file.settings.get("IPADDR0"))
    return CardAnswer(FIXED if fixed else NOTHING, [file.place("IPADDR", "IPADDR0", "BOOTPROTO")])


def without_route(file, names=("DEFROUTE", "PEERROUTES")):
    """Return the Place where a file (IfcfgFile) says that the lease's routes are not taken, None without one.

    names: settings that count; the network script knows no PEERROUTES.

    Source: dhclient-script of Red Hat, DEFROUTE; settings-ifcfg-rh of NetworkManager, DEFROUTE and PEERROUTES.
    """
    return next((file.place(name) for name in names if file.settings.get(name, "").lower() in _NO), None)


def _kind(settings, card):
    """Return what a file describes: None for an Ethernet card; a bond is told by its options too, for TYPE is often left at Ethernet.

    Source: ifup-eth and ifup-post of initscripts, nms-ifcfg-rh-reader.c.
    """
    named = settings.get("TYPE", "").lower()
    if (
        named == "bond"
        or settings.get("BONDING_MASTER", "").lower() in ("yes", "true")
        or "BONDING_OPTS" in settings
        or ("." not in card and card.startswith("bond"))
    ):
        return "bond"
    if named in ("bridge", "ovsbridge"):
        return "bridge"
    if settings.get("DEVICETYPE", "").lower() == "team" or "TEAM_CONFIG" in settings or named == "team":
        return "team"
    if named == "vlan" or settings.get("VLAN", "").lower() in ("yes", "true") or re.fullmatch(r"[A-Za-z0-9]+\.[0-9]{1,4}", card):
        return VLAN
    if named == "ethernet" or (not named and is_ethernet(card.partition(":")[0])):
        return None
    return named or "other"
