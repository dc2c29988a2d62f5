# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The network: DHCP on the first card, nothing tied to the old machine's cards, virtual functions left alone.

PRIVATE: module_utils of this collection are not an interface.
"""

import re

from ansible_collections.imagewright.azure.plugins.module_utils.core.unit_files import TRUE
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import kernels
from ansible_collections.imagewright.azure.plugins.module_utils.network import card_name, managers, masters, names, netplan, other_managers, outcome, wicked
from ansible_collections.imagewright.azure.plugins.module_utils.network.first_card import DHCP, FIRST, NOTHING, UNMANAGED, UNSURE
from ansible_collections.imagewright.azure.plugins.module_utils.readiness import card_addresses
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import (
    ERROR,
    NOTE,
    WARNING,
    Evidence,
    failed,
    failed_if,
    not_applicable,
    passed,
    unknown,
)
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import FIRST_CARD, SYSTEM_MANAGER

_MAC = re.compile(r"(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}", re.IGNORECASE)
_UNMANAGED = re.compile(
    rf"AZURE_UNMANAGED_SRIOV|NM_UNMANAGED|ID_NET_MANAGED_BY|^\s*Unmanaged\s*=\s*(?:{'|'.join(TRUE)})\b|unmanaged-devices\s*=.*(?:mlx|mana)",
    re.IGNORECASE | re.MULTILINE,
)
_VF = re.compile(r"hv_pci|mlx[45]|mana|azure", re.IGNORECASE)

#: What becomes of the first card where it does not ask for its address, by first_card's word for it.
_OTHERWISE = {
    "fixed": "it gets a fixed address",
    "held": "it is a part of a bond, bridge or team",
    "unmanaged": "the network manager is told to leave it alone",
    "not started": "its configuration is not started at boot",
    "no route": "it takes no route with its address, and so finds neither Azure's platform nor anybody else",
    "starved": "its packets are thrown away",
    "nothing": "no configuration asks for an address on it",
}


def _answers(tree):
    """Return (Card, [(manager, Answer)]) of the first card under the name that it will have."""
    card = card_name.first_card(tree)[0]
    found = outcome.answers(tree, card)
    # Debian enables its networking, and presets networkd, where another has the card
    return card, found if any(answer.what not in (NOTHING, UNMANAGED) for _manager, answer in found) else found + other_managers.answers(tree, card)


@rule(
    "R34b",
    step=FIRST_CARD,
    severity=ERROR,
    fixed_by="guest_network",
    title="The first card asks for its address by DHCP",
    fault="The first card does not ask for its address by DHCP",
    why="Azure gives the address by DHCP on a card that is called eth0 there, whatever its name was on the machine of the build.",
    cure="Run the role guest_network.",
    source="Microsoft: create-upload-generic, redhat-create-upload-vhd",
)
def dhcp(context):
    """Return passed when who sets up the first card makes it ask for its address; that is the first configuration that its manager takes for it."""
    card, found = context.shared(_answers)
    asking = [Evidence(*place) for manager, answer in found if answer.what == DHCP for place in answer.places]
    if asking or any(answer.what == DHCP for manager, answer in found):
        return passed(" and ".join(manager for manager, answer in found if answer.what == DHCP), asking)
    places = [Evidence(*place) for manager, answer in found for place in answer.places]
    places = places or [Evidence(*place) for adapter in _in_use(context.tree) for place in adapter.answer(context.tree, card).places]
    named = "" if card.name == FIRST.name else f" It will be called {card.name}."
    if any(answer.what == UNSURE for manager, answer in found):
        return unknown(f"several configurations may be taken for the first card, and not all of them ask for an address.{named}", places)
    causes = "; ".join(f"{manager}: {_OTHERWISE[answer.what]}" for manager, answer in found)
    return failed(
        places or [Evidence("/etc", None, "no file makes eth0 ask for an address")],
        f"On Azure the first card is called eth0.{named}{f' {causes}.' if causes else ''}",
    )


def _in_use(tree):
    """Return the adapters of all managers whose files may say something of a card; netplan, where it is not in use, says that it is not there alone."""
    return [adapter for name, adapter in managers.ADAPTERS.items() if name != "netplan" or netplan.is_in_use(tree)]


@rule(
    "R34c",
    step=FIRST_CARD,
    severity=ERROR,
    fixed_by="guest_network",
    title="No card has a fixed address",
    fault="A card has a fixed address",
    why="An address of the build's network is none on Azure: where the first card has no other, the machine is unreachable.",
    cure="Run the role guest_network; take ip= out with grub_cmdline, absent: [ip].",
    source="Microsoft: create-upload-generic; dracut.cmdline(7), systemd-network-generator.service(8), nm-initrd-generator(8)",
)
def fixed_address(context):
    """Return failed with each line that gives an Ethernet card a fixed address, and each ``ip=`` of a kernel command line.

    It is a warning where it is not the first card's, and for ``ip=``, which the initramfs hands on to systemd-networkd and NetworkManager alone.
    """
    found = card_addresses.fixed(context)
    return failed_if(
        [line.evidence for line in found] + card_addresses.on_command_lines(context), severity=None if card_addresses.is_serious(context, found) else WARNING
    )


@rule(
    "R34d",
    step=FIRST_CARD,
    severity=ERROR,
    fixed_by="guest_network",
    title="No card's configuration is tied to a MAC address",
    fault="A card's configuration is tied to a MAC address",
    why="The card of the virtual machine has another MAC address: its configuration is not applied.",
    cure="Run the role guest_network.",
    source="Microsoft: redhat-create-upload-vhd",
)
def own_address(context):
    """Return failed with each line of a network configuration that matches a card by a MAC address.

    It is a warning where networkd takes another file for the first card, which asks for its address.
    """
    found = card_addresses.own(context)
    return failed_if([line.evidence for line in found], severity=WARNING if card_addresses.are_passed_over(context, found) else None)


@rule(
    "R34e",
    step=FIRST_CARD,
    severity=NOTE,
    fixed_by="guest_network",
    title="DHCP does not set the host name",
    fault="DHCP sets the host name",
    why="The host name comes from Azure with the provisioning data; one from DHCP would replace it.",
    cure="Run the role guest_network.",
    source="Microsoft: suse-create-upload-vhd",
)
def name_from_dhcp(context):
    """Return failed with the line that lets SUSE's wicked take the host name from DHCP."""
    if not context.tree.is_file(wicked.DHCP):
        return not_applicable("only SUSE's wicked takes the host name from DHCP")
    return failed_if(context.find([wicked.DHCP], lambda text: re.match(r"\s*DHCLIENT_SET_HOSTNAME\s*=\s*[\"']?yes", text)))


