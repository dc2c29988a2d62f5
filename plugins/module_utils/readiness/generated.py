# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The links to units that shell scripts among systemd's generators make at each boot.

PRIVATE: module_utils of this collection are not an interface.
Source: systemd.generator(7): a generator gets three directories; the second counts before /etc, the first before /usr, the third behind all.
"""

import collections
import re
import stat

from ansible_collections.imagewright.azure.plugins.module_utils.core import generators
from ansible_collections.imagewright.azure.plugins.module_utils.core.unit_files import Units
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.boot_commands import words_of
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import Evidence
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.shell_lines import for_certain

#: One link in place of a unit's own file. unit: str, its name; target: str; place: Evidence.
GeneratedLink = collections.namedtuple("GeneratedLink", "unit target place")

_SHELL = re.compile(r"#!\s*(/usr)?/bin/(env\s+)?(sh|bash|dash)\b")
_LARGEST = 65536  # bytes
_ASSIGNED = re.compile(r"(?:(?:local|readonly|export)\s+)?([A-Za-z_]\w*)=[\"']?\$\{?([123])\}?[\"']?$")
_DIRECTORY = re.compile(r"\$\{?([A-Za-z_]\w*|[123])\}?/+([^/$]+\.[a-z]+)$")
_EARLY, _NORMAL = "2", "1"


def links(context):
    """Return the [GeneratedLink] that count before the units' own files; those in a condition or a function are left out."""
    tree, known, found = context.tree, context.shared(Units), []
    for name in generators.names(tree):
        path = generators.started(tree, name)
        status = tree.stat(path) if path else None
        if status is None or not stat.S_ISREG(status.mode) or status.size > _LARGEST or not _SHELL.match(context.first_line(path)):
            continue
        for number, text, unit, target, directory in _made(for_certain(context.lines(path))):
            own = tree.lstat(f"/etc/systemd/system/{unit}") is not None or (known.find(unit).path or "").startswith("/etc/")
            if directory == _EARLY or directory == _NORMAL and not own:
                found.append(GeneratedLink(unit, target, Evidence(path, number, text)))
    return found


def _made(commands):
    """Return [(line, text, unit, target, the number of its directory)] of the links that commands ([(line, text)]) make."""
    names, found = {"1": "1", "2": "2", "3": "3"}, []
    for number, text in commands:
        assigned = _ASSIGNED.match(text.rstrip(";"))
        if assigned:
            names[assigned.group(1)] = assigned.group(2)
            continue
        words = words_of(text)
        plain = [word for word in words[1:] if not word.startswith("-")]
        if not words or words[0].rpartition("/")[2] != "ln" or len(plain) != 2 or not any(re.match(r"-[a-zA-Z]*s|--symbolic$", word) for word in words[1:]):
            continue
        place = _DIRECTORY.match(plain[1])
        if place and place.group(1) in names:
            found.append((number, text, place.group(2), plain[0], names[place.group(1)]))
    return found
