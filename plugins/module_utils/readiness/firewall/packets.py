# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of a packet in a firewall: chains of rules, as iptables and nftables have them.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import fnmatch
import ipaddress

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.firewall import circumstances

#: A packet. hook: input or output; source, destination: str or None, not known; sport, dport: int or None; state: new or established.
#: It is TCP, of IPv4, over eth0, and where it goes out one of root's.
Packet = collections.namedtuple("Packet", "hook source destination sport dport state")

#: One condition of a rule. key: one of those of _FITTING, or None when it cannot be told; negated: bool; values: [str].
Condition = collections.namedtuple("Condition", "key negated values")

#: One rule. conditions: [Condition]; verdict: one of those below, or None for one that only counts or logs; target: str, the chain of a jump;
#: place: (path, line, text).
PacketRule = collections.namedtuple("PacketRule", "conditions verdict target place")
ACCEPT, DROP, JUMP, GOTO, RETURN = "accept", "drop", "jump", "goto", "return"

#: Where packets enter a table. hook: input or output; policy: ACCEPT or DROP; chains: {name: [PacketRule]}; name: its own chain; place: of its policy.
Hook = collections.namedtuple("Hook", "hook policy chains name place")

#: Bytes of one file of rules; lists of some ten thousand addresses have a MiB or two.
MOST_RULES = 4 * 1024 * 1024

_PORTS = {"ssh": 22, "domain": 53, "http": 80, "https": 443}
_CARD = "eth0"
_MOST_STEPS = 500000  # rules passed, and values compared


def dropped(hooks, packet):
    """Return the places ([(path, line, text)]) that drop a packet for certain, [] when it is, or may be, let through.

    hooks: [Hook]; each of those of the packet's direction is passed.
    Raises ImagewrightError: the chains jump more often than any real ones.
    """
    steps = [0]
    for hook in hooks:
        if hook.hook == packet.hook:
            verdict, place, in_doubt = _judge(hook.chains, hook.name, packet, steps, 0)
            verdict, place = (verdict, place) if verdict else (hook.policy, hook.place)
            if verdict == DROP and not in_doubt:
                return [place]
    return []


def without(rules, key):
    """Return the rules ([PacketRule]) with the conditions of a key (str) as ones that cannot be told."""
    return [rule._replace(conditions=[condition._replace(key=None) if condition.key == key else condition for condition in rule.conditions]) for rule in rules]


def _judge(chains, name, packet, steps, depth):
    """Return (ACCEPT, DROP or None at the chain's end, place, whether it may have been accepted before)."""
    in_doubt = may_leave = False
    for rule in chains.get(name, []):
        steps[0] += 1 + sum(len(condition.values) for condition in rule.conditions)
        if steps[0] > _MOST_STEPS or depth > 30:
            raise ImagewrightError(f"cannot tell what {rule.place[0]} line {rule.place[1]} lets through: its chains jump too often")
        fits = _fit(rule.conditions, packet)
        if fits is False or rule.verdict is None:
            continue
        verdict, place, doubt = rule.verdict, rule.place, False
        if verdict in (JUMP, GOTO):
            verdict, place, doubt = _judge(chains, rule.target, packet, steps, depth + 1)
            verdict = RETURN if verdict is None and rule.verdict == GOTO else verdict
        in_doubt = in_doubt or doubt or (verdict == ACCEPT and (fits is None or may_leave))
        may_leave = may_leave or (fits is None and verdict == RETURN)
        if fits and (verdict == RETURN or verdict in (ACCEPT, DROP) and may_leave):
            return None, None, in_doubt  # or it left the chain before: what drops it here does not do so for certain
        if fits and verdict in (ACCEPT, DROP):
            return verdict, place, in_doubt
    return None, None, in_doubt


def _fit(conditions, packet):
    """Return whether the packet fits all conditions: True, False, or None when that cannot be told."""
    verdicts = []
    for condition in conditions:
        fits = _FITTING[condition.key](condition.values, packet) if condition.key in _FITTING else None
        if condition.key in _OF_LISTS and not condition.values:
            fits = False  # a set that is empty
        verdicts.append(fits if fits is None else fits != condition.negated)
    return False if False in verdicts else None if None in verdicts else True


def _in_networks(values, address, is_own):
    """Return whether an address (str, or None, not known) is in one of the networks. is_own: bool, whether it is the machine's, which no file knew."""
    try:
        networks = [ipaddress.ip_network(value, strict=False) for value in values]
    except ValueError:
        return None  # a name, a set
    if any(network.prefixlen == 0 for network in networks):
        return True
    if address is None:
        return False if is_own and all(_is_of_no_card(network) for network in networks) else None
    return any(ipaddress.ip_address(address) in network for network in networks)


def _is_of_no_card(network):
    """Return whether a network is one address, as that of the machine of the build, or one that no card of Azure's has."""
    return network.prefixlen == network.max_prefixlen or network.is_loopback or network.is_multicast or network.is_link_local


def _in_ports(values, port):
    for value in values:
        first, dash, last = value.replace(":", "-").partition("-")
        numbers = [_PORTS.get(word, int(word) if word.isdecimal() else None) for word in (first or "0", (last or "65535") if dash else first)]
        if None in numbers:
            return None
        if port is not None and numbers[0] <= port <= numbers[1]:
            return True
    return None if port is None else False


def _is_card(values, wanted):
    return wanted and any(fnmatch.fnmatchcase(_CARD, value.replace("+", "*")) for value in values)


#: Keys of conditions whose values may be none.
_OF_LISTS = ("source", "destination", "sport", "dport", "in", "out", "mark", "mac")
_FITTING = {
    "protocol": lambda values, packet: bool({"tcp", "6", "all", "ip", "0"} & set(values)),
    "source": lambda values, packet: _in_networks(values, packet.source, packet.hook == "output"),
    "destination": lambda values, packet: _in_networks(values, packet.destination, packet.hook == "input"),
    "sport": lambda values, packet: _in_ports(values, packet.sport),
    "dport": lambda values, packet: _in_ports(values, packet.dport),
    "in": lambda values, packet: _is_card(values, packet.hook == "input"),
    "out": lambda values, packet: _is_card(values, packet.hook == "output"),
    "state": lambda values, packet: packet.state in [value.lower() for value in values],
    "user": lambda values, packet: packet.hook == "output" and bool({"0", "root"} & set(values)),
    "family": lambda values, packet: "ipv4" in values,
    "to": lambda values, packet: packet.hook == "input" and "LOCAL" in values,
    "from": lambda values, packet: packet.hook == "output" and "LOCAL" in values,
    "first": lambda values, packet: packet.state == "new",
    **circumstances.FITTING,
}
