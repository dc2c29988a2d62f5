# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ties a card's name to the MAC address of this machine, and the rule that leaves virtual functions alone.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.network import ini, udev_rules
from ansible_collections.imagewright.azure.plugins.module_utils.network.changes import remove, write

#: R35. Written by old udev, cloud-init and installers.
_PERSISTENT = ("/etc/udev/rules.d/70-persistent-net.rules", "/etc/udev/rules.d/70-persistent-ipoib.rules",
               "/etc/udev/rules.d/85-persistent-net-cloud-init.rules")

#: What writes 70-persistent-net.rules anew at each boot of an old udev; a file of that name in /etc takes its place. R35.
GENERATOR = "75-persistent-net-generator.rules"

SRIOV_RULES = "/etc/udev/rules.d/10-azure-unmanaged-sriov.rules"


def plan(tree):
    """Return the Changes that remove every file that names a card by the MAC address of this machine."""
    rules = [path for path in tree.glob("/etc/udev/rules.d/*.rules")
             if tree.is_file(path) and (path in _PERSISTENT or _names_by_address(tree.read_text(path)))]
    links = [path for path in tree.glob("/etc/systemd/network/*.link")
             if tree.is_file(path) and any(ini.values(tree.read_text(path), "Match", key) for key in ("MACAddress", "PermanentMACAddress"))]
    return [remove(tree, path, "names a card by the MAC address of this machine") for path in rules + links] + _without_generator(tree)


def unmanaged(tree, settings):
    """Return the Change that marks the virtual functions of accelerated networking as nobody's.

    Source: azure-vm-utils, whose own file in /usr/lib is left to do it where the package is installed.
    """
    if not settings.unmanaged_drivers:
        return []
    if tree.glob("/*/udev/rules.d/10-azure-unmanaged-sriov.rules") and not tree.exists(SRIOV_RULES):
        return []
    if tree.exists("/usr/lib/udev/rules.d/10-azure-unmanaged-sriov.rules"):
        return [remove(tree, SRIOV_RULES, "azure-vm-utils brings its own")]
    text = ("# Virtual functions carry the flag IFF_SLAVE (0x800) once the synthetic card has taken them (R36).\n"
            f'SUBSYSTEM=="net", ACTION!="remove", DRIVERS=="{"|".join(sorted(settings.unmanaged_drivers))}", '
            'ATTR{flags}=="0x?[89ABCDEF]??", '
            'ENV{AZURE_UNMANAGED_SRIOV}="1", ENV{ID_NET_MANAGED_BY}="unmanaged", ENV{NM_UNMANAGED}="1"\n')
    return [write(tree, SRIOV_RULES, text, "virtual functions are left to the kernel")]


def _names_by_address(text):
    """Return whether a rule names a card by its MAC address: ``ATTR{address}=="52:54:00:12:34:56" ... NAME="eth0"``."""
    return any(udev_rules.is_by_address(rule) and udev_rules.name_given(rule) is not None for rule in udev_rules.rules(text))


def _without_generator(tree):
    """Return the Change that puts an empty file in the place of udev's generator of persistent names, where there is one."""
    path = "/etc/udev/rules.d/" + GENERATOR
    if tree.is_symlink(path) or not (tree.exists("/lib/udev/rules.d/" + GENERATOR) or tree.exists("/usr/lib/udev/rules.d/" + GENERATOR)):
        return []
    return [write(tree, path, "# Cards keep the names that the kernel gives them; nothing is written for this machine (R35).\n",
                  "would name cards by their MAC address again at the next boot")]
