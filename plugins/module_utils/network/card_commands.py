# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a command that runs beside the first card does to it: takes it down, moves it away, takes its routes, or leaves it alone.

Nothing here runs a shell: of a line with ``;`` and ``&&`` each part counts, what stands behind ``||`` runs in a case of need alone.

Source: ip-link(8), ip-route(8), ip-rule(8), ip-address(8), ifconfig(8), ifdown(8), modprobe(8).

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import posixpath
import re
import shlex

from ansible_collections.imagewright.azure.plugins.module_utils.network.first_card import LEAST_MTU
from ansible_collections.imagewright.azure.plugins.module_utils.network.fixed_routes import REJECTING, FixedRoute, network_of, rejects_platform
from ansible_collections.imagewright.azure.plugins.module_utils.core.place import Place

DOWN, MOVED, EMPTIED, NO_DRIVER, REFUSED, SMALL, DEFAULT = "down", "moved", "emptied", "no driver", "refused", "small", "default"

#: What one command does. what: one of the words above; text: str, the command; first: bool, whether it
#: has its way beside the routes of a lease: what only adds one that is there, or whose gateway is in no network of the card, fails.
CardCommand = collections.namedtuple("CardCommand", "what text first")

_SHELLS = ("sh", "bash", "dash", "ash")
_BEFORE = ("sudo", "exec", "env", "nohup", "command")
_OBJECTS = {"link": "link", "l": "link", "address": "address", "addr": "address", "a": "address", "route": "route", "r": "route", "ro": "route", "rule": "rule"}
_ADDING = {"add": False, "a": False, "append": False, "replace": True, "change": True, "prepend": True}


def commands(line, card, names=()):
    """Return the [CardCommand] of a shell line (str) that harm a card (str, its name).

    names: [str], what stands for the card's name in the line, as ``$IFACE`` does.
    """
    for name in names:
        line = line.replace(name, card)
    try:
        words = shlex.split(re.sub(r"(;|&&|\|\|)", r" \1 ", line), comments=True)
    except ValueError:
        return []
    found, part = [], []
    for word in words + [";"]:
        if word not in (";", "&&", "||"):
            part.append(word)
            continue
        found += _of_words(part, card)
        part = []
        if word == "||":
            break
    return found


def _of_words(words, card):
    while words and posixpath.basename(words[0]) in _BEFORE:
        words = words[1:]
    if not words:
        return []
    name, rest, text = posixpath.basename(words[0]), words[1:], " ".join(words)
    if name in _SHELLS and "-c" in rest[:2]:
        return [each for inner in rest[rest.index("-c") + 1 : rest.index("-c") + 2] for each in commands(inner, card)]
    if name == "ip":
        return _of_ip([word for word in rest if word not in ("-4", "-s", "-d", "-o")], card, text)
    if _takes_down(name, rest, card):
        return [CardCommand(DOWN, text, True)]
    if (name == "rmmod" or name == "modprobe" and "-r" in rest) and {"hv_netvsc", "hv-netvsc"} & set(rest):
        return [CardCommand(NO_DRIVER, text, True)]
    return []


def _takes_down(name, rest, card):
    """Return whether a program (str, its name) with its words takes a card down."""
    if name == "nmcli":
        return rest[-2:] == ["networking", "off"] or card in rest and ("disconnect" in rest or rest[-2:] == ["managed", "no"])
    if name == "ifconfig":
        return rest[:1] == [card] and ("down" in rest or rest[1:2] == ["0.0.0.0"])
    return card in rest and (name == "ifdown" or name == "dhclient" and bool({"-r", "-x"} & set(rest)) or name == "networkctl" and rest[0] == "down")


def _of_ip(rest, card, text):
    kind, verb, words = _OBJECTS.get((rest[:1] or [""])[0]), (rest[1:2] or [""])[0], rest[2:]
    what, first = None, True
    if kind == "link" and card in words:
        what = _of_link(verb, words)
    elif kind == "address" and verb in ("flush", "f"):
        what = EMPTIED if card in words or not words else None
    elif kind == "route" and verb in ("del", "delete", "flush"):
        what = EMPTIED if words[:1] in (["default"], ["0.0.0.0/0"], ["all"]) or verb == "flush" and card in words else None
    elif kind == "route" and verb in _ADDING:
        what = _of_route(words)
        first = _ADDING[verb] and (what != DEFAULT or "onlink" in words)
    elif kind == "rule" and verb in ("add", "a") and set(words) & set(REJECTING) and not {"from", "iif", "oif", "fwmark", "dport", "sport"} & set(words):
        to = words[words.index("to") + 1] if "to" in words[:-1] else "default"
        what = REFUSED if to in ("default", "all") or rejects_platform(network_of(to), True) else None
    return [CardCommand(what, text, first)] if what else []


def _of_link(verb, words):
    """Return what a verb of `ip link` does to a card that its words name, None for nothing."""
    if verb in ("del", "delete") or verb in ("set", "s") and "down" in words:
        return DOWN
    if verb not in ("set", "s"):
        return None
    if "netns" in words or "master" in words:
        return MOVED
    mtu = words[words.index("mtu") + 1] if "mtu" in words[:-1] else ""
    return SMALL if mtu.isdigit() and int(mtu) < LEAST_MTU else None


def _of_route(words):
    """Return what a route (its words behind ``add``) does: REFUSED, DEFAULT or None."""
    kind = words[0] if words[:1] and words[0] in REJECTING else "unicast"
    destination = words[1:2] if kind != "unicast" or words[:1] == ["unicast"] else words[:1]
    network = network_of(destination[0]) if destination else None
    if network is None or "table" in words and words[-1] != "table" and words[words.index("table") + 1] not in ("main", "254"):
        return None
    metric = words[words.index("metric") + 1] if "metric" in words[:-1] else "0"
    route = FixedRoute(network, None, kind, "onlink" in words, int(metric) if metric.isdigit() else 0, Place("", None, ""))
    if kind != "unicast":
        return REFUSED if (not network.prefixlen and not route.metric) or rejects_platform(network, False) else None
    return DEFAULT if not network.prefixlen and not route.metric else None
