# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The network: DHCP on the first card, nothing tied to the old machine's cards, virtual functions left alone.

PRIVATE: module_utils of this collection are not an interface.
"""

import fnmatch
import re

from ansible_collections.imagewright.azure.plugins.module_utils.network import ifcfg, ifupdown, managers, names, netplan, networkd
from ansible_collections.imagewright.azure.plugins.module_utils.network.changes import is_ethernet
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import (
    ERROR, NOTE, WARNING, Evidence, Rule, failed, failed_if, not_applicable, passed)
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.provisioner import cloud_init_runs

_KEYFILES = "/etc/NetworkManager/system-connections/*"
_MAC = re.compile(r"(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}", re.IGNORECASE)
_OWN_MAC = re.compile(r"^\s*(?:HWADDR|MACADDR|LLADDR|mac-address|cloned-mac-address|MACAddress|PermanentMACAddress|macaddress|hwaddress)\b\s*[:= ]",
                      re.IGNORECASE)
_FIXED = re.compile(r"^\s*(?:IPADDR\d*\s*=\s*[\"']?\d|address\d*\s*=\s*\d|Address\s*=\s*\d|method\s*=\s*manual|addresses\s*:\s*\[?\s*\S|"
                    r"BOOTPROTO\s*=\s*[\"']?static)", re.IGNORECASE)
_PLATFORM = ("168.63.129.16", "169.254.169.254")
_FIREWALLS = ("/etc/iptables/rules.v4", "/etc/sysconfig/iptables", "/etc/nftables.conf", "/etc/sysconfig/nftables.conf")
_UNMANAGED = re.compile(r"AZURE_UNMANAGED_SRIOV|NM_UNMANAGED|ID_NET_MANAGED_BY|^\s*Unmanaged\s*=\s*(?:yes|true|1)|unmanaged-devices\s*=.*(?:mlx|mana)",
                        re.IGNORECASE | re.MULTILINE)
_VF = re.compile(r"hv_pci|mlx[45]|mana|azure", re.IGNORECASE)


def _card_files(tree):
    """Return the paths of files that set up Ethernet cards, whoever reads them."""
    return sorted(set(ifcfg.files(tree) + networkd.files(tree) + netplan.files(tree) + [path for path in tree.glob(_KEYFILES) if tree.is_file(path)]))


def _cloud_init_writes(context):
    """Whether cloud-init writes the network configuration at the first boot."""
    if not cloud_init_runs(context.tree):
        return False
    files = context.tree.glob("/etc/cloud/cloud.cfg.d/*.cfg")
    return not context.find(files, lambda text: re.match(r"\s*network\s*:\s*\{\s*config\s*:\s*disabled|\s+config\s*:\s*disabled", text))


def manager(context):
    """R34a"""
    active = context.shared(managers.active)
    return passed(" and ".join(active)) if active else failed([Evidence("/etc/systemd/system", None, "no network manager is enabled")])


def dhcp(context):
    """R34b"""
    active = context.shared(managers.active)
    if "networkmanager" in active or _cloud_init_writes(context):
        return passed("NetworkManager asks for an address on every card" if "networkmanager" in active else "cloud-init writes the configuration")
    asked = _dhcp_lines(context)
    return passed(evidence=asked) if asked else failed(_near_misses(context), "On Azure the first card is called eth0.")


def _dhcp_lines(context):
    """Return the Evidence of lines that make a card that may be eth0 ask for an address."""
    tree, found = context.tree, []
    for path in ifupdown.files(tree):
        found += [place for place in context.find([path], lambda text: re.match(r"\s*iface\s+\S+\s+inet\s+dhcp\b", text))
                  if fnmatch.fnmatchcase("eth0", place.text.split()[1].partition("=")[2] or place.text.split()[1].strip("/"))]
    for path in ifcfg.files(tree):
        if path.endswith(("ifcfg-eth0", "ifcfg-System_eth0")) or context.find([path], lambda text: re.match(r'\s*DEVICE="?eth0', text)):
            found += context.find([path], lambda text: re.match(r"\s*BOOTPROTO\s*=\s*[\"']?dhcp", text))
    for path in networkd.files(tree):
        if not networkd.is_of_this_machine(tree.read_text(path)):
            found += context.find([path], lambda text: re.match(r"\s*DHCP\s*=\s*(?:yes|true|1|on|ipv4|both|v4)\s*$", text, re.IGNORECASE))
    for path in netplan.files(tree):
        if not context.find([path], _OWN_MAC.match) and re.search(r"eth0|name:\s*[\"']?(?:e\*|eth\*|\*)|driver:\s*\[?\s*hv_netvsc", tree.read_text(path)):
            found += context.find([path], lambda text: re.match(r"\s*dhcp4\s*:\s*(?:true|yes)", text))
    return found


def _near_misses(context):
    tree = context.tree
    found = context.find(ifupdown.files(tree), lambda text: re.match(r"\s*iface\s+\S+\s+inet\s+", text) and is_ethernet(text.split()[1]))
    found += context.find(networkd.files(tree) + netplan.files(tree) + ifcfg.files(tree),
                          lambda text: re.match(r"\s*(?:Name\s*=|BOOTPROTO\s*=|DEVICE\s*=|e\w+\s*:\s*$)", text))
    return found or [Evidence("/etc", None, "no file makes eth0 ask for an address")]


def fixed_address(context):
    """R34c"""
    tree = context.tree
    found = context.find(_card_files(tree), _FIXED.match)
    found += context.find(ifupdown.files(tree), lambda text: re.match(r"\s*iface\s+\S+\s+inet\s+static\b", text) and is_ethernet(text.split()[1]))
    return failed_if(found)


def own_address(context):
    """R34d"""
    return failed_if(context.find(_card_files(context.tree) + ifupdown.files(context.tree), lambda text: _OWN_MAC.match(text) and _MAC.search(text)))


def persistent_names(context):
    """R35"""
    evidence = []
    for change in context.shared(names.plan):
        lines = context.find([change.path], lambda text: _MAC.search(text) and not text.lstrip().startswith("#"))
        evidence += lines or ([Evidence(change.path, None, change.reason)] if (change.before or "").strip() else [])
    return failed_if(evidence)


def virtual_functions(context):
    """R36"""
    tree = context.tree
    active = context.shared(managers.active)
    if not active or active == ["ifupdown"]:
        return not_applicable("ifupdown only touches the cards it is told to")
    for pattern in ("/etc/udev/rules.d/*.rules", "/usr/lib/udev/rules.d/*azure*.rules", "/lib/udev/rules.d/*azure*.rules",
                    "/etc/systemd/network/*.network", "/usr/lib/systemd/network/*azure*.network", "/etc/NetworkManager/conf.d/*.conf"):
        for path in tree.glob(pattern):
            text = tree.read_text(path) if tree.is_file(path) else ""
            if _UNMANAGED.search(text) and _VF.search(path + text):
                return passed(evidence=[Evidence(path, None, "leaves virtual functions alone")])
    return failed([Evidence("/etc/udev/rules.d", None, "no rule leaves virtual functions alone")])


def disk_names(context):
    """R38"""
    tree = context.tree
    wanted = ("80-azure-disk.rules", "66-azure-storage.rules")
    if any(tree.exists(f"{folder}/udev/rules.d/{name}") for folder in ("/etc", "/usr/lib", "/lib") for name in wanted):
        return passed()
    return failed([Evidence("/usr/lib/udev/rules.d", None, "none of " + ", ".join(wanted))])


def platform_reached(context):
    """R39"""
    files = [path for path in _FIREWALLS if context.tree.is_file(path)]
    blocked = context.find(files, lambda text: any(address in text for address in _PLATFORM) and re.search(r"\b(?:DROP|REJECT|drop|reject)\b", text))
    closed = context.find(files, lambda text: re.match(r":OUTPUT\s+DROP", text) or re.search(r"hook output.*policy drop", text))
    allowed = context.find(files, lambda text: _PLATFORM[0] in text and re.search(r"ACCEPT|accept", text))
    return failed_if(blocked or (closed if not allowed else []))


RULES = [
    Rule("R34a", "A network manager is enabled", ERROR,
         "Without one no card gets an address: the machine is neither provisioned nor reachable. Old agent packages remove NetworkManager.",
         "Run the role guest_network, or enable systemd-networkd, NetworkManager, networking or wicked.",
         "Microsoft: create-upload-generic", manager, "guest_network",
         choice="The older guides remove NetworkManager because the agent's package conflicted with it; since RHEL 7 it must stay (R37)."),
    Rule("R34b", "The first card asks for its address by DHCP", ERROR,
         "Azure gives the address by DHCP on a card that is called eth0 there, whatever its name was on the machine of the build.",
         "Run the role guest_network.", "Microsoft: create-upload-generic, redhat-create-upload-vhd", dhcp, "guest_network"),
    Rule("R34c", "No card has a fixed address", ERROR,
         "An address of the build's network makes the machine unreachable on Azure.", "Run the role guest_network.",
         "Microsoft: create-upload-generic", fixed_address, "guest_network"),
    Rule("R34d", "No card's configuration is tied to a MAC address", ERROR,
         "The card of the virtual machine has another MAC address: its configuration is not applied.", "Run the role guest_network.",
         "Microsoft: redhat-create-upload-vhd", own_address, "guest_network"),
    Rule("R35", "No udev rule names cards by the MAC address of this machine", ERROR,
         "The virtual machine's card has another address and becomes eth1, which nobody configures.", "Run the role guest_network.",
         "Microsoft: oracle-create-upload-vhd, suse-create-upload-vhd; WALinuxAgent", persistent_names, "guest_network"),
    Rule("R36", "Virtual functions are left to their synthetic card", WARNING,
         "With accelerated networking a second card with the same address appears; a network manager that configures it too breaks the connection.",
         "Run the role guest_network, or install azure-vm-utils.", "Microsoft: redhat-create-upload-vhd; azure-vm-utils", virtual_functions,
         "guest_network", choice="Microsoft's page says the synthetic card must be unmanaged; it is the virtual function that must be."),
    Rule("R38", "Azure's disks get stable names", NOTE,
         "The rules make /dev/disk/azure, by which data disks and the resource disk are found in any order.",
         "Install azure-vm-utils where it is packaged, or the agent's udev rules.", "Microsoft: azure-virtual-machine-utilities", disk_names, "guest_kernel"),
    Rule("R39", "The guest's firewall lets the platform be reached", ERROR,
         "The agent talks to 168.63.129.16 and 169.254.169.254: blocked, the machine never reports ready.",
         "Allow both addresses in the file that is named.", "Microsoft: agent-linux", platform_reached, ""),
]
