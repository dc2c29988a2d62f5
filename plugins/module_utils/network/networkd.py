# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""systemd-networkd: /etc/systemd/network/*.network.

PRIVATE: module_utils of this collection are not an interface.
"""

import fnmatch

from ansible_collections.imagewright.azure.plugins.module_utils.network import ini
from ansible_collections.imagewright.azure.plugins.module_utils.network.changes import is_ethernet, remove, write

DHCP_FILE = "/etc/systemd/network/50-azure-dhcp.network"
UNMANAGED_FILE = "/etc/systemd/network/01-azure-unmanaged-sriov.network"

_DHCP = """# The first Ethernet card, whatever its name.
[Match]
Name=en* eth*

[Network]
DHCP=yes
"""


def files(tree):
    """Return the paths ([str]) of the administrator's .network files for Ethernet cards."""
    return [path for path in tree.glob("/etc/systemd/network/*.network") if tree.is_file(path) and _is_for_ethernet(tree.read_text(path))]


def plan(tree, settings):
    """Return the Changes that make every Ethernet card but the virtual functions ask for its address by DHCP."""
    changes = [remove(tree, path, "describes a card of this machine alone")
               for path in files(tree) if is_of_this_machine(tree.read_text(path))]
    gone = {change.path for change in changes}
    if not any(is_for_first_card(tree.read_text(path)) for path in files(tree) if path not in gone):
        changes.append(write(tree, DHCP_FILE, _DHCP, "DHCP on the first card, whatever its name"))
    return changes + unmanaged(tree, settings)


def unmanaged(tree, settings):
    """Return the Change that keeps networkd from the virtual functions of accelerated networking."""
    if not settings.unmanaged_drivers:
        return []
    if tree.glob("/*/systemd/network/*-azure-unmanaged-sriov.network") and not tree.exists(UNMANAGED_FILE):
        return []  # azure-vm-utils brought its own
    text = ("# The virtual functions of accelerated networking belong to the synthetic card above them (R36).\n"
            f"[Match]\nDriver={' '.join(settings.unmanaged_drivers)}\n\n[Link]\nUnmanaged=yes\n")
    return [write(tree, UNMANAGED_FILE, text, "virtual functions are left to the kernel")]


def is_of_this_machine(text):
    """Return whether the file names a MAC address, one card by name, or a fixed address."""
    match = {key: ini.values(text, "Match", key) for key in ("MACAddress", "PermanentMACAddress", "Path", "Name")}
    names = [name for value in match["Name"] for name in value.split()]
    return bool(match["MACAddress"] or match["PermanentMACAddress"] or match["Path"]
                or ini.values(text, "Network", "Address") or ini.values(text, "Address", "Address")
                or (names and not any("*" in name for name in names) and names != ["eth0"]))


def _is_for_ethernet(text):
    names = [name for value in ini.values(text, "Match", "Name") for name in value.split()]
    if names:
        return any(is_ethernet(name) for name in names)
    return bool(ini.values(text, "Match", "MACAddress") or ini.values(text, "Match", "PermanentMACAddress")
                or "ether" in " ".join(ini.values(text, "Match", "Type")).split())


def is_for_first_card(text):
    """Return whether the file makes the first card of an Azure machine, eth0, ask for its address by DHCP."""
    names = [name for value in ini.values(text, "Match", "Name") for name in value.split()]
    wanted = [name for name in names if not name.startswith("!")]
    if wanted and not any(fnmatch.fnmatchcase("eth0", name) for name in wanted):
        return False
    if any(name.startswith("!") and fnmatch.fnmatchcase("eth0", name[1:]) for name in names):
        return False
    return any(value.lower() in ("yes", "true", "1", "on", "ipv4", "both", "v4") for value in ini.values(text, "Network", "DHCP"))
