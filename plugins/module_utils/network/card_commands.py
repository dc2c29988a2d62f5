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

from ansible_collections.imagewright.azure.plugins.module_utils.network import ip_flush
from ansible_collections.imagewright.azure.plugins.module_utils.network.first_card import LEAST_MTU
from ansible_collections.imagewright.azure.plugins.module_utils.network.fixed_routes import REJECTING, FixedRoute, network_of, rejects_platform
from ansible_collections.imagewright.azure.plugins.module_utils.core.place import Place

DOWN, MOVED, EMPTIED, NO_DRIVER, REFUSED, SMALL, OTHER, DEFAULT = "down", "moved", "emptied", "no driver", "refused", "small", "other", "default"

#: What one command does. what: one of the words above; text: str, the command; first: bool, whether it
#: has its way beside the routes of a lease: what only adds one that is there, or whose gateway is in no network of the card, fails.
#: taken: str, what it is that the card has no longer: ``card`` for itself, ``route``, or the name of the module.
CardCommand = collections.namedtuple("CardCommand", "what text first taken")

#: {what: the sentence that says it}
SAID = {
    DOWN: "takes the card down",
    MOVED: "puts the card into another network",
    EMPTIED: "takes the address or the routes of the lease",
    NO_DRIVER: "takes the card's driver away",
    REFUSED: "rejects what is sent to Azure's platform, or to everybody",
    SMALL: "leaves packets that are too small for DHCP",
    OTHER: "gives the card an address that is not its own, from which the platform takes no packet",
    DEFAULT: "sends everything to a gateway of the build's network",
}

_SHELLS = ("sh", "bash", "dash", "ash")
_BEFORE = ("sudo", "exec", "env", "nohup", "command", "builtin", "eval", "setsid", "time", "nice", "ionice", "stdbuf", "timeout", "systemd-run")
#: Their options whose value is a word of its own, and those that have a word before the program.
_WITH_VALUE = {"sudo": "ug", "env": "u", "nice": "n", "ionice": "cn", "stdbuf": "ioe", "timeout": "ks", "systemd-run": "upEMH", "exec": "a"}
_SET = re.compile(r"[A-Za-z_]\w*=")
#: Of which ip takes the first that a word begins, and of their verbs.
_OBJECTS = ("address", "route", "rule", "link")
_VERBS = {
    "address": ("add", "change", "replace", "delete", "show", "flush"),
    "route": ("list", "show", "get", "add", "change", "replace", "prepend", "append", "test", "delete", "flush"),
    "rule": ("list", "show", "add", "delete", "flush"),
    "link": ("add", "set", "change", "replace", "delete", "show"),
}
_ADDING = {"add": False, "append": False, "replace": True, "change": True, "prepend": True}
_DRIVER = ("hv_netvsc", "hv-netvsc")
_MAIN = ("main", "254")


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
        found += of_words(part, card)
        part = []
        if word == "||":
            break
    return found


def from_program(words):
    """Return words of a command line ([str]) from its program on, without what only starts another program, or gives it a variable."""
    while words:
        name = posixpath.basename(words[0])
        if _SET.match(words[0]):
            words = words[1:]
        elif name == "command" and set(words[1:2]) & {"-v", "-V"} or name == "systemd-run" and any(word.startswith("--on-") for word in words):
            return []  # it only looks the program up, or starts it some time later
        elif name == "eval":
            words = _split(" ".join(words[1:]))
        elif name in _BEFORE:
            words = _behind_options(words[1:], _WITH_VALUE.get(name, ""))[name == "timeout" :]
        else:
            break
    return words


def _split(text):
    try:
        return shlex.split(text)
    except ValueError:
        return []


def _behind_options(words, with_value):
    """Return the words ([str]) behind the options; with_value: str, the letters of options whose value is a word of its own."""
    while words[:1] and words[0].startswith("-"):
        words = words[1 + (len(words[0]) == 2 and words[0][1] in with_value) :]
    return words


