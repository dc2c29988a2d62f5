# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is left of a grub.cfg when GRUB has read it: it drops a statement with a syntax error and goes on behind that line. Pure text, no I/O.

Source: GRUB grub-core/script/parser.y and yylex.l, grub-core/normal/main.c, read_config_file; each case was tried with grub-emu 2.06.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import functools
import re

from ansible_collections.imagewright.azure.plugins.module_utils.bootloader import grub_script
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError

#: A statement that GRUB does not run. line: int, 1-based, where it begins; last: int, the line of the error; cause: str.
Dropped = collections.namedtuple("Dropped", "line last cause")

#: One token. kind: word, newline, end, bad, open (a quote to the end of the text), or the character itself; start, end: int, its first and last
#: character; text: str, as written.
_Token = collections.namedtuple("_Token", "kind start end text")

_KEYWORDS = frozenset(["case", "do", "done", "elif", "else", "esac", "fi", "for", "if", "in", "select", "then", "until", "while", "function"])
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_VARIABLE = r"\$(?:[A-Za-z_]\w*|\d+|[?#*@]|\{(?:[A-Za-z_]\w*|\d+|[?#*@])\})"
_IN_QUOTES = rf'(?:\\.|[^\\"$]|{_VARIABLE})*'
_WORD = re.compile(rf"(?:[^{{}}|&$;<> \t\n'\"\\]|\$?\"{_IN_QUOTES}\"|'[^']*'|\\.|{_VARIABLE})*", re.DOTALL | re.ASCII)
_QUOTED = re.compile(r'"(?:\\.|[^\\"])*"', re.DOTALL)
#: More than any menu has one in another.
_DEEPEST = 50


@functools.lru_cache(maxsize=8)  # the menu, its entries and what is dropped are asked for one after the other
def as_run(text, where="grub.cfg"):
    """Return (the text with blanks in place of what GRUB drops, [Dropped]); every offset and line stays.

    Raises ImagewrightError: its statements stand in each other deeper than in any menu.
    """
    pieces, dropped, position, line, last = [], [], 0, 1, len(text.rstrip())
    while position < len(text):
        tokens = _Tokens(text, position, where)
        try:
            end = _line(tokens)
            pieces.append(text[position:end])
        except _Wrong as wrong:
            end = len(text) if wrong.token.kind in ("end", "open") else (text.find("\n", wrong.token.end) + 1 or len(text))
            start = position + len(text[position:end]) - len(text[position:end].lstrip())
            begins, ends = (line + text.count("\n", position, place) for place in (start, min(wrong.token.end, last)))
            dropped.append(Dropped(begins, ends, wrong.cause))
            pieces.append(re.sub(r"[^\n]", " ", text[position:end]))
        line += text.count("\n", position, end)
        position = end
    return "".join(pieces), dropped


def menu(text, where="grub.cfg"):
    """Return the grub_script.Menu of what GRUB runs of a grub.cfg."""
    return grub_script.menu(as_run(text, where)[0], where)


def menu_entries(text, where="grub.cfg"):
    """Return the [grub_script.MenuEntry] of what GRUB runs of a grub.cfg."""
    return grub_script.menu_entries(as_run(text, where)[0], where)


def drops(text, where="grub.cfg"):
    """Return the [Dropped] of a grub.cfg."""
    return as_run(text, where)[1]


class _Wrong(Exception):
    """A token that GRUB's parser does not take. token: _Token; cause: str."""

    def __init__(self, token, opened):
        super().__init__()
        self.token = token
        what = (
            f"its {token.text} is never closed"
            if token.kind == "open"
            else "the file ends"
            if token.kind == "end"
            else f"there is {token.text.split(chr(10))[0]!r}"
            if token.text.strip()
            else "the line ends"
        )
        self.cause = what + (f" inside of its {opened}" if opened else "")


class _Tokens:
    """The tokens of a text from an offset on, one of which may be looked at before it is taken. opened: [str], the constructs that are open."""

    def __init__(self, text, position, where):
        self._text, self._found, self._next, self.opened = text, grub_script.scanned(text, where, position), None, []

    def next(self):
        """Return the _Token that comes next, and leave it there."""
        if self._next is None:
            self._next = self._read()
        return self._next

    def take(self):
        """Return the _Token that comes next."""
        token, self._next = self.next(), None
        return token

    def refuse(self):
        """Raise _Wrong for the token that comes next."""
        raise _Wrong(self.next(), self.opened[-1] if self.opened else "")

    def _read(self):
        while True:
            try:
                word, mark = next(self._found, (None, ""))
            except grub_script.NeverClosed as error:
                # a quote that is open takes all that follows; a variable is cut off by its line
                is_quote = error.text in "'\""
                return _Token("open" if is_quote else "bad", error.position, error.position, error.text)
            if word is None:
                return _Token("end", len(self._text), len(self._text), "")
            raw = self._text[word.start : word.end]
            if word.text is not None:
                wrong = _wrong_at(raw)
                return _Token("word" if wrong is None else "bad", word.start, word.end - 1 if wrong is None else word.start + wrong, raw)
            if not mark.startswith("#"):
                return _Token("newline" if mark == "\n" else mark, word.start, word.start, raw)


