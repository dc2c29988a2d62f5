# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the conditions around a part of a GRUB menu hold, as far as the menu itself tells. Pure text, no I/O.

PRIVATE: module_utils of this collection are not an interface.
Source: GRUB grub-core/commands/test.c, true.c; grub-core/normal/main.c, features.
"""

import re

_VARIABLE = re.compile(r"\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)\})")
#: Processors and firmware that GRUB was made for and no machine of Azure has.
_PLATFORMS = ("pc", "efi")
_OF_FILES = ("-d", "-e", "-f", "-s")


def variable_of(value):
    """Return the name (str) of the variable that a value is, as ``${timeout}``, None of any other value."""
    match = _VARIABLE.fullmatch(value)
    return (match.group(1) or match.group(2)) if match else None


def truth(condition, variables, is_there=None):
    """Return whether a condition (str, the words behind ``if``, or ``else`` and those) holds; None when that cannot be told.

    variables: {name: value}, of grubenv. is_there: callable, path of GRUB's -> whether it is there, None when that cannot be told; or None.
    """
    if condition.startswith("else "):
        return _negated(truth(condition[len("else ") :], variables, is_there))
    words = condition.split()
    if words[:1] == ["!"]:
        return _negated(truth(" ".join(words[1:]), variables, is_there))
    if words in (["true"], ["false"]):
        return words == ["true"]
    if words[:1] == ["["] and words[-1:] == ["]"]:
        return _test(words[1:-1], variables, is_there)
    return _test(words[1:], variables, is_there) if words[:1] == ["test"] else None


def _negated(value):
    return None if value is None else not value


def _test(words, variables, is_there):
    """Return what a test of two words, or of a file, says, None of any other, and where a word is not known."""
    if words[:1] == ["!"]:
        return _negated(_test(words[1:], variables, is_there))
    if len(words) == 2 and words[0] in _OF_FILES and is_there is not None:
        # whether what is there is a file, or empty, is another question
        return False if is_there(words[1]) is False else None
    if len(words) != 3 or words[1] not in ("=", "==", "!=", "-eq", "-ne"):
        return None
    if _names_no_platform(words[0], words[2]):
        return words[1] in ("!=", "-ne")
    left, right = (_expanded(word, variables) for word in (words[0], words[2]))
    return None if left is None or right is None else (left == right) == (words[1] in ("=", "==", "-eq"))


def _names_no_platform(left, right):
    """Return whether ``$grub_platform`` is compared with one that Azure has not; ``x`` stands before both as in shells."""
    prefix, _sign, name = left.partition("$")
    return name.strip("{}") == "grub_platform" and right.startswith(prefix) and "$" not in right and right[len(prefix) :] not in _PLATFORMS


def _expanded(word, variables):
    """Return a word with its variables put in, None when one is not known."""
    known = [(match, _value(match.group(1) or match.group(2), variables)) for match in _VARIABLE.finditer(word)]
    if any(value is None for _match, value in known):
        return None
    for match, value in reversed(known):
        word = word[: match.start()] + value + word[match.end() :]
    return word if "$" not in word else None


def _value(name, variables):
    """Return the value (str) of a variable, None when it is not known; a GRUB of the last ten years has all features."""
    return "y" if name.startswith("feature_") else variables.get(name)


def holds(conditions, environment):
    """Return whether the conditions ([str]) under which a variable is set may hold when nobody is there.

    Known are those that ask what a boot before has left in grubenv; any other may.
    """
    for condition in conditions:
        negated = condition.startswith("else ")
        if "boot_counter" in condition and not negated and not (environment.get("boot_counter") in ("0", "-1") and environment.get("boot_success", "0") == "0"):
            return False
        if "recordfail" in condition and negated == (environment.get("recordfail") == "1"):
            return False
        if "initrdfail" in condition and not negated and environment.get("initrdfail") != "2":
            return False
        if truth(condition, {}) is False:
            return False
    return True
