# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""NetworkManager: keyfiles, or ifcfg files where the guest uses those and its NetworkManager still reads them.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.core.distribution import distribution
from ansible_collections.imagewright.azure.plugins.module_utils.network import ifcfg, ini
from ansible_collections.imagewright.azure.plugins.module_utils.network.changes import remove, write

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


def plan(tree, settings):
    """Return the Changes that make every Ethernet card but the virtual functions ask for its address by DHCP."""
    profiles = [path for path in tree.glob(FOLDER + "/*") if path != DHCP_FILE and tree.is_file(path) and _is_ethernet_profile(tree.read_text(path))]
    of_old = ifcfg.files(tree)
    if of_old and not profiles and reads_ifcfg(tree):
        changes = ifcfg.plan(tree, settings, networkmanager=True)
    else:
        # every NetworkManager reads keyfiles, and the newest ones nothing else
        changes = [remove(tree, path, "describes a card of this machine alone") for path in profiles + of_old]
        changes.append(write(tree, DHCP_FILE, _DHCP, "DHCP on the first card, whatever its name", 0o600))
    return changes + unmanaged(tree, settings)


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
    """Return the Change that keeps NetworkManager from the virtual functions of accelerated networking."""
    if not settings.unmanaged_drivers:
        return []
    drivers = ";".join(f"driver:{driver}" for driver in settings.unmanaged_drivers)
    text = ("# The virtual functions of accelerated networking belong to the synthetic card above them (R36).\n"
            f"[keyfile]\nunmanaged-devices={drivers}\n")
    return [write(tree, UNMANAGED_FILE, text, "virtual functions are left to the kernel")]


def _is_ethernet_profile(text):
    """Return whether the keyfile is of an Ethernet card that is no part of a bond, bridge or team."""
    kinds = ini.values(text, "connection", "type")
    ports = [value for key in ("master", "controller", "slave-type", "port-type") for value in ini.values(text, "connection", key)]
    return bool({"ethernet", "802-3-ethernet"} & set(kinds)) and not ports
