# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The name that the first card will have: the kernel's, eth0, unless a rule of udev or a .link file gives it another.

udev's policies name cards by their place on PCI, USB and the board, and know none for VMBus; only the policy ``mac`` and a plain Name= rename it.

Source: systemd.link(5), udev(7), 80-net-setup-link.rules, net_id and link_get_name of systemd.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.network import udev_rules
from ansible_collections.imagewright.azure.plugins.module_utils.core.place import Place
from ansible_collections.imagewright.azure.plugins.module_utils.network.first_card import FIRST, Card
from ansible_collections.imagewright.azure.plugins.module_utils.network.ini import entries, last
from ansible_collections.imagewright.azure.plugins.module_utils.network.networkd_files import in_order, matches, words

#: The beginning of the addresses that Azure gives, for the name that the policy mac makes of one.
_BY_ADDRESS = "enx000d3a000000"


def first_card(tree):
    """Return (Card, Place or None) of the first card as udev will name it, and what renames it."""
    # of several names that are given the last one counts
    for path, text in reversed(udev_rules.files(tree)):
        found = _renamed_by_rule(text, path)
        if found is not None:
            return found
    for file in in_order(tree, "link"):
        if matches(file.entries, FIRST, tree):
            return _renamed_by_link(file)
    return FIRST, None


def _renamed_by_rule(text, path):
    """Return (Card, Place) when a rule of the file gives the first card a plain name, for certain."""
    for rule in reversed(udev_rules.rules(text) if "NAME" in text else []):
        name = udev_rules.name_given(rule)
        if name and not set(name) & set("$%") and udev_rules.holds(rule, FIRST):
            return (Card(name, FIRST.driver), Place(path, rule.line, rule.text)) if name != FIRST.name else (FIRST, None)
    return None


def _renamed_by_link(file):
    """Return (Card, Place or None) of the .link file that is the first card's."""
    policies, name = words(file.entries, "Link", "NamePolicy"), last(file.entries, "Link", "Name")
    if "mac" in policies:
        return Card(_BY_ADDRESS, FIRST.driver), _place(file, "NamePolicy")
    if name is not None and name.value and name.value != FIRST.name:
        return Card(name.value, FIRST.driver), _place(file, "Name")
    return FIRST, None


def _place(file, key):
    lines = file.text.split("\n")
    number = next((entry.line for entry in entries(file.text) if (entry.section, entry.key) == ("Link", key)), None)
    return Place(file.path, number, lines[number - 1].strip() if number else f"{key} in a drop-in of it")
