# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ifcfg files of the Red Hat family: /etc/sysconfig/network-scripts, read by the network script and by NetworkManager.

PRIVATE: module_utils of this collection are not an interface.
"""

import re

from ansible_collections.imagewright.azure.plugins.module_utils.core import edits
from ansible_collections.imagewright.azure.plugins.module_utils.network.changes import is_ethernet, remove, write

FOLDER = "/etc/sysconfig/network-scripts"
FIRST_CARD = FOLDER + "/ifcfg-eth0"
NETWORK = "/etc/sysconfig/network"

#: R34. No HWADDR, UUID or MACADDR: the card of the next machine has others.
_LINES = ["DEVICE=eth0", "ONBOOT=yes", "BOOTPROTO=dhcp", "TYPE=Ethernet", "USERCTL=no", "PEERDNS=yes", "IPV6INIT=no"]


#: Copies that neither the network script nor NetworkManager reads. Source: ifup of initscripts, utils_should_ignore_file of NetworkManager.
_COPY = re.compile(r"(~|\.(bak|old|orig|rej|rpmnew|rpmorig|rpmsave|augnew|augtmp))\Z")


def files(tree):
    """Return the paths ([str]) of the ifcfg files of Ethernet cards, those of their further addresses (``ifcfg-eth0:1``) among them."""
    return [path for path in tree.glob(FOLDER + "/ifcfg-*") if tree.is_file(path) and not _COPY.search(path) and _is_for_ethernet(path, tree.read_text(path))]


def plan(tree, settings, networkmanager=False):
    """Return the Changes that make eth0 ask for its address by DHCP and drop the files of other cards."""
    lines = _LINES + (["PERSISTENT_DHCLIENT=yes", "NM_CONTROLLED=yes"] if networkmanager else ["NM_CONTROLLED=no"])
    changes = [remove(tree, path, "describes a card of this machine alone") for path in files(tree) if path != FIRST_CARD]
    changes.append(write(tree, FIRST_CARD, "\n".join(lines) + "\n", "DHCP on eth0"))
    before = edits.read(tree, NETWORK) or ""
    wanted = {"NETWORKING": "yes"} if networkmanager else {"NETWORKING": "yes", "HOSTNAME": "localhost.localdomain"}
    changes.append(write(tree, NETWORK, with_settings(before, wanted), "networking on, no name of this machine"))
    return changes


def with_settings(text, settings):
    """Return the text of a sysconfig file with each NAME=value of settings ({str: str}) once, in place where it was.

    Values are quoted as they are given.
    """
    for name, value in settings.items():
        line, pattern = f"{name}={value}\n", re.compile(rf"^[ \t]*{re.escape(name)}=.*\n?", re.MULTILINE)
        first = pattern.search(text)
        if first is None:
            text += ("" if not text or text.endswith("\n") else "\n") + line
        else:
            text = text[:first.start()] + line + pattern.sub("", text[first.end():])
    return text


def _is_for_ethernet(path, text):
    values = dict(line.strip().split("=", 1) for line in text.splitlines() if "=" in line and not line.lstrip().startswith("#"))
    values = {name: value.strip("\"' ") for name, value in values.items()}
    if values.get("MASTER") or values.get("BRIDGE") or values.get("TEAM_MASTER") or values.get("VLAN"):
        return False
    device = values.get("DEVICE") or path.rpartition("ifcfg-")[2]
    return values.get("TYPE", "").lower() == "ethernet" or (not values.get("TYPE") and is_ethernet(device.partition(":")[0]))
