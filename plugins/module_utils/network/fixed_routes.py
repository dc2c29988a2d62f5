# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Routes and rules of routing that the first card's configuration adds to those of its lease.

Azure's lease brings a route to everything, and one each to the addresses of the platform; networkd gives them the metric 1024, NetworkManager and
what netplan writes 100, and DHCP clients of scripts 0.

Source: systemd.network(5), [Route] and [RoutingPolicyRule]; netplan's YAML reference, routes and gateway4; nm-settings-keyfile(5), route and
routing-rule; ip-route(8), ip-rule(8); RFC 3442.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import ipaddress
import re

from ansible_collections.imagewright.azure.plugins.module_utils.network import ini, netplan_files
from ansible_collections.imagewright.azure.plugins.module_utils.core.place import Place

#: What an agent and cloud-init talk to, and where metadata are.
PLATFORM, METADATA = "168.63.129.16", "169.254.169.254"
#: Kinds of routes and rules that carry no packet.
REJECTING = ("blackhole", "unreachable", "prohibit", "throw")
#: What stands for the address of the gateway that the lease names.
_OF_THE_LEASE = re.compile(r"_dhcp|_ipv6ra")
_ALL = ipaddress.ip_network("0.0.0.0/0")
#: The number of the rule that asks the main table.
_MAIN_RULE = 32766
#: Selectors by which a rule is for some packets alone.
_SELECTING = ("IncomingInterface", "OutgoingInterface", "FirewallMark", "User", "SourcePort", "DestinationPort", "TypeOfService", "L3MasterDevice")

#: A route beside those of the lease. destination: IPv4Network; gateway: str or None; kind: str, ``unicast`` or of REJECTING;
#: on_link: bool, whether it is put in though the gateway is in no network of the card; metric: int; place: Place.
FixedRoute = collections.namedtuple("FixedRoute", "destination gateway kind on_link metric place")
#: A rule that rejects packets before the main table is asked. destination: IPv4Network; place: Place.
RejectingRule = collections.namedtuple("RejectingRule", "destination place")
#: What one manager adds. routes: [FixedRoute]; rules: [RejectingRule]; metric: int, of the lease's routes.
Added = collections.namedtuple("Added", "routes rules metric")


def network_of(text):
    """Return the IPv4Network of a destination (str), ``default`` is all; None for another family, or for what is none."""
    try:
        network = ipaddress.ip_network("0.0.0.0/0" if text in ("default", "all", "any") else text, strict=False)
    except ValueError:
        return None
    return network if network.version == 4 else None


def rejects_platform(network, covered):
    """Return whether a network (IPv4Network or None) takes the platform's address from the lease's route to it.

    covered: bool, whether a larger network does too, as that of a rule; of routes the longest prefix wins, and the lease's is the longest there is.
    """
    if network is None:
        return False
    address = ipaddress.ip_address(PLATFORM)
    return address in network if covered else network == ipaddress.ip_network(PLATFORM)


def of_networkd(file):
    """Return what is Added by a NetworkdFile."""
    routes, lines = [], file.text.split("\n")

    def place(entry):
        own = entry in ini.entries(file.text)
        return Place(file.path, entry.line if own else None, lines[entry.line - 1].strip() if own else f"{entry.key}={entry.value} in a drop-in of it")

    for entry in file.entries:
        if (entry.section, entry.key) == ("Network", "Gateway") and _is_address(entry.value):
            routes.append(FixedRoute(_ALL, entry.value, "unicast", False, 0, place(entry)))
    on_device = ini.last(file.entries, "Network", "DefaultRouteOnDevice")
    if on_device is not None and on_device.value.lower() in ini.TRUE:
        routes.append(FixedRoute(_ALL, None, "unicast", False, 0, place(on_device)))
    for block in ini.blocks(file.entries, "Route"):
        said = {entry.key: entry for entry in block if entry.value}
        route = _of_block(said, lambda key, said=said: place(said[key]))
        if route is not None:
            routes.append(route)
    rules = [rule for block in ini.blocks(file.entries, "RoutingPolicyRule") for rule in _rule_of_block(block, place)]
    metric = next((ini.last(file.entries, section, "RouteMetric") for section in ("DHCPv4", "DHCP") if ini.last(file.entries, section, "RouteMetric")), None)
    return Added(routes, rules, _number(metric.value if metric else None, 1024))


