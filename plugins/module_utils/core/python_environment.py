# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables of the environment with which Python ends as it starts.

PRIVATE: module_utils of this collection are not an interface.
Source: Python Setup and Usage, environment variables; each tried with Python 3.11 and 3.13 of Debian.
"""

import codecs

_MALLOCS = ("", "default", "debug", "malloc", "malloc_debug", "pymalloc", "pymalloc_debug", "mimalloc", "mimalloc_debug")


#: What 3.13 is the first to read.
_OF_313 = 13
#: The fewest digits that a limit may allow.
_FEWEST_DIGITS = 640


def why_it_ends(name: str, value: str, minor: int = 0) -> str:
    """Return why Python ends with a variable (str), "" when it goes on. minor: of its version 3.x, 0 where that is not known."""
    if name == "PYTHONHASHSEED" and value not in ("", "random") and not _is_number(value, 0, 4294967295):
        return "Python takes random, or a number up to 4294967295"
    if name == "PYTHONMALLOC" and value not in _MALLOCS:
        return "Python has no such allocator"
    if name == "PYTHONUTF8" and value not in ("", "0", "1"):
        return "Python takes 0 or 1"
    if name in ("PYTHONTRACEMALLOC", "PYTHONINTMAXSTRDIGITS") and value and not value.isdigit():
        return "Python takes a number"
    if name == "PYTHONINTMAXSTRDIGITS" and value and 0 < int(value[:20]) < _FEWEST_DIGITS:
        return f"Python takes 0, or a number from {_FEWEST_DIGITS} on"
    if name == "PYTHONIOENCODING" and value.partition(":")[0] and not _is_encoding(value.partition(":")[0]):
        return "Python has no such encoding"
    return _of_313(name, value) if minor >= _OF_313 else ""


def _of_313(name: str, value: str) -> str:
    if name == "PYTHON_CPU_COUNT" and value not in ("", "default") and not (value.isdigit() and int(value[:20])):
        return "Python takes default, or a number from 1 on"
    if name == "PYTHON_FROZEN_MODULES" and value not in ("", "on", "off"):
        return "Python takes on or off"
    if name == "PYTHON_GIL" and value not in ("", "1"):
        return "Python takes 1, unless it is built to run without the lock"
    return ""


def _is_number(text: str, least: int, most: int) -> bool:
    return text.isdigit() and len(text) < 20 and least <= int(text) <= most


def _is_encoding(name: str) -> bool:
    try:
        codecs.lookup(name)
    except (LookupError, ValueError):
        return False
    return True
