# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""netplan: /etc/netplan/*.yaml.

The definitions of this machine's Ethernet cards go, and the bonds, bridges and VLANs that hold one of them where that is wanted; all else stays.

PRIVATE: module_utils of this collection are not an interface.
"""

import posixpath

from ansible_collections.imagewright.azure.plugins.module_utils.core import services, yaml_text
from ansible_collections.imagewright.azure.plugins.module_utils.network import netplan_files, netplan_refusals, networkd, networkmanager, networkmanager_card
from ansible_collections.imagewright.azure.plugins.module_utils.network.changes import Change, remove, write
from ansible_collections.imagewright.azure.plugins.module_utils.core import generators
from ansible_collections.imagewright.azure.plugins.module_utils.core.place import Place
from ansible_collections.imagewright.azure.plugins.module_utils.network.first_card import DHCP, FIRST, NOT_STARTED, NOTHING, UNMANAGED, CardAnswer
from ansible_collections.imagewright.azure.plugins.module_utils.network.masters import order
from ansible_collections.imagewright.azure.plugins.module_utils.network.networkd_files import in_order, matches

FOLDER = "/etc/netplan"
DHCP_FILE = FOLDER + "/50-azure.yaml"
#: Written by cloud-init at each first boot, of what Azure says.
CLOUD_INIT_FILE = FOLDER + "/50-cloud-init.yaml"

_DHCP = """# Every Ethernet card, whatever its name.
network:
  version: 2
  ethernets:
    azure:
      match:
        name: "e*"
      dhcp4: true
      optional: true
"""
_AZURE = "network: {version: 2, ethernets: {eth0: {dhcp4: true}}}"

#: A file that has no more than this says nothing.
_NOTHING = {"version"}


def files(tree):
    """Return the paths ([str]) of the administrator's netplan files."""
    return [path for path in netplan_files.paths(tree) if path.startswith(FOLDER + "/")]


#: What hands netplan's files on at boot: systemd's generator, since 1.2 a unit beside it.
_GENERATOR, _UNIT = "netplan", "/usr/lib/systemd/system/netplan-configure.service"


def is_in_use(tree):
    """Return whether netplan sets up the network: it has files, or is there for cloud-init to write one."""
    return bool(files(tree)) or (tree.exists("/usr/sbin/netplan") and tree.exists("/usr/bin/cloud-init"))


def is_read(tree):
    """Return whether something hands netplan's files on at boot; a directory of some of a guest's files does not tell, and is taken to."""
    return not tree.has_own_root or tree.exists(_UNIT) or generators.obstacle(tree, _GENERATOR) is None


def read(tree, cloud_init=False):
    """Return the netplan_files.Files as they will be at the first boot: cloud_init says whether cloud-init writes its own."""
    found = netplan_files.read(tree, [path for path in netplan_files.paths(tree) if not (cloud_init and path == CLOUD_INIT_FILE)])
    if cloud_init:
        found.append(netplan_files.NetplanFile(CLOUD_INIT_FILE, _AZURE, yaml_text.load(CLOUD_INIT_FILE, _AZURE)))
    return sorted(found, key=lambda file: posixpath.basename(file.path))


def answer(tree, card=FIRST, cloud_init=False):
    """Return the CardAnswer of netplan and its renderer for a card."""
    found = read(tree, cloud_init)
    wrong = netplan_refusals.first(found)
    goes_on = not cloud_init and netplan_refusals.goes_on(tree)  # cloud-init runs `netplan generate` itself, which does not
    if wrong is not None and not goes_on:
        return CardAnswer(NOT_STARTED, [wrong._replace(text=f"netplan refuses it, and with it all its files: {wrong.text}")])
    meant = netplan_files.answer(found, card)[1]
    found = netplan_refusals.as_far_as_read(found) if goes_on else found
    name, said = netplan_files.answer(found, card)
    if wrong is not None and said.what != DHCP and (meant.what != said.what or not said.places):
        return CardAnswer(NOT_STARTED, [wrong._replace(text=f"netplan does not read on here: {wrong.text}")])
    if not is_read(tree):
        kept = generators.obstacle(tree, _GENERATOR)
        return CardAnswer(NOT_STARTED, [Place(kept.path, None, f"{kept.text}: nobody reads netplan's files at boot")])
    if netplan_files.renderer(found, name) == "NetworkManager":
        if services.state(tree, ["NetworkManager"]) != services.ENABLED:
            return CardAnswer(NOT_STARTED, [Place(file.path, None, "renderer: NetworkManager, which is not enabled") for file in found])
        # netplan masks the package's file that keeps NetworkManager from Ethernet cards
        others = networkmanager_card.answer(tree, networkmanager.reads_ifcfg(tree), card, ["10-globally-managed-devices.conf"])
        return others if name is None or others.what == UNMANAGED else said
    ours = f"10-netplan-{name}.network"
    for file in in_order(tree, "network"):
        if (name is None or posixpath.basename(file.path) < ours) and matches(file.entries, card, tree):
            return networkd.answer(tree, card)
    return said if name is not None else CardAnswer(NOTHING, said.places)


def masters(tree):
    """Return the Masters of the files; what cloud-init wrote is read too, for others refer to it."""
    return netplan_files.masters(read(tree))


def plan(tree, settings):
    """Return the Changes: cloud-init writes a file at the first boot and nothing is in its way, or one for every card is there.

    settings.masters: [Master], those that are to go.
    Raises ImagewrightError: a definition has no lines of its own.
    """
    own = [file for file in netplan_files.read(tree, files(tree)) if file.path != DHCP_FILE]
    gone = order(settings.masters)
    kept = {part for master in netplan_files.masters(own) if master.name not in gone for part in master.members}
    changes = [change for file in sorted(own, key=lambda file: _first(file, gone)) for change in _without(tree, file, gone, kept)]
    if settings.cloud_init:
        changes += [remove(tree, DHCP_FILE, "cloud-init writes one for the cards that Azure names")] if tree.exists(DHCP_FILE) else []
    else:
        changes.append(write(tree, DHCP_FILE, _DHCP, "DHCP on the first card, whatever its name", 0o600))
    renderers = networkd.unmanaged(tree, settings)
    if tree.is_dir("/etc/NetworkManager"):
        renderers += networkmanager.unmanaged(tree, settings)
    return changes + renderers


def _first(file, gone):
    """Return the place (int) in the order of a file: that of the topmost master in it."""
    return min([gone[name] for kind in ("bonds", "bridges", "vlans") for name in netplan_files.definitions(file, kind) if name in gone], default=len(gone))


def _without(tree, file, gone, kept):
    """Return the Change of a file that loses its Ethernet cards and the masters that go; [] when it has none of them.

    gone: {name: int}, masters; kept: {str}, cards that other masters need.
    """
    network = yaml_text.get(file.document, "network") or {}
    unwanted = [("ethernets", name) for name in netplan_files.definitions(file, "ethernets") if name not in kept]
    unwanted += [(kind, name) for kind in ("bonds", "bridges", "vlans") for name in netplan_files.definitions(file, kind) if name in gone]
    left = {kind: [name for name in content if (kind, name) not in unwanted] if isinstance(content, dict) else content for kind, content in network.items()}
    if not {kind for kind, content in left.items() if content} - _NOTHING:
        return [remove(tree, file.path, "describes this machine")]
    if not unwanted:
        return []
    text = yaml_text.without(file.path, file.text, [("network",) + keys for keys in unwanted])
    return [Change(file.path, file.text, text, 0o644, "describes cards of this machine")]
