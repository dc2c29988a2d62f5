# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The firewall as it will be loaded at the next boot: of the services that are enabled, and of scripts that load one when a card comes up.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import re

from ansible_collections.imagewright.azure.plugins.module_utils.core import services, shell_variables
from ansible_collections.imagewright.azure.plugins.module_utils.network import ifupdown_stanzas
from ansible_collections.imagewright.azure.plugins.module_utils.network.texts import text_of
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.firewall import firewalld, iptables, nftables, susefirewall2, ufw
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.firewall.packets import MOST_RULES, Packet, dropped

#: hooks: [packets.Hook]; loaded_by: [str], what loads them, for a person; refused: [nftables.NftablesRefused], of the files that would be.
Loaded = collections.namedtuple("Loaded", "hooks loaded_by refused")
Loaded.__new__.__defaults__ = ((),)

#: The host's own address for agents, and that of the machine's metadata. Source: Microsoft, "What is IP address 168.63.129.16".
PLATFORM = ("168.63.129.16", "169.254.169.254")

#: A public address that nobody who made an image knew. Source: one of Azure's own, 20.33.0.0/16 to 20.128.0.0/16.
STRANGER = "20.50.2.1"

_NFT_FILE = re.compile(r"\bnft\b[^\n]*?\s(?:-f|--file)\s+(\S+)")
_NFT_FILES = ("/etc/sysconfig/nftables.conf", "/etc/nftables.conf", "/etc/nftables.nft")
#: The same of OpenRC's script, at Alpine and at Gentoo.
_OPENRC, _OPENRC_FILES = "/etc/conf.d/nftables", ("/etc/nftables.nft", "/var/lib/nftables/rules-save")
_IPTABLES = (
    ("netfilter-persistent", "/etc/iptables/rules.v4"),
    ("iptables-persistent", "/etc/iptables/rules.v4"),
    ("iptables", "/etc/sysconfig/iptables"),
    ("iptables", "/etc/iptables/iptables.rules"),
    ("iptables", "/etc/iptables/rules-save"),
    ("iptables", "/etc/systemd/scripts/ip4save"),
)
_RESTORED = re.compile(r"^[^#\n]*\biptables(?:-legacy|-nft)?-restore\b[^\n<|;&]*?(?:<\s*)?(/\S+)", re.MULTILINE)
_SCRIPTS = ("/etc/network/if-pre-up.d/*", "/etc/network/if-up.d/*", "/etc/rc.local", "/etc/rc.d/rc.local")


def loaded(tree):
    """Return what is Loaded.

    Raises ImagewrightError: a file that is loaded cannot be read, or is past the bounds of its reader.
    """
    found, names, refused = [], [], []
    for path in nftables_files(tree):
        try:
            found += nftables.hooks(tree, path)
            names.append(path)
        except nftables.NftablesRefused as refusal:
            refused.append(refusal)
    for path in _iptables_files(tree):
        found += iptables.hooks(path, text_of(tree, path, MOST_RULES))
        names.append(path)
    for firewall in (ufw, firewalld, susefirewall2):
        if services.state(tree, firewall.SERVICES) == services.ENABLED and (firewall is not ufw or ufw.is_on(tree)):
            found += firewall.hooks(tree)
            names += firewall.SERVICES
    return Loaded(found, names, refused)


def keeps_platform_away(found):
    """Return the places ([(path, line, text)]) that drop what the agent sends to the platform, or what comes back."""
    places = []
    for address in PLATFORM:
        there = Packet("output", None, address, 40000, 80, "new")
        back = Packet("input", address, None, 80, 40000, "established")
        places += dropped(found.hooks, there) + dropped(found.hooks, back)
    return list(dict.fromkeys(places))


def keeps_ssh_away(found, ports, source=None):
    """Return the places that drop whoever wants to log in, at each of the server's ports ([int]), or what it answers.

    source: str, address of who logs in, None for anybody.
    """
    places = []
    for port in ports:
        dropping = dropped(found.hooks, Packet("input", source, None, 40000, port, "new"))
        dropping = dropping or dropped(found.hooks, Packet("output", None, None, port, 40000, "established"))
        if not dropping:
            return []
        places += dropping
    return list(dict.fromkeys(places))


def nftables_files(tree):
    """Return the paths ([str]) that the service of nftables loads."""
    if services.state(tree, ["nftables"]) != services.ENABLED:
        return []
    if tree.is_dir("/etc/runlevels"):
        values = shell_variables.values(text_of(tree, _OPENRC), _OPENRC) if tree.is_file(_OPENRC) else {}
        files = [values[name] for name in ("rules_file", "NFTABLES_SAVE") if values.get(name)]
        return [path for path in files + list(_OPENRC_FILES) if tree.is_file(path)][:1]
    unit = services.unit_path(tree, "nftables.service")
    named = _NFT_FILE.search(text_of(tree, unit)) if unit is not None and tree.is_file(unit) else None
    files = [named.group(1)] if named else []
    return [path for path in files + list(_NFT_FILES) if tree.is_file(path)][:1]


def _iptables_files(tree):
    """Return the paths ([str]) of saved rules that a service or a script loads."""
    found = [path for service, path in _IPTABLES if tree.is_file(path) and services.state(tree, [service]) == services.ENABLED]
    scripts = [path for pattern in _SCRIPTS for path in tree.glob(pattern) if tree.is_file(path)]
    texts = [text_of(tree, path, MOST_RULES) for path in scripts + ifupdown_stanzas.files(tree)]
    found += [path for text in texts if "-restore" in text for path in _RESTORED.findall(text) if tree.is_file(path)]
    return list(dict.fromkeys(found))
