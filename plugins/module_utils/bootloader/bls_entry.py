# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One Boot Loader Specification entry (type 1): `key value` lines of which `options` feed the kernel. Pure text, no I/O.

Source: UAPI.1 Boot Loader Specification; Red Hat's grub-core/commands/blscfg.c for $kernelopts and $tuned_params.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import re

from ansible_collections.imagewright.azure.plugins.module_utils.kernel import cmdline as kernel_cmdline, cmdline_changes

KERNELOPTS = "$kernelopts"

#: One `key value` line: key, start and end (offsets) of its value.
_Field = collections.namedtuple("_Field", "key start end")

#: What parts commands for GRUB, which makes a script of each entry.
_SEPARATORS = ";&|<>{}"

_LINE = re.compile(r"^[ \t]*([A-Za-z0-9_.-]+)[ \t]+([^\r\n]*)", re.MULTILINE)


def values(text, key):
    """Return the values ([str]) of a key, in order."""
    return [text[field.start : field.end] for field in _fields(text) if field.key == key]


def numbered(text, key):
    """Return [(line number, value)] of a key, in order."""
    return [(text.count("\n", 0, field.start) + 1, text[field.start : field.end]) for field in _fields(text) if field.key == key]


def options(text, first_only=False):
    """Return the entry's options (str): several lines count as one; None when there is no such line.

    first_only: bool, what reads the entry is GRUB, which takes the first line alone.
    """
    found = values(text, "options")
    return " ".join(found[:1] if first_only else found) if found else None


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


def write_parameter(parameter):
    """Return a parameter written so that GRUB, systemd-boot and the kernel all take it for one.

    Source: blscfg.c hands `linux PATH OPTIONS` to GRUB's script parser; the kernel takes double quotes off.
    """
    name, value = kernel_cmdline.parse(parameter)
    plain = name if value is None else f"{name}={value}"
    if not any(character in _SEPARATORS for character in plain) and not plain.startswith("#"):
        return parameter
    if value is None or any(character in _SEPARATORS for character in name) or name.startswith("#"):
        return f'"{plain}"'
    return f'{name}="{value}"'


def change(text, wanted, first_only=False):
    """Return the entry's text with its options brought to the Request.

    Where $kernelopts stands the wanted parameters come from grubenv, so that they are only kept from being overridden here.
    first_only: bool, what reads the entry is GRUB, so that what is added has to stand in the first of several options lines.
    """
    fields = [field for field in _fields(text) if field.key == "options"]
    if first_only and len(fields) > 1:
        spans = []
        for field in fields[1:]:
            tokens = kernel_cmdline.tokenize(text[field.start : field.end])
            changes = without_given([token.text for token in tokens], wanted)
            spans += [(field.start + start, field.start + end, new) for start, end, new in cmdline_changes.spans(tokens, changes)]
        text = cmdline_changes.spliced(text, spans)
        fields = fields[:1]
    lines = [kernel_cmdline.tokenize(text[field.start : field.end]) for field in fields]
    parameters = [token.text for line in lines for token in line]
    changes = _around_kernelopts(parameters, wanted) if KERNELOPTS in parameters else cmdline_changes.plan(parameters, wanted)
    if not fields:
        return text if not changes.additions else _with_line(text, "options " + " ".join(map(write_parameter, changes.additions)))
    spans = []
    for field, tokens, part in zip(fields, lines, cmdline_changes.divided(lines, changes)):
        spans += [(field.start + start, field.start + end, new) for start, end, new in cmdline_changes.spans(tokens, part, _written_again(tokens))]
    return cmdline_changes.spliced(text, spans)


def _written_again(tokens):
    """Return a callable that writes new parameters as write_parameter, and those that were there as they were."""
    old = {token.text for token in tokens}
    return lambda parameter: parameter if parameter in old else write_parameter(parameter)


def with_kernelopts(text):
    """Return the text of an entry that has no options with those of $kernelopts, as every other entry of such a guest has them."""
    return _with_line(text, f"options {KERNELOPTS}")


def without_given(parameters, wanted):
    """Return the ParameterChanges that take away from parameters ([str]) what is unwanted, and what another line will hold as wanted."""
    changes = cmdline_changes.plan(parameters, wanted._replace(present=[]))
    for index, parameter in enumerate(parameters):
        name = kernel_cmdline.key(parameter)
        for given in wanted.present:
            if kernel_cmdline.key(given) == name and (name not in wanted.repeatable or cmdline_changes.is_same_repeated(parameter, given)):
                changes.replacements[index] = []
    return changes


def _around_kernelopts(parameters, wanted):
    """Return the ParameterChanges of a line with $kernelopts, which will hold what is wanted.

    Other values of a repeatable name go before it: its last value has to be the wanted one.
    """
    changes = without_given(parameters, wanted)
    place = parameters.index(KERNELOPTS)
    given = {kernel_cmdline.key(parameter) for parameter in wanted.present}
    moved = [
        parameter for index, parameter in enumerate(parameters) if index > place and changes.replacements[index] and kernel_cmdline.key(parameter) in given
    ]
    for index in range(place + 1, len(parameters)):
        if kernel_cmdline.key(parameters[index]) in given:
            changes.replacements[index] = []
    changes.replacements[place] = moved + [KERNELOPTS]
    return changes


def _with_line(text, line):
    end = "\r\n" if "\r\n" in text else "\n"
    return text + ("" if not text or text.endswith("\n") else end) + line + end


def _fields(text):
    return [_Field(match.group(1), match.start(2), match.start(2) + len(match.group(2).rstrip(" \t"))) for match in _LINE.finditer(text)]
