# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What commands do to the home of the user of Azure, and to the account: modes and owners with which sshd takes no key, and an account that has expired.

PRIVATE: module_utils of this collection are not an interface.
Source: auth_secure_path of OpenSSH's misc.c; chage(1), passwd(1), usermod(8). Tried with OpenSSH 9.2 and shadow 4.13.
"""

import fnmatch
import posixpath
import re
import time

from ansible_collections.imagewright.azure.plugins.module_utils.core import programs
from ansible_collections.imagewright.azure.plugins.module_utils.ssh.sshd_access import DEFAULT_NAME

_HOME = f"/home/{DEFAULT_NAME}"
_PLACES = (_HOME, f"{_HOME}/.ssh", f"{_HOME}/.ssh/authorized_keys")
_OF_USERS = ("userdel", "deluser")
_DAY = 86400  # seconds


def modes(rest):
    """Return [(what, why sshd takes no key from there, or "")] of the words of chmod, where they are about the home and what is in it."""
    plain = [word for word in rest if not word.startswith("-")]
    recursive = any(word == "--recursive" or re.match(r"-[a-zA-Z]*R", word) for word in rest)
    if not plain or not re.match(r"[0-7]{1,4}$", plain[0]):
        return []
    mode, found = int(plain[0], 8), []
    for path in plain[1:]:
        for place in [each for each in _PLACES if _is_of(path, each) or recursive and _is_above(path, each)]:
            needed = 0o400 if place.endswith("authorized_keys") else 0o100
            wrong = "others may write to it" if mode & 0o002 else "its own user may not read it" if not mode & needed else ""
            found.append((place, f"sshd takes no key from {place}: {wrong}" if wrong else ""))
    return found


def owned(name, rest):
    """Return why sshd takes no key (str) after chown has given the home with all in it to somebody else, "" otherwise."""
    plain = [word for word in rest if not word.startswith("-")]
    if name != "chown" or len(plain) < 2 or not any(re.match(r"-[a-zA-Z]*R|--recursive$", word) for word in rest):
        return ""
    owner = re.split("[:.]", plain[0])[0]
    if not owner or "$" in plain[0] or owner == DEFAULT_NAME or owner.isdigit() and int(owner) >= 1000:
        return ""
    taken = any(_is_of(path, _HOME) or _is_above(path, _HOME) and path.rstrip("/") for path in plain[1:])
    return f"the home of the user is {owner}'s, and sshd takes no key from there" if taken else ""


def account(words):
    """Return what a command takes from the account of the user of Azure (str), "" of any other command. words: as of boot_commands.words_of."""
    name, rest = posixpath.basename(words[0]) if words else "", words[1:]
    plain = [word for word in rest if not word.startswith("-")]
    if DEFAULT_NAME not in plain:
        return ""
    if name in _OF_USERS:
        return "the user is gone"
    shell = _value(rest, "s", "shell")
    if name in ("usermod", "chsh") and shell is not None and posixpath.basename(shell) in programs.NO_SHELLS:
        return "the user has no shell any more"
    # a password that is locked leaves the key as it is
    expires = _value(rest, "e", "expiredate") if name == "usermod" else _value(rest, "E", "expiredate") if name == "chage" else None
    if expires is not None and _has_passed(expires):
        return "the user may log in no more"
    must = name == "passwd" and {"-e", "--expire"} & set(rest) or name == "chage" and ("0" in (_value(rest, "d", "lastday"), _value(rest, "M", "maxdays")))
    return "the user has to change a password that it does not have" if must else ""


def _value(rest, short, long):
    """Return the value (str) of an option, None where it is not given."""
    for before, word in zip(rest + [""], rest[1:] + [""]):
        if before in (f"-{short}", f"--{long}"):
            return word
        if before.startswith(f"--{long}="):
            return before.partition("=")[2]
        if re.match(rf"-{short}[^-]", before):
            return before[2:]
    return None


def _has_passed(expires):
    """Return whether an account with such a day (str: days since 1970, or a date; "" and -1 for none) has expired."""
    if expires.isdigit():
        return int(expires) * _DAY < time.time()
    return re.match(r"\d{4}-\d\d-\d\d$", expires) is not None and expires < time.strftime("%Y-%m-%d", time.gmtime())


def _is_of(pattern, path):
    patterns, parts = pattern.rstrip("/").split("/"), path.split("/")
    return len(patterns) == len(parts) and all(map(fnmatch.fnmatchcase, parts, patterns))


def _is_above(pattern, path):
    """Return whether a pattern is about a directory above a path."""
    return any(_is_of(pattern, path.rsplit("/", count)[0] or "/") for count in range(1, path.count("/") + 1))
