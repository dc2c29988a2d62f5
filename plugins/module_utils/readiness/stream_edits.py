# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What sed leaves of a file: of scripts that substitute and delete lines, and nothing else.

PRIVATE: module_utils of this collection are not an interface.
Source: sed(1); POSIX, sed, and Regular Expressions, 9.3 and 9.4; tried with GNU sed 4.9.
"""

import collections
import re

#: A command. first, last: an address (int, "$", a pattern) or None; negated: bool; pattern, text: of a substitution, None of one that deletes;
#: everywhere: bool, whether each match of a line is substituted.
_Command = collections.namedtuple("_Command", "first last negated pattern text everywhere")

_OPTIONS = re.compile(r"-(?:[nsuzEr]*i.*|E|r|s|u)$|--(?:in-place(?:=.*)?|regexp-extended|separate)$")
_MOST_LINES = 2000
_CLASSES = {"alpha": "a-zA-Z", "digit": "0-9", "alnum": "a-zA-Z0-9", "space": r"\s", "blank": r" \t", "upper": "A-Z", "lower": "a-z"}


def of_words(words):
    """Return (commands, [paths]) of the words of ``sed -i``, None where it writes into no file, or does more than is known here."""
    options, scripts, plain, position = [], [], [], 1
    while position < len(words):
        word = words[position]
        if word in ("-e", "--expression"):
            scripts += words[position + 1 : position + 2]
            position += 1
        elif word.startswith("-") and len(word) > 1:
            options.append(word)
        else:
            plain.append(word)
        position += 1
    if not scripts:
        scripts, plain = plain[:1], plain[1:]
    writes = any(re.match(r"-[sEr]*i|--in-place", option) for option in options)
    if not writes or not plain or not all(_OPTIONS.match(option) and not re.match(r"-\w*[nz]", option) for option in options):
        return None
    extended = any(option in ("-E", "-r", "--regexp-extended") or re.match(r"-[Er]i", option) for option in options)
    commands = _commands("\n".join(scripts), extended)
    return None if commands is None else (commands, plain)


def edited(text, commands):
    """Return what a text (str) is behind the commands, None of one with too many lines."""
    lines = text.split("\n")
    ends, lines = text.endswith("\n"), lines[:-1] if text.endswith("\n") else lines
    if len(lines) > _MOST_LINES:
        return None
    found, inside = [], [False] * len(commands)
    for number, line in enumerate(lines, 1):
        for index, command in enumerate(commands):
            selected, inside[index] = _selects(command, number, line, number == len(lines), inside[index])
            if selected is command.negated:
                continue
            if command.pattern is None:
                break
            line = command.pattern.sub(command.text, line, count=0 if command.everywhere else 1)
        else:
            found.append(line)
    return "\n".join(found) + ("\n" if ends and found else "")


def _selects(command, number, line, is_last, inside):
    """Return (whether the addresses of a command mean a line, whether its range goes on behind it)."""
    if command.first is None:
        return True, False
    if command.last is None:
        return _is_at(command.first, number, line, is_last), False
    if inside:
        return True, not (_is_at(command.last, number, line, is_last) or isinstance(command.last, int) and number >= command.last)
    begins = _is_at(command.first, number, line, is_last)
    return begins, begins and not (isinstance(command.last, int) and number >= command.last)


def _is_at(address, number, line, is_last):
    if isinstance(address, int):
        return number == address
    return is_last if address == "$" else bool(address.search(line))


def _commands(script, extended):
    """Return the [_Command] of a script (str), None where it is none of those that are known here."""
    found, position = [], 0
    while position < len(script):
        if script[position] in " \t;\n":
            position += 1
            continue
        each = _command(script, position, extended)
        if each is None:
            return None
        found.append(each[0])
        position = each[1]
    return found


def _command(script, position, extended):
    """Return (_Command, position behind it) of the command that begins at a position, None of one that is not known."""
    first, position = _address(script, position, extended)
    last = None
    if first is not None and script[position : position + 1] == ",":
        last, position = _address(script, position + 1, extended)
        if last is None:
            return None
    rest = script[position:].lstrip(" \t")
    position = len(script) - len(rest)
    negated = rest.startswith("!")
    position += negated
    name = script[position : position + 1]
    if name == "d" and re.match(r"[\s;]|$", script[position + 1 : position + 2]):
        return _Command(first, last, negated, None, "", False), position + 1
    mark = script[position + 1 : position + 2]
    if name != "s" or not mark or mark in "\\\n":
        return None
    pattern, position = _until(script, position + 2, mark)
    text, position = _until(script, position, mark)
    flags = re.match(r"[gI]*", script[position:]).group()
    if not re.match(r"[\s;]|$", script[position + len(flags) : position + len(flags) + 1]) or text is None:
        return None
    compiled = _compiled(pattern, extended, "I" in flags)
    if compiled is None or re.search(r"\\[a-zA-Z]", text):
        return None
    put_in = re.sub(
        r"\\(.)|(&)", lambda match: rf"\g<{match.group(1)}>" if (match.group(1) or "").isdigit() else r"\g<0>" if match.group(2) else _plain(match), text
    )
    return _Command(first, last, negated, compiled, put_in, "g" in flags), position + len(flags)


def _plain(match):
    return "\\\\" if match.group(1) == "\\" else match.group(1)


def _address(script, position, extended):
    """Return (address, position behind it), (None, position) where none begins there."""
    number = re.match(r"\d+", script[position:])
    if number:
        return int(number.group()), position + number.end()
    if script[position : position + 1] == "$":
        return "$", position + 1
    if script[position : position + 1] != "/":
        return None, position
    pattern, after = _until(script, position + 1, "/")
    compiled = _compiled(pattern, extended, False) if pattern else None
    return (compiled, after) if compiled is not None else (None, position)


def _until(script, position, mark):
    """Return (the text up to a mark, position behind it), (None, the end) without one."""
    found = []
    while position < len(script):
        sign = script[position]
        if sign == mark:
            return "".join(found), position + 1
        if sign == "\\" and script[position + 1 : position + 2] == mark:
            sign, position = mark, position + 1
        elif sign == "\\":
            sign, position = script[position : position + 2], position + 1
        found.append(sign)
        position += 1
    return None, position


def _compiled(pattern, extended, any_case):
    """Return a regular expression of POSIX as one of Python, None of one that is not known here."""
    if not pattern:
        return None
    found, position = [], 0
    while position < len(pattern):
        sign = pattern[position]
        if sign == "[":
            match = re.match(r"\[\^?\]?(?:\[:\w+:\]|[^\]])*\]", pattern[position:])
            if match is None:
                return None
            inner = re.sub(r"\[:(\w+):\]", lambda each: _CLASSES.get(each.group(1), ""), match.group()[1:-1].replace("\\", "\\\\"))
            negated, inner = inner.startswith("^"), inner.lstrip("^") if inner.startswith("^") else inner
            found.append("[" + "^" * negated + inner.replace("[", r"\[").replace("]", r"\]") + "]")
            position += match.end()
            continue
        if sign == "\\":
            sign = pattern[position : position + 2]
            position += 1
            if sign[1:] in ("(", ")", "{", "}", "|", "+", "?") and sign[1:]:
                sign = sign if extended else sign[1:]
            elif sign[1:].isalpha() and sign[1:] not in ("s", "S", "w", "W", "b", "B", "t"):
                return None
        elif not extended and sign in "(){}|+?":
            sign = "\\" + sign
        elif not extended and sign == "*" and not found:
            sign = r"\*"
        found.append(sign)
        position += 1
    try:
        return re.compile("".join(found), re.IGNORECASE if any_case else 0)
    except re.error:
        return None