def _wrong_at(raw):
    """Return where in a word (str) the last character stands with which GRUB's lexer refuses it (int), None when it does not."""
    place = 0 if raw in ("[[", "]]") else _WORD.match(raw).end()
    quoted = _QUOTED.match(raw, place)
    return None if place == len(raw) else quoted.end() - 1 if quoted else place


def _line(tokens):
    """Return the offset (int) behind the line with which the statements that begin here end."""
    while True:
        token = tokens.next()
        if token.kind in ("newline", "end"):
            tokens.take()
            return token.start + (token.kind == "newline")
        _statement(tokens)
        token = tokens.next()
        if token.kind == ";":
            tokens.take()
        elif token.kind not in ("newline", "end"):
            tokens.refuse()


def _statement(tokens):
    if tokens.next().text != "function":
        _command(tokens)
        return
    _open(tokens, tokens.take().text)
    _name(tokens)
    _newlines(tokens)
    _expect(tokens, "{")
    if not _commands(tokens):
        tokens.refuse()
    _expect(tokens, "}")
    tokens.opened.pop()


def _command(tokens):
    token = tokens.next()
    if token.kind != "word" or token.text in _KEYWORDS and token.text not in ("if", "for", "while", "until"):
        tokens.refuse()
    tokens.take()
    if token.text not in _KEYWORDS:
        _words(tokens)
        if tokens.next().kind == "{":
            _open(tokens, token.text)
            tokens.take()
            _commands(tokens)
            _expect(tokens, "}")
            tokens.opened.pop()
        return
    _open(tokens, token.text)
    if token.text == "if":
        _branches(tokens)
    elif token.text == "for":
        _name(tokens)
        _keyword(tokens, "in")
        _words(tokens)
        if not _delimiters(tokens):
            tokens.refuse()
        _body(tokens)
    else:
        _list(tokens)
        _body(tokens)
    tokens.opened.pop()


def _branches(tokens):
    """Read what follows an ``if`` up to its ``fi``."""
    _list(tokens)
    _keyword(tokens, "then")
    _list(tokens)
    while tokens.next().text == "elif":
        tokens.take()
        _list(tokens)
        _keyword(tokens, "then")
        _list(tokens)
    if tokens.next().text == "else":
        tokens.take()
        _list(tokens)
    _keyword(tokens, "fi")


def _body(tokens):
    """Read the body of a loop."""
    _keyword(tokens, "do")
    _list(tokens)
    _keyword(tokens, "done")


def _list(tokens):
    """Read commands of which the last one is ended, as before a keyword."""
    if not _commands(tokens):
        tokens.refuse()


def _commands(tokens):
    """Read one command or more, and return whether the last one is ended by a ``;`` or its line."""
    _newlines(tokens)
    while True:
        _command(tokens)
        if not _delimiters(tokens):
            return False
        token = tokens.next()
        if token.kind == "}" or token.text in ("then", "elif", "else", "fi", "do", "done"):
            return True


def _delimiters(tokens):
    """Read a ``;`` or a line end and the empty lines behind it, and return whether there was one."""
    if tokens.next().kind not in (";", "newline"):
        return False
    tokens.take()
    _newlines(tokens)
    return True


def _newlines(tokens):
    while tokens.next().kind == "newline":
        tokens.take()


def _words(tokens):
    """Read the arguments of a command, which may be keywords."""
    while tokens.next().kind == "word":
        tokens.take()


def _open(tokens, name):
    tokens.opened.append(f"`{name}`")
    if len(tokens.opened) > _DEEPEST:
        raise ImagewrightError(f"cannot read a menu of GRUB: {_DEEPEST} statements stand in each other, as in none; look whether it is damaged")


def _name(tokens):
    token = tokens.next()
    if token.kind != "word" or token.text in _KEYWORDS or not _NAME.match(token.text):
        tokens.refuse()
    tokens.take()


def _keyword(tokens, text):
    if tokens.next().text != text:
        tokens.refuse()
    tokens.take()


def _expect(tokens, kind):
    if tokens.next().kind != kind:
        tokens.refuse()
    tokens.take()
