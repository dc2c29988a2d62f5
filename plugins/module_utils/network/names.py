# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ties a card's name to the MAC address of this machine, and the rule that leaves virtual functions alone.

PRIVATE: module_utils of this collection are not an interface.
"""

import re

from ansible_collections.imagewright.azure.plugins.module_utils.core.edited_tree import EditedTree
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.network import card_name, ini, networkd, udev_rules
from ansible_collections.imagewright.azure.plugins.module_utils.network.changes import merged, remove, write
from ansible_collections.imagewright.azure.plugins.module_utils.network.first_card import FIRST
from ansible_collections.imagewright.azure.plugins.module_utils.network.texts import systemd_text_of, text_of

#: R35. Written by old udev, cloud-init and installers.
_PERSISTENT = (
    "/etc/udev/rules.d/70-persistent-net.rules",
    "/etc/udev/rules.d/70-persistent-ipoib.rules",
    "/etc/udev/rules.d/85-persistent-net-cloud-init.rules",
)

#: What writes 70-persistent-net.rules again at each boot of an old udev; a file of that name in /etc takes its place. R35.
GENERATOR = "75-persistent-net-generator.rules"

_RULES_FOLDER = "/etc/udev/rules.d"
_NOTHING = "# Nothing, in the place of a file of this name that would rename the first card.\n"
_MOST_RENAMES = 20
_OF_KERNEL = re.compile(r"eth[0-9]+")
#: A name that stands there as it is, and that the kernel gives no card.
_OWN = re.compile(r"(?!eth[0-9]+$)[A-Za-z0-9_.-]+")

SRIOV_RULES = "/etc/udev/rules.d/10-azure-unmanaged-sriov.rules"


def plan(tree):
    """Return the Changes after which no card is named by the MAC address of this machine, and the first one keeps the name that the kernel gives it."""
    changes = without_addresses(tree)
    # of many rules that rename the card each but the last is hidden by it; no guest has more than a few
    for _attempt in range(_MOST_RENAMES):
        card, place = card_name.first_card(EditedTree(tree, changes))
        if card == FIRST:
            return merged(changes)
        changes = changes + [_keeping_the_name(EditedTree(tree, changes), place)]
    raise ImagewrightError(f"cannot keep the name of the first card: {place.path} line {place.line} renames it, as {_MOST_RENAMES} other places do; remove it")


def without_addresses(tree):
    """Return the Changes that remove every file that names a card by the MAC address of this machine."""
    rules = [path for path in tree.glob("/etc/udev/rules.d/*.rules") if tree.is_file(path) and (path in _PERSISTENT or _names_by_address(text_of(tree, path)))]
    links = [
        path
        for path in tree.glob("/etc/systemd/network/*.link")
        if tree.is_file(path) and any(ini.values(text_of(tree, path), "Match", key) for key in ("MACAddress", "PermanentMACAddress"))
    ]
    return [remove(tree, path, "names a card by the MAC address of this machine") for path in rules + links] + _without_generator(tree)


def is_of_another_card(tree, path):
    """Return whether a file for MAC addresses leaves the first card alone: it matches no card on Azure, and gives names that the kernel does not.

    One that gives eth0 away, or no name at all, is made for the first card of this machine, as is what udev's generator writes.
    """
    if not path.endswith(".link"):
        found = udev_rules.rules(text_of(tree, path)) if tree.is_file(path) and path not in _PERSISTENT else []
        given_names = [name for name in map(udev_rules.name_given, filter(udev_rules.is_by_address, found)) if name is not None]
        return bool(given_names) and all(_OWN.fullmatch(name) for name in given_names)
    given = ini.last(ini.entries(systemd_text_of(tree, path)), "Link", "Name")
    return given is not None and bool(given.value) and _OF_KERNEL.fullmatch(given.value) is None


def unmanaged(tree, settings):
    """Return the Change that marks the virtual functions of accelerated networking as nobody's.

    Source: azure-vm-utils, whose own file in /usr/lib is left to do it where the package is installed.
    """
    if not settings.unmanaged_drivers:
        return []
    if tree.glob("/*/udev/rules.d/10-azure-unmanaged-sriov.rules") and not tree.exists(SRIOV_RULES):
        return []
    if tree.exists("/usr/lib/udev/rules.d/10-azure-unmanaged-sriov.rules"):
        return [remove(tree, SRIOV_RULES, "azure-vm-utils brings its own")]
    text = (
        "# Virtual functions carry the flag IFF_SLAVE (0x800) once the synthetic card has taken them (R36).\n"
        f'SUBSYSTEM=="net", ACTION!="remove", DRIVERS=="{"|".join(sorted(settings.unmanaged_drivers))}", '
        'ATTR{flags}=="0x?[89ABCDEF]??", '
        'ENV{AZURE_UNMANAGED_SRIOV}="1", ENV{ID_NET_MANAGED_BY}="unmanaged", ENV{NM_UNMANAGED}="1"\n'
    )
    return [write(tree, SRIOV_RULES, text, "virtual functions are left to the kernel")]


def _keeping_the_name(tree, place):
    """Return the Change after which the place (Place) does not rename the first card: a file of a package is replaced by one in /etc."""
    reason = "gives the first card another name"
    name = place.path.rpartition("/")[2]
    if place.path.endswith(".link"):
        return remove(tree, place.path, reason) if place.path.startswith(networkd.FOLDER + "/") else write(tree, f"{networkd.FOLDER}/{name}", _NOTHING, reason)
    text = udev_rules.without_line(text_of(tree, place.path), place.line)
    own = f"{_RULES_FOLDER}/{name}"
    return remove(tree, own, reason) if place.path == own and not udev_rules.rules(text) else write(tree, own, text or _NOTHING, reason)


def _names_by_address(text):
    """Return whether a rule names a card by its MAC address: ``ATTR{address}=="52:54:00:12:34:56" ... NAME="eth0"``."""
    return any(udev_rules.is_by_address(rule) and udev_rules.name_given(rule) is not None for rule in udev_rules.rules(text))


def _without_generator(tree):
    """Return the Change that puts an empty file in the place of udev's generator of persistent names, where there is one."""
    path = "/etc/udev/rules.d/" + GENERATOR
    if tree.is_symlink(path) or not (tree.exists("/lib/udev/rules.d/" + GENERATOR) or tree.exists("/usr/lib/udev/rules.d/" + GENERATOR)):
        return []
    return [
        write(
            tree,
            path,
            "# Cards keep the names that the kernel gives them; nothing is written for this machine (R35).\n",
            "would name cards by their MAC address again at the next boot",
        )
    ]
