# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SSH: the limits that PAM sets for a session leave a shell what it needs to start.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import re

from ansible_collections.imagewright.azure.plugins.module_utils.readiness import login_defs
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, Evidence, failed_if, not_applicable
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.path import kernel_limits, kernel_settings
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.path.login import NO_SERVER, uses_pam
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import SSH
from ansible_collections.imagewright.azure.plugins.module_utils.ssh import pam, server
from ansible_collections.imagewright.azure.plugins.module_utils.ssh.sshd_access import DEFAULT_NAME

_CONF = "/etc/security/limits.conf"
_MORE = "/etc/security/limits.d/*.conf"
#: The smallest soft limit with which sshd starts a shell, in limits.conf's own units. Source: limits.conf(5).
_LEAST = {
    "as": 32 * 1024,  # KiB; sshd and bash map 20 MiB each
    "data": 4 * 1024,  # KiB
    "stack": 128,  # KiB, what the kernel itself takes for the words and variables of a program
    "fsize": 64,  # KiB; sshd writes who logs in
    "cpu": 1,  # minutes: a program that has used 0 is killed
    "nofile": 16,
    "nproc": 4,  # sshd's own process of the user, the shell, and what it starts
}
#: What a session raises by itself, up to the hard limit. Tried with Linux-PAM 1.5.2 and OpenSSH 9.2, as the numbers above.
_RAISED = ("nofile",)
#: What a pam_limits names that keeps to it, and bytes of one.
_KNOWS_MOST, _LARGEST = b"/proc/sys/fs/nr_open", 4 * 1024 * 1024
_NO_LIMIT = ("-1", "unlimited", "infinity")
#: Who a line is about, the weaker first: the stronger counts wherever it stands.
_EVERYBODY, _GROUP, _USERS = range(3)
_FIRST_UID = 1000
_RANGE = re.compile(r"(\d*):(\d*)$")

#: One limit of a line. value: int, None for no limit; strength: of the above.
_Limit = collections.namedtuple("_Limit", "value strength path line text")


@rule(
    "R46m",
    step=SSH,
    severity=ERROR,
    fixed_by="",
    title="The limits of a session let a shell start",
    fault="The limits of a session let no shell start",
    why="pam_limits sets them for everybody who logs in: with too few files, processes or bytes the key is right, and the session ends at once. A hard "
    "limit of open files above fs.nr_open is refused, and the session with it.",
    cure="Remove the line of /etc/security/limits.conf or limits.d, or give it a number with which a shell starts.",
    source="limits.conf(5); pam_limits(8); setrlimit(2)",
)
def a_shell_starts(context):
    """Return failed with each limit that holds for every new user and lets no shell start."""
    tree = context.tree
    if server.program(tree) is None:
        return not_applicable(NO_SERVER)
    if not pam.service_path(tree, "sshd") or not uses_pam(context) or "pam_limits.so" not in {line.module for line in pam.stack(tree, "sshd")[0]}:
        return not_applicable("sshd's sessions are not limited by PAM")
    groups = login_defs.groups(context) if context.kind != "specialized" else set()
    soft, hard = _limits(context, groups or set())
    found = []
    for item, least in _LEAST.items():
        kinds = (hard,) if item in _RAISED else (hard, soft)
        limits = [kind[item] for kind in kinds if item in kind and kind[item].value is not None and kind[item].value < least]
        found += [_shown(limit, f"no shell starts with less than {least}") for limit in limits[:1]]
    most = _most_open(context)
    files = hard.get("nofile")
    if files is not None and files.value is not None and files.value > most and not _keeps_to_most(context.tree):
        found.append(_shown(files, f"the kernel gives a process {most} at most (fs.nr_open), and refuses the session"))
    return failed_if(found + _of_session(context, groups or set()))


def _of_session(context, groups):
    """Return the [Evidence] of the lines that lock a session in where no shell is, or keep sudo in it from becoming root."""
    found = []
    for place, words in _lines(context):
        if _strength(words[0], groups) is None or words[1].lower() not in ("-", "hard", "soft"):
            continue
        if words[2].lower() == "chroot" and "%" not in words[3] and not context.tree.exists(words[3].rstrip("/") + "/bin/sh"):
            found.append(place._replace(text=f"{place.text}: there is no shell in {words[3]}"))
        elif words[2].lower() == "nonewprivs" and words[3] == "1":
            found.append(place._replace(text=f"{place.text}: sudo cannot become root in the session"))
    return found


def _keeps_to_most(tree):
    """Return whether a pam_limits that knows fs.nr_open gives no more than that."""
    return any(_KNOWS_MOST in tree.read_bytes(path, _LARGEST) for path in pam.module_paths(tree, "pam_limits.so"))


def _lines(context):
    """Return [(Evidence, the four words)] of the lines of limits.conf and the files behind it."""
    found = []
    for path in [_CONF] + sorted(context.tree.glob(_MORE)):
        for number, text in context.lines(path):
            words = text.partition("#")[0].split()
            if len(words) == 4:
                found.append((Evidence(path, number, text.strip()), words))
    return found


def _limits(context, groups):
    """Return ({item: _Limit} of the soft limits, the same of the hard ones) of a new user who is in groups ({str}); the last line of a strength counts."""
    soft, hard = {}, {}
    for place, words in _lines(context):
        strength, item = _strength(words[0], groups), words[2].lower()
        value = None if words[3].lower() in _NO_LIMIT else int(words[3]) if words[3].isdigit() else ""
        if strength is None or item not in _LEAST or value == "":
            continue
        limit = _Limit(value, strength, place.path, place.line, place.text)
        for kind, limits in (("soft", soft), ("hard", hard)):
            if words[1].lower() in (kind, "-") and (item not in limits or limits[item].strength <= strength):
                limits[item] = limit
    return soft, hard


def _strength(domain, groups):
    """Return how strongly a line about a domain (str) holds for a new user, None when it does not."""
    if domain == "*":
        return _EVERYBODY
    if domain == DEFAULT_NAME:
        return _USERS
    if domain.startswith("@"):
        return _GROUP if domain[1:] in groups else None
    match = _RANGE.match(domain)
    if match and domain != ":":
        least, most = (int(word) if word else None for word in match.groups())
        # N: is N and all above, N:M both and what is between, :M only M itself
        holds = least is not None and least <= _FIRST_UID and (most is None or most >= _FIRST_UID)
        return _USERS if holds else None
    return None


def _most_open(context):
    """Return the hard limit of open files (int) that the kernel gives at most."""
    own = kernel_settings.number(kernel_settings.settings(context, ("fs.nr_open",)).get("fs.nr_open"))
    return own if own is not None else kernel_limits.usual_most_open(context)


def _shown(limit, text):
    return Evidence(limit.path, limit.line, f"{limit.text}: {text}")


RULES = [a_shell_starts]
