# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parameters of kernel modules: which ones a module takes, and whether it takes a value. A bad value keeps it from being loaded.

A parameter that it does not have is passed over with a message, since Linux 3.11.

Source: kernel/params.c and include/linux/moduleparam.h of Linux (parmtype in .modinfo, param_set_int and its kind, param_set_bool, param_array_set).

PRIVATE: module_utils of this collection are not an interface.
"""

import re

#: kind of number: the least and the largest value.
_RANGES = {
    "byte": (0, 2**8 - 1),
    "short": (-(2**15), 2**15 - 1),
    "ushort": (0, 2**16 - 1),
    "int": (-(2**31), 2**31 - 1),
    "uint": (0, 2**32 - 1),
    "long": (-(2**63), 2**63 - 1),
    "ulong": (0, 2**64 - 1),
    "ullong": (0, 2**64 - 1),
    "hexint": (0, 2**32 - 1),
}
_BOOLEANS = ("y", "Y", "t", "T", "1", "n", "N", "f", "F", "0")
_NUMBER = re.compile(r"([+-]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)$")


def kinds(modinfo):
    """Return {name: kind (str)} of the parameters that a module takes, e.g. ``int`` or ``array of int``.

    modinfo: bytes, its section .modinfo.
    """
    found = re.findall(rb"(?:^|\0)(?:[A-Za-z0-9_-]+\.)?parmtype=([A-Za-z0-9_.-]+):([^\0]*)", modinfo)
    return {name.decode("ascii").replace("-", "_"): kind.decode("ascii", "replace") for name, kind in found}


def is_taken(kind, value):
    """Return whether a parameter of a kind (str) takes a value (str, or None without ``=``); one of a kind of its own is taken to."""
    if kind.startswith("array of "):
        return value is not None and all(is_taken(kind[len("array of ") :], part) for part in value.split(","))
    if kind in ("bool", "invbool", "bool_enable_only"):
        return value is None or value[:1] in _BOOLEANS or value[:2].lower() in ("on", "of")
    if kind not in _RANGES:
        return True
    if value is None:
        return False
    match = _NUMBER.match(value)
    if match is None:
        return False
    digits = match.group(2)
    number = int(digits, 16 if digits[:2] in ("0x", "0X") else 8 if digits.startswith("0") else 10) * (-1 if match.group(1) == "-" else 1)
    return _RANGES[kind][0] <= number <= _RANGES[kind][1]