@rule(
    "R34f",
    step=FIRST_CARD,
    severity=ERROR,
    fixed_by="guest_network",
    title="The first card is no part of a bond, bridge or team, and has no VLAN",
    fault="The first card is a part of a bond, bridge or team, or has a VLAN",
    why="As a part of another card it asks for no address itself, and what it is a part of has the address of the build's network. A VLAN leaves the card "
    "as it is, and reaches nobody, for Azure's network knows none.",
    cure="Run the role guest_network with guest_network_masters: remove, or take it apart.",
    source="Microsoft: create-upload-generic; bonding.txt of Linux",
)
def not_held(context):
    """Return failed with each master of a manager that runs which holds the first card; a VLAN alone is a warning, for the card below it stays what it is."""
    held = [master for name in context.shared(managers.active) for master in masters.holding(managers.ADAPTERS[name].masters(context.tree))]
    evidence = [
        Evidence(master.place.path, master.place.line, f"the {master.kind} {master.name} {_does(master)} {', '.join(master.members)}: {master.place.text}")
        for master in held
    ]
    return failed_if(evidence, severity=WARNING if all(master.kind == masters.VLAN for master in held) else None)


def _does(master):
    """Return what a Master does with its parts (str)."""
    return "is on" if master.kind == masters.VLAN else "holds"


