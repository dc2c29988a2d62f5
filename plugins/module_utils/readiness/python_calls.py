# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line that a call in a script of Python starts, or that does the same.

PRIVATE: module_utils of this collection are not an interface.
Source: subprocess, os, shutil and pathlib of the Python Library Reference.
"""

import ast
import shlex

from ansible_collections.imagewright.azure.plugins.module_utils.readiness.python_values import NO_VALUE, Path, constant

_RUNNING = ("run", "call", "check_call", "check_output", "Popen")
#: Of these the first word is a line for a shell.
_SHELLS = ("os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput")
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
_OF_TWO = (("mv",), ("cp",), ("ln", "-s"))


def command(values, call):
    """Return the command line (str) that a call (ast.Call) runs, or stands for, "" of any other. values: python_values.Values."""
    return _of_function(values, call) or _of_method(values, call)


def _of_function(values, call):
    """Return the command line (str) that a call runs, or stands for, "" of any other call."""
    name = values.name(call.func)
    given = [values.value(argument) for argument in call.args]
    if not given or NO_VALUE in given:
        return ""
    first, shell = given[0], any(keyword.arg == "shell" and constant(keyword.value) is True for keyword in call.keywords)
    if name in _AS_COMMANDS and all(isinstance(value, str) for value in given[:2]):
        return _joined(_AS_COMMANDS[name] + tuple(given[:2] if _AS_COMMANDS[name] in _OF_TWO else given[:1]))
    is_run = name in [f"subprocess.{each}" for each in _RUNNING]
    if isinstance(first, str) and (name in _SHELLS or is_run and shell):
        return _joined(("sh", "-c", first))
    if is_run and isinstance(first, str) and len(first.split()) == 1:
        return first
    if is_run and not shell and isinstance(first, (list, tuple)) and first and all(isinstance(word, str) for word in first):
        return _joined(first)
    if name in ("os.execl", "os.execlp") and all(isinstance(value, str) for value in given):
        return _joined(given[1:])
    if name in ("os.execv", "os.execvp") and isinstance(given[-1], (list, tuple)) and len(given) == 2:
        return _joined(given[1])
    return _of_numbers(name, given)


def _of_method(values, call):
    """Return the command line (str) that a method of a path, or of a file that is opened, stands for, "" of any other call."""
    inner = call.func.value if isinstance(call.func, ast.Attribute) else None
    path, method = (values.value(inner) if inner is not None else NO_VALUE), getattr(call.func, "attr", "")
    given = [values.value(argument) for argument in call.args]
    if isinstance(path, Path):
        if method in _OF_PATH and all(isinstance(value, str) for value in given):
            return _joined(_OF_PATH[method] + (path,) + tuple(given[:1]))
        if method in ("write_text", "write_bytes") and given[:1] in ([""], [b""]):
            return _joined(("truncate", "-s", "0", path))
        return _of_numbers("os.chmod", [path] + given) if method == "chmod" else ""
    if method == "close" and isinstance(inner, ast.Call) and values.name(inner.func) in ("open", "io.open"):
        opened = [values.value(argument) for argument in inner.args]
        return _joined(("truncate", "-s", "0", opened[0])) if opened[1:2] in (["w"], ["wb"]) and isinstance(opened[0], str) else ""
    return ""


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


def _joined(words):
    return " ".join(shlex.quote(word) for word in words)
