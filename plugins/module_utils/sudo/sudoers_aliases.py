# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The aliases of sudoers, and what the words of a list stand for.

Source: sudoers(5), "Aliases".

PRIVATE: module_utils of this collection are not an interface.
"""

import re

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError

#: More than a system's aliases stand for, however they are nested.
MOST_WORDS = 100000

ALIAS = re.compile(r"(User|Runas|Host|Cmnd|Cmd)_Alias\s+(.*)", re.DOTALL)


def aliases(entries):
    """Return {(kind, name): [(negated, word)]} of the user, runas and command aliases."""
    found = {}
    for _path, line in entries:
        match = ALIAS.match(line.clean.strip("\ufeff \t"))
        for definition in re.split(r"(?<!\\):(?=\s*[A-Z][A-Z0-9_]*\s*=)", match.group(2)) if match else []:
            name, _unused, members = definition.partition("=")
            kind = "Cmnd" if match.group(1) == "Cmd" else match.group(1)
            found[kind, name.strip()] = list(dict.fromkeys(_member(word) for word in re.split(r"(?<!\\),", members)))
    return found


def _member(text):
    """Return (negated, word) of one member of an alias; a command keeps its arguments."""
    marks, word = re.match(r"([!\s]*)(.*)", text, re.DOTALL).groups()
    return marks.count("!") % 2 == 1, word.strip()


def expanded(members, aliases, kind="User"):
    """Return the members ([(negated, word)]) with aliases replaced by what they stand for; an alias inside itself is a word.

    Of a word that comes several times only the last one is left: the last one that matches wins.
    Raises ImagewrightError: they stand for more words than those of any system.
    """
    found, inside, steps = {}, set(), 0
    pending = [(negated, word, False) for negated, word in reversed(members)]
    while pending:
        negated, word, is_end = pending.pop()
        steps += 1
        if steps > MOST_WORDS:
            raise ImagewrightError(
                f"cannot tell who may become root: the alias {members[0][1]} in sudoers stands for more than {MOST_WORDS} words; "
                "look whether the file is damaged"
            )
        if is_end:
            inside.discard(word)
        elif (kind, word) in aliases and word not in inside:
            inside.add(word)
            pending.append((negated, word, True))
            pending += [(negated != inner, name, False) for inner, name in reversed(aliases[kind, word])]
        else:
            found.pop(word, None)
            found[word] = negated
    return [(negated, word) for word, negated in found.items()]
