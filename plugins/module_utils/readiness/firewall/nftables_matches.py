# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Matches of nftables that have a grammar of their own: limits, numbers of connections, flags of TCP, times, lengths, marks and addresses of cards.

Source: nft(8), payload, meta and conntrack expressions, limit and connection limit statements.

PRIVATE: module_utils of this collection are not an interface.
"""

import re

from ansible_collections.imagewright.azure.plugins.module_utils.readiness.firewall import circumstances
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.firewall.packets import Condition

_OPERATOR = r"(?:(==|!=|<=|>=|<|>|eq|ne|le|ge|lt|gt) )?"
_OPERATORS = {"eq": "==", "ne": "!=", "le": "<=", "ge": ">=", "lt": "<", "gt": ">", None: "=="}
_FLAG = r"(?:fin|syn|rst|psh|ack|urg|ecn|cwr|0x0|0)"
_LISTED = rf"(?:\( ?{_FLAG}(?: ?[|,] ?{_FLAG})* ?\)|{_FLAG}(?: ?[|,] ?{_FLAG})*)"
_LIMIT = re.compile(
    r"limit rate (?:(?P<over>over )|until )?(?P<number>\d+) ?\w*/ ?(?P<unit>\w+)(?: burst (?P<burst>\d+) (?:packets|bytes|kbytes|mbytes))?(?= |$)"
)
_COUNT = re.compile(r"ct count (over )?(\d+)(?= |$)")
_FLAGS = re.compile(rf"tcp flags (?:& ?({_LISTED}) )?(?:(==|!=|!|eq|ne) )?(?:{{ ([^{{}}]*) }}|({_LISTED}))(?: / ({_LISTED}))?(?= |$)")
_TIME = re.compile(rf'(?:meta )?time {_OPERATOR}"([^"]*)"(?: ?- ?"([^"]*)")?(?= |$)')
_LENGTH = re.compile(rf"(?:meta|ip) length {_OPERATOR}(\d+)(?:-(\d+))?(?= |$)")
_MARK = re.compile(r"(?:(?:meta|ct) )?mark (!= |== )?(0x[0-9a-fA-F]+|\d+)(?= |$)")
_ETHER = re.compile(r"ether (saddr|daddr) (!= |== )?(?:{ ([^{}]*) }|([0-9a-fA-F:]+))(?= |$)")
_CAST = re.compile(r"(?:meta )?pkttype (!= |== )?(?:{ ([^{}]*) }|(\w+))(?= |$)")
_AGAIN = re.compile(r"ether type ip(?= |$)")
_MOST_WORDS = 200
#: Of so few packets a day nobody logs in.
_RARE = ("day", "week")


def match(words, position):
    """Return (Condition, number of words) of a match that stands there, None where none of these does. words: [str]."""
    text = " ".join(words[position : position + _MOST_WORDS])
    for pattern, read in _READERS:
        found = pattern.match(text)
        if found is not None:
            return read(found), _words_in(words, position, found.end())
    return None


def _words_in(words, position, length):
    """Return how many of the words from position on a text of a length has, in which they stand with a blank between them."""
    used = 0
    while length > 0:
        length -= len(words[position + used]) + 1
        used += 1
    return used


def _limit(found):
    """Return the Condition of a limit: of one that a single packet fills for a day, it is known what becomes of all others."""
    rare = found.group("unit") in _RARE and int(found.group("number")) <= 1 and found.group("burst") in ("0", "1")
    return Condition(("always" if found.group("over") else "never") if rare else None, False, [])


def _count(found):
    over, number = found.groups()
    return Condition((("always" if over else "never") if number == "0" else None), False, [])


def _flags(found):
    """Return the Condition of ``tcp flags & (syn | ack) == syn``, ``tcp flags syn / syn,ack``, ``tcp flags { syn }`` or ``tcp flags syn``."""
    before, operator, group, value, behind = found.groups()
    negated = operator in ("!=", "ne", "!")
    mask = circumstances.flags(before or behind or "all")
    values = [circumstances.flags(each) for each in (group.split(",") if group is not None else [value])]
    if mask is None or None in values:
        return Condition(None, False, [])
    if operator in (None, "!") and group is None and behind is None and before is None:
        return Condition("flags", negated, circumstances.by_flags(circumstances.ANY, values[0]))
    return Condition("flags", negated, circumstances.by_flags(circumstances.EQUAL, mask, *values))


def _time(found):
    operator, first, last = found.groups()
    operator = _OPERATORS.get(operator, operator)
    known = circumstances.is_past(last or first)
    if not known or operator not in ("==", "!=", "<", "<=", ">", ">="):
        return Condition(None, False, [])
    return Condition("always" if operator in (">", ">=", "!=") else "never", False, [])


def _length(found):
    operator, first, last = found.groups()
    operator, number = _OPERATORS.get(operator, operator), int(first)
    ranges = {
        "==": f"{first}:{last or first}",
        "!=": f"{first}:{last or first}",
        "<": f"0:{max(number - 1, 0)}",
        "<=": f"0:{first}",
        ">": f"{number + 1}:65535",
        ">=": f"{first}:65535",
    }
    return Condition("length", operator == "!=", [ranges[operator]])


def _mark(found):
    return Condition("mark", found.group(1) == "!= ", [found.group(2)])


def _ether(found):
    """Return the Condition of an address of a card: who sends is Azure's own, and the machine's is none that a file knew."""
    which, operator, group, value = found.groups()
    return Condition("mac" if which == "saddr" else "never", operator == "!= ", [each.strip() for each in (group or value).split(",")])


def _cast(found):
    return Condition("cast", found.group(1) == "!= ", [each.strip() for each in (found.group(2) or found.group(3)).split(",")])


_READERS = (
    (_LIMIT, _limit),
    (_COUNT, _count),
    (_FLAGS, _flags),
    (_TIME, _time),
    (_LENGTH, _length),
    (_MARK, _mark),
    (_ETHER, _ether),
    (_CAST, _cast),
    (_AGAIN, lambda found: Condition("always", False, [])),
)
