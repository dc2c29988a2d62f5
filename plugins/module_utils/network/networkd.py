# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""systemd-networkd: /etc/systemd/network/*.network. The first file that matches the first card has to make it ask for its address.

PRIVATE: module_utils of this collection are not an interface.
"""

import fnmatch
import ipaddress
import posixpath
import re

from ansible_collections.imagewright.azure.plugins.module_utils.core.edited_tree import EditedTree
from ansible_collections.imagewright.azure.plugins.module_utils.network import ini, networkd_queues
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
    STARVED,
    UNMANAGED,
    CardAnswer,
    one_of,
)
from ansible_collections.imagewright.azure.plugins.module_utils.network.masters import VLAN, Master, order
from ansible_collections.imagewright.azure.plugins.module_utils.network.networkd_files import (
    given_up,
    in_order,
    matches,
    may_match_on_azure,
    passed_over,
    words,
)
from ansible_collections.imagewright.azure.plugins.module_utils.network.texts import systemd_text_of

FOLDER = "/etc/systemd/network"
DHCP_FILE = FOLDER + "/50-azure-dhcp.network"
#: Where another file would be taken before ours; the one of the virtual functions has to stay before it.
EARLY_FILE = FOLDER + "/02-azure-dhcp.network"
UNMANAGED_FILE = FOLDER + "/01-azure-unmanaged-sriov.network"

_DHCP = """# The first Ethernet card, whatever its name.
[Match]
Name=en* eth*

[Network]
DHCP=yes
"""
_NOTHING = "# Nothing, in the place of a file of this name that would keep the first card from its address.\n"

#: Azure's platform: its DHCP server, its name server, and what an agent talks to.
AZURE_SERVER = "168.63.129.16"
#: Port of DHCP to which a server sends its answer. Source: RFC 2131, 4.1.
_DHCP_PORT = 68
#: Tables of routes that the kernel's own rules ask. Source: ip-rule(8).
ASKED_TABLES = ("main", "254", "default", "253", "local", "255")
#: What DHCP= may be, as it is written here, beside yes and no in any case; anything else is passed over.
#: Source: config_parse_dhcp and address_family_from_string of systemd.
_ASKING, _NOT_ASKING = ("ipv4", "both", "v4"), ("ipv6", "v6", "none")
_MASTERS = (("Bond", "bond"), ("Bridge", "bridge"), ("VLAN", VLAN))


def files(tree):
    """Return the paths ([str]) of the administrator's .network files for Ethernet cards, without those for another hypervisor, host or kernel alone."""
    paths = [path for path in tree.glob(FOLDER + "/*.network") if tree.is_file(path)]
    texts = {path: systemd_text_of(tree, path) for path in paths}
    return [path for path, text in texts.items() if _is_for_ethernet(text) and may_match_on_azure(ini.entries(text), tree)]


def answer(tree, card=FIRST):
    """Return the CardAnswer of networkd for a card: that of the first file that matches."""
    possible = []
    for file in in_order(tree, "network"):
        matched = matches(file.entries, card, tree)
        if matched is not False:
            possible.append(_answer(file))
        if matched:
            break
    else:
        # where all depends on what no file tells, the card may be left alone
        possible += [CardAnswer(NOTHING, [])] if possible else []
    if possible:
        return one_of(possible)
    return CardAnswer(NOTHING, given_up(tree, "network") + passed_over(tree, "network", FOLDER, card))


def masters(tree):
    """Return the Masters that .network files put cards into."""
    found = []
    for file in in_order(tree, "network"):
        members = _names(file.entries) or (["*"] if _is_for_ethernet(file.text) else [])
        for key, kind in _MASTERS:
            found += [Master(kind, name, _place(file, key), members) for name in words(file.entries, "Network", key)]
    return found


def plan(tree, settings):
    """Return the Changes that make every Ethernet card but the virtual functions ask for its address by DHCP.

    settings.masters: [Master], those that are to go.
    """
    changes = _without_masters(tree, order(settings.masters))
    gone = {change.path for change in changes}
    texts = {path: systemd_text_of(tree, path) for path in files(tree) if path not in gone}
    changes += [
        remove(tree, path, "describes a card of this machine alone") for path, text in texts.items() if is_of_this_machine(text) and not _put(ini.entries(text))
    ]
    return changes + _asking(EditedTree(tree, changes)) + unmanaged(tree, settings)


