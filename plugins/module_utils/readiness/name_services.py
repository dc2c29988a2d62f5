# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a line of nsswitch.conf gets to the guest's own files.

Pure.

PRIVATE: module_utils of this collection are not an interface.
Source: nsswitch.conf(5); tried with glibc 2.36, which takes no line with a slip.
"""

import re

#: What reads /etc/passwd and its like.
_FILES = ("files", "compat", "db", "altfiles", "extrausers")
_WORD = re.compile(r"\[[^\]]*\]|[^\s\[]+")
_ACTION = re.compile(r"(!?)([A-Za-z]+)=([A-Za-z]+)")
_STATUSES = ("success", "notfound", "unavail", "tryagain")


def cause(listed, answers):
    """Return why an account of the files is not found (str), None when it is; "" when the line names no files at all.

    listed: str, what stands behind the colon. answers: callable, name of a service -> bool, whether it will be there to answer.
    """
    words = _WORD.findall(listed)
    if not set(words) & set(_FILES):
        return ""
    if words[0].startswith("["):
        return f"{words[0]} follows no service, and the whole line is left out"
    wrong = next((status for word in words if word.startswith("[") for _sign, status, _action in _ACTION.findall(word) if status.lower() not in _STATUSES), "")
    if wrong:
        return f"there is no status {wrong}, and the whole line is left out"
    for word, following in zip(words, words[1:] + [""]):
        if word in _FILES:
            return None
        if following.startswith("["):
            status = "notfound" if answers(word) else "unavail"
            if _actions(following).get(status) == "return":
                return f"{word} {'does not know the account' if status == 'notfound' else 'is not there'}, and {following} ends the search"
    return None


def _actions(text):
    """Return {status: action} of what stands in brackets; ``!SUCCESS=return`` is about every other status."""
    found = {}
    for negated, status, action in _ACTION.findall(text.lower()):
        found.update((name, action) for name in _STATUSES if (name == status) != bool(negated))
    return found
