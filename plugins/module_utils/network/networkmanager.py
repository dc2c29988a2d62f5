# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""NetworkManager: keyfiles, or ifcfg files where the guest uses those and its NetworkManager still reads them.

PRIVATE: module_utils of this collection are not an interface.
"""

import posixpath

from ansible_collections.imagewright.azure.plugins.module_utils.core import services
from ansible_collections.imagewright.azure.plugins.module_utils.core.distribution import distribution
from ansible_collections.imagewright.azure.plugins.module_utils.core.edited_tree import EditedTree
from ansible_collections.imagewright.azure.plugins.module_utils.network import ifcfg, networkmanager_card, networkmanager_conf, networkmanager_profiles
from ansible_collections.imagewright.azure.plugins.module_utils.network.changes import remove, write
from ansible_collections.imagewright.azure.plugins.module_utils.network.first_card import FIRST, UNMANAGED
from ansible_collections.imagewright.azure.plugins.module_utils.network.masters import VLAN, Master, order

FOLDER = "/etc/NetworkManager/system-connections"
DHCP_FILE = FOLDER + "/azure-ethernet.nmconnection"
UNMANAGED_FILE = "/etc/NetworkManager/conf.d/99-azure-unmanaged-devices.conf"

#: NetworkManager's plugins, and the one of them that reads ifcfg files; newer ones have a directory for each version.
_PLUGINS = "/usr/lib64/NetworkManager"
_IFCFG_READERS = ("/usr/lib*/NetworkManager/*/libnm-settings-plugin-ifcfg-rh.so", "/usr/lib*/NetworkManager/libnm-settings-plugin-ifcfg-rh.so")

_DHCP = """# Every Ethernet card, whatever its name.
[connection]
id=azure-ethernet
type=ethernet
autoconnect=true
multi-connect=3

[ipv4]
method=auto

[ipv6]
method=auto
addr-gen-mode=eui64
"""


def answer(tree, card=FIRST):
    """Return the CardAnswer of NetworkManager for a card, or that of the network script beside it, which sets up what NetworkManager leaves alone."""
    own = networkmanager_card.answer(tree, reads_ifcfg(tree), card)
    if own.what == UNMANAGED and any(file.card == card.name for file in ifcfg.all_files(tree)) and services.state(tree, ["network"]) == services.ENABLED:
        return ifcfg.answer(tree, card)
    return own


def masters(tree):
    """Return the Masters of the profiles."""
    found = networkmanager_profiles.profiles(tree, False)
    names = {profile.uuid: profile.card for profile in found if profile.uuid}
    made = {}
    for profile in found:
        if profile.master is not None:
            members = made.setdefault(names.get(profile.master, profile.master), [])
            # a port without a name is for any card; one for the address of a card here may be for the first one
            members.append((profile, profile.card or "*"))
        elif profile.kind == "vlan" and profile.parent:
            made.setdefault(profile.card or profile.path, []).append((profile, names.get(profile.parent, profile.parent)))
    own = {profile.card or profile.path: profile for profile in found if profile.kind not in ("ethernet", None)}
    of_ifcfg = ifcfg.masters(tree) if reads_ifcfg(tree) else []
    for name, members in made.items():
        kind = own[name].kind if name in own else "bond"
        place = networkmanager_profiles.whole(own[name]) if name in own else members[0][0].places["master"]
        of_ifcfg.append(Master(VLAN if kind == "vlan" else kind, name, place, [card for _profile, card in members]))
    return of_ifcfg


def plan(tree, settings):
    """Return the Changes that make every Ethernet card but the virtual functions ask for its address by DHCP.

    settings.masters: [Master], those that are to go.
    """
    found = networkmanager_profiles.profiles(tree, False)
    own = [
        profile.path
        for profile in found
        if profile.path.startswith(FOLDER) and profile.path != DHCP_FILE and profile.kind == "ethernet" and profile.master is None
    ]
    gone = _of_masters(found, order(settings.masters))
    of_old = ifcfg.files(tree)
    changes = [remove(tree, path, "is, or is a part of, a bond, bridge, team or VLAN that holds the first card") for path in gone]
    # with our own keyfile there, an earlier run chose keyfiles and was stopped
    if of_old and not own and not tree.exists(DHCP_FILE) and reads_ifcfg(tree):
        changes += ifcfg.plan(tree, settings, networkmanager=True)
    else:
        # every NetworkManager reads keyfiles, and the newest ones nothing else
        changes += ifcfg.without_masters(tree, settings)
        changes += [remove(tree, path, "describes a card of this machine alone") for path in own + of_old]
        changes.append(write(tree, DHCP_FILE, _DHCP, "DHCP on the first card, whatever its name", 0o600))
    return changes + _managed(EditedTree(tree, changes)) + unmanaged(tree, settings)


def reads_ifcfg(tree):
    """Return whether the guest's NetworkManager reads ifcfg files: until RHEL 9 all do, later ones not, in Fedora it is a package of its own.

    Where its plugins are not to be seen, as in a tree of /etc alone, the distribution's version tells.
    Source: NetworkManager.spec of Red Hat, where the plugin is in the main package or left out.
    """
    if any(tree.glob(pattern) for pattern in _IFCFG_READERS):
        return True
    if tree.is_dir(_PLUGINS):
        return False
    guest = distribution(tree)
    return guest.family != "redhat" or guest.name == "fedora" or guest.version < (10,)


def unmanaged(tree, settings):
    """Return the Change that keeps NetworkManager from the virtual functions of accelerated networking, beside what it leaves alone already."""
    if not settings.unmanaged_drivers:
        return []
    drivers = ";".join(f"driver:{driver}" for driver in settings.unmanaged_drivers)
    text = f"# The virtual functions of accelerated networking belong to the synthetic card above them (R36).\n[keyfile]\nunmanaged-devices+={drivers}\n"
    return [write(tree, UNMANAGED_FILE, text, "virtual functions are left to the kernel")]


def _of_masters(found, names):
    """Return the paths ([str]) of the masters' profiles, in their order, and then of their ports'."""
    words = set(names) | {profile.uuid for profile in found if profile.card in names and profile.uuid}
    gone = [
        profile
        for profile in found
        if profile.path.startswith(FOLDER) and (profile.master in words if profile.master is not None else profile.card in names or profile.path in names)
    ]
    return [profile.path for profile in sorted(gone, key=lambda each: names.get(each.card or each.path, len(names)))]


def _managed(tree):
    """Return the Changes that have NetworkManager manage the first card where a package's file keeps it from all cards, as Ubuntu's does."""
    found = networkmanager_card.answer(tree, reads_ifcfg(tree))
    return [
        write(
            tree,
            f"{networkmanager_conf.CONF_D}/{posixpath.basename(place.path)}",
            "# In the place of the package's file, which keeps NetworkManager from Ethernet cards.\n",
            "NetworkManager manages the first card",
        )
        for place in found.places
        if found.what == UNMANAGED and place.path.startswith(networkmanager_conf.PACKAGES_CONF_D + "/")
    ]