def unmanaged(tree, settings):
    """Return the Change that keeps networkd from the virtual functions of accelerated networking."""
    if not settings.unmanaged_drivers:
        return []
    if tree.glob("/*/systemd/network/*-azure-unmanaged-sriov.network") and not tree.exists(UNMANAGED_FILE):
        return []  # azure-vm-utils brought its own
    text = (
        "# The virtual functions of accelerated networking belong to the synthetic card above them (R36).\n"
        f"[Match]\nDriver={' '.join(settings.unmanaged_drivers)}\n\n[Link]\nUnmanaged=yes\n"
    )
    return [write(tree, UNMANAGED_FILE, text, "virtual functions are left to the kernel")]


def is_of_this_machine(text):
    """Return whether the file names a MAC address, one card by name, or a fixed address."""
    match = {key: ini.values(text, "Match", key) for key in ("MACAddress", "PermanentMACAddress", "Path", "Name")}
    names = [name for value in match["Name"] for name in value.split()]
    return bool(
        match["MACAddress"]
        or match["PermanentMACAddress"]
        or match["Path"]
        or ini.values(text, "Network", "Address")
        or ini.values(text, "Address", "Address")
        or (names and not any("*" in name for name in names) and names != ["eth0"])
    )


def card_of(text):
    """Return the name (str, or pattern) of the card that a file is for, ``*`` where it does not say."""
    return next((name for value in ini.values(text, "Match", "Name") for name in value.split() if not name.startswith("!")), "*")


def _asking(tree):
    """Return the Changes after which a file that asks for an address is the first that matches the first card."""
    in_the_way, asks = [], False
    for file in in_order(tree, "network"):
        matched = matches(file.entries, FIRST, tree)
        if matched is not False and _answer(file).what != DHCP:
            in_the_way.append(file.path)
        elif matched:
            asks = True
            break
    if not in_the_way:
        return [] if asks else [write(tree, DHCP_FILE, _DHCP, "DHCP on the first card, whatever its name")]
    changes = [write(tree, EARLY_FILE, _DHCP, f"DHCP on the first card: networkd would take {in_the_way[0]} for it")]
    changes += [
        _gone(tree, path, "networkd would take it for the first card, and it does not ask for an address")
        for path in in_the_way
        if posixpath.basename(path) < posixpath.basename(EARLY_FILE)
    ]
    return changes + ([remove(tree, DHCP_FILE, f"{EARLY_FILE} is taken before it")] if tree.exists(DHCP_FILE) else [])


def _gone(tree, path, reason):
    """Return the Change after which networkd reads no such file: a file in /etc is removed, another masked by one of its name there."""
    return remove(tree, path, reason) if path.startswith(FOLDER + "/") else write(tree, f"{FOLDER}/{posixpath.basename(path)}", _NOTHING, reason)


def _without_masters(tree, names):
    """Return the Changes that take masters and what puts cards into them away.

    names: {name: place in the order in which they go}; what is no master itself goes last.
    """
    gone = []
    for file in in_order(tree, "netdev") + in_order(tree, "network"):
        own = words(file.entries, "NetDev", "Name") or _names(file.entries)
        if set(own) & set(names) or set(_put(file.entries)) & set(names):
            gone.append((min(names.get(name, len(names)) for name in own or [None]), file.path))
    return [
        _gone(tree, path, "makes, or is a part of, a bond, bridge or VLAN that holds the first card")
        for _place_in_order, path in sorted(gone, key=lambda each: each[0])
    ]


def _put(entries):
    """Return the names ([str]) of the masters that a file puts its cards into."""
    return [name for key, unused in _MASTERS for name in words(entries, "Network", key)]


