# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses of this machine's network in the configuration of Ethernet cards, whoever reads it.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import re

from ansible_collections.imagewright.azure.plugins.module_utils.cloud_init import installation as cloud_init
from ansible_collections.imagewright.azure.plugins.module_utils.cloud_init import network_settings
from ansible_collections.imagewright.azure.plugins.module_utils.core import services, yaml_text
from ansible_collections.imagewright.azure.plugins.module_utils.core.distribution import distribution
from ansible_collections.imagewright.azure.plugins.module_utils.network import (
    ifcfg,
    ifupdown,
    ini,
    managers,
    netplan,
    netplan_files,
    networkd,
    networkd_files,
    networkmanager,
    networkmanager_profiles,
    wicked,
)
from ansible_collections.imagewright.azure.plugins.module_utils.network.changes import is_ethernet
from ansible_collections.imagewright.azure.plugins.module_utils.network.first_card import DHCP, FIRST, may_be_first
from ansible_collections.imagewright.azure.plugins.module_utils.network.texts import systemd_text_of
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.command_lines import having
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import Evidence
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.started import starting_parameters

#: A line of a card's configuration. card: str, its name or a pattern; evidence: Evidence.
CardLine = collections.namedtuple("CardLine", "card evidence")

_IPV4 = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}")
#: Words of ip= that ask for an address. Source: dracut.cmdline(7), nfsroot.txt of Linux, initramfs-tools(7).
_ASKING = ("dhcp", "dhcp6", "on", "any", "both", "auto6", "either6", "single-dhcp", "bootp", "rarp")
_MAC = re.compile(r"(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}", re.IGNORECASE)
_OWN = re.compile(r"^\s*(?:HWADDR|MACADDR|LLADDR|mac-address|cloned-mac-address|MACAddress|PermanentMACAddress|hwaddress)\b\s*[:= ]", re.IGNORECASE)
_FIXED = re.compile(r"^\s*(?:IPADDR\d*\s*=\s*[\"']?\d|address\d*\s*=\s*\d|Address\s*=\s*\d|method\s*=\s*manual|BOOTPROTO\s*=\s*[\"']?static)", re.IGNORECASE)


def fixed(context):
    """Return the [CardLine] that give an Ethernet card a fixed address."""
    tree = context.tree
    found = [line for line in _lines(context) if _FIXED.match(line.evidence.text)]
    found += [
        CardLine(stanza.card, Evidence(*stanza.place))
        for stanza in ifupdown.stanzas(tree)
        if stanza.family == "inet" and stanza.method == "static" and is_ethernet(stanza.card.partition(":")[0])
    ]
    return found + [line for line, keys in _yaml(tree) if "addresses" in keys[-2:-1]]


def own(context):
    """Return the [CardLine] that tie a configuration to a MAC address."""
    tree = context.tree
    found = [line for line in _lines(context) if _OWN.match(line.evidence.text) and _MAC.search(line.evidence.text)]
    found += [CardLine("*", place) for place in context.find(ifupdown.files(tree), lambda text: _OWN.match(text) and _MAC.search(text))]
    return found + [line for line, keys in _yaml(tree) if keys[-1] == "macaddress"]


def on_command_lines(context):
    """Return the Evidence of each ``ip=`` with an address: on the line of what starts, and where the lines of kernels to come are made."""
    starting = [parameter for parameter in starting_parameters(context, "ip") if gives_an_address(parameter.text)]
    evidence = [parameter.place._replace(text=f"{parameter.text} in {parameter.place.text}") for parameter in starting]
    places = {(place.path, place.line) for place in evidence}
    return evidence + [place for place in having(context, gives_an_address) if (place.path, place.line) not in places]


def gives_an_address(parameter):
    """Return whether a parameter (str) is an ``ip=`` with a fixed address: ``ip=10.0.0.5::10.0.0.1:255.255.255.0:web1:eth0:none``."""
    name, unused, value = parameter.partition("=")
    fields = value.split(":")
    return name == "ip" and bool(_IPV4.fullmatch(fields[0])) and not (len(fields) > 6 and fields[6] in _ASKING)


def is_serious(context, lines):
    """Return whether one of the lines is of a card that may be the first on Azure."""
    apart = _passed_over(context.tree)
    return any(may_be_first(line.card) and line.evidence.path not in apart for line in lines)


def are_passed_over(context, lines):
    """Return whether all lines ([CardLine]) are of files that networkd passes over on Azure."""
    return {line.evidence.path for line in lines} <= _passed_over(context.tree)


def _passed_over(tree):
    """Return the paths ({str}) of .network files that take no card on Azure, where another has the first card ask for its address.

    They are for a MAC address, or for the first card by its name and behind the file that networkd takes for it.
    """
    if networkd.answer(tree).what != DHCP:
        return set()
    found = {path for path in networkd.files(tree) if networkd_files.is_for_another_address(ini.entries(systemd_text_of(tree, path)))}
    is_taken = False
    for file in networkd_files.in_order(tree, "network"):
        if is_taken and ini.values(file.text, "Match", "Name") == [FIRST.name]:
            found.add(file.path)
        is_taken = is_taken or networkd_files.matches(file.entries, FIRST, tree) is True
    return found


def _lines(context):
    """Return every line of files of one Ethernet card each."""
    tree, unread = context.tree, context.shared(_unread)
    cards = {path: path.rpartition("ifcfg-")[2] for path in wicked.files(tree)}
    cards.update((file.path, file.card.partition(":")[0]) for file in ifcfg.all_files(tree) if file.kind is None and file.master is None)
    cards = {path: card for path, card in cards.items() if not path.startswith(unread)}
    cards.update((path, networkd.card_of(systemd_text_of(tree, path))) for path in networkd.files(tree))
    cards.update(
        (profile.path, profile.card or "*")
        for profile in networkmanager_profiles.profiles(tree, False)
        if profile.kind == "ethernet" and profile.master is None
    )
    return [CardLine(card, place) for path, card in sorted(cards.items()) for place in context.find([path], str.strip)]


def _unread(tree):
    """Return the folders ((str)) of files that an upgrade left behind: NetworkManager has taken the place of wicked, or of the network script, and reads none.

    Source: release notes of SUSE 16; NetworkManager of Red Hat 10, which knows no ifcfg files.
    """
    if managers.active(tree) != ["networkmanager"]:
        return ()
    readers = {"suse": (wicked.FOLDER, ["wicked", "network"]), "redhat": (ifcfg.FOLDER, ["network"])}
    folder, names = readers.get(distribution(tree).family, ("", []))
    left = folder and services.state(tree, names) == services.MISSING and not (folder == ifcfg.FOLDER and networkmanager.reads_ifcfg(tree))
    return (folder + "/",) if left else ()


def _yaml(tree):
    """Return [(CardLine, path of keys)] of every setting of an Ethernet card in netplan's files and in cloud-init's own description."""
    writes = cloud_init.runs(tree) and not network_settings.disabled_by(tree)
    files = [file for file in netplan.read(tree, writes) if file.path != netplan.CLOUD_INIT_FILE or not writes]
    if writes:
        files += [netplan_files.NetplanFile(setting.path, setting.text, setting.document) for setting in network_settings.own(tree)]
    found = []
    for file in files:
        for keys in file.document.places:
            if keys[:2] == ("network", "ethernets") and len(keys) > 3 and "nameservers" not in keys:
                match = yaml_text.get(file.document, *keys[:3], "match")
                card = str(keys[2]) if not isinstance(match, dict) else str(match.get("name") or "*")
                found.append((CardLine(card, Evidence(*netplan_files.place(file, *keys[1:]))), keys))
    return found
