# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom hosts.allow and hosts.deny turn away from sshd, of those who come from elsewhere by IPv4.

Pure: reads a Tree.

PRIVATE: module_utils of this collection are not an interface.
Source: hosts_access(5), hosts_options(5).
"""

import collections
import re

_ALLOW, _DENY = "/etc/hosts.allow", "/etc/hosts.deny"

#: Of how many clients a list speaks.
_NONE, _SOME, _ALL = "none", "some", "all"

#: A line that turns clients away. everybody: bool, nobody who comes from elsewhere is let in.
WrappersRefusal = collections.namedtuple("WrappersRefusal", "path line text everybody")

#: A rule. daemons, clients: str; options: [str].
_WrappersRule = collections.namedtuple("_WrappersRule", "path line text daemons clients options")

_EVERYWHERE = re.compile(r"(?:ALL|\*|0\.0\.0\.0/0(?:\.0\.0\.0)?)$", re.IGNORECASE)
_ITSELF = re.compile(r"(?:LOCAL|localhost(?:\.localdomain)?|127\.[0-9./]*|\[.*\](?:/[0-9]+)?)$", re.IGNORECASE)
_COLON = re.compile(r":(?![^\[]*\])")


def refused(tree):
    """Return the WrappersRefusal of sshd, None when no line turns away everybody, or everybody but some.

    The first rule of hosts.allow that is about a client counts, else the first of hosts.deny, else the client is let in.
    """
    some_come_in = False
    for rule in _rules(tree, _ALLOW) + _rules(tree, _DENY):
        certain, at_most = _reach(rule)
        lets_in = _lets_in(rule)
        if at_most == _ALL:
            return None if lets_in else WrappersRefusal(rule.path, rule.line, rule.text, certain == _ALL and not some_come_in)
        some_come_in = some_come_in or (lets_in and certain == _SOME)
    return None


def _rules(tree, path):
    """Return the [_WrappersRule] of a file; a line that ends in a backslash goes on in the next one."""
    if not tree.is_file(path):
        return []
    found, begun, first = [], "", None
    for number, text in enumerate(tree.read_text(path).replace("\r\n", "\n").split("\n"), 1):
        first = number if first is None else first
        if text.endswith("\\"):
            begun += text[:-1]
            continue
        fields = [field.strip() for field in _COLON.split(begun + text)]
        if len(fields) > 1 and not fields[0].startswith("#"):
            found.append(_WrappersRule(path, first, (begun + text).strip(), fields[0], fields[1], fields[2:]))
        begun, first = "", None
    return found


def _lets_in(rule):
    """Return whether a rule lets those in whom it is about: by its file, or by an option; a program that takes sshd's place (twist) does not."""
    words = [option.split()[0].lower() for option in rule.options if option.split()]
    if "twist" in words:
        return False
    return rule.path == _ALLOW if not {"allow", "deny"} & set(words) else words[-1] == "allow"


def _reach(rule):
    """Return (certain, at most) of who comes to sshd from elsewhere: of how many a rule speaks, with its exceptions and without them."""
    daemons = _among(rule.daemons, _of_daemon)[0]
    return (_NONE, _NONE) if daemons == _NONE else (_SOME, _SOME) if daemons == _SOME else _among(rule.clients, _of_client)


def _among(text, asked):
    """Return (certain, at most) of a list, by what is asked of each word; ``ALL EXCEPT 10.0.0.0/8`` is certain of some, and at most of all."""
    words = text.replace(",", " ").split()
    split = next((index for index, word in enumerate(words) if word.upper() == "EXCEPT"), len(words))
    found = max([asked(word) for word in words[:split]] or [_NONE], key=(_NONE, _SOME, _ALL).index)
    if split == len(words):
        return found, found
    certain, at_most = _among(" ".join(words[split + 1 :]), asked)
    if certain == _ALL or found == _NONE:
        return _NONE, _NONE
    return (found if at_most == _NONE else _SOME), (found if at_most != _ALL else _SOME)


def _of_daemon(word):
    return _ALL if word.lower() in ("sshd", "all") else _SOME if word.lower().startswith("sshd@") else _NONE


def _of_client(word):
    return _ALL if _EVERYWHERE.match(word) else _NONE if _ITSELF.match(word) else _SOME
