# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kernel's command line: its grammar, and what a line says. Pure text, no I/O.

Source: Linux lib/cmdline.c (next_arg), kernel/params.c (parse_args, parameqn), kernel/printk/printk.c (add_preferred_console).

PRIVATE: module_utils of this collection are not an interface.
"""

import collections

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError

#: What separates parameters: the ASCII part of the kernel's isspace().
SPACES = " \t\n\v\f\r"

#: Bytes, with the closing NUL, that a kernel keeps of its command line, by `uname -m`. Source: arch/*/include/uapi/asm/setup.h.
COMMAND_LINE_SIZE = {"x86_64": 2048, "aarch64": 2048, "ppc64le": 2048, "riscv64": 1024, "i686": 2048, "armv7l": 1024}
#: For any other machine.
DEFAULT_COMMAND_LINE_SIZE = 2048  # bytes


#: Between these two words stands configuration for cloud-init.
CLOUD_CONFIG, _CLOUD_CONFIG_END = "cc:", "end_cc"

#: One parameter where it stands: start, end (int, offsets in the text) and text (str, as the kernel would read it).
Token = collections.namedtuple("Token", "start end text")


def tokenize(text):
    """Return the parameters of a line ([Token]): white space separates them except between double quotes."""
    tokens, start, quoted = [], None, False
    for position, character in enumerate(text):
        if start is None and character in SPACES:
            continue
        if start is None:
            start = position
        elif character in SPACES and not quoted:
            tokens.append(Token(start, position, text[start:position]))
            start = None
            continue
        if character == '"':
            quoted = not quoted
    if start is not None:
        tokens.append(Token(start, len(text), text[start:]))
    return tokens


def split(text):
    """Return the parameters ([str]) of a command line as they are written, quotes included."""
    return [token.text for token in tokenize(text)]


def parse(parameter):
    """Return (name, value) of one parameter without its quotes; value is None when it has no ``=``."""
    if parameter.startswith('"'):
        parameter = parameter[1:-1] if parameter.endswith('"') and len(parameter) > 1 else parameter[1:]
    name, equals, value = parameter.partition("=")
    if not equals:
        return name, None
    if value.startswith('"'):
        value = value[1:-1] if value.endswith('"') and len(value) > 1 else value[1:]
    return name, value


def key(parameter):
    """Return what the kernel compares: the parameter's name with ``-`` as ``_``."""
    return parse(parameter)[0].replace("-", "_")


def names(text):
    """Return the normalised names ([str]) of the kernel's parameters, those after a bare ``--`` left out."""
    return [key(parameter) for parameter in of_kernel(split(text))]


def values(text, name):
    """Return every value ([str or None]) that the line gives to the name, in order; None for a bare name."""
    wanted = name.replace("-", "_")
    return [parse(parameter)[1] for parameter in of_kernel(split(text)) if key(parameter) == wanted]


def same(first, second):
    """Return whether two parameters have the same name and the same value, however they are quoted."""
    return key(first) == key(second) and parse(first)[1] == parse(second)[1]


def cloud_config(parameters):
    """Return the indices ([int]) of parameters ([str]) that are configuration for cloud-init, ``cc: ... end_cc``, its marks included.

    Raises ImagewrightError: it has no end, so that cloud-init takes all that follows for its own.
    Source: cloud-init, cloudinit/cmd/main.py and util.py (read_cc_from_cmdline).
    """
    found, inside = [], False
    for index, parameter in enumerate(parameters):
        inside = inside or parameter.startswith(CLOUD_CONFIG)
        if inside:
            found.append(index)
            inside = not parameter.endswith(_CLOUD_CONFIG_END)
    if inside:
        raise ImagewrightError(
            f"cannot remove {CLOUD_CONFIG!r} from {' '.join(parameters)!r}: no {_CLOUD_CONFIG_END!r} ends it, and cloud-init takes all "
            "that follows for its configuration; end it, or take it out by hand"
        )
    return found


def check_length(text, machine, where):
    """Check that a kernel of the machine (`uname -m`) keeps the whole command line.

    Raises ImagewrightError: it is longer than the kernel's COMMAND_LINE_SIZE.
    """
    limit = COMMAND_LINE_SIZE.get(machine, DEFAULT_COMMAND_LINE_SIZE)
    length = len(text.encode("utf-8", "surrogateescape"))
    if length >= limit:
        raise ImagewrightError(
            f"cannot set the kernel command line in {where}: it would be {length} bytes long and the kernel keeps {limit - 1}; remove some parameters first"
        )


def of_kernel(parameters):
    """Return the parameters before a bare ``--``, and before one whose quote is never closed: it swallows all that is written behind it."""
    end = next((index for index, parameter in enumerate(parameters) if parameter == "--" or parameter.count('"') % 2), len(parameters))
    return parameters[:end]
