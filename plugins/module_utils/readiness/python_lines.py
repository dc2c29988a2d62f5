# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands that a script of Python starts whatever is the case: constant ones, at its top or in functions that it calls without arguments.

A name that the script gives one constant alone stands for it. Of loops those are followed that go through constants, and of those without an end the first
round. What stands in a condition is left out, and so is all behind a place at which the script may end.

PRIVATE: module_utils of this collection are not an interface.
"""

import ast
import warnings

from ansible_collections.imagewright.azure.plugins.module_utils.readiness import python_calls, python_values

_LARGEST, _DEEPEST = 65536, 5  # characters of a script; functions that call each other
_KNOWN = (
    "os",
    "sys",
    "signal",
    "stat",
    "subprocess",
    "shutil",
    "time",
    "datetime",
    "logging",
    "syslog",
    "pathlib",
    "glob",
    "json",
    "re",
    "socket",
    "platform",
    "tempfile",
    "io",
)
_ENDING = ("sys.exit", "exit", "quit", "os._exit", "os.abort")
_MOST_ROUNDS = 20


def commands(text):
    """Return [(line from 1, command line)] of a script's text, [] of one that this Python does not read."""
    if len(text) > _LARGEST:
        return []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return []
    reader = _Reader(tree)
    reader.take(tree.body, _DEEPEST)
    return reader.found


class _Reader:
    """Follows the statements of a module.

    found: [(line, command)]; functions: {name: FunctionDef}.
    """

    def __init__(self, tree):
        self.found, self.values = [], python_values.Values(tree)
        self.functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}

    def take(self, statements, depth):
        """Return whether the statements are gone through to their end, whatever is the case."""
        for node in statements:
            if isinstance(node, (ast.Expr, ast.Assign)) and isinstance(node.value, ast.Call):
                goes_on = self._call(node.value, depth)
            elif isinstance(node, (ast.With, ast.Try)):
                goes_on = self.take(node.body, depth) and not self._may_end(node)
            elif _is_main(node):
                goes_on = self.take(node.body, depth)
            elif isinstance(node, ast.For):
                goes_on = self._loop(node, depth)
            elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                goes_on = True
            else:
                self._exit(node, depth)
                goes_on = not self._may_end(node)
            if not goes_on:
                return False
        return True

    def _exit(self, node, depth):
        """Take the call in ``raise SystemExit(main())``."""
        raised = node.exc if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) else None
        if raised is not None and self.values.name(raised.func) == "SystemExit":
            self._call(raised, depth)

    def _loop(self, node, depth):
        """Take each round of a loop through constants; return whether the script goes on behind it."""
        values = self.values.value(node.iter)
        leaves = any(isinstance(each, (ast.Break, ast.Continue, ast.Return)) for each in ast.walk(node))
        if leaves or not isinstance(node.target, ast.Name) or not isinstance(values, (list, tuple)) or len(values) > _MOST_ROUNDS:
            return not self._may_end(node)
        for value in values:
            self.values.known[node.target.id] = value
            if not self.take(node.body, depth):
                return False
        self.values.known.pop(node.target.id, None)
        return self.take(node.orelse, depth)

    def _call(self, call, depth):
        """Take a call; return whether the script goes on behind it."""
        name = self.values.name(call.func)
        before = [call.func.value] if isinstance(call.func, ast.Attribute) else []
        for inner in [each for each in before + list(call.args) if isinstance(each, ast.Call)]:
            if not self._call(inner, depth):
                return False
        if name in self.functions:
            return self._function(name, call, depth)
        command = python_calls.command(self.values, call)
        if command:
            self.found.append((call.lineno, command))
        return not self._ends(name) and not name.startswith("os.exec")

    def _function(self, name, call, depth):
        """Take the body of a function of the script that is called without arguments; return whether the script goes on behind it."""
        body = self.functions[name].body
        if call.args or call.keywords or not depth:
            return not self._may_end_in(name)
        last = body[-1] if isinstance(body[-1], ast.Return) else None
        if not self.take(body if last is None else body[:-1], depth - 1):
            return False
        return self._call(last.value, depth - 1) if last is not None and isinstance(last.value, ast.Call) else True

    def _ends(self, name):
        """Return whether a function of others may end the script: those of modules that are not known may do anything."""
        module = name.split(".")[0]
        strange = module in {full.split(".")[0] for full in self.values.imported.values()} and module not in _KNOWN
        return strange or name in _ENDING or name.endswith(".parse_args")

    def _may_end(self, node):
        """Return whether a statement may end the script, or the function that it is in."""
        nodes = list(ast.walk(node))
        calls = [self.values.name(each.func) for each in nodes if isinstance(each, ast.Call)]
        ends = any(isinstance(each, (ast.Return, ast.Raise, ast.Break, ast.Assert)) for each in nodes) or isinstance(node, ast.While)
        return ends or any(self._ends(name) or name in self.functions and self._may_end_in(name) for name in calls)

    def _may_end_in(self, name):
        """Return whether a function may end the script; of one that calls others so it is said, too."""
        names = [self.values.name(each.func) for each in ast.walk(self.functions[name]) if isinstance(each, ast.Call)]
        raising = any(isinstance(each, (ast.Raise, ast.Assert)) for each in ast.walk(self.functions[name]))
        return raising or any(self._ends(each) or each in self.functions for each in names)


def _is_main(node):
    """Return whether a statement is ``if __name__ == "__main__":``."""
    if not isinstance(node, ast.If) or not isinstance(node.test, ast.Compare) or not isinstance(node.test.left, ast.Name):
        return False
    return node.test.left.id == "__name__" and isinstance(node.test.ops[0], ast.Eq) and python_values.constant(node.test.comparators[0]) == "__main__"
