# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""firewalld: the zone of the first card, what it lets in, and direct rules for what goes out.

Source: firewalld.conf(5), firewalld.zone(5), firewalld.policy(5), firewalld.direct(5).

PRIVATE: module_utils of this collection are not an interface.
"""

import re

from ansible_collections.imagewright.azure.plugins.module_utils.network import ifcfg, networkmanager, networkmanager_card, outcome, wicked
from ansible_collections.imagewright.azure.plugins.module_utils.network.texts import text_of
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.firewall import iptables
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.firewall.packets import MOST_RULES, ACCEPT, DROP, Condition, Hook, PacketRule

SERVICES = ("firewalld",)
_FOLDERS = ("/etc/firewalld", "/usr/lib/firewalld", "/usr/share/firewalld")
_CONFIGURATION = "/etc/firewalld/firewalld.conf"
_DIRECT = "/etc/firewalld/direct.xml"
_CARD = "eth0"
#: Zones that firewalld brings and that let SSH in, or all; others of its own do not.
_OPEN = ("public", "external", "internal", "dmz", "work", "home", "trusted", "nm-shared", "libvirt", "libvirt-routed", "FedoraServer", "FedoraWorkstation")

_CLOSED = ("block", "drop")
#: What firewalld takes in place of a default zone that is not there.
_USUAL = "public"

#: Services that firewalld brings and that open other ports than SSH's.
_OF_OTHER_PORTS = (
    "dhcpv6-client",
    "dhcpv6",
    "cockpit",
    "http",
    "https",
    "mdns",
    "samba",
    "samba-client",
    "nfs",
    "dns",
    "ntp",
    "snmp",
    "ipp",
    "ipp-client",
    "ftp",
)

#: Arguments of iptables as they are: the table, the chain, the rule.
_PASSED_THROUGH = re.compile(r"\s*(?:(?:-t|--table)\s+(?:filter|security|raw|mangle)\s+)?(?:-A|--append|-I|--insert)\s+(\w+)\s+(?:[0-9]+\s+)?(.*)")

_OF_DIRECT = re.compile(r"<(rule|passthrough)\b([^<>]*)>([^<]*)<")
_RICH = re.compile(r"<rule\b([^<>]*)>(.*?)</rule\s*>", re.DOTALL)
_OF_PRIORITY = re.compile(r"<rule\b[^<>]*\bpriority\s*=")
#: What of a rich rule says which packets it is about.
_OF_PACKETS = ("service", "port", "protocol", "icmp-type", "icmp-block", "masquerade", "forward-port", "source-port")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_ELEMENT = re.compile(r"<(zone|policy|service|port|interface|source|rule|protocol|accept|ingress-zone|egress-zone)\b([^<>]*)>")
_ATTRIBUTE = re.compile(r"""([A-Za-z]+)\s*=\s*["']([^"']*)["']""")


def hooks(tree):
    """Return the Hooks ([Hook]) that firewalld loads for the first card."""
    return [_zone(tree)] + _policies(tree) + _direct(tree)


def _zone(tree):
    """Return the Hook of what comes in on the card: what its zone names, else what its target does."""
    files = {
        path.rpartition("/")[2][: -len(".xml")]: path for folder in reversed(_FOLDERS) for path in tree.glob(folder + "/zones/*.xml") if tree.is_file(path)
    }
    elements = {name: _elements(text_of(tree, path, MOST_RULES)) for name, path in files.items()}
    known = set(files).union(_OPEN, _CLOSED)
    bound = [name for name, found in elements.items() if any(kind == "interface" and each.get("name") == _CARD for kind, each in found)]
    everybody = [name for name, each in elements.items() if any(kind == "source" and _is_everybody(source.get("address", "")) for kind, source in each)]
    candidates = [(name, (files[name], None, f"the zone {name} of every source")) for name in everybody]
    candidates += [(zone, tuple(where)) for zone, where in _of_card(tree)] + [(name, (files[name], None, f"the zone of {_CARD}")) for name in bound]
    candidates += [_default(tree), (_USUAL, (_CONFIGURATION, None, f"DefaultZone={_USUAL}"))]
    name, place = next(((zone, where) for zone, where in candidates if zone in known), candidates[-1])
    found = elements.get(name, [])
    target = next((each.get("target", "default") for kind, each in found if kind == "zone"), None)
    if target is None:
        target = "ACCEPT" if name in _OPEN else "DROP" if name == "drop" else "default"
    rules = [PacketRule([Condition("state", False, ["established", "related"])], ACCEPT, "", place)]
    # what rich rules refuse comes before what anything lets in
    rules += [PacketRule(conditions, DROP, "", (files[name], number, text)) for conditions, number, text in _refusals(tree, files.get(name))]
    rules += [PacketRule(conditions, ACCEPT, "", place) for conditions in _openings(tree, files.get(name))]
    # a zone of certain sources lets those in
    for other in [other for other in files if other not in (name, *everybody)]:
        sources = [source for kind, source in elements[other] if kind == "source"]
        opened = [[]] if ("zone", "ACCEPT") in [(kind, each.get("target")) for kind, each in elements[other]] else _openings(tree, files[other])
        rules += [PacketRule([_of_source(source)] + conditions, ACCEPT, "", place) for source in sources for conditions in opened]
    path = files.get(name, place[0])
    shown = f"the zone {name} of the first card, target {target}, does not let it in"
    return Hook(
        "input",
        ACCEPT if target == "ACCEPT" else DROP,
        {name: rules},
        name,
        (place[0], place[1], f"{place[2]}: {shown}") if _is_of_card(place) else (path, place[1] if path == place[0] else None, shown),
    )


def _openings(tree, path):
    """Return [[Condition]] of what the file (path, or None) of a zone lets in, of each what a packet of IPv4 has to be."""
    text = _without_comments(text_of(tree, path, MOST_RULES)) if path else ""
    found = [_opening(kind, each) for kind, each in _elements(_RICH.sub("", text)) if kind in ("service", "port", "protocol")]
    found = [[condition] for condition in found if condition is not None]
    for match in _RICH.finditer(text):
        if "<accept" in match.group(2) and "ipv6" not in match.group(1):
            inside = [(kind, dict(_ATTRIBUTE.findall(rest))) for kind, rest in re.findall(r"<([a-z-]+)\b([^<>]*)>", match.group(2))]
            opened = [_opening(kind, each) for kind, each in inside if kind in _OF_PACKETS]
            narrowed = [_of_source(each) for kind, each in inside if kind == "source"]
            narrowed += [Condition(None, False, []) for kind, each in inside if kind in ("destination", "limit")]
            found += [] if None in opened else [opened + narrowed]
    return found


def _opening(kind, each):
    """Return the Condition of an element that lets something in, None when that is not TCP, or another service."""
    if kind == "port":
        return Condition("dport", False, [each.get("port", "")]) if each.get("protocol") in (None, "tcp") else None
    if kind == "protocol":
        return Condition("protocol", False, [each.get("value", "")])
    if kind != "service" or each.get("name") in _OF_OTHER_PORTS:
        return None
    # what a service of the administrator's own opens is not looked up
    return Condition("dport", False, ["22"]) if each.get("name") == "ssh" else Condition(None, False, [])


def _of_source(each):
    """Return the Condition of an element source: an address of IPv4; of a set, or a MAC address, it is not told."""
    address = each.get("address", "")
    if ":" in address:
        return Condition("family", False, ["ipv6"])
    return Condition("source" if address else None, each.get("invert", "").lower() in ("yes", "true"), [address])


def _of_card(tree):
    """Return [(zone, Place)] of what sets the first card up and names a zone for it: the profile that NetworkManager starts, or an ifcfg file.

    Source: nm-settings-nmcli(5), connection.zone; ifcfg(5) of wicked, ZONE=; a zone that is not there is refused, and the card stays in the default one.
    """
    names = [name for name, unused in outcome.answers(tree)]
    if "networkmanager" in names:
        profiles = networkmanager_card.started(tree, networkmanager.reads_ifcfg(tree))
        return [(profile.zone, profile.places["zone"]) for profile in profiles if profile.zone][:1]
    folders = [folder for name, folder in (("wicked", wicked.FOLDER), ("ifcfg", ifcfg.FOLDER)) if name in names]
    files = [file for folder in folders for file in ifcfg.all_files(tree, folder) if file.card == _CARD]
    return [(file.settings["ZONE"], file.place("ZONE")) for file in files if file.settings.get("ZONE")][:1]


def _is_everybody(address):
    return address.endswith("/0") and ":" not in address


def _is_of_card(place):
    """Return whether a place (path, line, text) is of a card's configuration, and not of firewalld."""
    return not place[0].startswith(_FOLDERS)


