# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How chronyd is started: with its own configuration file, with another one, or with directives in place of any file.

PRIVATE: module_utils of this collection are not an interface.
Source: chronyd(8); systemd.service(5), "COMMAND LINES"; systemd.exec(5), "EnvironmentFile=".
"""

import collections
import re

from ansible_collections.imagewright.azure.plugins.module_utils.core import unit_files

#: Names of chrony's service. Debian has the first, and the other one as an alias.
SERVICES = ("chrony", "chronyd")

#: file: str, what ``-f`` names, None without it; directives: bool, whether directives on the command line stand for any file;
#: path, line: where that is said (line None in a file of options without systemd).
Invocation = collections.namedtuple("Invocation", "file directives path line")

#: Options of chronyd that have a value.
_WITH_VALUE = "fFlLPtu"

#: Where a script that starts chronyd finds its options.
_OPTION_FILES = ("/etc/default/chrony", "/etc/sysconfig/chronyd", "/etc/sysconfig/chrony", "/etc/conf.d/chronyd")

_WORD = re.compile(r"(?:\"[^\"]*\"|'[^']*'|[^\s\"'])+")


def invocation(tree):
    """Return the Invocation of chronyd at the next boot; of no file and no place where nothing says otherwise."""
    units = tree.known(unit_files.Units)
    for unit in [units.find(name + ".service") for name in SERVICES]:
        started = unit_files.last(units.settings(unit), "Service", "ExecStart") if unit.state != unit_files.MASKED else None
        if started is not None:
            variables = _environment(tree, units.settings(unit))
            words, place = _expanded(_words(started.value)[1:], variables)
            return _of(words, *(place or (started.path, started.line)))
    for path in [path for path in _OPTION_FILES if tree.is_file(path)]:
        for name, (value, _unused, line) in sorted(_assignments(tree, path).items()):
            if name == "CFGFILE":
                return Invocation(value, False, path, line)
            if name == "ARGS" or "OPT" in name:
                found = _of(_words(value), path, line)
                if found.file:
                    return found
    return Invocation(None, False, None, None)


def _of(words, path, line):
    """Return the Invocation of the words ([str]) behind the program's name; options end at the first word that is none."""
    named, position = None, 0
    while position < len(words) and words[position].startswith("-") and words[position] not in ("-", "--"):
        word = words[position]
        index = next((index for index, letter in enumerate(word) if letter in _WITH_VALUE), None)
        position += 1
        if index is not None:
            value = word[index + 1 :]
            if not value:
                value = words[position] if position < len(words) else ""
                position += 1
            named = (value or None) if word[index] == "f" else named
    rest = words[position + 1 :] if words[position : position + 1] == ["--"] else words[position:]
    return Invocation(named, bool(rest) and named is None, path, line)


def _environment(tree, settings):
    """Return {name: (value, path, line)} of the variables of a service; a file counts before Environment=."""
    found = {}
    for setting in unit_files.listed(settings, "Service", "Environment"):
        for word in _words(setting.value):
            name, _equals, value = word.partition("=")
            found[name] = value, setting.path, setting.line
    for setting in unit_files.listed(settings, "Service", "EnvironmentFile"):
        path = setting.value.lstrip("-")
        if path.startswith("/") and tree.is_file(path):
            found.update(_assignments(tree, path))
    return found


def _assignments(tree, path):
    """Return {name: (value, path, line)} of the lines ``NAME=value`` of a file."""
    found = {}
    for number, line in enumerate(tree.read_text(path).split("\n"), 1):
        name, equals, value = line.partition("=")
        if equals and not line.lstrip().startswith(("#", ";")):
            value = value.strip()
            quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
            found[name.strip()] = (value[1:-1] if quoted else value, path, number)
    return found


def _words(text):
    """Return the words ([str]) of a command line, quotes resolved."""
    return [re.sub(r"\"([^\"]*)\"|'([^']*)'", lambda quoted: quoted.group(1) or quoted.group(2) or "", word) for word in _WORD.findall(text)]


def _expanded(words, variables):
    """Return (words with variables replaced, as systemd does; (path, line) of the last one that brought something, None without)."""
    found, place = [], None
    for word in words:
        whole = re.match(r"\$([A-Za-z_][A-Za-z0-9_]*)\Z", word)
        if whole:
            value, path, line = variables.get(whole.group(1), ("", None, None))
            found += _words(value)
            place = (path, line) if value else place
        else:
            found.append(re.sub(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}", lambda name: variables.get(name.group(1), ("",))[0], word))
    return found, place
