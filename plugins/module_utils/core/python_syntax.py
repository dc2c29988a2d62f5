# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the guest's Python can read a module that is not as it was installed: damaged, cut off, or edited with a slip.

PRIVATE: module_utils of this collection are not an interface.
Source: the grammar of the Python that runs this, which reads what older ones read.
"""

import ast
import sys
import warnings
from typing import Optional, Tuple

from ansible_collections.imagewright.azure.plugins.module_utils.core.tree import Tree

#: What is wrong for every release: of the brackets, of the ends of texts, of the indentation. Source: CPython Parser/tokenizer.c, pegen_errors.c.
_OF_ALL = (
    *("was never closed", "unexpected EOF", "unmatched", "does not match", "unterminated triple-quoted", "EOF while scanning triple-quoted"),
    *("unexpected indent", "unindent", "expected an indented block"),
)
#: Lines that a merge leaves in a text.
_CONFLICT = (b"<<<<<<<", b"=======", b">>>>>>>")
_MOST_FILE = 1024 * 1024  # bytes; the largest module of the agent and cloud-init has 150 KiB


def problem(tree: Tree, path: str, version: Optional[str]) -> Optional[Tuple[Optional[int], str]]:
    """Return (line from 1, None without one; what is wrong) of a module that Python cannot import, None of one that it can, or that cannot be told of.

    path: of a regular file of the guest. version: of the guest's Python (``3.11``), None when not known. A later Python than the one that runs this
    may read what this one does not: of its modules only what no release reads is told.
    """
    octets = tree.read_bytes(path, _MOST_FILE + 1)
    if len(octets) > _MOST_FILE:
        return None
    if b"\0" in octets:
        return octets.count(b"\n", 0, octets.index(b"\0")) + 1, "a byte of zeros: no text of Python has one"
    numbers = [int(part) for part in (version or "").split(".") if part.isdigit()]
    if len(numbers) != 2 or numbers[0] != 3:
        return None
    is_read_here = tuple(numbers) <= sys.version_info[:2]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(octets, path)
    except SyntaxError as error:  # IndentationError, TabError
        is_of_all = any(words in error.msg for words in _OF_ALL) and not error.msg.startswith("f-string")  # what is inside has changed with 3.12
        is_conflict = any(line.startswith(_CONFLICT) for line in octets.split(b"\n")[(error.lineno or 1) - 1 :][:1])
        return (error.lineno, f"Python cannot read it: {error.msg}") if is_of_all or is_conflict or is_read_here else None
    except (ValueError, MemoryError, RecursionError):
        return (None, "Python cannot read it") if is_read_here else None
    return None


def is_cut_off(tree: Tree, path: str) -> bool:
    """Return whether a text ends within a line, as no module that is installed does."""
    octets = tree.read_bytes(path, _MOST_FILE + 1)
    return 0 < len(octets) <= _MOST_FILE and not octets.endswith((b"\n", b"\r"))
