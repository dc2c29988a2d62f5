# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SuSEfirewall2, of SUSE before 15: the zone of the first card, and what it lets in. What goes out passes.

Source: /etc/sysconfig/SuSEfirewall2 and its comments; SuSEfirewall2(8).

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.network.ifcfg import IfcfgFile
from ansible_collections.imagewright.azure.plugins.module_utils.network.texts import text_of
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.firewall.packets import ACCEPT, DROP, Condition, Hook, PacketRule

SERVICES = ("SuSEfirewall2", "SuSEfirewall2_setup")
_CONFIGURATION = "/etc/sysconfig/SuSEfirewall2"
#: What a name of FW_CONFIGURATIONS_EXT opens.
_OF_PACKAGES = "/etc/sysconfig/SuSEfirewall2.d/services/{}"
_CARD = "eth0"
_ZONES = ("INT", "DMZ", "EXT")


def hooks(tree):
    """Return the Hooks ([Hook]) that SuSEfirewall2 loads for the first card."""
    file = IfcfgFile(_CONFIGURATION, text_of(tree, _CONFIGURATION) if tree.is_file(_CONFIGURATION) else "")
    zone = _zone(file.settings)
    if zone not in _ZONES or (zone == "INT" and file.settings.get("FW_PROTECT_FROM_INT", "no").lower() != "yes"):
        return []
    named = file.place(f"FW_SERVICES_{zone}_TCP", f"FW_CONFIGURATIONS_{zone}", f"FW_DEV_{zone}")
    place = (named.path, named.line, f"{named.text}: the zone {zone} of {_CARD} does not let it in")
    opened = [[Condition("state", False, ["established", "related"])]] + _openings(tree, file.settings, zone)
    return [Hook("input", DROP, {zone: [PacketRule(conditions, ACCEPT, "", place) for conditions in opened]}, zone, place)]


def _zone(settings):
    """Return the zone (str) of the first card: the one that names it, or any card."""
    for wanted in (_CARD, "any", "auto"):
        found = [zone for zone in _ZONES if wanted in settings.get(f"FW_DEV_{zone}", "").split()]
        if found:
            return found[0]
    return settings.get("FW_ZONE_DEFAULT", "").upper() or "EXT"


def _openings(tree, settings, zone):
    """Return [[Condition]] of what a zone lets in."""
    ports = settings.get(f"FW_SERVICES_{zone}_TCP", "").split()
    for name in settings.get(f"FW_CONFIGURATIONS_{zone}", "").split():
        path = _OF_PACKAGES.format(name)
        ports += IfcfgFile(path, text_of(tree, path)).settings.get("TCP", "").split() if tree.is_file(path) else ["ssh"] if name == "sshd" else []
    found = [[Condition("dport", False, [port])] for port in ports]
    for word in settings.get("FW_TRUSTED_NETS", "").split() + settings.get(f"FW_SERVICES_ACCEPT_{zone}", "").split():
        network, protocol, port = (word.split(",") + ["", ""])[:3]
        if protocol in ("", "tcp", "_rpc_"):
            narrowed = [] if network in ("0/0", "0.0.0.0/0") else [Condition("source", False, [network])]
            found.append(narrowed + ([Condition("dport" if protocol != "_rpc_" else None, False, [port])] if port else []))
    # a script of the administrator's own may let in what it wants
    return found + ([[Condition(None, False, [])]] if settings.get("FW_CUSTOMRULES") else [])
