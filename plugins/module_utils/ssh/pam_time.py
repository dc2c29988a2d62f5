# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When time.conf lets a user log in by SSH.

Pure: reads a Tree.

PRIVATE: module_utils of this collection are not an interface.
Source: time.conf(5); check_time and logic_field of pam_time.c.
"""

import collections
import fnmatch
import re

_CONF = "/etc/security/time.conf"
_DAYS = {day: {number} for number, day in enumerate(("su", "mo", "tu", "we", "th", "fr", "sa"))}
_DAYS.update(wk=set(range(1, 6)), wd={0, 6}, al=set(range(7)))
_MINUTES = 24 * 60
_LEAST = 7 * 60  # minutes of a week in which somebody can log in: an hour a day
_TIME = re.compile(r"(!?)((?:[A-Za-z]{2})+)(\d{2})(\d{2})-(\d{2})(\d{2})$")

#: The line that turns the user away.
TimeRefusal = collections.namedtuple("TimeRefusal", "path line text cause")


def refused(tree, path, name):
    """Return the [TimeRefusal] of the lines that let the user (name) in for less than an hour a day.

    path: str of conffile=, None for the usual file.
    """
    path = path or _CONF
    found = []
    for number, text in enumerate(tree.read_text(path).split("\n"), 1) if tree.is_file(path) else ():
        fields = [field.strip() for field in text.partition("#")[0].split(";")]
        if len(fields) != 4 or fields[2].startswith("@"):
            continue
        if all(_holds(field, lambda word, own=own: fnmatch.fnmatchcase(own, word)) for field, own in zip(fields, ("sshd", "ssh", name))):
            minutes = allowed(fields[3])
            if minutes is not None and minutes < _LEAST:
                found.append(TimeRefusal(path, number, text.strip(), f"it lets a user in for {minutes} minutes of a week"))
    return found


def allowed(times):
    """Return the minutes (int) of a week that a list of times has, e.g. ``Wk0800-1800|!Al0000-2400``; None of one that is no list."""
    words = re.findall(r"[^|&]+", times)
    known = {word.strip(): _minutes(word.strip()) for word in words}
    if not known or None in known.values():
        return None
    return sum(_holds(times, lambda word, at=minute: at in known[word]) for minute in range(7 * _MINUTES))


def _minutes(word):
    """Return the minutes ({int}) of a week that one time has, None of another word."""
    match = _TIME.match(word)
    if not match:
        return None
    days = set()
    for day in re.findall("..", match.group(2).lower()):
        if day not in _DAYS:
            return set()  # PAM takes no day that it does not know
        days ^= _DAYS[day]
    start, end = int(match.group(3)) * 60 + int(match.group(4)), int(match.group(5)) * 60 + int(match.group(6))
    end += 0 if start < end else _MINUTES
    found = {(day * _MINUTES + minute) % (7 * _MINUTES) for day in days for minute in range(start, min(end, 2 * _MINUTES))}
    return set(range(7 * _MINUTES)) - found if match.group(1) else found


def _holds(field, is_right):
    """Return whether a list of words with ``|``, ``&`` and ``!`` between and before them holds, from the left."""
    answer, sign = False, "|"
    for word in re.findall(r"[|&]|[^|&]+", field):
        if word in "|&":
            sign = word
            continue
        word = word.strip()
        negated = word.startswith("!") and not _TIME.match(word)
        holds = is_right(word[1:] if negated else word) != negated
        answer = answer or holds if sign == "|" else answer and holds
    return answer