def of_words(words, card):
    """Return the [CardCommand] of one command ([str], its words) that harm a card (str, its name)."""
    words = from_program(words)
    if not words:
        return []
    name, rest, text = posixpath.basename(words[0]), words[1:], " ".join(words)
    if name in _SHELLS and "-c" in rest[:2]:
        return [each for inner in rest[rest.index("-c") + 1 : rest.index("-c") + 2] for each in commands(inner, card)]
    if name == "ip":
        return _of_ip([word for word in rest if word not in ("-4", "-s", "-d", "-o")], card, text)
    if _takes_down(name, rest, card):
        return [CardCommand(DOWN, text, True, "card")]
    if name == "rmmod" or name == "modprobe" and {"-r", "--remove"} & set(rest):
        return [CardCommand(NO_DRIVER, text, True, word) for word in rest if word in _DRIVER]
    return []


def _takes_down(name, rest, card):
    """Return whether a program (str, its name) with its words takes a card down."""
    if name == "nmcli":
        return _is_of_nmcli([word for word in rest if not word.startswith("-")], card)
    if name == "ifconfig":
        return rest[:1] == [card] and ("down" in rest or rest[1:2] == ["0.0.0.0"])
    if name == "ifdown":
        return bool({card, "-a", "--all"} & set(rest))
    return card in rest and (name == "dhclient" and bool({"-r", "-x"} & set(rest)) or name == "networkctl" and rest[0] in ("down", "delete"))


def _is_of_nmcli(words, card):
    """Return whether words of nmcli, which takes each for the first that it begins, take all cards or this one down."""
    kind, verb, named = (words + ["", ""])[0], (words + ["", ""])[1], words[2:]
    if len(kind) > 1 and "networking".startswith(kind):
        return verb == "off"
    if not kind or not "device".startswith(kind) or card not in named:
        return False
    return len(verb) > 1 and "disconnect".startswith(verb) or verb == "set" and words[-2:] == ["managed", "no"]


def _of_ip(rest, card, text):
    kind = ip_flush.begun(rest[:1], _OBJECTS)
    verb, words = ip_flush.begun(rest[1:2], _VERBS.get(kind, ())), rest[2:]
    what, first, taken = None, True, "card" if kind in ("link", "address") else "route"
    if kind == "link" and card in words:
        what = _of_link(verb, words)
    elif kind == "address" and verb == "flush":
        what = EMPTIED if ip_flush.takes_address(words, card) else None
    elif kind == "route" and verb == "flush":
        what = EMPTIED if ip_flush.takes_routes(words, card) else None
    elif kind == "route" and verb == "delete":
        what = EMPTIED if words[:1] in (["default"], ["0.0.0.0/0"]) else None
    elif kind == "route" and verb in _ADDING:
        what = _of_route(words)
        first = _ADDING[verb] and (what != DEFAULT or "onlink" in words)
    elif kind == "rule" and verb == "add" and set(words) & set(REJECTING) and not {"from", "iif", "oif", "fwmark", "dport", "sport"} & set(words):
        to = words[words.index("to") + 1] if "to" in words[:-1] else "default"
        what = REFUSED if to in ("default", "all") or rejects_platform(network_of(to), True) else None
    return [CardCommand(what, text, first, taken)] if what else []


def _of_link(verb, words):
    """Return what a verb of `ip link` does to a card that its words name, None for nothing."""
    if verb == "delete" or verb in ("set", "change") and "down" in words:
        return DOWN
    if verb not in ("set", "change"):
        return None
    if "netns" in words or "master" in words:
        return MOVED
    if "address" in words[:-1] and re.match(r"[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}$", words[words.index("address") + 1]):
        return OTHER
    mtu = words[words.index("mtu") + 1] if "mtu" in words[:-1] else ""
    return SMALL if mtu.isdigit() and int(mtu) < LEAST_MTU else None


def _of_route(words):
    """Return what a route (its words behind ``add``) does: REFUSED, DEFAULT or None."""
    kind = words[0] if words[:1] and words[0] in REJECTING else "unicast"
    destination = words[1:2] if kind != "unicast" or words[:1] == ["unicast"] else words[:1]
    network = network_of(destination[0]) if destination else None
    if network is None or "table" in words and words[-1] != "table" and words[words.index("table") + 1] not in _MAIN:
        return None
    metric = words[words.index("metric") + 1] if "metric" in words[:-1] else "0"
    route = FixedRoute(network, None, kind, "onlink" in words, int(metric) if metric.isdigit() else 0, Place("", None, ""))
    if kind != "unicast":
        return REFUSED if (not network.prefixlen and not route.metric) or rejects_platform(network, False) else None
    return DEFAULT if not network.prefixlen and not route.metric else None
