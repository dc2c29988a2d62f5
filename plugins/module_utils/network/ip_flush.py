# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `ip address flush` and `ip route flush` choose: the first card's address and default route, or others.

A choice that depends on what Azure hands out, such as a gateway or a network, is taken for another's.

PRIVATE: module_utils of this collection are not an interface.
Source: iproute2 ip/ipaddress.c (ipaddr_list_flush_or_save, print_addrinfo), ip/iproute.c (iproute_list_flush_or_save, filter_nlmsg). Tried with iproute2 6.1.
"""

import fnmatch
import re

#: What stands before a value, of addresses. Of these a flush reads type, group, master and vrf, and chooses nothing by them.
_OF_ADDRESSES = ("dev", "to", "scope", "label", "proto", "type", "group", "master", "vrf")
_NO_CHOICE = ("type", "group", "master", "vrf")
#: Single words that the address of a lease passes; up and nomaster choose nothing.
_PASSED = ("up", "nomaster", "dynamic", "primary", "-permanent", "-secondary", "-temporary", "-tentative", "-deprecated", "-dadfailed")
#: Those that it does not pass, or that depend on who asked for it. Any other word is a card.
_NOT_PASSED = ("permanent", "secondary", "temporary", "tentative", "deprecated", "dadfailed", "-dynamic", "-primary")
_DEPENDING = ("noprefixroute", "home", "nodad", "mngtmpaddr", "autojoin", "optimistic")
_FLAGS = _NOT_PASSED + _DEPENDING + tuple("-" + flag for flag in _DEPENDING)

#: Words of routes, of which ip takes the first that a word begins; what is none of them is a destination.
_OF_ROUTES = (
    *("table", "vrf", "cached", "cloned", "to", "tos", "dsfield", "protocol", "scope", "type", "dev", "oif", "iif", "metric", "match", "mark"),
    *("priority", "preference", "via", "src", "realms", "root", "from", "exact"),
)
_WITHOUT_VALUE = ("cached", "cloned")
_BEFORE_PREFIX = ("root", "match", "exact")
#: {word: the values that the default route of a lease passes}. It is of protocol dhcp, or of boot where dhclient's script adds it.
_PASSING = {
    "table": ("main", "254", "all", "unspec", "0"),
    "protocol": ("dhcp", "16", "boot", "3", "all"),
    "scope": ("global", "0", "all"),
    "type": ("unicast", "1"),
    "tos": ("0", "0x0", "0x00"),
    "dsfield": ("0", "0x0", "0x00"),
}


def takes_address(words, card):
    """Return whether the words behind `ip address flush` ([str]) choose the address of a card (str, its name). Without any, ip does nothing."""
    rest, cards, passed = list(words), [], bool(words)
    while rest:
        word = rest.pop(0)
        if word in _OF_ADDRESSES:
            if not rest:
                return False  # ip asks for the value, and does nothing
            value = rest.pop(0)
            cards += [value] if word == "dev" else []
            passed = passed and (word in ("dev",) + _NO_CHOICE or _address_passes(word, value, card))
        elif word in _PASSED + _FLAGS:
            passed = passed and word in _PASSED
        else:
            cards.append(word)
    return passed and cards in ([], [card])


def _address_passes(word, value, card):
    """Return whether the address of a lease is among those that a word with its value chooses."""
    if word == "label":
        return fnmatch.fnmatchcase(card, value)  # of an address without a label the card's name is it
    return value in _PASSING["scope"] if word == "scope" else word == "to" and _is_all(value)


def takes_routes(words, card):
    """Return whether the words behind `ip route flush` ([str]) choose the default route of a card (str, its name). Without any, ip does nothing."""
    rest, passed = list(words), bool(words)
    while rest:
        word = begun(rest[:1], _OF_ROUTES)
        rest = rest[1:] if word else rest
        if word in _WITHOUT_VALUE:
            return False  # routes that were looked up, not those of the table
        inner = begun(rest[:1], _BEFORE_PREFIX) if word in ("to", "from") else ""
        rest = rest[1:] if inner else rest
        if not rest:
            return False  # ip asks for the value, and does nothing
        value = rest.pop(0)
        passed = passed and _route_passes(inner if word == "to" and inner else word, value, card)
    return passed


def begun(words, known):
    """Return the first of the known words ([str]) that the only word ([str]) begins, as ip takes them, "" for none."""
    return next((each for each in known if each.startswith(words[0])), "") if words and words[0] else ""


def _route_passes(word, value, card):
    """Return whether the default route of a lease is among those that a word with its value chooses."""
    if word in ("dev", "oif"):
        return value == card
    if word == "match":
        return ":" not in value  # each network lies in that of the default route
    return _is_all(value) if word in ("", "to", "root", "exact", "from") else value in _PASSING.get(word, ())


def _is_all(value):
    """Return whether a destination (str) is the one that holds all of IPv4."""
    return value in ("default", "any", "all") or bool(re.match(r"[0-9.]+/0+$", value))
