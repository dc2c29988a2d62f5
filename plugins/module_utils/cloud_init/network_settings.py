# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``network:`` in cloud.cfg and cloud.cfg.d: cloud-init takes it before what Azure says of the network, whoever wrote it and whatever its file is called.

Source: Init._find_networking_config and read_conf_with_confd of cloud-init (of two files the later name counts, key by key); its pages "Network
configuration", versions 1 and 2, the second one in the form of netplan.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections

from ansible_collections.imagewright.azure.plugins.module_utils.cloud_init.installation import FOLDER, NETWORK_LEFTOVERS
from ansible_collections.imagewright.azure.plugins.module_utils.core import yaml_text
from ansible_collections.imagewright.azure.plugins.module_utils.network import netplan_files
from ansible_collections.imagewright.azure.plugins.module_utils.network.changes import Change, remove
from ansible_collections.imagewright.azure.plugins.module_utils.core.place import Place
from ansible_collections.imagewright.azure.plugins.module_utils.network.first_card import DHCP, FIXED, HELD, NOTHING, CardAnswer

CONFIGURATION = "/etc/cloud/cloud.cfg"

#: A file with a ``network:``. path, text: str; document: yaml_text.Document; disables: bool, whether it says ``config: disabled``.
NetworkSetting = collections.namedtuple("NetworkSetting", "path text document disables")

_ASKING = ("dhcp", "dhcp4")


def settings(tree):
    """Return the settings ([NetworkSetting]) of cloud-init's files, the one that counts last.

    Raises ImagewrightError: a file that speaks of the network is no YAML.
    """
    found = []
    for path in [CONFIGURATION] + tree.glob(FOLDER + "/*.cfg"):
        text = tree.read_text(path) if tree.is_file(path) else ""
        if "network" not in text:
            continue
        document = yaml_text.load(path, text)
        network = yaml_text.get(document, "network")
        if isinstance(network, dict) and network:
            found.append(NetworkSetting(path, text, document, network.get("config") == "disabled"))
    return found


def disabled_by(tree):
    """Return the paths ([str]) of the files that keep cloud-init from the network, [] where a later one overrules them."""
    deciding = [setting for setting in settings(tree) if yaml_text.get(setting.document, "network", "config") is not None]
    return [setting.path for setting in deciding if setting.disables] if deciding and deciding[-1].disables else []


def own(tree):
    """Return the Settings that describe a network."""
    return [setting for setting in settings(tree) if not setting.disables]


def plan(tree):
    """Return the Changes that leave the network to what Azure says: every description goes, and what an installer put in cloud-init's way.

    Raises ImagewrightError: a description has no lines of its own.
    """
    changes = [remove(tree, path, "keeps cloud-init from setting up the network") for path in NETWORK_LEFTOVERS if tree.is_file(path)]
    for setting in own(tree):
        reason = "cloud-init would take it before what Azure says of the network"
        if set(setting.document.value) == {"network"}:
            if setting.path not in NETWORK_LEFTOVERS:
                changes.append(remove(tree, setting.path, reason))
        else:
            changes.append(Change(setting.path, setting.text, yaml_text.without(setting.path, setting.text, [("network",)]), 0o644, reason))
    return changes


def answer(tree, card):
    """Return the CardAnswer of the descriptions for a card."""
    found = own(tree)
    last = found[-1]
    if yaml_text.get(last.document, "network", "version") == 1 or isinstance(yaml_text.get(last.document, "network", "config"), list):
        return _answer_of_version_1(last, card)
    return netplan_files.answer([netplan_files.NetplanFile(setting.path, setting.text, setting.document) for setting in found], card)[1]


def _answer_of_version_1(setting, card):
    items = yaml_text.get(setting.document, "network", "config")
    places = []
    for number, item in enumerate(items if isinstance(items, list) else []):
        if not isinstance(item, dict):
            continue
        line = yaml_text.line(setting.document, "network", "config", number)
        place = Place(setting.path, line, setting.text.split("\n")[line - 1].strip())
        parts = item.get("bond_interfaces") or item.get("bridge_interfaces") or []
        if isinstance(parts, list) and card.name in parts:
            return CardAnswer(HELD, [place])
        if item.get("type") == "physical":
            places.append(place)
        if item.get("type") != "physical" or item.get("name") != card.name or item.get("mac_address"):
            continue
        subnets = item.get("subnets")
        kinds = [subnet.get("type") for subnet in (subnets if isinstance(subnets, list) else []) if isinstance(subnet, dict)]
        what = DHCP if set(kinds) & set(_ASKING) else FIXED if "static" in kinds else NOTHING
        return CardAnswer(what, [place])
    return CardAnswer(NOTHING, places or [Place(setting.path, yaml_text.line(setting.document, "network"), "describes no card")])
