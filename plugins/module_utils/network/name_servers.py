# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What keeps the name servers of Azure's lease out of the guest, with none in their place, or those of a private network.

Source: nm-settings-nmcli(5), ignore-auto-dns; NetworkManager.conf(5), dns, rc-manager and global-dns; ifup-post and dhclient-script of Red Hat, PEERDNS;
systemd.network(5), UseDNS=; netplan-yaml(5), use-dns; netconfig(8) of SUSE, NETCONFIG_DNS_POLICY.

PRIVATE: module_utils of this collection are not an interface.
"""

import re

from ansible_collections.imagewright.azure.plugins.module_utils.core.distribution import distribution
from ansible_collections.imagewright.azure.plugins.module_utils.core.place import Place
from ansible_collections.imagewright.azure.plugins.module_utils.network import (
    ifcfg,
    ini,
    netplan,
    netplan_files,
    networkd_files,
    networkmanager,
    networkmanager_card,
    outcome,
)
from ansible_collections.imagewright.azure.plugins.module_utils.network.first_card import FIRST
from ansible_collections.imagewright.azure.plugins.module_utils.network.networkmanager_conf import configuration
from ansible_collections.imagewright.azure.plugins.module_utils.network.texts import text_of

PRIVATE = re.compile(r"10\.|192\.168\.|172\.(?:1[6-9]|2[0-9]|3[01])\.|127\.0\.0\.(?!53|54)")

_NETCONFIG = "/etc/sysconfig/network/config"
_POLICY, _STATIC = "NETCONFIG_DNS_POLICY", "NETCONFIG_DNS_STATIC_SERVERS"
_RESOLVED = ("/etc/systemd/resolved.conf", "/etc/systemd/resolved.conf.d/*.conf", "/usr/lib/systemd/resolved.conf.d/*.conf")
#: What of NetworkManager's settings keeps it from writing /etc/resolv.conf.
_NOT_WRITTEN = (("dns", ("none",)), ("rc-manager", ("unmanaged",)))


def file_left_alone(tree, active):
    """Return the Place of what keeps the network manager from writing /etc/resolv.conf, None where it writes it. active: [str], of managers."""
    if active == ["networkmanager"]:
        settings = configuration(tree)
        said = [(settings.get(("main", key)), words) for key, words in _NOT_WRITTEN]
        return next((setting.place for setting, words in said if setting is not None and setting.items[:1] in [[word] for word in words]), None)
    if active == ["wicked"]:
        policy = _netconfig(tree)
        return policy.place(_POLICY) if policy.settings.get(_POLICY) == "" else None
    return None


def refused(tree, active):
    """Return the Places ([Place]) that leave the lease's name servers out, and name none, or private ones alone. active: [str], of managers."""
    by_cloud_init = any(name == outcome.CLOUD_INIT for name, _answer in outcome.answers(tree))
    found = []
    for name in active:
        if name == "networkmanager":
            found += _global(tree) + ([] if by_cloud_init else _of_networkmanager(tree))
        elif name in _OF_MANAGERS and not by_cloud_init:
            found += _OF_MANAGERS[name](tree)
        elif name == "wicked":
            found += _of_wicked(tree)
    return found


def _lead_nowhere(servers):
    """Return whether no server ([str]) is one that a machine on Azure reaches without a network of its own."""
    return all(PRIVATE.match(server) for server in servers)


def _global(tree):
    """Return the [Place] of the servers that NetworkManager takes for all names whatever a lease says."""
    servers = configuration(tree).get(("global-dns-domain-*", "servers"))
    return [servers.place] if servers is not None and servers.items and _lead_nowhere(servers.items) else []


def _of_networkmanager(tree):
    found = []
    for profile in networkmanager_card.started(tree, networkmanager.reads_ifcfg(tree)):
        if profile.path.startswith(ifcfg.FOLDER):
            found += _of_file(ifcfg.IfcfgFile(profile.path, text_of(tree, profile.path)))
            continue
        text = text_of(tree, profile.path)
        entries = ini.entries(text)
        ignoring, servers = ini.last(entries, "ipv4", "ignore-auto-dns"), ini.last(entries, "ipv4", "dns")
        if ignoring is not None and ignoring.value.lower() in ini.TRUE and _lead_nowhere(re.findall(r"[^;, ]+", servers.value) if servers is not None else []):
            found.append(Place(profile.path, ignoring.line, text.split("\n")[ignoring.line - 1].strip()))
    return found


def _of_ifcfg(tree):
    return [place for file in ifcfg.all_files(tree) if file.card == FIRST.name for place in _of_file(file)]


def _of_file(file):
    """Return the [Place] of an ifcfg file (IfcfgFile)."""
    servers = [value for name, value in file.settings.items() if re.fullmatch(r"DNS\d", name) and value]
    return [file.place("PEERDNS")] if file.settings.get("PEERDNS", "").lower() in ("no", "n", "false", "f", "off", "0") and _lead_nowhere(servers) else []


def _of_networkd(tree):
    for file in networkd_files.in_order(tree, "network"):
        if networkd_files.matches(file.entries, FIRST, tree):
            said = [ini.last(file.entries, section, "UseDNS") for section in ("DHCPv4", "DHCP")]
            without = next((entry for entry in said if entry is not None), None)
            if without is None or without.value.lower() not in ini.FALSE or not _lead_nowhere(networkd_files.words(file.entries, "Network", "DNS")):
                return []
            return [] if _resolved_knows_some(tree) else [Place(file.path, without.line, f"UseDNS={without.value}")]
    return []


def _of_netplan(tree):
    files = netplan.read(tree)
    name, _answer = netplan_files.answer(files, FIRST)
    settings, places = netplan_files.merged(files, "ethernets").get(name, ({}, {}))
    overrides, servers = settings.get("dhcp4-overrides"), settings.get("nameservers")
    addresses = servers.get("addresses") if isinstance(servers, dict) else None
    without = isinstance(overrides, dict) and overrides.get("use-dns") is False
    if not without or not _lead_nowhere([str(address) for address in addresses] if isinstance(addresses, list) else []) or _resolved_knows_some(tree):
        return []
    return [places["dhcp4-overrides"]]


def _resolved_knows_some(tree):
    """Return whether systemd-resolved has servers of its own, or those with which it was built: systemd's own list, which these families leave out."""
    paths = [path for pattern in _RESOLVED for path in tree.glob(pattern) if tree.is_file(path)]
    servers = [word for path in paths for key in ("DNS", "FallbackDNS") for value in ini.values(text_of(tree, path), "Resolve", key) for word in value.split()]
    return not _lead_nowhere(servers) or distribution(tree).family not in ("debian", "redhat", "suse")


def _of_wicked(tree):
    policy = _netconfig(tree)
    words = policy.settings.get(_POLICY, "auto").split()
    servers = policy.settings.get(_STATIC, "").split()
    return [policy.place(_POLICY)] if words and {word.upper() for word in words} <= {"STATIC"} and _lead_nowhere(servers) else []


def _netconfig(tree):
    return ifcfg.IfcfgFile(_NETCONFIG, text_of(tree, _NETCONFIG) if tree.is_file(_NETCONFIG) else "")


_OF_MANAGERS = {"ifcfg": _of_ifcfg, "networkd": _of_networkd, "netplan": _of_netplan}
