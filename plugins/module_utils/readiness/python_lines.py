# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands that a script of Python starts whatever is the case: constant ones, at its top or in functions that it calls without arguments.

What stands in a condition or a loop is left out, and so is all behind a place at which the script may end.

PRIVATE: module_utils of this collection are not an interface.
Source: subprocess, os and shutil of the Python Library Reference.
"""

import ast
import shlex
import warnings

_LARGEST, _DEEPEST = 65536, 5  # characters of a script; functions that call each other
_RUNNING = ("run", "call", "check_call", "check_output", "Popen")
_KNOWN = ("os", "sys", "subprocess", "shutil", "time", "datetime", "logging", "syslog", "pathlib", "glob", "json", "re", "socket", "platform", "tempfile", "io")
_ENDING = ("sys.exit", "exit", "quit", "os._exit", "os.abort")
#: Calls that do to files what a command does, and that command.
_AS_COMMANDS = {
    "shutil.rmtree": ("rm", "-rf"),
    "os.remove": ("rm",),
    "os.unlink": ("rm",),
    "shutil.move": ("mv",),
    "os.rename": ("mv",),
    "os.replace": ("mv",),
}
_NO_VALUE = object()


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
    """Follows the statements of a module. found: [(line, command)]; imported: {name here: full name}; functions: {name: FunctionDef}."""

    def __init__(self, tree):
        self.found, self.imported = [], {}
        self.functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                self.imported.update({alias.asname or alias.name: alias.name for alias in node.names})
            elif isinstance(node, ast.ImportFrom):
                self.imported.update({alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names})

    def take(self, statements, depth):
        """Return whether the statements are gone through to their end, whatever is the case."""
        for node in statements:
            if isinstance(node, (ast.Expr, ast.Assign)) and isinstance(node.value, ast.Call):
                goes_on = self._call(node.value, depth)
            elif isinstance(node, (ast.With, ast.Try)):
                goes_on = self.take(node.body, depth) and not self._may_end(node)
            elif _is_main(node):
                goes_on = self.take(node.body, depth)
            elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                goes_on = True
            else:
                goes_on = not self._may_end(node)
            if not goes_on:
                return False
        return True

    def _call(self, call, depth):
        """Take a call; return whether the script goes on behind it."""
        name = self._name(call.func)
        for inner in [argument for argument in call.args if isinstance(argument, ast.Call)]:
            if not self._call(inner, depth):
                return False
        if name in self.functions:
            body = self.functions[name].body
            return not self._may_end_in(name) if call.args or call.keywords or not depth else self.take(body, depth - 1)
        command = self._command(name, call)
        if command:
            self.found.append((call.lineno, command))
        return not self._ends(name) and not name.startswith("os.exec")

    def _ends(self, name):
        """Return whether a function of others may end the script: those of modules that are not known may do anything."""
        module = name.split(".")[0]
        strange = module in {full.split(".")[0] for full in self.imported.values()} and module not in _KNOWN
        return strange or name in _ENDING or name.endswith(".parse_args")

    def _command(self, name, call):
        """Return the command line (str) that a call runs, or stands for, "" of any other call."""
        values = [_value(argument) for argument in call.args]
        if not values or _NO_VALUE in values:
            return ""
        first, shell = values[0], any(keyword.arg == "shell" and _value(keyword.value) is True for keyword in call.keywords)
        if name in _AS_COMMANDS and all(isinstance(value, str) for value in values[:2]):
            return _joined(_AS_COMMANDS[name] + tuple(values[:2] if _AS_COMMANDS[name] == ("mv",) else values[:1]))
        is_run = name in [f"subprocess.{each}" for each in _RUNNING]
        if isinstance(first, str) and (name == "os.system" or is_run and shell):
            return _joined(("sh", "-c", first))
        if is_run and isinstance(first, str) and len(first.split()) == 1:
            return first
        if is_run and not shell and isinstance(first, (list, tuple)) and first and all(isinstance(word, str) for word in first):
            return _joined(first)
        return _joined(values[1]) if name in ("os.execv", "os.execvp") and isinstance(values[-1], (list, tuple)) and len(values) == 2 else ""

    def _may_end(self, node):
        """Return whether a statement may end the script, or the function that it is in."""
        nodes = list(ast.walk(node))
        calls = [self._name(each.func) for each in nodes if isinstance(each, ast.Call)]
        ends = any(isinstance(each, (ast.Return, ast.Raise, ast.Break, ast.Assert)) for each in nodes) or isinstance(node, ast.While)
        return ends or any(self._ends(name) or name in self.functions and self._may_end_in(name) for name in calls)

    def _may_end_in(self, name):
        """Return whether a function may end the script; of one that calls others so it is said, too."""
        names = [self._name(each.func) for each in ast.walk(self.functions[name]) if isinstance(each, ast.Call)]
        raising = any(isinstance(each, (ast.Raise, ast.Assert)) for each in ast.walk(self.functions[name]))
        return raising or any(self._ends(each) or each in self.functions for each in names)

    def _name(self, node):
        """Return the full name (str) of what is called, "" where it is no plain name."""
        parts = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return ".".join([""] + parts[::-1])
        return ".".join([self.imported.get(node.id, node.id)] + parts[::-1])


def _is_main(node):
    """Return whether a statement is ``if __name__ == "__main__":``."""
    if not isinstance(node, ast.If) or not isinstance(node.test, ast.Compare) or not isinstance(node.test.left, ast.Name):
        return False
    return node.test.left.id == "__name__" and isinstance(node.test.ops[0], ast.Eq) and _value(node.test.comparators[0]) == "__main__"


def _value(node):
    """Return the value of a constant, or of a list of such, else _NO_VALUE."""
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return _NO_VALUE


def _joined(words):
    return " ".join(shlex.quote(word) for word in words)
