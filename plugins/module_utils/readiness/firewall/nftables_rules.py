# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One rule of nftables as conditions and a verdict.

Source: nft(8), payload, meta and conntrack expressions, verdict statements and maps.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.readiness.firewall import nftables_matches
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.firewall.packets import ACCEPT, DROP, GOTO, JUMP, RETURN, Condition, PacketRule

_VERDICTS = {"accept": ACCEPT, "drop": DROP, "reject": DROP, "return": RETURN}
#: What two words, or one, are compared of.
_EXPRESSIONS = {
    ("tcp", "dport"): "dport",
    ("tcp", "sport"): "sport",
    ("th", "dport"): "dport",
    ("th", "sport"): "sport",
    ("ip", "saddr"): "source",
    ("ip", "daddr"): "destination",
    ("ct", "state"): "state",
    ("ip", "protocol"): "protocol",
    ("meta", "l4proto"): "protocol",
    ("meta", "iifname"): "in",
    ("meta", "iif"): "in",
    ("meta", "oifname"): "out",
    ("meta", "oif"): "out",
    ("meta", "skuid"): "user",
    ("meta", "nfproto"): "family",
}
_SHORT = {"iifname": "in", "iif": "in", "oifname": "out", "oif": "out", "skuid": "user"}
#: Protocols that are not TCP over IPv4: a rule of theirs is for other packets.
_OTHERS = ("udp", "icmp", "icmpv6", "ip6", "sctp", "dccp", "udplite", "arp", "ether", "vlan", "igmp", "esp", "ah")
#: Words that narrow nothing, and how many follow them.
_IDLE = {"counter": 0, "log": 0, "comment": 1, "prefix": 1, "level": 1, "group": 1, "flags": 1, "packets": 1, "bytes": 1, "with": 9, "notrack": 0}
#: What the first router throws away.
_SHORT_LIVED = (["ip", "ttl", "set", "0"], ["ip", "ttl", "set", "1"])


def rules_of(words, variables, sets):
    """Return the rules ([PacketRule]) of a statement: one, or one for each entry of a verdict map.

    words: [nftables.NftablesToken]; variables, sets: {name: [str]}, a set that somebody fills while the machine runs is none of them.
    """
    conditions, position = [], 0
    place = getattr(words[0], "place", ("", None, ""))
    while position < len(words):
        word = words[position]
        if word in _VERDICTS:
            return [PacketRule(conditions, _VERDICTS[word], "", place)]
        if word in ("redirect", "dnat") and any(each in ("to", ":") or each.startswith(":") for each in words[position + 1 :]):
            # what is sent to another port or machine does not arrive
            to_itself = any(each.startswith("127.") for each in words[position + 1 :])
            return [PacketRule(conditions, None if to_itself else DROP, "", place)]
        if word in ("jump", "goto"):
            return [PacketRule(conditions, JUMP if word == "jump" else GOTO, str("".join(words[position + 1 : position + 2])), place)]
        if words[position : position + 4] in _SHORT_LIVED:
            return [PacketRule(conditions + [Condition("answer", False, [])], DROP, "", place)]
        special = nftables_matches.match(words, position)
        if special is not None:
            conditions.append(special[0])
            position += special[1]
            continue
        if word in _IDLE:
            position += 1 + _IDLE[word]
            continue
        key, used = _expression(words, position)
        if key is None and word in _OTHERS:
            return []
        if key is None:
            conditions.append(Condition(None, False, []))
            position += 1
            continue
        position += used
        negated = words[position : position + 1] == ["!="]
        position += words[position : position + 1] in (["!="], ["=="])
        if words[position : position + 1] == ["vmap"]:
            return _of_map(words[position + 1 :], key, conditions, sets, place)
        values, position = _values(words, position, variables, sets)
        conditions += [Condition(key if values is not None else None, negated, values or [])]
    return [PacketRule(conditions, None, "", place)]


def _expression(words, position):
    """Return (key or None, number of words) of what is compared."""
    pair = tuple(str(word) for word in words[position : position + 2])
    if pair in _EXPRESSIONS:
        return _EXPRESSIONS[pair], 2
    if words[position] in _SHORT:
        return _SHORT[words[position]], 1
    return None, 1


def _values(words, position, variables, sets):
    """Return ([str], or None where a set is not known; position behind them)."""
    if words[position : position + 1] == ["{"]:
        end = next((index for index in range(position, len(words)) if words[index] == "}"), len(words))
        inside, position = words[position + 1 : end], end + 1
    else:
        inside, position = words[position : position + 1], position + 1
        while words[position : position + 1] == [","]:
            inside, position = inside + words[position + 1 : position + 2], position + 2
    values = []
    for word in inside:
        if word.startswith("$"):
            found = variables.get(word[1:])
        elif word.startswith("@"):
            found = sets.get(word[1:])
        else:
            found = [] if word == "," else [word]
        if found is None:
            return None, position
        values += [str(each).strip('"') for each in found]
    return values, position


def _of_map(words, key, conditions, sets, place):
    """Return the Rules of ``vmap { established : accept, invalid : drop }``; a map of a name is not known."""
    if words[:1] != ["{"]:
        return [PacketRule(conditions + [Condition(None, False, [])], ACCEPT, "", place)]
    text = " ".join(word for word in words[1:] if word != "}")
    found = []
    for entry in text.split(","):
        value, colon, verdict = entry.partition(":")
        verdict = verdict.split()
        if colon and verdict:
            kind = _VERDICTS.get(verdict[0], GOTO if verdict[0] == "goto" else JUMP)
            found.append(PacketRule(conditions + [Condition(key, False, [value.strip().strip('"')])], kind, "".join(verdict[1:2]), place))
    return found
