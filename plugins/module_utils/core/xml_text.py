# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a text is XML: expat itself is asked, and nothing that a document declares is expanded or loaded.

PRIVATE: module_utils of this collection are not an interface.
"""

from typing import Any, List, NamedTuple, Optional
from xml.parsers import expat


class XmlProblem(NamedTuple):
    """line: from 1."""

    line: int
    text: str


class _Declared(Exception):
    """The document declares entities of its own."""


def problem(content: bytes, root: str) -> Optional[XmlProblem]:
    """Return the first XmlProblem of a document that is to have this root element, None of one that is right, or that declares entities of its own."""
    roots: List[str] = []

    def begins(name: str, _attributes: Any) -> None:
        if not roots:
            roots.append(name)

    def declares(*_declared: Any) -> None:
        raise _Declared

    parser = expat.ParserCreate()
    parser.StartElementHandler = begins
    parser.EntityDeclHandler = declares
    try:
        parser.Parse(content, True)
    except _Declared:
        return None
    except expat.ExpatError as error:
        return XmlProblem(error.lineno, f"no XML, {expat.ErrorString(error.code)}")
    return None if roots[:1] == [root] else XmlProblem(1, f"its element is {roots[0]}, and not {root}")
