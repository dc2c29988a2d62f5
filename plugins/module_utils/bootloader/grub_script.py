# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GRUB 2's script language as far as menus need it: words, menu entries and their kernel lines. Pure text, no I/O.

Source: GRUB manual, "Shell-like scripting"; grub-core/script/yylex.l; grub-core/lib/cmdline.c (what a kernel is given).

PRIVATE: module_utils of this collection are not an interface.
"""

import collections

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import cmdline as kernel_cmdline

#: One word where it stands: start, end (offsets) and text (str, unquoted; variables stay as ``$name``).
GrubWord = collections.namedtuple("GrubWord", "start end text")

#: One command: its words ([GrubWord]) and its line (1-based).
Command = collections.namedtuple("Command", "words line")

#: One menu entry. heading: [str], the words after `menuentry`, its title first; line: of its `menuentry`;
#: section: the /etc/grub.d script that wrote it ("" by hand); commands: [Command] of its body.
MenuEntry = collections.namedtuple("MenuEntry", "heading line section commands")

#: A whole menu. items: [MenuItem] in order; settings: [MenuSetting] outside of its entries; stops: [MenuSetting], commands there that end or wait:
#: their name, what follows it, line, and the conditions around them; statements: [Statement], all that is run, in and outside of entries.
Menu = collections.namedtuple("Menu", "items settings stops statements")
#: kind: menuentry, submenu or blscfg (Boot Loader Specification entries stand there); heading: [str]; line: int; items: [MenuItem] of a submenu;
#: conditions: [str], of each `if` around it.
MenuItem = collections.namedtuple("MenuItem", "kind heading line items conditions")
#: One command. words: [str]; line: int; conditions: [str]; entry: int, the line of the menuentry that it is in, None outside of all.
Statement = collections.namedtuple("Statement", "words line conditions entry")
#: ``set name=value`` with its line; conditions: [str], of each `if` around it, ``else `` before one that must not hold.
MenuSetting = collections.namedtuple("MenuSetting", "name value line conditions")

KERNEL_COMMANDS = frozenset(["linux", "linux16", "linuxefi", "kernel"])
STOPPING_COMMANDS = frozenset(["read", "sleep", "halt", "reboot", "exit", "normal_exit", "fwsetup", "videotest", "vbetest"])
#: Loops that only a break ends.
_ENDLESS = (["while", "true"], ["until", "false"])
INITRD_COMMANDS = frozenset(["initrd", "initrd16", "initrdefi"])

_SEPARATORS = ";&|<>{}"
_BLANKS = " \t\r"
#: Characters of a parameter that GRUB would take for its own.
_SPECIAL = frozenset(_SEPARATORS + "$\\'\"")


class NeverClosed(ImagewrightError):
    """What is open to the end of the text. position: int; text: str, the quote or ``${``."""

    def __init__(self, message, position, text):
        super().__init__(message)
        self.position, self.text = position, text


def tokens(text):
    """Return the parameters ([kernel_cmdline.Token]) of a line of arguments, such as the value of GRUB_CMDLINE_LINUX, as they are written.

    Blanks alone part them. What GRUB would take for the end of the command stays in its parameter; passed says what the kernel gets.
    """
    return [token(word) for word, _unused in _scan(text, "the command line", ends="")]


def passed(text):
    """Return the parameters ([str]) of a line of arguments as GRUB hands them to a kernel: those before what ends the command."""
    end = ending(text)
    return [token.text for token in tokens(text if end is None else text[:end])]


def ending(text):
    """Return where GRUB takes an unquoted character of a line of arguments for the end of the command (int), None when it does not.

    Source: grub-core/script/yylex.l: ``;``, ``&``, ``|``, ``<``, ``>``, ``{``, ``}`` and a line end are words of their own, ``#`` a comment.
    """
    return next((word.start for word, _unused in _scan(text, "the command line") if word.text is None), None)


def token(word):
    """Return the parameter ([kernel_cmdline.Token]) that GRUB hands to a kernel for a GrubWord.

    Raises ImagewrightError: it holds a form feed or the like, which is a blank to the kernel and none to GRUB.
    """
    text = as_kernel_gets(word.text)
    for character in kernel_cmdline.SPACES.replace(" ", ""):
        if character in text and not text.startswith('"'):
            raise ImagewrightError(
                f"cannot read the kernel parameter {word.text!r}: its {character!r} parts it in two for the kernel and not for GRUB; put a blank there"
            )
    return kernel_cmdline.Token(word.start, word.end, text)


def as_kernel_gets(word):
    """Return how GRUB passes a word on: quoted when it holds a blank, with quotes and backslashes escaped.

    Source: grub_create_loader_cmdline.
    """
    escaped = "".join("\\" + character if character in "\\'\"" else character for character in word)
    return f'"{escaped}"' if " " in word else escaped


def write_parameter(parameter):
    """Return a kernel parameter written so that GRUB passes it on as it is meant."""
    name, value = kernel_cmdline.parse(parameter)
    plain = name if value is None else f"{name}={value}"
    if not any(character in _SPECIAL or character in kernel_cmdline.SPACES for character in plain) and not plain.startswith("#"):
        return plain
    if value is None or any(character in _SPECIAL or character in kernel_cmdline.SPACES for character in name) or name.startswith("#"):
        return _quoted(plain)
    return f"{name}={_quoted(value)}"


def _quoted(text):
    return '"' + "".join("\\" + character if character in '\\$"' else character for character in text) + '"'


def menu_entries(text, where="grub.cfg"):
    """Return every menu entry ([MenuEntry]) of a grub.cfg, those of submenus too, in order.

    Raises ImagewrightError: GRUB itself could not read it.
    """
    entries, open_entries, blocks = [], [], []
    for command, section, opens, closes in _commands(text, where):
        name = command.words[0].text if command.words else ""
        if open_entries and name != "menuentry" and command.words:
            open_entries[-1].commands.append(command)
        if opens:
            if name == "menuentry":
                heading = [word.text for word in command.words[1:]]
                entry = MenuEntry(heading, command.line, section, [])
                entries.append(entry)
                open_entries.append(entry)
            blocks.append(name)
        if closes:
            if not blocks:
                raise ImagewrightError(f"cannot read {where} line {command.line}: its '}}' closes nothing; regenerate the file")
            if blocks.pop() == "menuentry":
                open_entries.pop()
    if blocks:
        raise ImagewrightError(f"cannot read {where}: a '{{' is never closed (`{blocks[-1]}`); regenerate the file")
    return entries


def menu(text, where="grub.cfg"):
    """Return the Menu of a grub.cfg, submenus in each other, and what is set around the entries.

    Raises ImagewrightError: GRUB itself could not read it.
    """
    menus, blocks, conditions, settings, stops, statements, functions = [[]], [], [], [], [], [], []
    for command, _section, opens, closes in _commands(text, where):
        words = [word.text for word in command.words]
        while words and words[0] in ("then", "else", "elif", "do"):
            if words[0] in ("else", "elif") and conditions:
                conditions[-1] = " ".join(words[1:]) if words[0] == "elif" else "else " + conditions[-1]
            words = words[1:]
        name = words[0] if words else ""
        in_entry, in_function = "menuentry" in [block.name for block in blocks], "function" in [block.name for block in blocks]
        if name == "if":
            conditions.append(" ".join(words[1:]))
        elif name == "fi" and conditions:
            conditions.pop()
        if words and not opens and not in_function:
            inside = next((block.line for block in blocks if block.name == "menuentry"), None)
            statements.append(Statement(words, command.line, list(conditions), inside))
        if opens:
            if name in ("menuentry", "submenu"):
                # what a function has in its body is in the menu when it is called
                called = [f"function {block.heading}" for block in blocks if block.name == "function"]
                menus[-1].append(MenuItem(name, words[1:], command.line, [] if name == "submenu" else None, called + conditions))
            if name == "submenu":
                menus.append(menus[-1][-1].items)
            if name == "function":
                functions.append(" ".join(words[1:2]))
            blocks.append(_Block(name, " ".join(words[1:2]), command.line))
        elif name == "blscfg" and not in_entry:
            menus[-1].append(MenuItem(name, [], command.line, None, list(conditions)))
        elif name == "set" and not in_entry and not in_function:
            settings += [MenuSetting(*(word.split("=", 1) + [command.line, list(conditions)])) for word in words[1:2] if "=" in word]
        elif (name in STOPPING_COMMANDS or words in _ENDLESS) and not in_entry and not in_function:
            stops.append(MenuSetting(name, " ".join(words[1:]), command.line, list(conditions)))
        if closes:
            if not blocks:
                raise ImagewrightError(f"cannot read {where} line {command.line}: its '}}' closes nothing; regenerate the file")
            if blocks.pop().name == "submenu":
                menus.pop()
    called = {statement.words[0] for statement in statements}
    menus[0][:] = [item for item in menus[0] if not any(f"function {name}" in item.conditions for name in functions if name not in called)]
    if any(statement.words[0] == "break" for statement in statements):
        stops = [stop for stop in stops if [stop.name, stop.value] not in _ENDLESS]
    return Menu(menus[0], settings, stops, statements)


#: A block that is open. name: what opens it; heading: str, what follows; line: int.
_Block = collections.namedtuple("_Block", "name heading line")


def commands(text, where="grub.cfg"):
    """Return the commands ([Command]) of a grub.cfg outside of its menu entries and inside, in order."""
    return [found[0] for found in _commands(text, where) if found[0].words]


def _commands(text, where):
    """Yield (Command, section, whether a block opens after it, whether a block closes) in order."""
    section, current, line, counted, here = "", [], 1, 0, 1
    for word, mark in _scan(text, where):
        here, counted = here + text.count("\n", counted, word.start), word.start
        if mark and mark.startswith("### BEGIN "):
            section = mark.split()[2]
        elif mark and mark.startswith("### END "):
            section = ""
        if word.text is not None:
            if not current:
                line = here
            current.append(word)
        elif mark in ("\n", ";", "{", "}", "&", "|"):
            if mark in "{}" or current:
                yield Command(current, line if current else here), section, mark == "{", mark == "}"
            current = []
    if current:
        yield Command(current, line), section, False, False


def scanned(text, where, position):
    """Yield (GrubWord, None) for words of a text from an offset on, and (GrubWord with text None, separator or comment) for the rest, in order.

    Raises NeverClosed: there is a quote that is open.
    """
    return _scan(text, where, position=position)


def _scan(text, where, ends="#\n" + _SEPARATORS, position=0):
    """Yield as scanned. ends: str, the characters that end words; those left out are taken for parts of words."""
    size = len(text)
    while position < size:
        character = text[position]
        if character in _BLANKS:
            position += 1
        elif text.startswith("\\\n", position):
            position += 2
        elif character == "#" and character in ends:
            end = text.find("\n", position)
            end = size if end < 0 else end
            yield GrubWord(position, end, None), text[position:end]
            position = end
        elif character in ends:
            yield GrubWord(position, position + 1, None), character
            position += 1
        else:
            word = _word(text, position, where, ends)
            yield word, None
            position = word.end


def _word(text, start, where, ends):
    """Return the GrubWord that begins at start."""
    position, size, characters = start, len(text), []
    while position < size and text[position] not in _BLANKS and (text[position] not in ends or text[position] == "#"):
        character = text[position]
        if character == "'":
            end = text.find("'", position + 1)
            if end < 0:
                _refuse(text, position, where, "'", "single quote")
            characters.append(text[position + 1 : end])
            position = end + 1
        elif character == '"':
            position, quoted = _double_quoted(text, position, where)
            characters.append(quoted)
        elif character == "\\":
            if text[position + 1 : position + 2] != "\n":
                characters.append(text[position + 1 : position + 2])
            position += 2
        elif text.startswith("${", position):
            end = text.find("}", position)
            if end < 0:
                _refuse(text, position, where, "${", "'${'")
            characters.append(text[position : end + 1])
            position = end + 1
        else:
            characters.append(character)
            position += 1
    return GrubWord(start, min(position, size), "".join(characters))


def _double_quoted(text, start, where):
    """Return (position after the quotes, text between them)."""
    position, characters = start + 1, []
    while text[position : position + 1] != '"':
        if position >= len(text):
            _refuse(text, start, where, '"', "double quote")
        if text[position] == "\\" and text[position + 1 : position + 2] in ('"', "\\", "$", "\n"):
            position += 1
            if text[position] != "\n":
                characters.append(text[position])
        else:
            characters.append(text[position])
        position += 1
    return position + 1, "".join(characters)


def _refuse(text, position, where, sign, what):
    line = text.count("\n", 0, position) + 1
    raise NeverClosed(f"cannot read {where} line {line}: its {what} is never closed; close it", position, sign)
