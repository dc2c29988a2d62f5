# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""netplan: /etc/netplan/*.yaml.

The files go as wholes, with the bridges, bonds and VLANs in them: those name cards that the same files or others of them describe, and
netplan refuses every file when one names a card that none describes.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.cloud_init import installation as cloud_init
from ansible_collections.imagewright.azure.plugins.module_utils.network import networkd, networkmanager
from ansible_collections.imagewright.azure.plugins.module_utils.network.changes import remove, write

DHCP_FILE = "/etc/netplan/50-azure.yaml"

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


def files(tree):
    """Return the paths ([str]) of the administrator's netplan files."""
    return [path for path in tree.glob("/etc/netplan/*.yaml") + tree.glob("/etc/netplan/*.yml") if tree.is_file(path)]


def is_in_use(tree):
    """Return whether netplan sets up the network: it has files, or is there for cloud-init to write one."""
    return bool(files(tree)) or (tree.exists("/usr/sbin/netplan") and tree.exists("/usr/bin/cloud-init"))


def plan(tree, settings):
    """Return the Changes: cloud-init writes a file at the first boot and nothing is in its way, or one for every card is there."""
    keep = [] if settings.cloud_init else [DHCP_FILE]
    changes = [remove(tree, path, "describes this machine") for path in files(tree) if path not in keep]
    if settings.cloud_init:
        changes += [remove(tree, path, "keeps cloud-init from setting up the network") for path in cloud_init.NETWORK_LEFTOVERS if tree.is_file(path)]
    else:
        changes.append(write(tree, DHCP_FILE, _DHCP, "DHCP on the first card, whatever its name", 0o600))
    renderers = networkd.unmanaged(tree, settings)
    if tree.is_dir("/etc/NetworkManager"):
        renderers += networkmanager.unmanaged(tree, settings)
    return changes + renderers
