# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""wicked, SUSE's: /etc/sysconfig/network/ifcfg-*.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.core import edits
from ansible_collections.imagewright.azure.plugins.module_utils.network.changes import is_ethernet, remove, write
from ansible_collections.imagewright.azure.plugins.module_utils.network.ifcfg import with_settings

FOLDER = "/etc/sysconfig/network"
FIRST_CARD = FOLDER + "/ifcfg-eth0"
DHCP = FOLDER + "/dhcp"


def files(tree):
    """Return the paths ([str]) of the ifcfg files of Ethernet cards."""
    return [path for path in tree.glob(FOLDER + "/ifcfg-*") if tree.is_file(path) and is_ethernet(path.rpartition("ifcfg-")[2])]


def plan(tree, settings):
    """Return the Changes that make eth0 ask for its address by DHCP and drop the files of other cards."""
    changes = [remove(tree, path, "describes a card of this machine alone") for path in files(tree) if path != FIRST_CARD]
    changes.append(write(tree, FIRST_CARD, "BOOTPROTO='dhcp'\nSTARTMODE='auto'\n", "DHCP on eth0"))
    before = edits.read(tree, DHCP) or ""
    changes.append(write(tree, DHCP, with_settings(before, {"DHCLIENT_SET_HOSTNAME": '"no"'}), "the name comes from Azure, not from DHCP"))
    return changes
