# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words with which a service starts its program, the variables of its environment put in.

Pure: reads a Tree.

PRIVATE: module_utils of this collection are not an interface.
Source: systemd.service(5), "COMMAND LINES"; systemd.exec(5), Environment= and EnvironmentFile=.
"""

import re
import shlex

from ansible_collections.imagewright.azure.plugins.module_utils.core import unit_files
from ansible_collections.imagewright.azure.plugins.module_utils.ssh.sshd_command_line import Argument

_ASSIGNMENT = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)$")
_ALONE, _IN_BRACES = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)$"), re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_PREFIXES = "@-:+!|"


def arguments(context, settings):
    """Return (program (str), [Argument]) of the last ExecStart= of a service's settings ([UnitSetting]), None where it has none, or one that is no line."""
    started = unit_files.last(settings, "Service", "ExecStart")
    words = _words(started.value.lstrip(_PREFIXES)) if started is not None else []
    if not words:
        return None
    known = variables(context, settings)
    return words[0], [word for text in words[1:] for word in _expanded(Argument(text, started.path, started.line), known)]


def variables(context, settings):
    """Return {name: Argument} of a service's environment: of its files, the last of which counts, and of Environment=, which they win over."""
    found = {}
    for setting in unit_files.listed(settings, "Service", "Environment"):
        for word in _words(setting.value) or []:
            name, equals, value = word.partition("=")
            if equals:
                found[name] = Argument(value, setting.path, setting.line)
    for setting in unit_files.listed(settings, "Service", "EnvironmentFile"):
        found.update(of_file(context, setting.value.lstrip("-")))
    return found


def of_file(context, path):
    """Return {name: Argument} of a file of assignments; without what its lines leave to a shell."""
    found = {}
    for number, text in context.lines(path):
        match = _ASSIGNMENT.match(text)
        words = _words(match.group(2), comments=True) if match else None
        if words is not None:
            found[match.group(1)] = Argument(" ".join(words), path, number)
    return found


def split(argument):
    """Return the Arguments ([Argument]) that a variable's value is when it stands as a word of its own."""
    return [argument._replace(text=word) for word in _words(argument.text) or []]


def _expanded(argument, known):
    """Return the Arguments ([Argument]) of a word: a variable alone is as many words as its value, in braces it is a part of one."""
    alone = _ALONE.match(argument.text)
    if alone:
        return split(known[alone.group(1)]) if alone.group(1) in known else []
    named = [known[name] for name in _IN_BRACES.findall(argument.text) if name in known]
    text = _IN_BRACES.sub(lambda match: known[match.group(1)].text if match.group(1) in known else "", argument.text)
    # where only a variable makes the word it is the variable's line that is to be changed
    return [(named[0] if named else argument)._replace(text=text)] if text else []


def _words(text, comments=False):
    """Return the words ([str]) of a line, None of one whose quotation mark is not closed."""
    try:
        return shlex.split(text, comments)
    except ValueError:
        return None