@rule(
    "R35",
    step=FIRST_CARD,
    severity=ERROR,
    fixed_by="guest_network",
    title="No udev rule names cards by the MAC address of this machine",
    fault="A udev rule names a card by the MAC address of this machine",
    why="The virtual machine's card has another address and becomes eth1, which nobody configures.",
    cure="Run the role guest_network.",
    source="Microsoft: oracle-create-upload-vhd, suse-create-upload-vhd; WALinuxAgent",
)
def persistent_names(context):
    """Return failed with each udev rule, line by line, and each .link file, that network_dhcp would remove and that gives the first card's name away."""
    evidence = []
    for change in context.shared(names.without_addresses):
        if names.is_of_another_card(context.tree, change.path):
            continue
        lines = context.find([change.path], lambda text: _MAC.search(text) and not text.lstrip().startswith("#"))
        evidence += lines or ([Evidence(change.path, None, change.reason)] if (change.before or "").strip() else [])
    return failed_if(evidence)


def _has_their_bus(tree):
    return kernels.any_has(tree, "pci_hyperv")


@rule(
    "R36",
    step=FIRST_CARD,
    severity=WARNING,
    fixed_by="guest_network",
    title="Virtual functions are left to their synthetic card",
    fault="Virtual functions are not left to their synthetic card",
    why="With accelerated networking a second card with the same address appears; a network manager that configures it too breaks the connection.",
    cure="Run the role guest_network, or install azure-vm-utils.",
    source="Microsoft: redhat-create-upload-vhd; azure-vm-utils",
    choice="Microsoft's page says the synthetic card must be unmanaged; it is the virtual function that must be.",
)
def virtual_functions(context):
    """Return passed with the file that keeps the network manager from configuring virtual functions."""
    tree = context.tree
    active = context.shared(managers.active)
    if set(active) <= {"ifupdown", "ifcfg"}:
        return not_applicable("the scripts of ifupdown and of network only touch the cards that they are told to")
    if not context.shared(_has_their_bus):
        return not_applicable("no kernel here has the bus of virtual functions, pci_hyperv")
    for pattern in (
        "/etc/udev/rules.d/*.rules",
        "/usr/lib/udev/rules.d/*azure*.rules",
        "/lib/udev/rules.d/*azure*.rules",
        "/etc/systemd/network/*.network",
        "/usr/lib/systemd/network/*azure*.network",
        "/etc/NetworkManager/conf.d/*.conf",
    ):
        for path in tree.glob(pattern):
            text = tree.read_text(path) if tree.is_file(path) else ""
            if _UNMANAGED.search(text) and _VF.search(path + text):
                return passed(evidence=[Evidence(path, None, "leaves virtual functions alone")])
    return failed([Evidence("/etc/udev/rules.d", None, "no rule leaves virtual functions alone")])


@rule(
    "R38",
    step=SYSTEM_MANAGER,
    severity=NOTE,
    title="Azure's disks get stable names",
    fault="Azure's disks get no stable names",
    why="The rules make /dev/disk/azure, by which data disks and the resource disk are found in any order.",
    cure="Install azure-vm-utils where it is packaged, or the agent's udev rules, which come with its package.",
    source="Microsoft: azure-virtual-machine-utilities",
)
def disk_names(context):
    """Return passed when the udev rules of azure-vm-utils or of the agent for disks are there."""
    tree = context.tree
    wanted = ("80-azure-disk.rules", "66-azure-storage.rules")
    if any(tree.exists(f"{folder}/udev/rules.d/{name}") for folder in ("/etc", "/usr/lib", "/lib") for name in wanted):
        return passed()
    return failed([Evidence("/usr/lib/udev/rules.d", None, "none of " + ", ".join(wanted))])


RULES = [dhcp, fixed_address, own_address, name_from_dhcp, not_held, persistent_names, virtual_functions, disk_names]
