# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of shell variables (/etc/default/*, /etc/sysconfig/*, os-release), read as the shell reads them but never run.

Pure text, no I/O. What only running the shell could tell (command substitution, a variable set inside `if`, `eval`) is
reported as such and never guessed.

Source: POSIX.1-2017, Shell Command Language 2.2 (quoting), 2.3 (tokens), 2.9.1 (simple commands).

PRIVATE: module_utils of this collection are not an interface.
"""

import re
from typing import Dict, List, NamedTuple, Optional, Sequence, Set, Tuple

from ansible_collections.imagewright.azure.plugins.module_utils.core.shell_words import NAME, Atom, Operator, Reader, Word


class Hazard(NamedTuple):
    """A line that may change any variable: the shell would have to be run to know."""

    line: int
    text: str


class ShellFile(NamedTuple):
    """A whole file: its text, its assignments in order, and its hazards."""

    text: str
    assignments: "List[Assignment]"
    hazards: List[Hazard]


#: Commands whose effect on variables cannot be read off the text.
_HAZARDS = frozenset(["eval", ".", "source", "read", "getopts", "exec", "exit", "return", "trap", "alias", "mapfile", "readarray", "let", "printf"])
_DECLARATIONS = frozenset(["export", "readonly", "declare", "typeset"])
_OPENING = frozenset(["if", "while", "until", "for", "select", "{"])
_CLOSING = {"fi": ("if",), "done": ("while", "until", "for", "select"), "esac": ("case patterns", "case"), "}": ("{",)}
_CONTINUING = frozenset(["then", "else", "elif", "do", "!"])
_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(\[[^\]]*\])?(\+?=)")


class Assignment(NamedTuple):
    """One assignment. operator: "=", "+=" or "unset"; line: from 1; start, end: of its value in the text.

    doubt: why it may not take effect, or not as written, e.g. ``it stands inside `if` of line 3``.
    """

    name: str
    operator: str
    line: int
    start: int
    end: int
    atoms: List[Atom]
    doubt: Optional[str]

    @property
    def value(self) -> Optional[str]:
        """Return the value (str), None when only the shell can tell it."""
        if self.doubt or self.operator != "=" or any(atom.kind != "text" for atom in self.atoms):
            return None
        return "".join(atom.value for atom in self.atoms)


def parse(text: str, where: str = "the shell file") -> ShellFile:
    """Return the ShellFile of a text.

    where: str, the path, for errors.
    Raises ImagewrightError: the shell itself could not read it (a quote or a block is never closed).
    """
    return _Parser(text, where).parse()


def values(text: str, where: str = "the shell file") -> Dict[str, Optional[str]]:
    """Return {name: value} of the last assignments; value is None where only the shell can tell it, "" after `unset`."""
    found: Dict[str, Optional[str]] = {}
    for assignment in parse(text, where).assignments:
        found[assignment.name] = "" if assignment.operator == "unset" and not assignment.doubt else assignment.value
    return found


class _Parser:
    """Finds the assignments of a text: which block, list or command each stands in decides whether it certainly takes effect."""

    def __init__(self, text: str, where: str) -> None:
        self.reader = Reader(text, where)
        self.assignments: List[Assignment] = []
        self.hazards: List[Hazard] = []
        self.functions: Set[Optional[str]] = set()  # None: one whose name is computed
        self.blocks: List[Tuple[str, int]] = []  # (kind, position) of the blocks that are open
        self.joined = ""  # the && or || before this command
        self.list_start = 0  # index of the first assignment of this list
        self.redirected = False  # whether this command reads or writes a file: without it the shell does nothing

    def parse(self) -> ShellFile:
        words: List[Word] = []
        token = self.reader.next()
        while token is not None:
            if isinstance(token, Word):
                words = self._take_word(words, token)
            elif token.text[0] in "<>":
                words = self._skip_redirection(words, token)
            elif token.text == "(" and len(words) == 1 and _is_array(words[0]) and words[0].end == token.start:
                words = [self._array(words[0])]
            else:
                self._end_command(words, token)
                words = []
            token = self.reader.next()
        self._end_command(words, None)
        if self.blocks:
            kind, position = self.blocks[-1]
            self.reader.refuse(position, f"its `{kind}` is never closed", "close it")
        return ShellFile(self.reader.text, self.assignments, self.hazards)

    def _take_word(self, words: List[Word], word: Word) -> List[Word]:
        """Return the words of the command so far, words with the word appended; a reserved word at its beginning is taken out."""
        reserved = None if words else self._plain(word)
        in_patterns = self.blocks and self.blocks[-1][0] == "case patterns"
        if in_patterns and reserved != "esac":
            words.append(word)
            return words
        if reserved in _OPENING:
            self.blocks.append((reserved, word.start))
            return [word] if reserved in ("for", "select") else []
        if reserved in _CLOSING:
            self._close(_CLOSING[reserved], reserved, word.start)
            return []
        if reserved in _CONTINUING:
            return []
        if len(words) == 2 and self._plain(words[0]) == "case" and self._plain(word) == "in":
            self.blocks.append(("case patterns", word.start))
            return []
        words.append(word)
        return words

    def _close(self, kinds: Sequence[str], reserved: str, position: int) -> None:
        if not self.blocks or self.blocks[-1][0] not in kinds:
            self.reader.refuse(position, f"its `{reserved}` closes nothing", "remove it, or open the block")
        self.blocks.pop()

    def _skip_redirection(self, words: List[Word], operator: Operator) -> List[Word]:
        if words and words[-1].end == operator.start and self.reader.text[words[-1].start : words[-1].end].isdigit():
            words = words[:-1]
        target = self.reader.next()
        if not isinstance(target, Word):
            self.reader.refuse(operator.start, f"a file name is missing after {operator.text!r}", "write one")
        if operator.text in ("<<", "<<-"):
            delimiter = "".join(atom.value for atom in target.atoms)
            self.reader.documents.append((delimiter, operator.text == "<<-"))
        elif self._plain(target) != "/dev/null":
            self.redirected = True
        return words

    def _array(self, word: Word) -> Word:
        """Return the word of a bash array ``NAME=(...)``, its value not to be told."""
        self.reader.position = word.end - 1
        start = word.end
        self.reader._skip_nested(")")
        computed = Atom("computed", self.reader.text[start : self.reader.position], start, self.reader.position, "")
        return Word(word.atoms + [computed], word.start, self.reader.position)

    def _end_command(self, words: List[Word], operator: Optional[Operator]) -> None:
        """Note what a simple command assigns, and the block that the operator after it opens or closes."""
        text, position = (operator.text, operator.start) if operator else ("\n", len(self.reader.text))
        if self.blocks and self.blocks[-1][0] == "case patterns":
            if text == ")":
                self.blocks[-1] = ("case", self.blocks[-1][1])
            return
        if text == "(" and len(words) == 1:
            self.functions.add(self._plain(words[0]))
            self.blocks.append(("(", position))
            return
        self._note(list(words), piped=text == "|")
        if text == "\n" and self.joined and not words:
            return  # the list goes on on the next line
        self.joined = text if text in ("&&", "||", "|") else ""
        self.redirected = False
        if text == "&":  # the whole list runs in the background, its first commands too
            self.assignments[self.list_start :] = [
                assignment._replace(doubt=assignment.doubt or "it stands in the background") for assignment in self.assignments[self.list_start :]
            ]
        if not self.joined:
            self.list_start = len(self.assignments)
        if text == "(":
            self.blocks.append(("(", position))
        elif text == ")":
            self._close(("(",), ")", position)
        elif text == ";;":
            if not self.blocks or self.blocks[-1][0] != "case":
                self.reader.refuse(position, "its `;;` is outside `case`", "remove it")
            self.blocks[-1] = ("case patterns", self.blocks[-1][1])

    def _note(self, words: List[Word], piped: bool) -> None:
        """Note the assignments and hazards of one simple command."""
        leading = []
        while words and _ASSIGNMENT.match(self._source(words[0])) and not _quoted_name(words[0]):
            leading.append(words.pop(0))
        if not words:
            for word in leading:
                self._assign(word, self._doubt(piped))
            return
        command = self._plain(words[0])
        for word in leading:
            self._assign(word, f"it stands before the command {self._source(words[0])!r}, so it is only set for that command")
        if command in _DECLARATIONS:
            for word in words[1:]:
                self._declare(word, self._doubt(piped))
        elif command == "unset":
            for word in words[1:]:
                self._unset(word, self._doubt(piped))
        elif command in ("for", "select") and len(words) > 1:
            self._unset(words[1], "it is set by a loop")
        elif self._is_hazard(command, words):
            self.hazards.append(Hazard(self.reader.line_of(words[0].start), self._source_of(words)))

    def _is_hazard(self, command: Optional[str], words: List[Word]) -> bool:
        if command == "printf":
            return any(self._source(word).startswith("-v") for word in words[1:2])
        return command is None or command in _HAZARDS or command in self.functions

    def _doubt(self, piped: bool) -> Optional[str]:
        """Return why the assignments of this command may not take effect (str), None when they certainly do."""
        if self.blocks:
            kind, position = self.blocks[0]
            return f"it stands inside `{kind}` of line {self.reader.line_of(position)}"
        if self.joined:
            return f"it stands after `{self.joined}`"
        if self.redirected:
            return "it stands beside a redirection, which may fail"
        return "it stands in a pipe" if piped else None

    def _assign(self, word: Word, doubt: Optional[str]) -> None:
        match = _ASSIGNMENT.match(self._source(word))
        if match is None:
            return
        start = word.start + match.end()
        atoms = [atom for atom in word.atoms if atom.start >= start]
        if match.group(2):
            doubt = doubt or "it is one element of an array"
        if any(atom.value == "~" and atom.quote == "" and (index == 0 or atoms[index - 1].value == ":") for index, atom in enumerate(atoms)):
            doubt = doubt or "its `~` is replaced by the shell"
        self.assignments.append(Assignment(match.group(1), match.group(3), self.reader.line_of(word.start), start, word.end, atoms, doubt))

    def _declare(self, word: Word, doubt: Optional[str]) -> None:
        if not _ASSIGNMENT.match(self._source(word)):
            if self._plain(word) is None:
                self.hazards.append(Hazard(self.reader.line_of(word.start), self._source(word)))
            return
        if any(atom.kind != "text" and not atom.quote for atom in word.atoms):
            doubt = doubt or "shells differ in how they split its unquoted variable"
        self._assign(word, doubt)

    def _unset(self, word: Word, doubt: Optional[str]) -> None:
        name = self._plain(word)
        if name and NAME.match(name):
            self.assignments.append(Assignment(name, "unset", self.reader.line_of(word.start), word.start, word.end, [], doubt))

    def _plain(self, word: Word) -> Optional[str]:
        """Return the word (str) when it is written without quotes or expansions, else None when it is computed."""
        if any(atom.kind != "text" for atom in word.atoms):
            return None
        return "".join(atom.value for atom in word.atoms)

    def _source(self, word: Word) -> str:
        return self.reader.text[word.start : word.end]

    def _source_of(self, words: Sequence[Word]) -> str:
        return self.reader.text[words[0].start : words[-1].end]


def _is_array(word: Word) -> bool:
    return bool(word.atoms) and all(atom.kind == "text" and not atom.quote for atom in word.atoms) and word.atoms[-1].value == "="


def _quoted_name(word: Word) -> bool:
    """Return whether the word's name part is not plain text, so that the shell takes it for a command."""
    equals = next(index for index, atom in enumerate(word.atoms) if atom.value == "=")
    return any(atom.kind != "text" or atom.quote or atom.end - atom.start != 1 for atom in word.atoms[:equals])
