# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the first card of the machine will get on Azure, over all managers and cloud-init.

PRIVATE: module_utils of this collection are not an interface.
"""

import posixpath

from ansible_collections.imagewright.azure.plugins.module_utils.cloud_init import installation as cloud_init
from ansible_collections.imagewright.azure.plugins.module_utils.cloud_init import network_settings
from ansible_collections.imagewright.azure.plugins.module_utils.network import ifcfg, managers, netplan, networkd, networkmanager_conf
from ansible_collections.imagewright.azure.plugins.module_utils.core.place import Place
from ansible_collections.imagewright.azure.plugins.module_utils.network.first_card import DHCP, FIRST, UNMANAGED, CardAnswer
from ansible_collections.imagewright.azure.plugins.module_utils.network.networkd_files import in_order, matches

CLOUD_INIT = "cloud-init"


def answers(tree, card=FIRST):
    """Return [(manager, CardAnswer)] of everybody that would set up the card: cloud-init alone where it writes the configuration.

    Raises ImagewrightError: a file cannot be read.
    """
    active = managers.active(tree)
    if cloud_init.runs(tree) and not network_settings.disabled_by(tree):
        return [(CLOUD_INIT, _of_cloud_init(tree, active, card))]
    return [(name, managers.ADAPTERS[name].answer(tree, card)) for name in active]


def _of_cloud_init(tree, active, card):
    """Return the CardAnswer of what cloud-init writes, unless a file of the guest overrules it."""
    if network_settings.own(tree):
        return network_settings.answer(tree, card)
    written = CardAnswer(DHCP, [Place(network_settings.CONFIGURATION, None, "cloud-init writes the configuration that Azure asks for")])
    if "netplan" in active:
        return netplan.answer(tree, card, cloud_init=True)
    if "networkd" in active:
        for file in in_order(tree, "network"):
            if posixpath.basename(file.path) < f"10-cloud-init-{card.name}.network" and matches(file.entries, card, tree):
                return networkd.answer(tree, card)
    if "networkmanager" in active:
        of_networkmanager = managers.ADAPTERS["networkmanager"].answer(tree, card)
        return of_networkmanager if of_networkmanager.what == UNMANAGED or _reads_another_folder(tree, active) else written
    return written


def _reads_another_folder(tree, active):
    """Return whether NetworkManager reads its profiles elsewhere than cloud-init writes one, and no file of another kind. active: [str], of managers."""
    return active == ["networkmanager"] and not tree.is_dir(ifcfg.FOLDER) and networkmanager_conf.folder_of_profiles(tree) != networkmanager_conf.PROFILES
