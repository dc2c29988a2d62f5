# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""/etc/inittab, by which the inits before systemd, and BusyBox's, know what they start, and the runlevel that it names.

Source: inittab(5) of sysvinit; init/init.c of BusyBox, parse_inittab; init(5) of Upstart.

PRIVATE: module_utils of this collection are not an interface.
"""

import re
from typing import List, NamedTuple

from ansible_collections.imagewright.azure.plugins.module_utils.core.tree import Tree

PATH = "/etc/inittab"
#: Where Upstart at Ubuntu has the runlevel that no inittab names.
_OF_UPSTART = "/etc/init/rc-sysinit.conf"
_LEVEL = re.compile(r"^[ \t]*env[ \t]+DEFAULT_RUNLEVEL=[\"']?([0-9S])", re.MULTILINE)


class InittabLine(NamedTuple):
    """One line. levels: runlevels, "" for all; process: with its arguments; number: from 1."""

    levels: str
    action: str
    process: str
    number: int
    text: str


def lines(tree: Tree) -> List[InittabLine]:
    """Return the InittabLines, [] without the file."""
    found = []
    for number, text in enumerate(tree.read_text(PATH).split("\n") if tree.is_file(PATH) else [], 1):
        fields = text.strip().split(":", 3)
        if len(fields) >= 3 and not text.lstrip().startswith("#"):
            found.append(InittabLine(fields[1], fields[2], fields[3].strip() if len(fields) == 4 else "", number, text.strip()))
    return found


def default_level(tree: Tree) -> str:
    """Return the runlevel (str) in which a guest without systemd ends, "" when no file says it."""
    named = [line.levels[:1] for line in lines(tree) if line.action == "initdefault" and line.levels]
    if named:
        return named[0]
    upstart = _LEVEL.search(tree.read_text(_OF_UPSTART)) if tree.is_file(_OF_UPSTART) else None
    return upstart.group(1) if upstart else ""
