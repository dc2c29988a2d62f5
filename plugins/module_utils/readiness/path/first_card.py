# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""First card: the name that it will have, who sets it up, and what the firewall lets through.

Rules on what the managers' files say are in rules/network.py, on the managers in rules/network_manager.py, those on the firewall in rules/firewall.py.

PRIVATE: module_utils of this collection are not an interface.
"""

import re

from ansible_collections.imagewright.azure.plugins.module_utils.core import services
from ansible_collections.imagewright.azure.plugins.module_utils.network import (
    card_name,
    managers,
    name_servers,
    networkd_files,
    networkmanager_conf,
    networkmanager_profiles,
    other_managers,
    outcome,
)
from ansible_collections.imagewright.azure.plugins.module_utils.network.first_card import DHCP, FIRST
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import (
    ERROR,
    WARNING,
    Evidence,
    failed,
    failed_if,
    not_applicable,
    passed,
    unknown,
)
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.initramfs_images import images
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import FIRST_CARD

RESOLVER = "/etc/resolv.conf"
#: Where a link to /run points that somebody makes at boot: its beginning, and who makes it.
_MADE_BY = (
    ("/run/systemd/resolve/", ("systemd-resolved",)),
    ("/run/NetworkManager/", ("NetworkManager",)),
    ("/run/resolvconf/", ("resolvconf",)),
    ("/run/netconfig/", ("wicked", "NetworkManager")),
    ("/run/connman/", ("connman",)),
)
#: Managers that write the resolver's file with what DHCP says.
_WRITING = ("networkmanager", "ifupdown", "ifcfg", "wicked")
_NSSWITCH, _HOSTS = "/etc/nsswitch.conf", re.compile(r"\s*hosts\s*:")
#: Sources of names that ask a server, or may do so. Source: nsswitch.conf(5), nss-resolve(8).
_ASKS_SERVERS = re.compile(r":.*\b(?:dns|resolve|nis|nisplus|ldap|sss|wins|winbind|db|hesiod|docker|libvirt|unbound|nss_\w+)\b")
_CLONED = re.compile(r"\s*(?:ethernet\.)?cloned-mac-address\s*=\s*(?:random|stable|stable-ssid|(?:[0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2})\s*$")


@rule(
    "R35b",
    step=FIRST_CARD,
    severity=ERROR,
    fixed_by="guest_network",
    title="The first card keeps the name that its configuration has",
    fault="The first card is renamed, and its configuration is for another name",
    why="Azure's first card is eth0 to the kernel. Under another name nothing asks for its address.",
    cure="Remove the rule or the .link file, or write the configuration for that name; the role guest_network does the former.",
    source="systemd.link(5), udev(7)",
)
def keeps_its_name(context):
    """Return failed with the rule or .link file that renames the first card where nothing asks for an address under the new name."""
    card, place = card_name.first_card(context.tree)
    if place is None:
        return passed()
    asks = any(answer.what == DHCP for _manager, answer in outcome.answers(context.tree, card))
    return (
        passed(f"it will be called {card.name}, and asks for its address", [Evidence(*place)])
        if asks
        else failed([Evidence(*place)], f"It will be called {card.name}.")
    )


@rule(
    "R35c",
    step=FIRST_CARD,
    severity=ERROR,
    fixed_by="guest_network",
    title="No initramfs renames the first card",
    fault="An initramfs renames the first card, and its configuration is for another name",
    why="The card's driver is loaded in the initramfs, and udev there names it by the rules and links of the day when the image was built, though the guest "
    "has them no longer.",
    cure="Run the role guest_network, then build the image again: the role guest_boot, or update-initramfs or dracut.",
    source="systemd.link(5), udev(7); hooks/udev of initramfs-tools, modules.d of dracut",
)
def keeps_its_name_in_the_initramfs(context):
    """Return failed with the rule or .link file inside an image that renames the first card where nothing asks for an address under the new name."""
    evidence, unread = [], []
    for image in context.shared(images):
        if image.files is None:
            unread.append(Evidence(image.kernel.image, None, image.problem))
            continue
        card, place = card_name.first_card(image.files)
        if place is not None and not any(answer.what == DHCP for _manager, answer in outcome.answers(context.tree, card)):
            evidence.append(Evidence(image.kernel.image, None, f"{place.path[1:]} line {place.line}: {place.text}"))
    if not evidence and unread:
        return unknown("an initramfs could not be looked into", unread)
    return failed_if(evidence)


@rule(
    "R35d",
    step=FIRST_CARD,
    severity=ERROR,
    title="The first card keeps the address that Azure gives",
    fault="The first card gets another MAC address than Azure gives",
    why="Azure's network lets nothing through from a MAC address that is not the card's own.",
    cure="Take MACAddress= and MACAddressPolicy=random out of the .link file, cloned-mac-address out of NetworkManager's files.",
    source="systemd.link(5); NetworkManager.conf(5), ethernet.cloned-mac-address; Microsoft: virtual network FAQ",
)
def keeps_its_address(context):
    """Return failed with the line of the .link file that is the first card's, or of NetworkManager's files, that gives it another MAC address."""
    tree = context.tree
    link = next((file for file in networkd_files.in_order(tree, "link") if networkd_files.matches(file.entries, FIRST, tree)), None)
    evidence = []
    if link is not None:
        wanted = [entry for entry in link.entries if entry.section == "Link" and (entry.key == "MACAddress" or _is_random(entry))]
        evidence += [Evidence(link.path, entry.line, f"{entry.key}={entry.value}") for entry in wanted if entry.value]
    if "networkmanager" in context.shared(managers.active):
        paths = [profile.path for profile in networkmanager_profiles.profiles(tree, False) if profile.kind == "ethernet"]
        places = [setting.place for setting in networkmanager_conf.configuration(tree).values()]
        evidence += [Evidence(place.path, place.line, place.text) for place in places if _CLONED.match(place.text)]
        evidence += context.find(paths, _CLONED.match)
    return failed_if(evidence)


def _is_random(entry):
    return entry.key == "MACAddressPolicy" and entry.value == "random"


@rule(
    "R72",
    step=FIRST_CARD,
    severity=WARNING,
    title="Names are looked up where Azure's DHCP says",
    fault="Names are looked up at the build's servers, or nowhere",
    why="The machine is provisioned, for the platform is reached by its address, but no name resolves: updates, extensions and mounts fail.",
    cure="Enable the service that makes the file, or remove the file, so that the network manager writes it; let it take the servers that DHCP names "
    "(ignore-auto-dns, PEERDNS, UseDNS, use-dns, NETCONFIG_DNS_POLICY).",
    source="resolv.conf(5), systemd-resolved.service(8), nm-settings-nmcli(5), systemd.network(5), netconfig(8)",
    kinds=("generalized", "specialized"),
)
def resolver(context):
    """Return failed for a guest that asks no server for names, or not those of the lease.

    It does not, with a link to a file that nobody makes at boot, servers of a private network in a file that nobody writes again, or a manager that leaves
    the lease's servers out.
    """
    tree = context.tree
    active = context.shared(managers.active)
    alone = name_servers.file_left_alone(tree, active)
    unasked = context.find([_NSSWITCH], lambda text: _HOSTS.match(text) and not _ASKS_SERVERS.search(text.partition("#")[0]))
    if unasked:
        return failed(unasked, "No name is looked up at a server.")
    refused = [] if alone else [Evidence(*place) for place in name_servers.refused(tree, active)]
    if tree.is_symlink(RESOLVER):
        target = tree.resolve(RESOLVER).replace("/var/run/", "/run/")
        makers = next((names for beginning, names in _MADE_BY if target.startswith(beginning)), None)
        if makers is not None and services.state(tree, makers) == services.ENABLED or tree.exists(RESOLVER):
            return failed(refused) if refused else passed(f"{' or '.join(makers or ())} makes it" if makers else "")
        return failed(
            [Evidence(RESOLVER, None, f"-> {tree.readlink(RESOLVER)}")],
            f"{' and '.join(makers)} {'is' if len(makers) == 1 else 'are'} not enabled." if makers else "Nothing makes what it points to.",
        )
    if not tree.is_file(RESOLVER):
        if alone is not None:
            return failed([Evidence(*alone)], f"Nobody writes {RESOLVER}, which is not there.")
        return failed(refused) if refused else not_applicable("the network manager makes the file")
    others = [name for name, answer in other_managers.answers(tree) if answer.what == DHCP]
    if (set(active) & set(_WRITING) or others) and alone is None:
        return failed(refused) if refused else passed("the network manager writes the file with what DHCP says")
    return failed_if(
        context.find([RESOLVER], lambda text: re.match(r"\s*nameserver\s", text) and name_servers.PRIVATE.match(text.split()[1] if text.split()[1:] else "")),
        "No network manager that runs writes the file again.",
    )


RULES = [keeps_its_name, keeps_its_name_in_the_initramfs, keeps_its_address, resolver]
