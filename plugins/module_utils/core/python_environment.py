# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables of the environment with which Python ends as it starts.

PRIVATE: module_utils of this collection are not an interface.
Source: Python Setup and Usage, environment variables; each tried with Python 3.11 and 3.13.
"""

import codecs

_MALLOCS = ("", "default", "debug", "malloc", "malloc_debug", "pymalloc", "pymalloc_debug", "mimalloc", "mimalloc_debug")


def why_it_ends(name: str, value: str) -> str:
    """Return why Python ends with a variable (str), "" when it goes on."""
    if name == "PYTHONHASHSEED" and value not in ("", "random") and not _is_number(value, 0, 4294967295):
        return "Python takes random, or a number up to 4294967295"
    if name == "PYTHONMALLOC" and value not in _MALLOCS:
        return "Python has no such allocator"
    if name == "PYTHONUTF8" and value not in ("", "0", "1"):
        return "Python takes 0 or 1"
    if name in ("PYTHONTRACEMALLOC", "PYTHONINTMAXSTRDIGITS") and value and not value.isdigit():
        return "Python takes a number"
    if name == "PYTHONIOENCODING" and value.partition(":")[0] and not _is_encoding(value.partition(":")[0]):
        return "Python has no such encoding"
    return ""


def _is_number(text: str, least: int, most: int) -> bool:
    return text.isdigit() and len(text) < 20 and least <= int(text) <= most


def _is_encoding(name: str) -> bool:
    try:
        codecs.lookup(name)
    except (LookupError, ValueError):
        return False
    return True
