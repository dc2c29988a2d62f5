# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The text in which LVM keeps its volume groups: sections in braces, and values that are strings, numbers or lists.

PRIVATE: module_utils of this collection are not an interface.
Source: lvm.conf(5), "SYNTAX"; LVM2 libdm/libdm-config.c.
"""

import re
from typing import Any, Dict, Iterator, List, Optional

#: A section: its values (str, int or list) and the sections in it.
Section = Dict[str, Any]

_TOKEN = re.compile(r'\s*(?:#[^\n]*\n\s*)*("(?:[^"\\]|\\.)*"|[{}\[\]=,]|[^\s{}\[\]=,#"]+)')
_DEEPEST = 16  # sections within sections, and lists within lists; LVM's own have 3
_LONGEST_NUMBER = 20  # digits, of 64 bits


def parse(text: str) -> Section:
    """Return the sections and values ({name: dict, str, int or list}) of the text.

    Raises ValueError: it is cut off or makes no sense.
    """
    tokens = _tokens(text)
    found = _section(tokens, 0)
    if next(tokens, None) is not None:
        raise ValueError("a brace is closed that was not opened")
    return found


def _tokens(text: str) -> Iterator[str]:
    position = 0
    while True:
        match = _TOKEN.match(text, position)
        if match is None:
            if re.sub(r"#[^\n]*", "", text[position : position + 4096]).strip("\0 \t\r\n"):
                raise ValueError(f"there is no value at character {position}")
            return
        position = match.end()
        yield match.group(1)


def _section(tokens: Iterator[str], depth: int) -> Section:
    """Return what stands before the closing brace, or before the end of the outermost section."""
    if depth > _DEEPEST:
        raise ValueError("its sections nest too deeply")
    found: Section = {}
    for name in tokens:
        if name == "}":
            if depth:
                return found
            raise ValueError("a brace is closed that was not opened")
        sign = next(tokens, None)
        if sign == "{":
            found[name] = _section(tokens, depth + 1)
        elif sign == "=":
            found[name] = _value(next(tokens, None), tokens, depth)
        else:
            raise ValueError(f"{name!r} has neither a value nor a section")
    if depth:
        raise ValueError("it is cut off within a section")
    return found


def _value(token: Optional[str], tokens: Iterator[str], depth: int) -> Any:
    """Return a value: int, str, or a list of values."""
    if depth > _DEEPEST:
        raise ValueError("its lists nest too deeply")
    if token is None:
        raise ValueError("it is cut off before a value")
    if token == "[":
        found: List[Any] = []
        for item in tokens:
            if item == "]":
                return found
            if item != ",":
                found.append(_value(item, tokens, depth + 1))
        raise ValueError("it is cut off within a list")
    if token.startswith('"'):
        return re.sub(r"\\(.)", r"\1", token[1:-1])
    try:
        return int(token) if len(token) <= _LONGEST_NUMBER else token
    except ValueError:
        return token


def text_of(section: Section, name: str) -> str:
    """Return the text that a name has in a section, "" where it has none or something else."""
    value = section.get(name)
    return value if isinstance(value, str) else ""


def number_of(section: Section, name: str) -> int:
    """Return the number (0 or more) that a name has in a section, 0 where it has none or something else."""
    value = section.get(name)
    return value if isinstance(value, int) and value >= 0 else 0


def list_of(section: Section, name: str) -> List[Any]:
    """Return the list that a name has in a section, [] where it has none or something else."""
    value = section.get(name)
    return value if isinstance(value, list) else []


def sections_of(section: Section, name: str) -> Dict[str, Section]:
    """Return the sections ({name: dict}) in a section of a section, {} where it has none."""
    value = section.get(name)
    return {inner: values for inner, values in value.items() if isinstance(values, dict)} if isinstance(value, dict) else {}