def _refusals(tree, path):
    """Return [([Condition], line, text)] of the rich rules of a zone's file (path, or None) that refuse packets, whoever they come from."""
    text = _without_comments(text_of(tree, path, MOST_RULES)) if path else ""
    found, letting_in = [], []
    for match in sorted(_RICH.finditer(text), key=_priority):
        inside = match.group(2)
        if "<accept" in inside:
            letting_in.append(_priority(match))
        # one that lets in, or a zone's own list, comes before
        if _OF_PRIORITY.search(text) and (letting_in or _priority(match) > 0):
            continue
        if not re.search(r"<(?:reject|drop)\b", inside) or re.search(r"<(?:source|destination|accept)\b", inside) or "ipv6" in match.group(1):
            continue
        what = {kind: dict(_ATTRIBUTE.findall(rest)) for kind, rest in re.findall(r"<(service|port|protocol|icmp-type|icmp-block)\b([^<>]*)>", inside)}
        conditions = [] if not what else None
        if what.get("service", {}).get("name") == "ssh":
            conditions = [Condition("dport", False, ["22"])]
        elif "port" in what and what["port"].get("protocol") == "tcp":
            conditions = [Condition("dport", False, [what["port"].get("port", "")])]
        if conditions is not None:
            found.append((conditions, text.count("\n", 0, match.start()) + 1, " ".join(match.group().split())))
    return found


