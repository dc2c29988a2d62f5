# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lines of a sudoers file as sudo reads them: continued, with comments told from what looks like one.

Source: sudoers(5) and plugins/sudoers/toke.l of sudo 1.9, each case tried with visudo 1.9.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import re

#: One entry. number, last: int, first and last line, 1-based; start: int, its offset in the text;
#: raw: str, exactly as in the text, line ends included; clean: str of the same length as raw, in which
#: comments, line ends and continuations are blanks.
SudoersLine = collections.namedtuple("SudoersLine", "number last start raw clean")

#: An include: path as written (str, quotes and escapes resolved), is_directory (bool), span of the path in the line's raw text.
Include = collections.namedtuple("Include", "path is_directory span")

#: Whom a `Defaults` entry is for. kind: str, ``:`` users, ``@`` hosts, ``>`` whom a command runs as, ``!`` commands, or empty: everybody;
#: members: [(negated, word)], a quoted word with its quotes: `"ALL"` is the user of that name.
Binding = collections.namedtuple("Binding", "kind members")

#: Options by which sudo asks for another account's password: of the account that the command runs as, of root, of runas_default.
OTHER_PASSWORDS = ("targetpw", "rootpw", "runaspw")

#: `#include` counts only in the first column, `@include` (sudo 1.9.1) behind blanks too.
_INCLUDE = re.compile(r'(?:\ufeff?#|[ \t]*@)include(dir)?[ \t]+("[^"\n]*"|(?:[^\s"\\]|\\.)+)')

#: The list begins on the line of `Defaults`, right behind its mark; blanks that no comma is beside end it.
_MEMBER = r'!*(?:"[^"]*"|(?:\\.|[^\s,"!\\])(?:\\.|[^\s,"\\])*)'
_DEFAULTS = re.compile(rf"\ufeff?[ \t]*Defaults(?:([:@>!])[ \t]*({_MEMBER}(?:[ \t]*,[ \t]*{_MEMBER})*))?(?=[ \t])")

_CONTINUATION = re.compile(r"\\\r?\n")

#: What means itself, in quotes or not.
_PLAIN = re.compile(r'[^\\\n\r#"\0]+')

#: A numeric user or group where a comment would begin.
_ID = re.compile(r"#-?[0-9]")


def lines(text):
    """Return the entries ([SudoersLine]) of a sudoers file, blank and comment lines included; their raw texts joined are the text.

    An empty file has one empty entry.
    """
    found, start, number = [], 0, 1
    while start < len(text) or not found:
        end, clean = _scan(text, start)
        raw = text[start:end]
        count = raw.count("\n")
        found.append(SudoersLine(number, number + max(count - 1, 0), start, raw, clean))
        start, number = end, number + count
    return found


def include(line):
    """Return the Include that a line is, or None."""
    match = _INCLUDE.match(line.raw)
    if not match:
        return None
    return Include(re.sub(r"\\(.)", r"\1", match.group(2).strip('"')), match.group(1) is not None, match.span(2))


def defaults_items(line):
    """Return [(start, end, name or None, is_on)] of the items of a ``Defaults`` entry, whomever it is for; [] for any other line.

    start, end: the item's span in the line; name: of an item without value; is_on: False behind an odd number of ``!``.
    """
    head = _DEFAULTS.match(line.clean)
    if not head:
        return []
    items = []
    for match in re.finditer(r'(?:"(?:[^"\\]|\\.)*(?:"|\Z)|\\.|[^,"\\])+', line.clean[head.end() :], re.DOTALL):
        words = match.group().strip()
        if words:
            start = head.end() + match.start() + len(match.group()) - len(match.group().lstrip())
            flag = re.match(r"([! \t]*)([A-Za-z_]+)\Z", words)
            items.append((start, start + len(words), flag and flag.group(2), not flag or flag.group(1).count("!") % 2 == 0))
    return items


def binding(line):
    """Return the Binding of a ``Defaults`` entry, None for any other line."""
    head = _DEFAULTS.match(line.clean)
    if not head:
        return None
    words = re.findall(_MEMBER, head.group(2) or "")
    return Binding(head.group(1) or "", [((len(word) - len(word.lstrip("!"))) % 2 == 1, word.lstrip("!")) for word in words])


def _scan(text, start):
    """Return (offset behind the entry that begins at start, its clean text)."""
    clean, position, quoted = [], start, False
    if _INCLUDE.match(text, start):
        end = text.find("\n", start) + 1 or len(text)
        return end, text[start:end].rstrip("\r\n").ljust(end - start)
    while position < len(text):
        plain = _PLAIN.match(text, position)
        if plain:
            clean.append(plain.group())
            position = plain.end()
            continue
        character = text[position]
        continuation = _CONTINUATION.match(text, position)
        if continuation:
            clean.append(" " * (continuation.end() - position))
            position = continuation.end()
        elif character == "\\" and position + 1 < len(text) and text[position + 1] not in "\r\n":
            clean.append(text[position : position + 2])
            position += 2
        elif character == "\n":
            clean.append(" ")
            return position + 1, "".join(clean)
        elif character == "\0" or character == "#" and not quoted and not _ID.match(text, position):  # sudo reads no line further than to a NUL
            end = text.find("\n", position) + 1 or len(text)
            clean.append(" " * (end - position))
            return end, "".join(clean)
        else:
            quoted = quoted != (character == '"')
            clean.append(" " if character == "\r" and text[position + 1 : position + 2] in ("\n", "") else character)
            position += 1
    return position, "".join(clean)
