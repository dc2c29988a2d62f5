# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module network_dhcp: let the first network card ask for its address by DHCP, at the next boot.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections

from ansible_collections.imagewright.azure.plugins.module_utils.cloud_init import installation as cloud_init
from ansible_collections.imagewright.azure.plugins.module_utils.cloud_init import network_settings
from ansible_collections.imagewright.azure.plugins.module_utils.core import edits, yaml_text
from ansible_collections.imagewright.azure.plugins.module_utils.core.edited_tree import EditedTree
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.network import card_name, managers, names, netplan
from ansible_collections.imagewright.azure.plugins.module_utils.network import masters as network_masters
from ansible_collections.imagewright.azure.plugins.module_utils.network.changes import merged
from ansible_collections.imagewright.azure.plugins.module_utils.network.first_card import DHCP, FIRST

#: cloud_init: bool; unmanaged_drivers: [str]; masters: [masters.Master], those that are to go.
NetworkChoices = collections.namedtuple("NetworkChoices", "cloud_init unmanaged_drivers masters")

ARGUMENTS = {
    "root": {"type": "path", "default": "/"},
    "manager": {"type": "str", "default": "auto", "choices": ["auto"] + list(managers.ADAPTERS)},
    # Ansible makes the word of a bool
    "cloud_init": {"type": "str", "default": "auto", "choices": ["auto", "true", "false"]},
    "unmanaged_drivers": {"type": "list", "elements": "str", "default": ["mana", "mlx4_core", "mlx5_core"]},
    "masters": {"type": "str", "default": "refuse", "choices": ["refuse", "remove"]},
    "persistent_names": {"type": "str", "default": "remove", "choices": ["keep", "remove"]},
    "backup": {"type": "bool", "default": False},
}


def plan(tree, manager, settings, persistent_names="remove", masters="refuse"):
    """Return the Changes of the guest's network files.

    manager: str, a key of managers.ADAPTERS; settings: NetworkChoices; masters: refuse or remove, what becomes of what holds the first card.
    Raises ImagewrightError: something holds the card and shall not go, or the card would not ask for its address all the same.
    """
    adapter = managers.ADAPTERS[manager]
    held = network_masters.holding(adapter.masters(tree))
    if held and masters == "refuse":
        network_masters.refuse(held)
    settings = settings._replace(masters=held)
    changes = adapter.plan(tree, settings) + names.unmanaged(tree, settings)
    if settings.cloud_init:
        changes += network_settings.plan(tree)
    if persistent_names == "remove":
        changes += names.plan(tree)
    changes = merged(changes)
    _check(EditedTree(tree, changes), manager, settings)
    return [change for change in changes if change.before != change.after]


def leaves_to_cloud_init(tree, wanted):
    """Return whether cloud-init writes the network's configuration at the first boot; wanted: str, a value of the option cloud_init."""
    if wanted != "auto":
        return wanted == "true"
    return cloud_init.runs(tree) and all(path in cloud_init.NETWORK_LEFTOVERS for path in network_settings.disabled_by(tree))


def run(module):
    """Return the module's result."""
    parameters = module.params
    tree = LiveTree(parameters["root"])
    yaml_text.respawn_where_needed(tree)
    manager = managers.choose(tree, parameters["manager"])
    settings = NetworkChoices(leaves_to_cloud_init(tree, parameters["cloud_init"]), parameters["unmanaged_drivers"], [])
    changes = plan(tree, manager, settings, parameters["persistent_names"], parameters["masters"])
    wanted = [edits.Edit(change.path, change.before, change.after, change.mode) for change in changes]
    result = edits.apply(module, tree, wanted, backup=parameters["backup"])
    files = [{"path": change.path, "action": "removed" if change.after is None else "written", "reason": change.reason} for change in changes]
    return dict(result, manager=manager, cloud_init=settings.cloud_init, files=files)


def _check(tree, manager, settings):
    """Raise ImagewrightError when the first card does not ask for its address, or is a part of something, with the files as they will be."""
    adapter = managers.ADAPTERS[manager]
    held = network_masters.holding(adapter.masters(tree))
    if held:
        network_masters.refuse(held)
    card, renamed_by = card_name.first_card(tree)
    found = netplan.answer(tree, card, cloud_init=True) if manager == "netplan" and settings.cloud_init else adapter.answer(tree, card)
    if found.what != DHCP:
        places = "; ".join(f"{place.path}{f' line {place.line}' if place.line else ''}: {place.text!r}" for place in found.places[:5])
        if renamed_by is not None:
            places = f"{renamed_by.path} line {renamed_by.line} calls it {card.name}: {renamed_by.text!r}; {places}"
        raise ImagewrightError(
            f"cannot have {FIRST.name} ask for its address by {manager}: something else decides of it ({found.what}): "
            f"{places or 'no file says what'}; remove it"
        )
