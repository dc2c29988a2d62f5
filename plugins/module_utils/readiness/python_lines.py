# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands that a script of Python starts whatever is the case: constant ones, at its top or in functions that it calls without arguments.

A name that the script gives one constant alone stands for it. Of loops those are followed that go through constants, and of those without an end the first
round. What stands in a condition is left out, and so is all behind a place at which the script may end.

PRIVATE: module_utils of this collection are not an interface.
Source: subprocess, os, shutil, pathlib and signal of the Python Library Reference.
"""

import ast
import shlex
import signal
import warnings

_LARGEST, _DEEPEST = 65536, 5  # characters of a script; functions that call each other
_RUNNING = ("run", "call", "check_call", "check_output", "Popen")
#: Of these the first word is a line for a shell.
_SHELLS = ("os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput")
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
#: Calls that do to files what a command does, and that command.
_AS_COMMANDS = {
    "shutil.rmtree": ("rm", "-rf"),
    "os.remove": ("rm",),
    "os.unlink": ("rm",),
    "shutil.move": ("mv",),
    "os.rename": ("mv",),
    "os.replace": ("mv",),
    "shutil.copy": ("cp",),
    "shutil.copy2": ("cp",),
    "shutil.copyfile": ("cp",),
    "os.symlink": ("ln", "-s"),
}
#: The same of a path, whose methods they are.
_OF_PATH = {"unlink": ("rm",), "rename": ("mv",), "replace": ("mv",)}
_PATHS = ("pathlib.Path", "pathlib.PosixPath")
_OF_TWO = (("mv",), ("cp",), ("ln", "-s"))
_MOST_ROUNDS = 20
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


class _Path(str):
    """The text of a path, as pathlib has it."""


class _Reader:
    """Follows the statements of a module.

    found: [(line, command)]; imported: {name here: full name}; functions: {name: FunctionDef}; known: {name: its one constant}.
    """

    def __init__(self, tree):
        self.found, self.imported = [], {}
        self.functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                self.imported.update({alias.asname or alias.name: alias.name for alias in node.names})
            elif isinstance(node, ast.ImportFrom):
                self.imported.update({alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names})
        self.known = {}
        self.known.update({name: self._value(value) for name, value in _assigned_once(tree).items()})

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
        if raised is not None and self._name(raised.func) == "SystemExit":
            self._call(raised, depth)

    def _loop(self, node, depth):
        """Take each round of a loop through constants; return whether the script goes on behind it."""
        values = self._value(node.iter)
        leaves = any(isinstance(each, (ast.Break, ast.Continue, ast.Return)) for each in ast.walk(node))
        if leaves or not isinstance(node.target, ast.Name) or not isinstance(values, (list, tuple)) or len(values) > _MOST_ROUNDS:
            return not self._may_end(node)
        for value in values:
            self.known[node.target.id] = value
            if not self.take(node.body, depth):
                return False
        self.known.pop(node.target.id, None)
        return self.take(node.orelse, depth)

    def _call(self, call, depth):
        """Take a call; return whether the script goes on behind it."""
        name = self._name(call.func)
        before = [call.func.value] if isinstance(call.func, ast.Attribute) else []
        for inner in [each for each in before + list(call.args) if isinstance(each, ast.Call)]:
            if not self._call(inner, depth):
                return False
        if name in self.functions:
            return self._function(name, call, depth)
        command = self._command(name, call) or self._of_method(call)
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
        strange = module in {full.split(".")[0] for full in self.imported.values()} and module not in _KNOWN
        return strange or name in _ENDING or name.endswith(".parse_args")

    def _command(self, name, call):
        """Return the command line (str) that a call runs, or stands for, "" of any other call."""
        values = [self._value(argument) for argument in call.args]
        if not values or _NO_VALUE in values:
            return ""
        first, shell = values[0], any(keyword.arg == "shell" and _value(keyword.value) is True for keyword in call.keywords)
        if name in _AS_COMMANDS and all(isinstance(value, str) for value in values[:2]):
            return _joined(_AS_COMMANDS[name] + tuple(values[:2] if _AS_COMMANDS[name] in _OF_TWO else values[:1]))
        is_run = name in [f"subprocess.{each}" for each in _RUNNING]
        if isinstance(first, str) and (name in _SHELLS or is_run and shell):
            return _joined(("sh", "-c", first))
        if is_run and isinstance(first, str) and len(first.split()) == 1:
            return first
        if is_run and not shell and isinstance(first, (list, tuple)) and first and all(isinstance(word, str) for word in first):
            return _joined(first)
        if name in ("os.execl", "os.execlp") and all(isinstance(value, str) for value in values):
            return _joined(values[1:])
        if name in ("os.execv", "os.execvp") and isinstance(values[-1], (list, tuple)) and len(values) == 2:
            return _joined(values[1])
        return _of_numbers(name, values)

    def _of_method(self, call):
        """Return the command line (str) that a method of a path, or of a file that is opened, stands for, "" of any other call."""
        inner = call.func.value if isinstance(call.func, ast.Attribute) else None
        path, method = (self._value(inner) if inner is not None else _NO_VALUE), getattr(call.func, "attr", "")
        values = [self._value(argument) for argument in call.args]
        if isinstance(path, _Path):
            if method in _OF_PATH and all(isinstance(value, str) for value in values):
                return _joined(_OF_PATH[method] + (path,) + tuple(values[:1]))
            if method in ("write_text", "write_bytes") and values[:1] in ([""], [b""]):
                return _joined(("truncate", "-s", "0", path))
            return _of_numbers("os.chmod", [path] + values) if method == "chmod" else ""
        if method == "close" and isinstance(inner, ast.Call) and self._name(inner.func) in ("open", "io.open"):
            opened = [self._value(argument) for argument in inner.args]
            return _joined(("truncate", "-s", "0", opened[0])) if opened[1:2] in (["w"], ["wb"]) and isinstance(opened[0], str) else ""
        return ""

    def _value(self, node):
        """Return the value of an expression of constants, else _NO_VALUE."""
        if isinstance(node, ast.Name):
            return self.known.get(node.id, _NO_VALUE)
        if isinstance(node, ast.Attribute):
            name = self._name(node)
            number = getattr(signal, name[len("signal.") :], None) if name.startswith("signal.SIG") else None
            return int(number) if isinstance(number, int) else _NO_VALUE
        if isinstance(node, (ast.List, ast.Tuple)):
            values = [self._value(each) for each in node.elts]
            return _NO_VALUE if _NO_VALUE in values else values
        if isinstance(node, ast.JoinedStr):
            return self._text(node)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            left, right = self._value(node.left), self._value(node.right)
            return left + right if type(left) is type(right) and isinstance(left, (str, int, list)) else _NO_VALUE
        if isinstance(node, ast.Call) and self._name(node.func) in _PATHS and len(node.args) == 1:
            path = self._value(node.args[0])
            return _Path(path) if isinstance(path, str) else _NO_VALUE
        return _value(node)

    def _text(self, node):
        """Return the text (str) of an f-string of constants, else _NO_VALUE."""
        parts = []
        for each in node.values:
            is_plain = not isinstance(each, ast.FormattedValue) or each.format_spec is None and each.conversion == -1
            part = self._value(each.value if isinstance(each, ast.FormattedValue) else each) if is_plain else _NO_VALUE
            if not isinstance(part, (str, int)):
                return _NO_VALUE
            parts.append(str(part))
        return "".join(parts)

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


def _of_numbers(name, values):
    """Return the command line (str) of a call that takes a signal, a mode or owners, "" of any other. values: what it gets."""
    first, numbers = values[0], values[1:]
    if not numbers or not all(isinstance(each, int) for each in numbers):
        return ""
    if name == "os.kill" and isinstance(first, int):
        return f"kill -{numbers[0]} {first}"
    if not isinstance(first, str):
        return ""
    if name == "os.chmod":
        return _joined(("chmod", f"{numbers[0]:o}", first))
    if name == "os.chown" and len(numbers) == 2 and min(numbers) >= 0:
        return _joined(("chown", f"{numbers[0]}:{numbers[1]}", first))
    return _joined(("truncate", "-s", "0", first)) if name == "os.truncate" and numbers == [0] else ""


def _assigned_once(tree):
    """Return {name: expression} of the names to which a script gives a value at one place alone."""
    stored = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)]
    stored += [node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)]
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            found[node.targets[0].id] = node.value
    return {name: value for name, value in found.items() if stored.count(name) == 1}


def _joined(words):
    return " ".join(shlex.quote(word) for word in words)
