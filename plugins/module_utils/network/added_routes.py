# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the configuration that wins for the first card adds to the routes of its lease, over all managers.

PRIVATE: module_utils of this collection are not an interface.
"""

import posixpath
import re

from ansible_collections.imagewright.azure.plugins.module_utils.cloud_init import installation as cloud_init
from ansible_collections.imagewright.azure.plugins.module_utils.cloud_init import network_settings
from ansible_collections.imagewright.azure.plugins.module_utils.network import (
    fixed_routes,
    ifcfg,
    managers,
    netplan,
    netplan_files,
    networkmanager,
    networkmanager_card,
    wicked,
)
from ansible_collections.imagewright.azure.plugins.module_utils.core.place import Place
from ansible_collections.imagewright.azure.plugins.module_utils.network.first_card import FIRST
from ansible_collections.imagewright.azure.plugins.module_utils.network.networkd_files import in_order, matches
from ansible_collections.imagewright.azure.plugins.module_utils.network.texts import text_of


def added(tree, card=FIRST):
    """Return [(manager, fixed_routes.Added)] of everybody that sets up the card; where cloud-init writes the configuration, of what is taken before it.

    Raises ImagewrightError: a file cannot be read.
    """
    writes = cloud_init.runs(tree) and not network_settings.disabled_by(tree)
    own = network_settings.own(tree) if writes else []
    if own:
        files = [netplan_files.NetplanFile(setting.path, setting.text, setting.document) for setting in own]
        name, _said = netplan_files.answer(files, card)
        return [("networkd", fixed_routes.of_netplan(files, name))] if name is not None else []
    found = []
    for manager in managers.active(tree):
        if manager == "netplan":
            found += _of_netplan(tree, card, writes)
        elif manager == "networkd":
            before = f"10-cloud-init-{card.name}.network" if writes else None
            found += _of_networkd(tree, card, before)
        elif manager == "networkmanager" and not writes:
            found += _of_networkmanager(tree, card)
        elif manager == "wicked" and not writes:
            found.append(("wicked", _of_wicked(tree, card)))
        if manager in ("ifcfg", "networkmanager") and not writes:
            found.append((manager, _of_scripts(tree, card, manager == "networkmanager")))
    return found


def _of_networkd(tree, card, before):
    """Return what the first .network file adds that matches the card; before: str or None, a name that another is written under."""
    for file in in_order(tree, "network"):
        if before is not None and posixpath.basename(file.path) >= before:
            break
        if matches(file.entries, card, tree):
            return [("networkd", fixed_routes.of_networkd(file))]
    return []


def _of_netplan(tree, card, writes):
    files = netplan.read(tree, writes)
    name, _said = netplan_files.answer(files, card)
    taken = _of_networkd(tree, card, f"10-netplan-{name}.network" if name is not None else None)
    if netplan_files.renderer(files, name) == "NetworkManager":
        added_by_file = fixed_routes.of_netplan(files, name)
        routes = [route._replace(on_link=True, metric=route.metric or added_by_file.metric) for route in added_by_file.routes]
        return [("networkmanager", added_by_file._replace(routes=routes))]
    return taken or ([("networkd", fixed_routes.of_netplan(files, name))] if name is not None else [])


def _of_networkmanager(tree, card):
    started = networkmanager_card.started(tree, networkmanager.reads_ifcfg(tree), card)
    return [
        ("networkmanager", fixed_routes.of_keyfile(profile.path, text_of(tree, profile.path)))
        for profile in started
        if not posixpath.basename(profile.path).startswith("ifcfg-")
    ]


def _of_scripts(tree, card, by_networkmanager):
    """Return what the files of routes and rules add that stand beside an ifcfg file. Source: ifup-routes of initscripts; nms-ifcfg-rh-reader.c."""
    if by_networkmanager and not networkmanager.reads_ifcfg(tree) or not tree.is_file(f"{ifcfg.FOLDER}/ifcfg-{card.name}"):
        return fixed_routes.Added([], [], 0)
    return fixed_routes.of_commands(
        _lines(tree, f"{ifcfg.FOLDER}/route-{card.name}"), _lines(tree, f"{ifcfg.FOLDER}/rule-{card.name}"), 100 if by_networkmanager else 0
    )


def _lines(tree, path):
    """Return the Places of the lines of a file that are no comments, each with its words."""
    lines = text_of(tree, path).split("\n") if tree.is_file(path) else []
    return [Place(path, number, line.strip()) for number, line in enumerate(lines, 1) if line.strip() and not line.lstrip().startswith("#")]


def _of_wicked(tree, card):
    """Return what wicked's tables of routes add: destination, gateway, netmask, card and type, ``-`` for none. Source: ifroute(5) of wicked."""
    routes = []
    for path, of_card in ((f"{wicked.FOLDER}/ifroute-{card.name}", True), (f"{wicked.FOLDER}/routes", False)):
        for number, line in enumerate(text_of(tree, path).split("\n") if tree.is_file(path) else [], 1):
            words = line.split()
            network = fixed_routes.network_of(words[0]) if words and not words[0].startswith("#") else None
            fields = words[1:5] + ["-"] * (5 - len(words))
            if network is None or fields[2] not in ("-", card.name) or not (of_card or fields[2] == card.name or fields[3] != "-" or fields[0] != "-"):
                continue
            kind = fields[3] if fields[3] in fixed_routes.REJECTING else "unicast"
            gateway = fields[0] if re.match(r"\d", fields[0]) else None
            if gateway is not None or kind != "unicast":
                routes.append(fixed_routes.FixedRoute(network, gateway, kind, False, 0, Place(path, number, line.strip())))
    return fixed_routes.Added(routes, [], 0)