def _of_block(said, place):
    """Return the FixedRoute of a [Route] ({key: IniEntry}), None for one of another table or family, or of the lease's gateway."""
    gateway, kind = said.get("Gateway"), said["Type"].value if "Type" in said else "unicast"
    if gateway is not None and not _is_address(gateway.value):
        return None
    destination = network_of(said["Destination"].value) if "Destination" in said else _ALL if gateway is not None else None
    table = said["Table"].value if "Table" in said else "main"
    if destination is None or table not in ("main", "254"):
        return None
    on_link = "GatewayOnLink" in said and said["GatewayOnLink"].value.lower() in ini.TRUE
    shown = "Type" if kind != "unicast" else "Gateway" if gateway is not None else "Destination"
    metric = _number(said["Metric"].value if "Metric" in said else None, 0)
    return FixedRoute(destination, gateway.value if gateway else None, kind, on_link, metric, place(shown))


def _rule_of_block(block, place):
    said = {entry.key: entry for entry in block if entry.value}
    kind, family = said.get("Type"), said["Family"].value if "Family" in said else "ipv4"
    if kind is None or kind.value not in REJECTING[:3] or family == "ipv6" or any(key in said for key in _SELECTING):
        return []
    if "From" in said and network_of(said["From"].value) != _ALL:
        return []
    if "InvertRule" in said and said["InvertRule"].value.lower() in ini.TRUE:
        return []
    if _number(said["Priority"].value if "Priority" in said else None, 0) >= _MAIN_RULE:
        return []
    destination = network_of(said["To"].value) if "To" in said else _ALL
    return [] if destination is None else [RejectingRule(destination, place(kind))]


def of_commands(routes, rules, metric):
    """Return what is Added by lines ([Place]) of routes and rules as `ip` takes them, or of routes as ADDRESS0=, NETMASK0= and GATEWAY0=.

    metric: int, of the lease's routes. Those of another table are none of the first card's own.
    """
    found, numbered = [], {}
    for place in routes:
        name, equals, value = place.text.partition("=")
        match = re.fullmatch(r"(ADDRESS|NETMASK|GATEWAY|METRIC)(\d+)", name)
        if equals and match:
            numbered.setdefault(match.group(2), {})[match.group(1)] = (value.strip("\"' "), place)
            continue
        found += _of_words(place.text.split(), place)
    for said in numbered.values():
        network = network_of(f"{said['ADDRESS'][0]}/{said['NETMASK'][0]}") if {"ADDRESS", "NETMASK", "GATEWAY"} <= set(said) else None
        if network is not None:
            number = said["METRIC"][0] if "METRIC" in said else None
            found.append(FixedRoute(network, said["GATEWAY"][0], "unicast", False, _number(number, 0), said["GATEWAY"][1]))
    return Added(found, [rule for place in rules for rule in _rule_of_words(place.text.split(), place)], metric)


def _of_words(words, place):
    """Return the [FixedRoute] of the words behind `ip route add`."""
    kind = words[0] if words[0] in REJECTING else "unicast"
    rest = words[1:] if words[0] in REJECTING + ("unicast",) else words
    network = network_of(rest[0]) if rest else None
    options = dict(zip(rest[1:], rest[2:]))
    if network is None or options.get("table", "main") not in ("main", "254"):
        return []
    return [FixedRoute(network, options.get("via"), kind, "onlink" in rest, _number(options.get("metric"), 0), place)]


def _rule_of_words(words, place):
    """Return the [RejectingRule] of the words behind `ip rule add`."""
    selecting = {"iif", "oif", "fwmark", "dport", "sport", "tos", "uidrange", "ipproto"} & set(words)
    options = dict(zip(words, words[1:]))
    if not set(words) & set(REJECTING[:3]) or selecting or options.get("from", "all") not in ("all", "0.0.0.0/0", "default"):
        return []
    priority = options.get("priority") or options.get("pref") or options.get("prio")
    network = network_of(options.get("to", "all"))
    return [] if network is None or _number(priority, 0) >= _MAIN_RULE else [RejectingRule(network, place)]


