# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One Boot Loader Specification entry (type 1): `key value` lines of which `options` feed the kernel. Pure text, no I/O.

Source: UAPI.1 Boot Loader Specification; Red Hat's grub-core/commands/blscfg.c for $kernelopts and $tuned_params.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import re

from ansible_collections.imagewright.azure.plugins.module_utils import kernel_cmdline

KERNELOPTS = "$kernelopts"

#: One `key value` line: key, start and end (offsets) of its value.
_Field = collections.namedtuple("_Field", "key start end")

_LINE = re.compile(r"^[ \t]*([A-Za-z0-9_.-]+)[ \t]+([^\r\n]*?)[ \t]*\r?$", re.MULTILINE)


def values(text, key):
    """Return the values ([str]) of a key, in order."""
    return [text[field.start:field.end] for field in _fields(text) if field.key == key]


def options(text):
    """Return the entry's options (str): several lines count as one; None when there is no such line."""
    found = values(text, "options")
    return " ".join(found) if found else None


def expand(cmdline, environment):
    """Return a command line with the variables ``$name`` of GRUB's environment ({name: value}) put in, one blank between parameters.

    A variable that is not set stands for nothing, except $vt_handoff and others that no environment block holds: they stay.
    """
    found = []
    for parameter in kernel_cmdline.split(cmdline):
        if parameter.startswith("$") and parameter[1:] in environment:
            found += kernel_cmdline.split(environment[parameter[1:]])
        elif parameter not in (KERNELOPTS, "$tuned_params", "$tuned_initrd"):
            found.append(parameter)
    return " ".join(found)


def change(text, wanted):
    """Return the entry's text with its options brought to the Request.

    Where $kernelopts stands the wanted parameters come from grubenv, so that they are only kept from being overridden here.
    """
    fields = [field for field in _fields(text) if field.key == "options"]
    lines = [kernel_cmdline.tokenize(text[field.start:field.end]) for field in fields]
    parameters = [token.text for line in lines for token in line]
    changes = _without_given(parameters, wanted) if KERNELOPTS in parameters else kernel_cmdline.plan(parameters, wanted)
    if not fields:
        return text if not changes.additions else _with_line(text, "options " + " ".join(changes.additions))
    separator = next((index for index, line in enumerate(lines) if any(token.text == "--" for token in line)), len(lines) - 1)
    end = len(parameters)
    for index in range(len(fields) - 1, -1, -1):
        field, tokens = fields[index], lines[index]
        part = changes.replacements[end - len(tokens):end]
        end -= len(tokens)
        part = kernel_cmdline.Changes(part, changes.additions if index == separator else [])
        text = text[:field.start] + kernel_cmdline.rewrite(text[field.start:field.end], tokens, part) + text[field.end:]
    return text


def without_given(text, wanted):
    """Return a line without what is unwanted, and without what another line will hold as wanted."""
    tokens = kernel_cmdline.tokenize(text)
    return kernel_cmdline.rewrite(text, tokens, _without_given([token.text for token in tokens], wanted))


def _without_given(parameters, wanted):
    """Return the Changes that take away what is unwanted, and what $kernelopts will hold as wanted."""
    changes = kernel_cmdline.plan(parameters, wanted._replace(present=[]))
    for index, parameter in enumerate(parameters):
        name = kernel_cmdline.key(parameter)
        for given in wanted.present:
            if kernel_cmdline.key(given) == name and (name not in wanted.repeatable or kernel_cmdline.is_same_repeated(parameter, given)):
                changes.replacements[index] = []
    return changes


def _with_line(text, line):
    return text + ("" if not text or text.endswith("\n") else "\n") + line + "\n"


def _fields(text):
    return [_Field(match.group(1), match.start(2), match.end(2)) for match in _LINE.finditer(text)]
