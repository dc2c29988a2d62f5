# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A home that is there before its user, which useradd leaves as it is: whether the new user may enter it, and sshd takes a key from there.

PRIVATE: module_utils of this collection are not an interface.
Source: useradd(8); useradd.c, create_home, and find_new_uid.c of shadow 4.13; sshd_config(5), StrictModes; safe_path of OpenSSH's misc.c. Tried with them.
"""

import stat

from ansible_collections.imagewright.azure.plugins.module_utils.cloud_init import config
from ansible_collections.imagewright.azure.plugins.module_utils.readiness import cloud_user, login_defs, sshd_started
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import Evidence
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.provisioner import provisioner, WAAGENT
from ansible_collections.imagewright.azure.plugins.module_utils.ssh import sshd_config
from ansible_collections.imagewright.azure.plugins.module_utils.ssh.sshd_access import DEFAULT_NAME


def obstacles(context, base):
    """Return the [Evidence] of a home that is there already, and in which the new user's key does not count.

    base: str, the directory in which useradd makes homes.
    """
    tree, documents = context.tree, _documents(context)
    path = _home(documents, base)
    status = tree.stat(path) if path else None
    if status is None or tree.stat("/").uid != 0 or not stat.S_ISDIR(status.mode) or DEFAULT_NAME in _column(context, 0):
        return []
    cause = _cause(context, documents, status)
    return [Evidence(path, None, f"{cause}; useradd leaves it so")] if cause else []


def is_strict(context):
    """Return whether sshd takes no key from a file that others may have written (StrictModes)."""
    return sshd_config.effective_of(context.facts(sshd_started.settings), "StrictModes", "yes")[0].lower() == "yes"


def of_others(context):
    """Return the rights (int) of others to a home with which a strict sshd takes no key: Debian's lets a group write that has the user alone."""
    return 0o002 if context.tree.is_file("/var/lib/dpkg/status") else 0o022


def _cause(context, documents, status):
    """Return why (str) the new user's key does not count in a home with a Status, "" when it may."""
    number = _number(context, documents)
    if status.uid != 0 and number is None:
        return ""
    mode, is_own = stat.S_IMODE(status.mode), status.uid == number
    whose = "the new user's" if is_own else "root's" if status.uid == 0 else f"{status.uid}'s"
    # a group of another number may be the new user's
    enters = stat.S_IXUSR if is_own else stat.S_IXOTH | (stat.S_IXGRP if status.gid else 0)
    if not mode & enters:
        return f"is {whose}, with mode {mode:04o}, and the new user may not enter it"
    if not is_strict(context):
        return ""
    if status.uid != 0 and not is_own:
        return f"belongs to {status.uid}, and the new user will be {number}: sshd takes no key from there (StrictModes)"
    if mode & (of_others(context) if status.gid else 0o022):
        return f"is {whose}, with mode {mode:04o}, so that others may write there: sshd takes no key from there (StrictModes)"
    return ""


def _documents(context):
    """Return cloud-init's files (as of cloud_init.config.documents), [] where it makes no user, None where they cannot be read."""
    if provisioner(context.tree).who == WAAGENT:
        return []
    documents, faults = context.shared(config.documents)
    return None if faults else documents


def _home(documents, base):
    """Return the path (str) of the home that the new user gets, "" where that is not known."""
    named = cloud_user.asked(documents, "homedir") if documents is not None else {""}
    homes = named or {f"{base.rstrip('/')}/{DEFAULT_NAME}"}
    path = homes.pop()
    return path if path.startswith("/") and not homes else ""


def _number(context, documents):
    """Return the number (int) of the new user, None where that is not known: the one that cloud-init's files give, or the one after the last that is taken."""
    named = cloud_user.asked(documents, "uid") if documents is not None else {""}
    if documents is not None and "True" in cloud_user.asked(documents, "system"):
        return None
    if named:
        number = named.pop()
        return int(number) if number.isdigit() and not named else None
    known = login_defs.settings(context)
    least, most = (known.get(f"UID_{end}", (usual, None))[0] for end, usual in (("MIN", "1000"), ("MAX", "60000")))
    if not (least.isdigit() and most.isdigit()):
        return None
    taken = {int(text) for text in _column(context, 2) if text.isdigit() and int(least) <= int(text) <= int(most)}
    number = max(taken) + 1 if taken else int(least)
    return number if number <= int(most) else None


def _column(context, column):
    """Return the texts ({str}) of a column (int, from 0) of /etc/passwd."""
    rows = [text.split(":") for _number, text in context.lines("/etc/passwd")]
    return {row[column] for row in rows if len(row) > column}
