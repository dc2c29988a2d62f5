# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which network manager a guest uses, told from the files that enable it.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.core import services
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.network import ifcfg, ifupdown, netplan, netplan_files, networkd, networkmanager, wicked

#: One adapter a manager. Each has plan(tree, settings) -> [Change]; adding one is a file and a line here.
ADAPTERS = {
    "ifupdown": ifupdown,
    "networkmanager": networkmanager,
    "netplan": netplan,
    "networkd": networkd,
    "wicked": wicked,
    "ifcfg": ifcfg,
}

#: Unit (systemd) or script (SysV, OpenRC) that starts each manager.
_SERVICES = {
    "networkmanager": ("NetworkManager", "networkmanager"),  # the second one is OpenRC's
    "networkd": ("systemd-networkd",),
    "wicked": ("wicked",),
    "ifcfg": ("network",),
    "ifupdown": ("networking",),
}


def choose(tree, wanted="auto"):
    """Return the name (str, a key of ADAPTERS) of the manager that sets up the guest's Ethernet cards.

    Raises ImagewrightError: none is enabled, or two are and wanted is V(auto).
    """
    if wanted != "auto":
        return wanted
    found = active(tree)
    if len(found) == 1:
        return found[0]
    if not found:
        raise ImagewrightError(
            "cannot set up the network of the guest: no network manager is enabled; enable one "
            "(systemd-networkd, NetworkManager, networking, wicked) or name it with the option manager"
        )
    named = [name + "".join(f" ({path})" for path in _enabling(tree, name)[:1]) for name in found]
    raise ImagewrightError(
        f"cannot set up the network of the guest: {' and '.join(named)} are both enabled and would both run the first card; "
        f"disable all but one, or name the right one with the option manager"
    )


def active(tree):
    """Return the names ([str]) of the managers that would run an Ethernet card at the next boot."""
    enabled = [name for name, names in _SERVICES.items() if services.state(tree, names) == services.ENABLED]
    if "ifcfg" in enabled and tree.is_dir(wicked.FOLDER):
        # SLES 11: its network script reads what wicked reads after it
        enabled = [name for name in enabled if name not in ("ifcfg", "wicked")] + ["wicked"]
    if "networkmanager" in enabled and "ifcfg" in enabled:
        enabled.remove("ifcfg")  # RHEL 7: both read the same files, the script leaves alone what NetworkManager has
    if "ifupdown" in enabled and len(enabled) > 1 and not ifupdown.has_ethernet(tree):
        enabled.remove("ifupdown")  # Debian enables networking.service even where it only knows lo
    if "networkd" in enabled and len(enabled) > 1 and not networkd.files(tree):
        enabled.remove("networkd")  # enabled by a preset, with nothing to do
    configured = [name for name in enabled if name != "networkd" or networkd.files(tree)]
    if netplan.is_in_use(tree) and (netplan.is_read(tree) or not configured):  # it feeds networkd or NetworkManager, whichever is there
        return ["netplan"] + [name for name in enabled if name == "ifupdown" and ifupdown.has_ethernet(tree)]
    return enabled


def services_of(tree, manager):
    """Return the names ([str]) of the services that set up cards for a manager: those of netplan's renderer for netplan.

    Raises ImagewrightError: a file of netplan cannot be read.
    """
    if manager != "netplan":
        return _SERVICES[manager]
    return _SERVICES["networkmanager" if netplan_files.renderer(netplan.read(tree)) == "NetworkManager" else "networkd"]


def _enabling(tree, manager):
    """Return the paths ([str]) that say that a manager is to run: the links that start it, or netplan's files."""
    if manager == "netplan":
        return netplan.files(tree)
    return [path for service in _SERVICES[manager] + (("network",) if manager == "wicked" else ()) for path in _links(tree, service)]


def _links(tree, service):
    """Return the links ([str]) that start a service at boot, those of the administrator first."""
    patterns = (
        f"/etc/systemd/system/*.wants/{service}.service",
        f"/etc/systemd/system/*.requires/{service}.service",
        f"/etc/rc[2345].d/S??{service}",
        f"/etc/rc.d/rc[2345].d/S??{service}",
        f"/etc/init.d/rc[235].d/S??{service}",
        f"/etc/runlevels/*/{service}",
        # Debian's networking.service comes enabled by sysinit's own preset in some releases, without a link in /etc
        f"/*/systemd/system/*.wants/{service}.service",
    )
    return list(dict.fromkeys(path for pattern in patterns for path in tree.glob(pattern)))
