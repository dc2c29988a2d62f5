# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The text in which LVM keeps its volume groups: sections in braces, and values that are strings, numbers or lists.

PRIVATE: module_utils of this collection are not an interface.
Source: lvm.conf(5), "SYNTAX"; LVM2 libdm/libdm-config.c.
"""

import re
from typing import Any, Dict, Iterator, List, Optional

_TOKEN = re.compile(r'\s*(?:#[^\n]*\n\s*)*("(?:[^"\\]|\\.)*"|[{}\[\]=,]|[^\s{}\[\]=,#"]+)')
_DEEPEST = 16  # sections within sections; LVM's own have 3


def parse(text: str) -> Dict[str, Any]:
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


def _section(tokens: Iterator[str], depth: int) -> Dict[str, Any]:
    """Return what stands before the closing brace, or before the end of the outermost section."""
    if depth > _DEEPEST:
        raise ValueError("its sections nest too deeply")
    found: Dict[str, Any] = {}
    for name in tokens:
        if name == "}":
            if depth:
                return found
            raise ValueError("a brace is closed that was not opened")
        sign = next(tokens, None)
        if sign == "{":
            found[name] = _section(tokens, depth + 1)
        elif sign == "=":
            found[name] = _value(next(tokens, None), tokens)
        else:
            raise ValueError(f"{name!r} has neither a value nor a section")
    if depth:
        raise ValueError("it is cut off within a section")
    return found


def _value(token: Optional[str], tokens: Iterator[str]) -> Any:
    if token is None:
        raise ValueError("it is cut off before a value")
    if token == "[":
        found: List[Any] = []
        for item in tokens:
            if item == "]":
                return found
            if item != ",":
                found.append(_value(item, tokens))
        raise ValueError("it is cut off within a list")
    if token.startswith('"'):
        return re.sub(r"\\(.)", r"\1", token[1:-1])
    try:
        return int(token)
    except ValueError:
        return token
