# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands of a shell script that run whatever is the case: as far as its layout tells, for nothing here runs a shell.

PRIVATE: module_utils of this collection are not an interface.
"""

import re

_CLOSES = re.compile(r"(fi|done|esac|\})(\s|;|$)")
_OPENS = re.compile(r"(if|while|until|for|case)\b")
_CLOSED_HERE = re.compile(r";\s*(fi|done|esac|\})\s*$")


def unguarded(lines):
    """Return [(number, command)] of the lines outside of any condition, loop and function, up to the first ``exit`` or ``return``, which is the last.

    lines: [(number from 1, text)].
    """
    found, depth = [], 0
    for number, text in lines:
        words = text.strip()
        if not words or words.startswith("#"):
            continue
        if _CLOSES.match(words):
            depth = max(0, depth - 1)
            continue
        opens = (_OPENS.match(words) or words.endswith("{")) and not _CLOSED_HERE.search(words)
        if not depth and not opens:
            found.append((number, words))
            if re.match(r"(exit|return)\b", words):
                break
        depth += bool(opens)
    return found


def failing_end(lines):
    """Return (line, text) of the last command of a script, where it fails whenever the script is run; None of any other.

    lines: [(number, text)] of the script.
    """
    own = unguarded(lines)
    if own and re.match(r"(exit\s+[1-9]|(/bin/)?false\s*$)", own[-1][1]) and not any(re.search(r"\|\||&&", text) for _number, text in own):
        return own[-1]
    return None