def of_netplan(files, name):
    """Return what is Added by netplan's files ([NetplanFile]) for an Ethernet definition (str, its id), by networkd as netplan's renderer."""
    settings, places = netplan_files.merged(files, "ethernets").get(name, ({}, {}))
    routes = []
    if _is_address(str(settings.get("gateway4", ""))):
        routes.append(FixedRoute(_ALL, str(settings["gateway4"]), "unicast", False, 0, places["gateway4"]))
    for route in settings.get("routes") if isinstance(settings.get("routes"), list) else []:
        if not isinstance(route, dict):
            continue
        gateway, kind, table = route.get("via"), str(route.get("type", "unicast")), str(route.get("table", "254"))
        destination = network_of(str(route.get("to", "default" if gateway else "")))
        if destination is None or table not in ("254", "main") or gateway is not None and not _is_address(str(gateway)):
            continue
        place = places["routes"]._replace(text=f"routes: to: {route.get('to')}, {'type: ' + kind if kind != 'unicast' else 'via: ' + str(gateway)}")
        on_link = netplan_files.is_true(route.get("on-link"))
        routes.append(FixedRoute(destination, gateway and str(gateway), kind, on_link, _number(route.get("metric"), 0), place))
    overrides = settings.get("dhcp4-overrides")
    return Added(routes, [], _number(overrides.get("route-metric") if isinstance(overrides, dict) else None, 100))


def of_keyfile(path, text):
    """Return what is Added by a profile of NetworkManager, which puts a route in whatever networks the card has."""
    entries, lines = ini.entries(text), text.split("\n")

    def place(entry):
        return Place(path, entry.line, lines[entry.line - 1].strip())

    lease = ini.last(entries, "ipv4", "route-metric")
    metric = _number(lease.value if lease else None, 100)
    options = {entry.key: entry.value for entry in entries if entry.section == "ipv4" and entry.key.endswith("_options")}
    routes = []
    for entry in [entry for entry in entries if entry.section == "ipv4" and re.fullmatch(r"routes?\d*", entry.key)]:
        fields = entry.value.rstrip(";").replace(";", ",").split(",")
        told = dict(word.strip().partition("=")[::2] for word in options.get(entry.key + "_options", "").split(","))
        destination, kind = network_of(fields[0].strip()), told.get("type", "unicast")
        gateway = fields[1].strip() if fields[1:] and _is_address(fields[1].strip()) else None
        if destination is None or told.get("table", "254") not in ("254", "0"):
            continue
        routes.append(FixedRoute(destination, gateway, kind, True, _number(fields[2].strip() if fields[2:] else None, metric), place(entry)))
    rules = [
        RejectingRule(destination, place(entry))
        for entry in entries
        if entry.section == "ipv4" and re.fullmatch(r"routing-rule\d+", entry.key)
        for destination in _of_rule(entry.value.split())
    ]
    return Added(routes, rules, metric)


def _of_rule(words):
    """Return the [IPv4Network] that a rule in the words of ip-rule(8) rejects, [] when it rejects none, or some packets alone."""
    told = dict(zip(words, words[1:]))
    if not set(words) & set(REJECTING[:3]) or {"iif", "oif", "fwmark", "sport", "dport", "not", "tos", "uidrange", "ipproto"} & set(words):
        return []
    if network_of(told.get("from", "all")) != _ALL or _number(told.get("priority", told.get("pref")), 0) >= _MAIN_RULE:
        return []
    destination = network_of(told.get("to", "all"))
    return [] if destination is None else [destination]


def _is_address(text):
    """Return whether a text is the IPv4 address of a gateway, and no word for that of the lease."""
    if _OF_THE_LEASE.match(text):
        return False
    try:
        return ipaddress.ip_address(text).version == 4
    except ValueError:
        return False


def _number(value, otherwise):
    """Return the number (int) of a setting (str, int or None), otherwise where it says none."""
    return int(str(value)) if value is not None and str(value).isdigit() else otherwise
