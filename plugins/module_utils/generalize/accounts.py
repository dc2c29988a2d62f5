# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The accounts of a guest: who can log in with what, and the same guest with nobody able to.

Pure: text of /etc/passwd and /etc/shadow in, text or values out.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import posixpath
import re

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


#: A user id, of as many digits as the kernel's have.
_NUMBER = re.compile(r"[0-9]{1,10}\Z")

_TOKEN = re.compile("%[%hUu]")

#: A key as sshd finds it in a line, behind options or not. Source: "AUTHORIZED_KEYS FILE FORMAT" of sshd(8).
_KEY = re.compile(
    rb"(?:^|[ \t])(?:ssh-(?:rsa|dss|ed25519|ed448)|ecdsa-sha2-nistp(?:256|384|521)|sk-(?:ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com)"
    rb"(?:-cert-v0[01]@openssh\.com)?[ \t]+[A-Za-z0-9+/]+"
)
_MOST_KEYS = 1024 * 1024  # bytes


def accounts(tree):
    """Return the Accounts ([Account]) of /etc/passwd.

    Raises ImagewrightError: a line is not of seven fields.
    """
    found, malformed = _read(tree)
    if malformed:
        raise ImagewrightError(f"cannot read the accounts in /etc/passwd line {malformed[0][0]}: {malformed[0][1]}; mend it with vipw")
    return found


def known_accounts(tree):
    """Return the Accounts ([Account]) of the lines of /etc/passwd that are whole; programs pass the others over."""
    return _read(tree)[0]


def _read(tree):
    """Return ([Account], [(line, what is wrong with it)]) of /etc/passwd."""
    found, malformed = [], []
    for number, line in enumerate(tree.read_text("/etc/passwd").splitlines(), 1):
        if not line.strip() or line.startswith(("#", "+", "-")):
            continue
        fields = line.split(":")
        if len(fields) != 7:
            malformed.append((number, f"{line!r} has not seven fields"))
        elif not _NUMBER.match(fields[2]):
            malformed.append((number, f"the user id is no number: {fields[2]!r}"))
        else:
            found.append(Account(fields[0], fields[1], int(fields[2]), fields[5], fields[6]))
    return found, malformed


def homes(found):
    """Return the home directories ([str]) of accounts that can hold somebody's files."""
    return sorted({posixpath.normpath(account.home) for account in found if is_home(account.home)} | {"/root"})


def is_home(home):
    """Return whether a home directory can hold somebody's files, and is none that the system has for all."""
    return home.startswith("/") and home.rstrip("/") not in ("", "/bin", "/sbin", "/dev", "/proc", "/usr/sbin", "/nonexistent", "/var/empty")


def keys(tree, account, patterns):
    """Return the paths ([str]) of the account's keys that are there.

    A file below ~/.ssh is one by its name. What AuthorizedKeysFile names elsewhere is one when a line of it is a key: it may name any file.
    patterns: [str], sshd's AuthorizedKeysFile, with %h, %U, %u and %% as in sshd_config(5).
    """
    named = {posixpath.normpath(posixpath.join(account.home, ".ssh", name)) for name in KEY_FILES} if is_home(account.home) else set()
    others = {key_file(account, pattern) for pattern in patterns} - named - {None}
    return sorted([path for path in named if tree.is_file(path) and tree.stat(path).size] + [path for path in others if key_lines(tree, path)[0]])


def key_file(account, pattern):
    """Return the path (str) that a pattern of AuthorizedKeysFile means for the account, None for no file."""
    values = {"%%": "%", "%h": account.home, "%u": account.name, "%U": str(account.uid)}
    path = _TOKEN.sub(lambda token: values[token.group()], pattern)
    if path == "none" or not path.startswith("/") and not is_home(account.home):
        return None
    return posixpath.normpath(posixpath.join(account.home, path))


def key_lines(tree, path):
    """Return (how many lines of a file are keys for sshd, how many are neither keys nor comments); (0, 0) for no file.

    Of a file that is longer than any list of keys its first part tells.
    """
    if not tree.is_file(path):
        return 0, 0
    lines = [line.strip() for line in tree.read_bytes(path, _MOST_KEYS).split(b"\n")]
    found = sum(1 for line in lines if not line.startswith(b"#") and _KEY.search(line))
    return found, sum(1 for line in lines if line and not line.startswith(b"#")) - found


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
    words = [line.split(None, 2)[:2] for line in login_defs.splitlines()]
    # of what is no number useradd takes its default
    limits = {pair[0]: int(pair[1]) for pair in words if len(pair) == 2 and _NUMBER.match(pair[1])}
    return [account for account in found if limits.get("UID_MIN", UID_MIN) <= account.uid <= limits.get("UID_MAX", UID_MAX)]


def _fields(text):
    return [line.split(":") for line in text.splitlines() if ":" in line and _is_account(line)]


def _is_account(line):
    """Return whether a line is no comment, and none that includes accounts of a directory service."""
    return not line.startswith(("#", "+", "-"))


def _is_usable(password):
    return not password.startswith(("!", "*"))
