# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines of a shell's first files that call an alias which a line before them made; a shell that a command is given to knows none.

PRIVATE: module_utils of this collection are not an interface.
Source: bash(1), ALIASES: one counts from the next line on, in a shell that has a terminal.
"""

import re

_ALIAS = re.compile(r"alias\s+(?:--\s+)?([\w.:+-]+)=(?:\"([^\"]*)\"|'([^']*)'|(\S+))\s*$")


def called(lines):
    """Return {(path, line): the command (str) that is run in its place} of the lines that call an alias.

    lines: {path: [(number, command)]}, in the order in which they are read.
    """
    known, found = {}, {}
    for path, number, words in [(each, *line) for each in lines for line in lines[each]]:
        name, _blank, rest = words.partition(" ")
        match = _ALIAS.match(words)
        if match:
            known[match.group(1)] = next(text for text in match.groups()[1:] if text is not None)
        elif name in known:
            found[path, number] = f"{known[name]} {rest}".strip()
    return found
