# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The names and the constant values of a script of Python, as far as its text tells.

PRIVATE: module_utils of this collection are not an interface.
"""

import ast
import signal

_PATHS = ("pathlib.Path", "pathlib.PosixPath")
#: What the value of an expression is that is not constant.
NO_VALUE = object()


class Path(str):
    """The text of a path, as pathlib has it."""


class Values:
    """What the names of a module stand for. imported: {name here: full name}; known: {name: its one constant}.

    tree: ast.Module.
    """

    def __init__(self, tree):
        self.imported = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                self.imported.update({alias.asname or alias.name: alias.name for alias in node.names})
            elif isinstance(node, ast.ImportFrom):
                self.imported.update({alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names})
        self.known = {}
        self.known.update({name: self.value(value) for name, value in _assigned_once(tree).items()})

    def name(self, node):
        """Return the full name (str) of what is called, "" where it is no plain name."""
        parts = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return ".".join([""] + parts[::-1])
        return ".".join([self.imported.get(node.id, node.id)] + parts[::-1])

    def value(self, node):
        """Return the value of an expression of constants, else NO_VALUE."""
        if isinstance(node, ast.Name):
            return self.known.get(node.id, NO_VALUE)
        if isinstance(node, ast.Attribute):
            name = self.name(node)
            number = getattr(signal, name[len("signal.") :], None) if name.startswith("signal.SIG") else None
            return int(number) if isinstance(number, int) else NO_VALUE
        if isinstance(node, (ast.List, ast.Tuple)):
            values = [self.value(each) for each in node.elts]
            return NO_VALUE if NO_VALUE in values else values
        if isinstance(node, ast.JoinedStr):
            return self._text(node)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            left, right = self.value(node.left), self.value(node.right)
            return left + right if type(left) is type(right) and isinstance(left, (str, int, list)) else NO_VALUE
        if isinstance(node, ast.Call) and self.name(node.func) in _PATHS and len(node.args) == 1:
            path = self.value(node.args[0])
            return Path(path) if isinstance(path, str) else NO_VALUE
        return constant(node)

    def _text(self, node):
        """Return the text (str) of an f-string of constants, else NO_VALUE."""
        parts = []
        for each in node.values:
            is_plain = not isinstance(each, ast.FormattedValue) or each.format_spec is None and each.conversion == -1
            part = self.value(each.value if isinstance(each, ast.FormattedValue) else each) if is_plain else NO_VALUE
            if not isinstance(part, (str, int)):
                return NO_VALUE
            parts.append(str(part))
        return "".join(parts)


def constant(node):
    """Return the value of a constant, or of a list of such, else NO_VALUE."""
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return NO_VALUE


def _assigned_once(tree):
    """Return {name: expression} of the names to which a script gives a value at one place alone."""
    stored = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)]
    stored += [node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)]
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            found[node.targets[0].id] = node.value
    return {name: value for name, value in found.items() if stored.count(name) == 1}
