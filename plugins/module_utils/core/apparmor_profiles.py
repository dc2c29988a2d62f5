# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Profiles of AppArmor: for which programs they are, and what files, capabilities and networks they allow.

Child profiles and hats are passed over, for a program starts outside of them. What the parser of AppArmor would refuse is no profile here: it is not
loaded, and confines nobody.

PRIVATE: module_utils of this collection are not an interface.
Source: apparmor.d(5); apparmor parser/parser_regex.c, rc.apparmor.functions.
"""

import posixpath
import re
from typing import Dict, List, NamedTuple, Optional, Tuple

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.tree import Tree

FOLDER = "/etc/apparmor.d"
_NO_PROFILES = re.compile(r"\.(?:rpmnew|rpmsave|orig|rej|dpkg-\w+|pacsave|pacnew)$|~$|^\.|^README$")
_HEADER = re.compile(r"(?:(?:profile\s+)(?P<name>\"[^\"]*\"|[^\s{(]+)\s*)?(?P<place>\"?[/@{][^\s\"(]*\"?)?\s*(?:(?:flags\s*=\s*)?\((?P<flags>[^)]*)\))?\s*$")
_INCLUDE = re.compile(r"#?include\s+(if\s+exists\s+)?([<\"])([^>\"]+)[>\"]")
_VARIABLE = re.compile(r"(@\{\w+\})\s*(\+?=)\s*(.+)$")
_QUALIFIER = re.compile(r"(?:audit|deny|allow|owner|other|quiet|priority\s*=\s*-?\d+)\s+")
_PERMISSIONS = re.compile(r"[rwalkmxpucPUCi]+$")
_DEEPEST, _MOST_RULES, _MOST_NAMES, _MOST_FILE = 16, 20000, 256, 1024 * 1024


class AppArmorRule(NamedTuple):
    """One rule. kind: ``file``, ``capability``, ``network`` or another; text: what stands behind its qualifiers; denies: whether it takes away."""

    kind: str
    text: str
    denies: bool


class AppArmorProfile(NamedTuple):
    """A profile that is enforced.

    path: of its file; line: from 1; name: str; attached: patterns of AppArmor of the programs that it is for; rules: [AppArmorRule];
    has_abi: whether its file names the features that it is written for; without them the network is nobody's business.
    """

    path: str
    line: int
    name: str
    attached: List[str]
    rules: List[AppArmorRule]
    has_abi: bool


def profiles(tree: Tree) -> List[AppArmorProfile]:
    """Return the profiles that are enforced by what lies in /etc/apparmor.d."""
    found: List[AppArmorProfile] = []
    for name in sorted(tree.listdir(FOLDER)) if tree.is_dir(FOLDER) else []:
        path = f"{FOLDER}/{name}"
        off = any(tree.lstat(f"{FOLDER}/{folder}/{name}") is not None for folder in ("disable", "force-complain"))
        if off or _NO_PROFILES.search(name) or not tree.is_file(path):
            continue
        try:
            found += _Reader(tree).read(path)
        except (_Refused, ImagewrightError):
            continue
    return found


def is_for(profile: AppArmorProfile, program: str) -> bool:
    """Return whether a profile is for a program (its path, links followed)."""
    return any(_matches(pattern, program) for pattern in profile.attached)


def allows_file(profile: AppArmorProfile, path: str, permission: str) -> bool:
    """Return whether a profile allows a permission (``r``, ``w``, ``m`` or ``x``) for a file (its path, links followed)."""
    allowed = False
    for rule in profile.rules:
        if rule.kind != "file" or not _covers(rule.text, path, permission):
            continue
        if rule.denies:
            return False
        allowed = True
    return allowed


def allows_capability(profile: AppArmorProfile, name: str) -> bool:
    """Return whether a profile allows a capability (``setuid``)."""
    own = [rule for rule in profile.rules if rule.kind == "capability" and (not rule.text or name in rule.text.split())]
    return bool(own) and not any(rule.denies for rule in own)


def allows_connections(profile: AppArmorProfile) -> bool:
    """Return whether a profile allows a connection of TCP over IPv4."""
    own = [rule for rule in profile.rules if rule.kind == "network" and _is_of_tcp(rule.text.split())]
    return not profile.has_abi or bool(own) and not any(rule.denies for rule in own)


def _is_of_tcp(words: List[str]) -> bool:
    words = [word for word in words if word not in ("stream", "tcp", "inet")]
    return not words or words[0].startswith("(")


def _covers(text: str, path: str, permission: str) -> bool:
    """Return whether the words of a rule of files are of a path and a permission."""
    words = [word.strip('"') for word in re.findall(r'"[^"]*"|\S+', text.partition("->")[0])]
    if not words:
        return True  # ``file,`` allows all, and confines what is run likewise
    pattern, permissions = (words[0], words[-1]) if words[0].startswith(("/", "@", "{")) else (words[-1], words[0])
    return len(words) == 2 and permission in permissions.lower().replace("a", "w") and _matches(pattern, path)


def _matches(pattern: str, path: str) -> bool:
    try:
        return re.fullmatch(_regex(pattern), path) is not None
    except re.error:
        return False


def _regex(pattern: str) -> str:
    """Return the regular expression of a pattern of AppArmor: ``*`` and ``?`` stop at a stroke, ``**`` does not, ``{a,b}`` are alternatives."""
    parts, depth, position = [], 0, 0
    while position < len(pattern):
        sign = pattern[position]
        if pattern.startswith("**", position):
            parts.append(".*")
            position += 1
        elif sign in "*?":
            parts.append("[^/]*" if sign == "*" else "[^/]")
        elif sign == "[" and "]" in pattern[position:]:
            end = pattern.index("]", position)
            parts.append(pattern[position : end + 1])
            position = end
        elif sign in "{}" or sign == "," and depth:
            depth += {"{": 1, "}": -1}.get(sign, 0)
            parts.append({"{": "(?:", "}": ")", ",": "|"}[sign])
        else:
            parts.append(re.escape(sign if sign != "\\" else pattern[position : position + 2][-1:]))
            position += sign == "\\"
        position += 1
    return "".join(parts)


class _Refused(Exception):
    """The parser of AppArmor does not take the file."""


class _Reader:
    """Reads a file with all that it includes."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._variables: Dict[str, List[str]] = {"@{profile_name}": ["*"]}
        self._count, self._has_abi = 0, False

    def read(self, path: str) -> List[AppArmorProfile]:
        """Return the enforced profiles of a file."""
        found: List[AppArmorProfile] = []
        current: Optional[AppArmorProfile] = None
        enforced, depth = True, 0
        for number, statement in self._statements(path, 0):
            if statement == "}":
                depth -= 1
                if depth == 0 and current is not None and enforced:
                    found.append(current)
                current = current if depth else None
            elif statement.endswith("{"):
                depth += 1
                if depth == 1:
                    current, enforced = self._profile(path, number, statement[:-1].strip())
            elif depth == 1 and current is not None:
                current.rules.extend(self._rules(statement))
            elif depth == 0 and statement.startswith("abi "):
                self._has_abi = True
            elif depth == 0:
                self._define(statement)
        if depth:
            raise _Refused(path)
        return found

    def _profile(self, path: str, number: int, header: str) -> Tuple[AppArmorProfile, bool]:
        match = _HEADER.match(header)
        if match is None or not (match.group("name") or match.group("place")):
            raise _Refused(header)
        name, flags = (match.group("name") or match.group("place")).strip('"'), re.split(r"[\s,]+", match.group("flags") or "")
        place = (match.group("place") or (name if name.startswith(("/", "@")) else "")).strip('"')
        attached = self._expanded(place) if place else []
        return AppArmorProfile(path, number, name, attached, [], self._has_abi), not {"complain", "unconfined", "default_allow", "kill_never"} & set(flags)

    def _rules(self, statement: str) -> List[AppArmorRule]:
        self._count += 1
        if self._count > _MOST_RULES:
            raise _Refused("too many rules")
        text, denies = statement, False
        while True:
            match = _QUALIFIER.match(text)
            if match is None:
                break
            denies = denies or match.group().strip() == "deny"
            text = text[match.end() :]
        kind, _unused, rest = text.partition(" ")
        if kind in ("capability", "network", "file"):
            return [AppArmorRule(kind, each, denies) for each in (self._expanded(rest.strip()) if kind == "file" else [rest.strip()])]
        if text.startswith(("/", "@", '"', "{")) or _PERMISSIONS.match(kind) and rest.strip().startswith(("/", "@", '"', "{")):
            return [AppArmorRule("file", each, denies) for each in self._expanded(text)]
        return [AppArmorRule(kind, rest, denies)]

    def _define(self, statement: str) -> None:
        match = _VARIABLE.match(statement)
        if match is not None:
            # they may name variables that are set further down
            values = [word.strip('"') for word in re.findall(r'"[^"]*"|\S+', match.group(3))]
            self._variables[match.group(1)] = (self._variables.get(match.group(1), []) if match.group(2) == "+=" else []) + values

    def _expanded(self, text: str) -> List[str]:
        """Return the texts that come of one with the values of its variables. Raises _Refused: one is not set."""
        pending, found = [text], []
        while pending:
            each = pending.pop()
            match = re.search(r"@\{\w+\}", each)
            if match is None:
                found.append(re.sub(r"(?<=.)//+", "/", each))
                continue
            if match.group() not in self._variables or len(found) + len(pending) > _MOST_NAMES:
                raise _Refused(text)
            pending += [each[: match.start()] + value + each[match.end() :] for value in self._variables[match.group()]]
        return found

    def _statements(self, path: str, deep: int) -> List[Tuple[int, str]]:
        """Return [(line, statement)] of a file with what it includes: variables, headers with their brace, rules without their comma, closing braces."""
        status = self._tree.stat(path)
        if deep > _DEEPEST or status is None or status.size > _MOST_FILE:
            raise _Refused(path)
        found: List[Tuple[int, str]] = []
        waiting, began = "", 0
        for number, line in enumerate(self._tree.read_text(path).split("\n"), 1):
            include = _INCLUDE.match(line.strip())
            if include is not None:
                found += self._included(include, path, deep)
                continue
            text = re.sub(r"(^|\s)#.*", "", line).strip()
            if not text:
                continue
            began = began if waiting else number
            waiting = f"{waiting} {text}".strip()
            if _VARIABLE.match(waiting) or waiting.startswith("abi ") or waiting.startswith("alias "):
                found.append((began, waiting))
                waiting = ""
                continue
            waiting = _split(waiting, began, found)
        if waiting:
            raise _Refused(path)
        return found

    def _included(self, include: "re.Match[str]", path: str, deep: int) -> List[Tuple[int, str]]:
        base = FOLDER if include.group(2) == "<" else posixpath.dirname(path)
        place = posixpath.normpath(posixpath.join(base, include.group(3)))
        if self._tree.is_dir(place):
            names = [name for name in sorted(self._tree.listdir(place)) if not _NO_PROFILES.search(name)]
            return [each for name in names if self._tree.is_file(f"{place}/{name}") for each in self._statements(f"{place}/{name}", deep + 1)]
        if not self._tree.is_file(place):
            if include.group(1):
                return []
            raise _Refused(place)
        return self._statements(place, deep + 1)


def _split(waiting: str, number: int, found: List[Tuple[int, str]]) -> str:
    """Add the whole statements of a text to found; return what is left of it, which goes on in the next line."""
    while waiting:
        if waiting.startswith("}"):
            found.append((number, "}"))
            waiting = waiting[1:].lstrip()
            continue
        end = re.search(r",(?=\s|$)|(?<=\s)\{(?=\s|$)|(?<=\s)\}(?=\s|$)", waiting)
        if end is None:
            return waiting
        if end.group() == "}":  # behind a rule without its comma
            raise _Refused(waiting)
        found.append((number, waiting[: end.end() if end.group() == "{" else end.start()].strip()))
        waiting = waiting[end.end() :].lstrip()
    return ""