def _priority(match):
    """Return the priority (int) of a rich rule: those below 0 come before all that a zone names."""
    number = dict(_ATTRIBUTE.findall(match.group(1))).get("priority", "0")
    return int(number) if re.fullmatch(r"-?\d{1,5}", number) else 0


def _without_comments(text):
    """Return the text (str) with its comments blank, and as many lines."""
    return _COMMENT.sub(lambda match: "\n" * match.group().count("\n"), text)


def _default(tree):
    text = text_of(tree, _CONFIGURATION) if tree.is_file(_CONFIGURATION) else ""
    for number, line in enumerate(text.split("\n"), 1):
        name, equals, value = line.partition("=")
        if equals and name.strip() == "DefaultZone":
            return value.strip(), (_CONFIGURATION, number, line.strip())
    return _USUAL, (_CONFIGURATION, None, f"DefaultZone={_USUAL}")


def _policies(tree):
    """Return the Hooks of policies for what this machine sends."""
    found = []
    for path in tree.glob("/etc/firewalld/policies/*.xml"):
        elements = _elements(text_of(tree, path, MOST_RULES)) if tree.is_file(path) else []
        target = next((each.get("target", "") for kind, each in elements if kind == "policy"), "")
        if ("ingress-zone", {"name": "HOST"}) in elements and target in ("DROP", "REJECT"):
            place = (path, None, f"a policy for what this machine sends, target {target}")
            opened = [
                PacketRule([Condition(None, False, [])], ACCEPT, "", place) for kind, unused in elements if kind in ("service", "port", "rule", "protocol")
            ]
            found.append(Hook("output", DROP, {"policy": opened}, "policy", place))
        if ("ingress-zone", {"name": "ANY"}) in elements and ("egress-zone", {"name": "HOST"}) in elements and target in ("DROP", "REJECT"):
            found += _before_zones(path, elements, target)
    return found


def _before_zones(path, elements, target):
    """Return the Hook of a policy for what comes in from everywhere, when it is asked before the zones, and lets in nothing by itself."""
    priority = next((each.get("priority", "-1") for kind, each in elements if kind == "policy"), "-1")
    if not priority.startswith("-") or any(kind in ("service", "port", "rule", "protocol", "accept") for kind, unused in elements):
        return []
    place = (path, None, f"a policy for what comes in from everywhere, target {target}")
    return [Hook("input", DROP, {"policy": [PacketRule([Condition("state", False, ["established", "related"])], ACCEPT, "", place)]}, "policy", place)]


def _direct(tree):
    """Return the Hooks of direct rules of IPv4."""
    text = text_of(tree, _DIRECT) if tree.is_file(_DIRECT) else ""
    chains = {"INPUT": [], "OUTPUT": []}
    for match in _OF_DIRECT.finditer(_without_comments(text)):
        attributes, words, chain = dict(_ATTRIBUTE.findall(match.group(2))), match.group(3), None
        if match.group(1) == "passthrough":
            passed = _PASSED_THROUGH.match(words)
            chain, words = passed.groups() if passed else (None, "")
        else:
            chain = attributes.get("chain")
        if attributes.get("ipv") == "ipv4" and chain in chains:
            number = text.count("\n", 0, match.start()) + 1
            chains[chain].append(iptables.rule_of(words, (_DIRECT, number, text.split("\n")[number - 1].strip())))
    return [Hook(iptables.HOOKS[chain], ACCEPT, {chain: rules}, chain, (_DIRECT, None, chain)) for chain, rules in chains.items() if rules]


def _elements(text):
    """Return [(element, {attribute: value})] of a zone or policy in their order."""
    return [(kind, dict(_ATTRIBUTE.findall(rest))) for kind, rest in _ELEMENT.findall(_COMMENT.sub("", text[:1048576]))]
