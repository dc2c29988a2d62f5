# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pair ``Defaults targetpw`` and ``ALL ALL=(ALL) ALL`` in sudoers and in what it includes: found, and taken out.

Together the two let everybody who knows root's password become root; on Azure nobody does (R47). ``rootpw`` and ``runaspw`` ask for
another account's password as ``targetpw`` does.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import posixpath
import re

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.sudo import sudoers_access, sudoers_lines

#: A line that one of the rules names. line: int, 1-based; text: str, the entry without comment, on one line.
Match = collections.namedtuple("Match", "path line text rule")

#: What can be taken out; ``targetpw`` stands for the options like it too.
RULES = ("targetpw", "all_all")

PATH = "/etc/sudoers"

#: What sudo-rs of Ubuntu reads instead where it is there.
RUST_PATH = "/etc/sudoers-rs"

#: SUSE's sudo 1.9.13 and later reads this one as long as there is no /etc/sudoers. Source: facts of sudo's --enable-adminconf.
VENDOR_PATH = "/usr/etc/sudoers"

#: As deep as sudo follows includes.
MAX_DEPTH = 128

#: More files, one that is included twice counted twice, than any guest has.
MOST_FILES = 5000

_ALL_ALL = re.compile(r"ALL\s+ALL\s*=\s*\(\s*ALL\s*\)\s*ALL\Z")
_ALL_ALL_OR_GROUP = re.compile(r"ALL\s+ALL\s*=\s*\(\s*ALL\s*(?::\s*ALL\s*)?\)\s*ALL\Z")


def main_file(tree, path=PATH):
    """Return the path (str) of the file that sudo starts with: the vendor's as long as the administrator has none."""
    if path == PATH and not tree.exists(PATH) and tree.exists(VENDOR_PATH):
        return VENDOR_PATH
    return path


def sudoers_files(tree, path=PATH):
    """Return the paths ([str]) of the sudoers file and all that it includes, in reading order.

    Raises ImagewrightError: an included file is not there, or files include each other.
    """
    return list(dict.fromkeys(name for name, _line in entries(tree, path)))


def matches(tree, path=PATH, rules=RULES, follow_includes=True, runas_group=False):
    """Return the lines ([Match]) that the rules name, in reading order.

    runas_group: bool, ``ALL ALL=(ALL:ALL) ALL`` counts as all_all too. An option that a later entry turns off is not named.
    Raises ImagewrightError: as sudoers_files.
    """
    main, found, read = main_file(tree, path), [], entries(tree, path)
    options = options_on(read)
    for name, line in read:
        rule = rule_of(line, runas_group, options)
        match = Match(name, line.number, " ".join(line.clean.split()), rule)
        # a file that is included twice is cleaned once
        if rule in rules and (follow_includes or name == main) and match not in found:
            found.append(match)
    return found


def entries(tree, path=PATH):
    """Return [(path, Line)] of the whole sudoers tree in the order in which sudo reads it; a later entry wins over an earlier one.

    Raises ImagewrightError: as sudoers_files.
    """
    return _entries(tree, main_file(tree, path), (), [])


def options_on(read):
    """Return the options ((str, ...)) by which sudo asks everybody for another account's password after all entries; read: as of entries."""
    return tuple(other.option for other in sudoers_access.other_passwords(read))


def rule_of(line, runas_group=False, options=sudoers_lines.OTHER_PASSWORDS):
    """Return the rule (str) that names the line, or None.

    options: (str, ...), those that the rule ``targetpw`` is about.
    """
    if _is_for_everybody(line) and any(name in options and is_on for _start, _end, name, is_on in sudoers_lines.defaults_items(line)):
        return "targetpw"
    pattern = _ALL_ALL_OR_GROUP if runas_group else _ALL_ALL
    if pattern.match(line.clean.strip("\ufeff \t")):
        return "all_all"
    return None


def clean(text, rules=RULES, method="comment", runas_group=False, options=sudoers_lines.OTHER_PASSWORDS):
    """Return the text (str) without the entries that the rules name; all else stays byte for byte.

    method: ``comment`` puts ``# `` before each line of an entry, ``remove`` takes it out. Of a ``Defaults`` entry with
    several items only the options ((str, ...), as of rule_of) are taken out.
    """
    result = []
    for line in sudoers_lines.lines(text):
        rule = rule_of(line, runas_group, options)
        if rule not in rules:
            result.append(line.raw)
        elif rule == "targetpw" and not all(_is_item_of(options, item) for item in sudoers_lines.defaults_items(line)):
            result.append(_without_options(line, options))
        elif method == "comment":
            result.append(re.sub(r"(?m)^(\ufeff?)", r"\1# ", line.raw.rstrip("\r\n")) + line.raw[len(line.raw.rstrip("\r\n")) :])
    return "".join(result)


def include_path(tree, including, written):
    """Return the guest's path (str) that an include names: relative to the including file, ``%h`` is the short host name."""
    host_name = tree.read_text("/etc/hostname").split(".")[0].strip() if tree.is_file("/etc/hostname") else "localhost"
    return posixpath.normpath(posixpath.join(posixpath.dirname(including), written.replace("%h", host_name)))


def directory_files(tree, folder):
    """Return the paths ([str]) that sudo reads in an included directory: no dot in the name and no ``~`` at its end."""
    return [
        posixpath.join(folder, name)
        for name in tree.listdir(folder)
        if "." not in name and not name.endswith("~") and tree.is_file(posixpath.join(folder, name))
    ]


def _entries(tree, path, including, read):
    """Return the entries of a file and of those that it includes; read: [str], grows by each path that is read."""
    read.append(path)
    if len(read) > MOST_FILES:
        raise ImagewrightError(f"cannot read {path}: sudo's files include each other, or more than {MOST_FILES}; look whether they are damaged")
    if len(including) >= MAX_DEPTH or path in including:
        raise ImagewrightError(f"cannot read {path}: {including[-1]} includes it, and it includes that again; remove one of the includes")
    found = []
    for line in sudoers_lines.lines(tree.read_text(path)):
        found.append((path, line))
        included = sudoers_lines.include(line)
        if not included:
            continue
        target = include_path(tree, path, included.path)
        if included.is_directory:
            names = directory_files(tree, target)
        elif tree.is_file(target):
            names = [target]
        else:
            raise ImagewrightError(f"cannot read {target}: {path} line {line.number} includes it, but there is no such file; create it or remove the include")
        for name in names:
            found += _entries(tree, name, including + (path,), read)
    return found


def _is_for_everybody(line):
    """Return whether a ``Defaults`` entry is for all users, hosts and commands: ``Defaults``, or ``Defaults:ALL`` and its like."""
    binding = sudoers_lines.binding(line)
    return binding is not None and (not binding.kind or binding.members == [(False, "ALL")])


def _is_item_of(options, item):
    return item[2] in options and item[3]


def _without_options(line, options):
    """Return the raw text of a ``Defaults`` entry without the items of some options and one separator for each."""
    items = sudoers_lines.defaults_items(line)
    gone = [_is_item_of(options, item) for item in items]
    last = max(index for index, is_gone in enumerate(gone) if not is_gone)
    pieces, position = [], 0
    for index, (start, end, _name, _is_on) in enumerate(items):
        if index == last:
            # what follows is gone to the end, each with the separator before it
            behind = items[-1][1]
            pieces.append(line.raw[position:end])
            position = behind if behind > end else end
        elif gone[index] and index < last:
            pieces.append(line.raw[position:start])
            position = items[index + 1][0]
    return "".join(pieces) + line.raw[position:]