def _answer(file):
    """Return the CardAnswer of a file for a card that it matches."""

    def said(section, key, accepted, exactly=False):
        entry = ini.last(file.entries, section, key)
        return entry is not None and (entry.value if exactly else entry.value.lower()) in accepted

    if said("Link", "Unmanaged", ini.TRUE):
        return CardAnswer(UNMANAGED, [_place(file, "Unmanaged")])
    if said("Link", "ActivationPolicy", ("manual", "down", "always-down"), exactly=True):
        return CardAnswer(NOT_STARTED, [_place(file, "ActivationPolicy")])
    for key in ("Bond", "Bridge", "VRF"):
        if words(file.entries, "Network", key):
            return CardAnswer(HELD, [_place(file, key)])
    if said("Link", "ARP", ini.FALSE):
        return CardAnswer(NO_ROUTE, [_place(file, "ARP")])
    carriers = words(file.entries, "Network", "BindCarrier")
    if carriers and not any(fnmatch.fnmatchcase(FIRST.name, carrier) for carrier in carriers):
        return CardAnswer(NOT_STARTED, [_place(file, "BindCarrier")])
    if _asks_by_dhcp(file.entries):
        refused = _refused(file)
        if refused:
            return CardAnswer(NOTHING, [_place(file, refused)])
        for section, key in [(section, key) for section in ("DHCPv4", "DHCP") for key in ("UseRoutes", "UseGateway")]:
            if said(section, key, ini.FALSE):
                return CardAnswer(NO_ROUTE, [_place(file, key)])
        if _in_another_table(file):
            return CardAnswer(NO_ROUTE, [_place(file, "RouteTable")])
        if _is_too_small(ini.last(file.entries, "Link", "MTUBytes")):
            return CardAnswer(NOTHING, [_place(file, "MTUBytes")])
        port = ini.last(file.entries, "DHCPv4", "ListenPort")
        if port is not None and port.value.isdigit() and int(port.value) != _DHCP_PORT:
            return CardAnswer(NOTHING, [_place(file, "ListenPort")])  # servers answer to the usual one
        queue = networkd_queues.starving(file.entries)
        if queue is not None:
            return CardAnswer(STARVED, [_place(file, queue)])
        return CardAnswer(DHCP, [_place(file, "DHCP")])
    fixed = any(entry.key == "Address" and entry.section in ("Network", "Address") for entry in file.entries)
    return CardAnswer(FIXED if fixed else NOTHING, [_place(file, "Address" if fixed else "DHCP", "Name")])


def _asks_by_dhcp(entries):
    """Return whether the last DHCP= that networkd understands asks for an address of IPv4."""
    values = [entry.value for entry in entries if (entry.section, entry.key) == ("Network", "DHCP")]
    known = [value for value in values if value in _ASKING + _NOT_ASKING or value.lower() in ini.TRUE + ini.FALSE]
    return bool(known) and (known[-1] in _ASKING or known[-1].lower() in ini.TRUE)


def _in_another_table(file):
    """Return whether the lease's routes go to a table that no rule of the file has asked."""
    said = [entry for entry in (ini.last(file.entries, section, "RouteTable") for section in ("DHCPv4", "DHCP")) if entry is not None and entry.value]
    if not said or said[0].value in ASKED_TABLES:
        return False
    return said[0].value not in words(file.entries, "RoutingPolicyRule", "Table")


def _is_too_small(entry):
    """Return whether an MTU (IniEntry or None) is below what DHCP needs; networkd starts no client then."""
    match = re.fullmatch(r"(\d+)B?", entry.value) if entry is not None else None
    return match is not None and int(match.group(1)) < LEAST_MTU


def _refused(file):
    """Return the key (str) of a list by which the lease of Azure's server is refused, None when there is none. An allow-list replaces a deny-list."""
    allowed = words(file.entries, "DHCPv4", "AllowList")
    if allowed:
        return None if any(_has_server(network) for network in allowed) else "AllowList"
    return "DenyList" if any(_has_server(network) for network in words(file.entries, "DHCPv4", "DenyList")) else None


def _has_server(network):
    """Return whether an address or network (str) has the server of Azure; what is none of either is passed over."""
    try:
        return ipaddress.ip_address(AZURE_SERVER) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False


def _place(file, *keys):
    """Return the Place of the first of the keys that the file itself has, else the file."""
    lines = file.text.split("\n")
    for entry in [entry for key in keys for entry in ini.entries(file.text) if entry.key == key]:
        return Place(file.path, entry.line, lines[entry.line - 1].strip())
    return Place(file.path, None, "matches the first card, and does not ask for an address")


def _names(entries):
    return [name for name in words(entries, "Match", "Name") if not name.startswith("!")]


def _is_for_ethernet(text):
    names = [name for value in ini.values(text, "Match", "Name") for name in value.split()]
    if names:
        return any(is_ethernet(name) for name in names)
    return bool(
        ini.values(text, "Match", "MACAddress")
        or ini.values(text, "Match", "PermanentMACAddress")
        or "ether" in " ".join(ini.values(text, "Match", "Type")).split()
    )
