# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GRUB's environment block, grubenv. Pure text, no I/O.

Source: grub-core/lib/envblk.c: a first line, NAME=VALUE lines with ``\\`` before a backslash or line end, then ``#`` up to 1024 bytes.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import re

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError

SIZE = 1024  # bytes, always
SIGNATURE = "# GRUB Environment Block\n"

_VARIABLE = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=((?:[^\\\n]|\\.)*)\n", re.DOTALL)


def parse(text, where="grubenv"):
    """Return {name: value} of an environment block.

    Raises ImagewrightError: it is none.
    """
    return collections.OrderedDict((match.group(1), _plain(match.group(2))) for match in _matches(text, where))


def loaded(text):
    """Return {name: value} that GRUB's load_env gets of a file: of any length, {} without the first line of an environment block.

    Source: grub-core/commands/loadenv.c, read_envblk_file; grub-core/lib/envblk.c, grub_envblk_open and grub_envblk_iterate.
    """
    return collections.OrderedDict((match.group(1), _plain(match.group(2))) for match in _variables(text)) if text.startswith(SIGNATURE) else {}


def with_value(text, name, value, where="grubenv"):
    """Return the block with one variable set, all others as they are, and exactly 1024 bytes long.

    Raises ImagewrightError: it is no environment block, or has no room for the value.
    """
    line = f"{name}={_escaped(value)}\n"
    match = next((match for match in _matches(text, where) if match.group(1) == name), None)
    body = text.rstrip("#")
    if match:
        body = body[: match.start()] + line + body[match.end() :]
    else:
        body += line
    room = SIZE - len(body.encode("utf-8", "surrogateescape"))
    if room < 0:
        raise ImagewrightError(
            f"cannot set {name} in {where}: it would be {-room} bytes longer than the {SIZE} bytes that GRUB reads; "
            "remove some parameters, or give the entries literal options"
        )
    return body + "#" * room


def _matches(text, where):
    """Return the matches of every variable, in order."""
    whole = text.startswith(SIGNATURE) and text.rstrip("#").endswith("\n")
    if not whole or len(text.encode("utf-8", "surrogateescape")) != SIZE:
        raise ImagewrightError(f"cannot read {where}: it is not a GRUB environment block of {SIZE} bytes; make a new one with `grub-editenv {where} create`")
    return _variables(text)


def _variables(text):
    found, position = [], len(SIGNATURE)
    while position < len(text):
        match = _VARIABLE.match(text, position)
        if match:
            found.append(match)
            position = match.end()
            continue
        end = text.find("\n", position)
        position = len(text) if end < 0 else end + 1
    return found


def _plain(value):
    return re.sub(r"\\(.)", r"\1", value, flags=re.DOTALL)


def _escaped(value):
    return value.replace("\\", "\\\\").replace("\n", "\\\n")
