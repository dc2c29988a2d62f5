# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""netplan's files, merged as netplan merges them, and what a definition says of a card. cloud-init's own ``network:`` is of the same form.

Source: "netplan generate" and YAML reference of netplan: files of all folders by name, one in /etc stands for its namesake, later settings replace
earlier ones; a definition without a match is for the card of its name; yes, on, true and y are true.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import fnmatch
import posixpath

from ansible_collections.imagewright.azure.plugins.module_utils.core import yaml_text
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.place import Place
from ansible_collections.imagewright.azure.plugins.module_utils.network.first_card import (
    DHCP,
    FIXED,
    HELD,
    LEAST_MTU,
    NO_ROUTE,
    NOT_STARTED,
    NOTHING,
    CardAnswer,
)
from ansible_collections.imagewright.azure.plugins.module_utils.network.masters import VLAN, Master
from ansible_collections.imagewright.azure.plugins.module_utils.network.texts import text_of

#: /run is empty before the boot.
FOLDERS = ("/etc/netplan", "/lib/netplan", "/usr/lib/netplan")

#: Kinds of definitions that are made of others, the key that names those, and what they are.
_MADE_OF = (("bonds", "interfaces", "bond"), ("bridges", "interfaces", "bridge"), ("vrfs", "interfaces", "VRF"), ("vlans", "link", VLAN))
_TRUE = ("y", "yes", "on", "true")

#: A file that was read. path: str; text: str; document: yaml_text.Document.
NetplanFile = collections.namedtuple("NetplanFile", "path text document")


def paths(tree):
    """Return the paths ([str]) of the files that netplan reads, in its order."""
    by_name = {}
    for folder in FOLDERS:
        for path in tree.glob(folder + "/*.yaml"):
            by_name.setdefault(posixpath.basename(path), path)
    return [path for _name, path in sorted(by_name.items()) if tree.is_file(path)]


def read(tree, wanted):
    """Return the files ([NetplanFile]) of paths ([str]).

    Raises ImagewrightError: one is no YAML, or no netplan file.
    """
    found = []
    for path in wanted:
        text = text_of(tree, path)
        document = yaml_text.load(path, text)
        network = yaml_text.get(document, "network")
        if document.value is not None and (not isinstance(document.value, dict) or (network is not None and not isinstance(network, dict))):
            raise ImagewrightError(f"cannot read {path}: it has no mapping network; netplan refuses it too, correct it")
        found.append(NetplanFile(path, text, document))
    return found


def definitions(file, kind):
    """Return {id: settings (dict)} of a kind, e.g. ``ethernets``, in a file."""
    found = yaml_text.get(file.document, "network", kind)
    return (
        {str(name): settings if isinstance(settings, dict) else {} for name, settings in found.items() if name not in ("version", "renderer")}
        if isinstance(found, dict)
        else {}
    )


def merged(files, kind):
    """Return {id: ({setting: value}, {setting: Place})} of a kind over all files, later ones over earlier ones."""
    found = {}
    for file in files:
        for name, settings in definitions(file, kind).items():
            values, places = found.setdefault(name, ({}, {}))
            places.setdefault(None, place(file, kind, name))
            for key, value in settings.items():
                before = values.get(key)
                if isinstance(before, list) and isinstance(value, list):
                    value = before + value
                elif isinstance(before, dict) and isinstance(value, dict):
                    value = dict(before, **value)
                values[key] = value
                places[key] = place(file, kind, name, key)
    return found


def renderer(files, name=None):
    """Return what netplan hands the cards to: ``networkd``, its default, or ``NetworkManager``; name: str, the id of one card, or None."""
    said = [yaml_text.get(file.document, "network", *keys, "renderer") for keys in ((), ("ethernets",), ("ethernets", name)) for file in files]
    return ([str(word) for word in said if word] or ["networkd"])[-1]


def place(file, *keys):
    """Return the Place of a key below network."""
    number = yaml_text.line(file.document, "network", *keys)
    # YAML has a carriage return end a line, too
    return Place(file.path, number, (file.text.splitlines()[number - 1 : number] or [""])[0].strip() if number else "")


def masters(files):
    """Return the Masters of all files."""
    cards = merged(files, "ethernets")
    found = []
    for kind, key, word in _MADE_OF:
        for name, (settings, places) in merged(files, kind).items():
            parts = settings.get(key)
            members = [_name(str(part), cards) for part in (parts if isinstance(parts, list) else [parts] if parts else [])]
            if members:
                found.append(Master(word, name, places.get(key, places[None]), members))
    return found


def answer(files, card):
    """Return (id or None, CardAnswer) of the definition that netplan's renderer takes for a card: the first by its id that matches."""
    cards = merged(files, "ethernets")
    for name, (settings, places) in sorted(cards.items()):
        if not _matches(name, settings.get("match"), card):
            continue
        for kind, key, _word in _MADE_OF[:3]:
            for parts, where in merged(files, kind).values():
                if isinstance(parts.get(key), list) and name in [str(part) for part in parts[key]]:
                    return name, CardAnswer(HELD, [where[key]])
        if str(settings.get("activation-mode", "")) in ("manual", "off"):
            return name, CardAnswer(NOT_STARTED, [places["activation-mode"]])
        overrides = settings.get("dhcp4-overrides")
        if is_true(settings.get("dhcp4")) and isinstance(overrides, dict) and overrides.get("use-routes") is False:
            return name, CardAnswer(NO_ROUTE, [places["dhcp4-overrides"]])
        if is_true(settings.get("dhcp4")) and isinstance(settings.get("mtu"), int) and settings["mtu"] < LEAST_MTU:
            return name, CardAnswer(NOTHING, [places["mtu"]])
        if is_true(settings.get("dhcp4")):
            return name, CardAnswer(DHCP, [places["dhcp4"]])
        key = "addresses" if settings.get("addresses") else "dhcp4" if "dhcp4" in settings else None
        return name, CardAnswer(FIXED if key == "addresses" else NOTHING, [places[key]])
    return None, CardAnswer(NOTHING, [places[None] for _settings, places in cards.values()])


def is_true(value):
    """Return whether a value of netplan's is true; PyYAML leaves ``y`` and what is in quotes a string."""
    return value is True or (isinstance(value, str) and value.lower() in _TRUE)


def _matches(name, match, card):
    """Return whether a definition is for the card, which has another MAC address on Azure."""
    if not isinstance(match, dict):
        return name == card.name
    if match.get("macaddress"):
        return False
    drivers = match.get("driver")
    drivers = drivers if isinstance(drivers, list) else [drivers] if drivers else []
    if drivers and not any(fnmatch.fnmatchcase(card.driver, str(driver)) for driver in drivers):
        return False
    return not match.get("name") or fnmatch.fnmatchcase(card.name, str(match["name"]))


def _name(part, cards):
    """Return the name, or the pattern, of the card of an id; the id itself where no Ethernet card has it."""
    settings = cards[part][0] if part in cards else {}
    match = settings.get("match")
    if not isinstance(match, dict):
        return part
    return str(match.get("name") or "*")
