# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A shell script written out, as far as its text tells: loops through plain words, names that have one plain value, and groups of commands.

PRIVATE: module_utils of this collection are not an interface.
Source: POSIX, Shell Command Language, 2.9.4 Compound Commands, 2.6.2 Parameter Expansion.
"""

import re
import shlex

_ONE_LINE = re.compile(r"\bfor\s+([A-Za-z_]\w*)\s+in\s+([^;|&<>(){}`$\n]+?)\s*;\s*do\s+([^\n]*?)\s*;\s*done\b(?!\s*[<|>&])")
_BEGIN = re.compile(r"for\s+([A-Za-z_]\w*)\s+in\s+([^;|&<>(){}`$]+?)\s*(;\s*do)?$")
#: What in the body of a loop may leave it, or hangs on something.
_INNER = re.compile(r"\b(?:if|then|else|while|until|for|case|do|done|break|continue|exit|return|exec|read)\b|<<|\|\||\\$|[{}]\s*$")
_ASSIGNED = re.compile(r"\s*(?:(?:export|readonly|local)\s+)?([A-Za-z_]\w*)=(\"[^\"$`\\]*\"|'[^']*'|[^\s\"'$`;&|<>()*?]*)\s*;?\s*(?:#.*)?$")
_GROUP = re.compile(r"(?:\(|\{\s)\s*([^(){}]*?)\s*;?\s*(?:\)|\})\s*&?$")
_MOST_WORDS, _MOST_LINES = 20, 50


def written_out(lines):
    """Return the lines ([(number, text)]) with the rounds of each plain loop, and the value of each plain name, in their place."""
    lines = _with_values(list(lines))
    found, position = [], 0
    while position < len(lines):
        number, text = lines[position]
        body, after = _loop(lines, position)
        if body is None:
            found += [(number, each) for each in one_line(text).split("\n")]
        else:
            found += body
        position = after
    return found


def one_line(text):
    """Return a text with the rounds of each plain loop that stands on one line in its place, line by line where it begins the line, else with ``;``."""
    group = _GROUP.match(text.strip())
    if group and group.group(1):
        text = "\n".join(_parted(group.group(1)))
    first = _ONE_LINE.match(text.strip())
    if first and first.end() == len(text.strip()) and _rounds(first) is not None:
        return "\n".join(_rounds(first) or [])
    return _ONE_LINE.sub(lambda match: match.group() if _rounds(match) is None else "; ".join(_rounds(match) or []), text)


def _rounds(match):
    """Return the commands ([str]) of the rounds of a loop (a match of _ONE_LINE), None where one hangs on something."""
    name, words, body = match.group(1), _word_list(match.group(2)), _parted(match.group(3))
    if words is None or any(_INNER.search(command) for command in body):
        return None
    return [_put_in(command, {name: word}) for word in words for command in body]


def _loop(lines, position):
    """Return ([(number, text)] of the rounds of the loop that begins at a line, position behind it); (None, the next position) without a plain one."""
    match = _BEGIN.match(lines[position][1].strip())
    if not match:
        return None, position + 1
    start = position + 1
    if not match.group(3):
        if start >= len(lines) or lines[start][1].strip() != "do":
            return None, position + 1
        start += 1
    texts = [text.strip() for _number, text in lines[start : start + _MOST_LINES]]
    end = texts.index("done") if "done" in texts else None
    words = _word_list(match.group(2))
    body = [(number, text.strip()) for number, text in lines[start : start + (end or 0)] if text.strip() and not text.strip().startswith("#")]
    if end is None or words is None or any(_INNER.search(text) for _number, text in body):
        return None, position + 1
    return [(number, _put_in(text, {match.group(1): word})) for word in words for number, text in body], start + end + 1


def _word_list(text):
    """Return the words ([str]) that a loop goes through, None where they are too many, or none."""
    try:
        words = shlex.split(text)
    except ValueError:
        return None
    return words if 0 < len(words) <= _MOST_WORDS else None


def _parted(text):
    """Return the commands ([str]) between ``;``, which counts for nothing in quotation marks."""
    plain = re.sub(r"\"[^\"]*\"|'[^']*'", lambda quoted: quoted.group().replace(";", "\0"), text)
    return [part.replace("\0", ";").strip() for part in plain.split(";") if part.strip()]


def _with_values(lines):
    """Return the lines with the value of each name in its place to which the script gives one plain value, at one place that no condition guards."""
    texts = "\n".join(text for _number, text in lines)
    if "=" not in texts:
        return lines
    values, depth = {}, 0
    for _number, text in lines:
        match = _ASSIGNED.match(text) if not depth else None
        name = match.group(1) if match else ""
        if match and len(re.findall(rf"(?<![\w$]){name}\+?=|\bread\b[^\n]*\b{name}\b|\bfor\s+{name}\b", texts)) == 1:
            values[name] = match.group(2).strip("\"'")
        words = text.strip()
        depth += bool(re.match(r"(if|while|until|for|case)\b|.*\{$", words)) and not re.search(r"\b(fi|done|esac)\s*;?$", words)
        depth -= bool(re.match(r"(fi|done|esac|\})(\s|;|$)", words))
    values = {name: value for name, value in values.items() if value}
    return [(number, _put_in(text, values)) for number, text in lines] if values else lines


def _put_in(text, values):
    """Return a text with the values ({name: str}) in place of the names; in ``'`` a shell leaves them as they are."""
    if "$" not in text:
        return text
    parts = re.split(r"('[^']*')", text)
    for name, value in values.items():
        parts = [part if part.startswith("'") else re.sub(rf"\$(?:{name}\b|\{{{name}\}})", lambda _match, value=value: value, part) for part in parts]
    return "".join(parts)
