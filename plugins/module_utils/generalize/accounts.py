# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The accounts of a guest: who can log in with what, and the same guest with nobody able to.

Pure: text of /etc/passwd and /etc/shadow in, text or values out.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import posixpath

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError

#: A line of /etc/passwd. password: its second field, ``x`` where /etc/shadow has it.
Account = collections.namedtuple("Account", "name password uid home shell")

#: No password fits this, and sshd (unlike for ``!``) does not take the account for a locked one.
NO_PASSWORD = "*"

#: uid of the first account of a person, where /etc/login.defs says nothing. Source: login.defs(5).
UID_MIN = 1000
UID_MAX = 60000

#: Names of the files below ~/.ssh that let somebody in, here or elsewhere.
KEY_FILES = ("authorized_keys", "authorized_keys2", "id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", "id_ecdsa_sk", "id_ed25519_sk", "identity")


def accounts(tree):
    """Return the Accounts ([Account]) of /etc/passwd.

    Raises ImagewrightError: a line is not of seven fields.
    """
    found = []
    for number, line in enumerate(tree.read_text("/etc/passwd").splitlines(), 1):
        if not line.strip() or line.startswith(("#", "+", "-")):
            continue
        fields = line.split(":")
        if len(fields) != 7 or not fields[2].isdigit():
            raise ImagewrightError(f"cannot read the accounts in /etc/passwd line {number}: {line!r} has not seven fields; mend it with vipw")
        found.append(Account(fields[0], fields[1], int(fields[2]), fields[5], fields[6]))
    return found


def homes(found):
    """Return the home directories ([str]) of accounts that can hold somebody's files."""
    return sorted({posixpath.normpath(account.home) for account in found if _is_home(account.home)} | {"/root"})


def keys(tree, account, patterns):
    """Return the paths ([str]) of the account's keys that are there.

    patterns: [str], sshd's AuthorizedKeysFile, with %h, %U, %u and %% as in sshd_config(5).
    """
    wanted = {posixpath.join(account.home, ".ssh", name) for name in KEY_FILES} if _is_home(account.home) else set()
    for pattern in patterns:
        path = pattern.replace("%%", "\0").replace("%h", account.home).replace("%u", account.name).replace("%U", str(account.uid)).replace("\0", "%")
        if path != "none" and (path.startswith("/") or _is_home(account.home)):
            wanted.add(posixpath.normpath(posixpath.join(account.home, path)))
    return sorted(path for path in wanted if tree.is_file(path) and tree.stat(path).size)


def with_password(passwd, shadow):
    """Return the names ([str]) of accounts that a password lets in; an empty password does.

    passwd, shadow: str, the text of /etc/passwd and /etc/shadow.
    """
    found = [fields[0] for fields in _fields(shadow) if _is_usable(fields[1])]
    return found + [fields[0] for fields in _fields(passwd) if fields[1] != "x" and _is_usable(fields[1])]


def without_passwords(text, keep=()):
    """Return the text of /etc/shadow (or /etc/passwd) with no password, and no hash of one, but for the accounts to keep.

    A line whose account is in no /etc/passwd any more is no exception.
    """
    lines = []
    for line in text.splitlines(keepends=True):
        fields = line.split(":")
        # x: /etc/passwd says that /etc/shadow has it
        if len(fields) > 1 and _is_account(line) and fields[0] not in keep and fields[1] != "x" and (_is_usable(fields[1]) or fields[1].strip("!*")):
            line = ":".join([fields[0], NO_PASSWORD] + fields[2:])
        lines.append(line)
    return "".join(lines)


def of_people(found, login_defs=""):
    """Return the Accounts ([Account]) of people: those that useradd makes, not the system's."""
    limits = dict(line.split()[:2] for line in login_defs.splitlines() if len(line.split()) > 1 and not line.lstrip().startswith("#"))
    low, high = int(limits.get("UID_MIN", UID_MIN)), int(limits.get("UID_MAX", UID_MAX))
    return [account for account in found if low <= account.uid <= high]


def _fields(text):
    return [line.split(":") for line in text.splitlines() if ":" in line and _is_account(line)]


def _is_account(line):
    """Return whether a line is no comment, and none that includes accounts of a directory service."""
    return not line.startswith(("#", "+", "-"))


def _is_usable(password):
    return not password.startswith(("!", "*"))


def _is_home(home):
    return home.startswith("/") and home.rstrip("/") not in ("", "/bin", "/sbin", "/dev", "/proc", "/usr/sbin", "/nonexistent", "/var/empty")
