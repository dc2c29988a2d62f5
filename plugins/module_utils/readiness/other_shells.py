# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lines of the first files of fish and csh, whose language is another, that end a session or never end themselves.

PRIVATE: module_utils of this collection are not an interface.
Source: fish 3.6 and tcsh 6.24 themselves: ``exit`` ends the file alone, of tcsh ``logout`` the shell, and a program of ``exec`` that is not there neither.
"""

import re

from ansible_collections.imagewright.azure.plugins.module_utils.readiness import boot_commands
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import Evidence
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.shell_kinds import CSH, FISH

_BIN = r"(?:/usr)?(?:/s?bin/)?"
_NO_SHELL = rf"exec\s+{_BIN}(?:false|true|nologin|echo|printf|cat|sleep|date|uptime|su|runuser|login)(?:\s|$)"
_NO_WAY_BACK = r"-(?:s\s+)?(?:SIG)?(?:KILL|HUP|9|1)\s+"
_ENDS = {
    FISH: re.compile(rf"{_NO_SHELL}|kill\s+(?:-\S+\s+)*(?:\$fish_pid|%self)"),
    CSH: re.compile(rf"{_NO_SHELL}|logout\b|kill\s+{_NO_WAY_BACK}\$\$"),
}
#: A shell of its own that reads the same files again: every fish, every csh for cshrc, and for its login files one of a login.
_AGAIN = {FISH: re.compile(rf"exec\s+{_BIN}fish(?:\s+-[il]+|\s+--(?:login|interactive))*\s*$"), CSH: re.compile(rf"exec\s+{_BIN}t?csh(?P<login>\s+-l)?\s*$")}
_ENDLESS = {FISH: re.compile(r"while\s+(?:true|:)\s*(?:;|$)"), CSH: re.compile(r"while\s*\(\s*1\s*\)\s*$")}
_LEAVES_LOOP = re.compile(r"\b(?:break|exit|return|exec|logout|goto)\b")
_OPENS = {FISH: re.compile(r"(?:if|while|for|switch|function|begin)\b"), CSH: re.compile(r"(?:if\b.*\bthen|foreach\b.*|while\b.*|switch\b.*)$")}
_CLOSES = {FISH: re.compile(r"end\b"), CSH: re.compile(r"(?:endif|end|endsw)\b")}
#: A line of one condition, or that hangs on the one before it.
_ASKS = {FISH: re.compile(r"(?:and|or|not)\b|.*(?:;\s*(?:and|or)\b|&&|\|\|)"), CSH: re.compile(r"if\b|.*(?:&&|\|\|)")}
#: Behind it the rest of a file is not read.
_LAST = {FISH: re.compile(r"(?:exit|return)\b"), CSH: re.compile(r"exit\b")}


def ending(context, shell, paths):
    """Return the [Evidence] of the lines by which files of a kind (FISH or CSH) end every session, or never end."""
    found = []
    for path in paths:
        for number, words, rest in _unguarded(context.lines(path), shell):
            again = _AGAIN[shell].match(words)
            cause = "it ends every login" if _ENDS[shell].match(words) else ""
            if again and (shell == FISH or "login" not in path or again.group("login")):
                cause = "the new shell reads this file again, and so on without end"
            if boot_commands.never_ends(words) or _ENDLESS[shell].match(words) and not _LEAVES_LOOP.search(words + rest):
                cause = "every login waits for its end, and it has none"
            found += [Evidence(path, number, f"{words}: {cause}")] if cause else []
    return found


def _unguarded(lines, shell):
    """Return [(number, command, the text of the file behind it)] of the lines outside of any condition, loop and function."""
    found, depth, lines = [], 0, list(lines)
    for index, (number, text) in enumerate(lines):
        words = text.strip()
        if not words or words.startswith("#"):
            continue
        if _CLOSES[shell].match(words):
            depth = max(0, depth - 1)
            continue
        if not depth and not (_ASKS[shell].match(words) and not _OPENS[shell].match(words)):
            if _LAST[shell].match(words):
                break
            found.append((number, words, "\n".join(each for _number, each in lines[index + 1 :])))
        depth += bool(_OPENS[shell].match(words)) and not re.search(r";\s*end\s*$", words)
    return found
