# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Words and operators of shell text, as the shell takes them apart; nothing is run.

Pure text, no I/O. shell_vars makes assignments of them.

Source: POSIX.1-2017, Shell Command Language 2.2 (quoting), 2.3 (tokens).

PRIVATE: module_utils of this collection are not an interface.
"""

import bisect
import re
from typing import List, NamedTuple, NoReturn, Optional, Tuple, Union

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError


class Atom(NamedTuple):
    """One character of a value, or one thing that the shell puts there, with the source text [start, end) that it comes from.

    kind: "text" (value: the character), "variable" (value: its name), "conditional" (value: the name in it) or "computed" (value: the source text);
    quote: the quoting it stands in: "" none, "'" or '"'; conditional: of that kind.
    """

    kind: str
    value: str
    start: int
    end: int
    quote: str
    conditional: "Optional[Conditional]" = None


class Conditional(NamedTuple):
    """``${name:+atoms}`` and its like. operator: ":+", "+", ":-" or "-"; atoms: what stands behind the operator."""

    name: str
    operator: str
    atoms: List[Atom]


class Word(NamedTuple):
    """A word. start, end: where it stands in the text."""

    atoms: List[Atom]
    start: int
    end: int


class Operator(NamedTuple):
    """An operator (text) such as ``;`` or ``&&``, newline included."""

    text: str
    start: int
    end: int


_CONDITIONAL = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(:?[+-])")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

_OPERATORS = ("<<-", "<<<", "&&", "||", ";;", "<<", ">>", "<&", ">&", "<>", ">|", "\n", ";", "&", "|", "(", ")", "<", ">")
_MAX_DEPTH = 50  # substitutions in each other; nobody writes more, and Python's own stack has an end
_BLANKS = " \t"
_META = _BLANKS + "\n;&|()<>"


class Reader:
    """Reads words and operators off a text, with the position kept."""

    def __init__(self, text: str, where: str) -> None:
        self.text, self.where, self.position = text, where, 0
        self._line_ends: Optional[List[int]] = None  # their positions, once asked for
        self.depth = 0  # of substitutions in each other
        self.documents: List[Tuple[str, bool]] = []  # here-documents that start after this line: (delimiter, whether tabs go)
        if "\0" in text:
            self.refuse(text.index("\0"), "it holds a NUL byte, of which each shell makes something else", "remove it")

    def line_of(self, position: int) -> int:
        """Return the line (from 1) of a position in the text; the line ends are looked for once."""
        if self._line_ends is None:
            self._line_ends = [match.start() for match in re.finditer("\n", self.text)]
        return bisect.bisect_left(self._line_ends, position) + 1

    def refuse(self, position: int, cause: str, fix: str) -> NoReturn:
        """Raise the ImagewrightError of a text that the shell itself could not read, or that is not read here."""
        raise ImagewrightError(f"cannot read {self.where} line {self.line_of(position)}: {cause}; {fix}")

    def next(self) -> Union[Word, Operator, None]:
        """Return the next Word or Operator, None at the end."""
        self._skip_blanks()
        if self.position >= len(self.text):
            return None
        for operator in _OPERATORS:
            if self.text.startswith(operator, self.position):
                start, self.position = self.position, self.position + len(operator)
                if operator == "\n":
                    self._skip_documents()
                return Operator(operator, start, start + len(operator))
        return self._word()

    def _skip_blanks(self) -> None:
        while self.position < len(self.text):
            if self.text[self.position] in _BLANKS:
                self.position += 1
            elif self.text.startswith("\\\n", self.position):
                self.position += 2
            elif self.text[self.position] == "#":
                end = self.text.find("\n", self.position)
                self.position = len(self.text) if end < 0 else end
            else:
                return

    def _skip_documents(self) -> None:
        for delimiter, tabs in self.documents:
            start = self.position
            while True:
                if self.position >= len(self.text):
                    self.refuse(start, f"the here-document is never closed by {delimiter!r}", "close it")
                end = self.text.find("\n", self.position)
                end = len(self.text) if end < 0 else end
                line = self.text[self.position : end]
                self.position = min(end + 1, len(self.text))
                if (line.lstrip("\t") if tabs else line) == delimiter:
                    break
        self.documents = []

    def _word(self) -> Word:
        start, atoms = self.position, []
        while self.position < len(self.text) and self.text[self.position] not in _META:
            character = self.text[self.position]
            if character == "'":
                atoms += self._single_quoted()
            elif character == '"':
                atoms += self._double_quoted()
            elif character == "\\":
                atoms += self._escaped("", None)
            elif character == "$" or character == "`":
                atoms.append(self._expansion(""))
            else:
                atoms.append(Atom("text", character, self.position, self.position + 1, ""))
                self.position += 1
        return Word(atoms, start, self.position)

    def _single_quoted(self) -> List[Atom]:
        start = self.position
        end = self.text.find("'", start + 1)
        if end < 0:
            self.refuse(start, "its single quote is never closed", "close it")
        self.position = end + 1
        return [Atom("text", self.text[at], at, at + 1, "'") for at in range(start + 1, end)]

    def _double_quoted(self) -> List[Atom]:
        start = self.position
        atoms: List[Atom] = []
        self.position += 1
        while True:
            if self.position >= len(self.text):
                self.refuse(start, "its double quote is never closed", "close it")
            character = self.text[self.position]
            if character == '"':
                self.position += 1
                return atoms
            if character == "\\":
                atoms += self._escaped('"', '$`"\\')
            elif character == "$" or character == "`":
                atoms.append(self._expansion('"'))
            else:
                atoms.append(Atom("text", character, self.position, self.position + 1, '"'))
                self.position += 1

    def _escaped(self, quote: str, escapable: Optional[str]) -> List[Atom]:
        """Return what a backslash and the next character stand for ([Atom]); escapable None: any character is."""
        start = self.position
        following = self.text[start + 1 : start + 2]
        if following == "\n":
            self.position += 2
            return []
        if following and (escapable is None or following in escapable):
            self.position += 2
            return [Atom("text", following, start, start + 2, quote)]
        self.position += 1
        return [Atom("text", "\\", start, start + 1, quote)]

    def _expansion(self, quote: str) -> Atom:
        """Return the Atom of what begins with ``$`` or a backquote."""
        start = self.position
        rest = self.text[start + 1 : start + 2]
        name = NAME.match(self.text, start + 1)
        if self.text[start] == "$" and name:
            self.position = name.end()
            return Atom("variable", name.group(), start, self.position, quote)
        if self.text[start] == "$" and rest == "{":
            braced = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}").match(self.text, start + 1)
            if braced:
                self.position = braced.end()
                return Atom("variable", braced.group(1), start, self.position, quote)
            conditional = self._conditional(quote)
            if conditional:
                return conditional
        if self.text[start] == "`":
            self._skip_backquoted()
        elif rest == "(" or rest == "{":
            self._skip_nested({"(": ")", "{": "}"}[rest])
        elif self.text.startswith("$\\\n", start):
            self.position += 3  # the name, if there is one, is on the next line
        elif rest and (rest in "@*#?-$!" or rest.isdigit()):
            self.position += 2
        elif rest and rest in "'\"" and not quote:
            self.position += 1  # $'...' and $"..." differ between shells
            self._single_quoted() if rest == "'" else self._double_quoted()
        else:
            self.position += 1
            return Atom("text", "$", start, start + 1, quote)
        return Atom("computed", self.text[start : self.position], start, self.position, quote)

    def _conditional(self, quote: str) -> Optional[Atom]:
        """Return the Atom of ``${name:+plain text and variables}`` and its like, None (nothing read) when more stands in it."""
        start, opening = self.position, _CONDITIONAL.match(self.text, self.position)
        if not opening or self.depth >= _MAX_DEPTH:
            return None
        self.position = opening.end()
        atoms: List[Atom] = []
        self.depth += 1
        while self.position < len(self.text) and self.text[self.position] not in "}\"'`\n":
            character = self.text[self.position]
            if character == "\\":
                atoms += self._escaped(quote, '$`"\\}' if quote else None)
            elif character == "$":
                atoms.append(self._expansion(quote))
            else:
                atoms.append(Atom("text", character, self.position, self.position + 1, quote))
                self.position += 1
        self.depth -= 1
        if self.text[self.position : self.position + 1] != "}" or any(atom.kind == "computed" for atom in atoms):
            self.position = start
            return None
        self.position += 1
        conditional = Conditional(opening.group(1), opening.group(2), atoms)
        return Atom("conditional", conditional.name, start, self.position, quote, conditional)

    def _skip_backquoted(self) -> None:
        start = self.position
        self.position += 1
        while self.text[self.position : self.position + 1] != "`":
            if self.position >= len(self.text):
                self.refuse(start, "its backquote is never closed", "close it")
            self.position += 2 if self.text[self.position] == "\\" else 1
        self.position += 1

    def _skip_nested(self, closing: str) -> None:
        """Skip ``$(...)`` or ``${...}``, whatever is in it; refuse what cannot be skipped with certainty."""
        start = self.position
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            self.refuse(start, f"its substitutions stand in each other more than {_MAX_DEPTH} deep", "set the variable to plain text")
        opening = self.text[start + 1]
        self.position += 2
        depth = 1
        while depth:
            if self.position >= len(self.text):
                self.refuse(start, f"its {self.text[start : start + 2]!r} is never closed", "close it")
            character = self.text[self.position]
            if character == "'":
                self._single_quoted()
            elif character == '"':
                self._double_quoted()
            elif character in "$`":
                self._expansion("")
            elif character == "\\":
                self.position += 2
            else:
                depth += {opening: 1, closing: -1}.get(character, 0)
                self.position += 1
        self.depth -= 1
        inner = self.text[start + 2 : self.position - 1]
        if opening == "(" and re.search(r"(^|[\s;(])(case\s|#)|<<", inner):
            self.refuse(start, "its command substitution holds `case`, a comment or a here-document", "set the variable to plain text")
