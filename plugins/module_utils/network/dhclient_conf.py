# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""dhclient.conf: what has dhclient refuse the lease that Azure offers, or leave out what is in it.

Source: dhclient.conf(5), dhclient-script(8); ifup-eth of initscripts for the file of one card; RFC 3442.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import re

from ansible_collections.imagewright.azure.plugins.module_utils.core import programs
from ansible_collections.imagewright.azure.plugins.module_utils.core.place import Place
from ansible_collections.imagewright.azure.plugins.module_utils.network import fixed_routes
from ansible_collections.imagewright.azure.plugins.module_utils.network.texts import text_of

#: What a client's file does to the lease. place: Place; cause: str; stops: bool, whether no machine of Azure is reached then.
LeaseHarm = collections.namedtuple("LeaseHarm", "place cause stops")

#: One statement. words: [str], without quotation marks; card: str, of the block that it is in, "" outside; line: int from 1.
_Statement = collections.namedtuple("_Statement", "words card line")

_FOLDERS = ("/etc/dhcp", "/etc")
#: Options that the server of Azure sends. Source: leases of machines there, as Microsoft's and cloud-init's documents show them.
SENT = (
    "subnet-mask",
    "routers",
    "domain-name-servers",
    "domain-name",
    "dhcp-lease-time",
    "dhcp-message-type",
    "dhcp-server-identifier",
    "dhcp-renewal-time",
    "dhcp-rebinding-time",
    "rfc3442-classless-static-routes",
    "classless-static-routes",
    "unknown-245",
)
_ROUTES = ("routers", "rfc3442-classless-static-routes", "classless-static-routes")
_TOKEN = re.compile(r'#[^\n]*|"((?:[^"\\]|\\.)*)"|([{};,])|([^\s{};,"#]+)|\n')
#: Seconds in which no server needs to have answered.
_SHORT = 5


def path(tree, card):
    """Return the path (str) of the file that dhclient reads for a card (str, its name), None without one."""
    named = [f"{folder}/dhclient-{card}.conf" for folder in _FOLDERS] + [f"{folder}/dhclient.conf" for folder in _FOLDERS]
    return next((name for name in named if tree.is_file(name)), None)


def harms(tree, card):
    """Return the [LeaseHarm] of dhclient's file for a card (str, its name)."""
    where = path(tree, card)
    if where is None:
        return []
    statements = [each for each in _statements(text_of(tree, where)) if each.card in ("", card)]
    found = []
    for each in statements:
        cause, stops = _harm(tree, each, statements)
        if cause:
            found.append(LeaseHarm(Place(where, each.line, " ".join(each.words)), cause, stops))
    asked = [each for each in statements if each.words[0] == "request" and each.words[1:]]
    if asked and not _requested(statements) & set(_ROUTES):
        found.append(LeaseHarm(Place(where, asked[-1].line, " ".join(asked[-1].words)), "no route is asked for, and none is set", True))
    return found


def _harm(tree, statement, statements):
    """Return (what a statement does to the lease, whether it stops the machine), ("", False) of a right one."""
    name, rest = statement.words[0], statement.words[1:]
    if name == "reject" and any(fixed_routes.rejects_platform(fixed_routes.network_of(word), True) for word in rest):
        return "it refuses what the server of Azure offers", True
    if name == "require":
        strange = [word for word in rest if word not in SENT]
        return (f"Azure sends no {strange[0]}, and dhclient refuses every offer without it", True) if strange else ("", False)
    if name == "script" and rest and tree.has_own_root:
        wrong = programs.why_not(tree, rest[0])
        return (f"{wrong}: nothing sets the address", True) if wrong else ("", False)
    if name == "timeout" and rest and rest[0].isdigit() and int(rest[0]) < _SHORT:
        return "it gives up after so many seconds", False
    return _replaced(rest, statements) if name == "supersede" else ("", False)


def _replaced(rest, statements):
    """Return (cause, stops) of what replaces an option of the lease. rest: [str], the option and its value."""
    option, values = rest[0] if rest else "", rest[1:]
    if option in _ROUTES[1:]:
        return "it takes the place of Azure's routes", True
    if option == "routers":
        # with the routes of RFC 3442 the script passes over this option
        return "it takes the place of Azure's gateway", not set(_ROUTES[1:]) & _requested(statements)
    if option == "subnet-mask" and values:
        return "it takes the place of the mask of Azure's subnet", values[0] == "0.0.0.0"
    if option == "domain-name-servers" and values and all(re.match(r"10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.", value) for value in values):
        return "names are looked up at servers of a network of its own", False
    return "", False


def _requested(statements):
    """Return the options ({str}) that are asked for: the last list, and what is added to it; without one dhclient asks for the routers."""
    asked = set(_ROUTES[:1])
    for each in statements:
        if each.words[0] == "request":
            asked = set(each.words[1:])
        elif each.words[:2] == ["also", "request"]:
            asked |= set(each.words[2:])
    return asked


def _statements(text):
    """Return the [_Statement] of a file, those in blocks of a card under its name, and none of other blocks, as of a lease."""
    found, words, blocks, number, begun = [], [], [], 1, 1
    for match in _TOKEN.finditer(text):
        quoted, mark, plain = match.groups()
        if match.group() == "\n":
            number += 1
        elif quoted is not None or plain is not None:
            begun = number if not words else begun
            words.append(plain if plain is not None else quoted)
        elif mark == "{":
            blocks.append(words[1] if words[:1] == ["interface"] and words[1:] else None)
            words = []
        elif mark in (";", "}"):
            if words and None not in blocks:
                found.append(_Statement(words, blocks[-1] if blocks else "", begun))
            words = []
            blocks = blocks[:-1] if mark == "}" else blocks
        number += match.group().count("\n") if quoted is not None else 0
    return found
