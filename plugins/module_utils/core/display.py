# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text of a guest, as it is shown to a person: nothing in it moves a cursor, turns a line round or ends it.

PRIVATE: module_utils of this collection are not an interface.
"""

import re
import unicodedata
from typing import Any, Optional

#: Unicode's categories of what is not seen, or changes how other characters are: control, format (bidirectional marks), lone surrogates, line and
#: paragraph separators.
_HIDDEN = ("Cc", "Cf", "Cs", "Zl", "Zp")
_NOT_ASCII = re.compile(r"[^ -~]")
_RAW_BYTES = range(0xDC80, 0xDD00)  # how Python carries bytes that are not UTF-8


def printable(text: str, most: Optional[int] = None, keep: str = "\t") -> str:
    r"""Return text with each character that is not seen written as an escape: ``\n``, ``\x1b``, ``\u202e``, ``\xff`` for a byte that is not UTF-8.

    most: int, characters after which it is cut; keep: str, characters that stay, e.g. line ends in a diff.
    """
    if most is not None and len(text) > most:
        return printable(text[: most - 3], keep=keep) + "..."
    if text.isprintable():
        return text
    return _NOT_ASCII.sub(lambda match: match.group() if match.group() in keep else _escaped(match.group()), text)


def shown(value: Any, keep: str = "\t\n") -> Any:
    """Return a value of a module's result with every text in it printable: lists, tuples and dicts, at any depth."""
    if isinstance(value, str):
        return printable(value, keep=keep)
    if isinstance(value, dict):
        return {name: shown(each, keep) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [shown(each, keep) for each in value]
    return value


def _escaped(character: str) -> str:
    if unicodedata.category(character) not in _HIDDEN:
        return character
    code = ord(character)
    if code in _RAW_BYTES:
        return f"\\x{code - 0xDC00:02x}"
    return repr(character)[1:-1] if code < 0xD800 or code > 0xDFFF else f"\\u{code:04x}"
