# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has useradd give up, or make a user whose account ends: locks, its files, names and numbers, scripts beside it, dates.

PRIVATE: module_utils of this collection are not an interface.
Source: login.defs(5), useradd(8), subuid(5), shadow(5); useradd.c, find_new_uid.c, find_new_sub_uids.c and run_part.c of shadow 4.13, tried with it:
of a directory of scripts every file is run, and one that cannot be, or fails, ends useradd; lib/commonio.c opens no link, and writes a copy beside each file.
"""

import posixpath
import re
import stat
import time

from ansible_collections.imagewright.azure.plugins.module_utils.core import elf_header, programs
from ansible_collections.imagewright.azure.plugins.module_utils.readiness import login_defs
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import Evidence
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.path import existing_home
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.provisioner import WAAGENT, is_by_cloud_init, provisioner
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.shell_lines import failing_end
from ansible_collections.imagewright.azure.plugins.module_utils.ssh.sshd_access import DEFAULT_NAME

_USERADD = "/etc/default/useradd"
_PROGRAMS = ("/usr/sbin/useradd", "/sbin/useradd")
_WRITTEN = tuple(f"/etc/{name}" for name in ("passwd", "shadow", "group", "gshadow", "subuid", "subgid"))
_LOCK = "/etc/.pwd.lock"  # lckpwdf(3)
#: Numbers of processes that are there whenever somebody asks: init, and the parent of the kernel's own.
_EVER_ALIVE = (1, 2)
_SCRIPTS = "/etc/shadow-maint/useradd-%s.d"
_MOST_PROGRAM = 1024 * 1024  # bytes; real ones have some 150 KiB
_PEOPLE = (("UID", "/etc/passwd", "1000", "60000"), ("GID", "/etc/group", "1000", "60000"))
_SUBORDINATES = (("SUB_UID", "/etc/subuid"), ("SUB_GID", "/etc/subgid"))
#: Numbers of a range that are looked through.
_SMALL_RANGE = 100000


def obstacles(context):
    """Return the [Evidence] of what keeps a new user from being made, or from logging in some days later."""
    known = login_defs.settings(context)
    found = [evidence for names in _PEOPLE for evidence in _of_people(context, known, *names)]
    found += [evidence for names in _SUBORDINATES for evidence in _of_subordinates(context, known, *names)]
    if context.tree.exists(login_defs.PATH) and not context.tree.is_file(login_defs.PATH):
        found.append(Evidence(login_defs.PATH, None, "it is no file, and useradd gives up"))
    days, place = known.get("PASS_MAX_DAYS", ("", None))
    if days == "0":
        text = "from the next day on a password has to be changed, which who logs in with a key does not have"
        found.append(place._replace(text=f"{place.text}: {text}"))
    return (
        found
        + _of_locks(context)
        + _of_group(context)
        + _of_namesake(context)
        + _of_files(context.tree)
        + _of_skeleton(context)
        + _of_scripts(context)
        + _of_expiry(context)
    )


def _of_locks(context):
    """Return the [Evidence] of locks that useradd does not take away, as it does those with the number of a process that has ended."""
    found = []
    for path in [f"{path}.lock" for path in _WRITTEN]:
        is_file = context.tree.is_file(path)
        cause = _of_lock(context.text(path).partition("\0")[0]) if is_file else "is no file" if context.tree.exists(path) else ""
        found += [Evidence(path, None, f"{cause}: useradd gives up")] if cause else []
    return found


def _of_lock(text):
    """Return why a lock with a text (str) stays (str), "" of one that useradd takes away. Source: shadow lib/commonio.c, do_lock_file; get_pid.c."""
    if not text.strip():
        return "is left behind, without the number of a process"
    if not re.fullmatch(r"\s*[-+]?\d+", text):
        return "is left behind, and has more in it than the number of a process"
    return f"is left behind, with the number of a process that is always there ({text.strip()})" if int(text) <= 0 or int(text) in _EVER_ALIVE else ""


def _of_group(context):
    """Return the [Evidence] of a group of the name that a user of Azure has when none is given, without that user: useradd makes no second one."""
    has_own = login_defs.settings(context).get("USERGROUPS_ENAB", ("yes",))[0].lower() != "no"
    if not has_own or DEFAULT_NAME in _names(context) or not any(context.tree.is_file(path) for path in _PROGRAMS):
        return []
    return [
        Evidence("/etc/group", number, f"{text.strip()}: useradd makes no user {DEFAULT_NAME} where the group is there already")
        for number, text in context.lines("/etc/group")
        if text.partition(":")[0] == DEFAULT_NAME
    ]


def _names(context):
    return {text.partition(":")[0] for _number, text in context.lines("/etc/passwd")}


def _of_files(tree):
    """Return the [Evidence] of the files that useradd writes, or their copies, where they are none; what is not there it passes over, or makes."""
    if not any(tree.is_file(path) for path in _PROGRAMS):
        return []
    found = []
    for path in _WRITTEN:
        status = tree.lstat(path)
        if status is not None and tree.exists(path) and not stat.S_ISREG(status.mode):
            found.append(Evidence(path, None, ("is a link" if tree.is_symlink(path) else "is no file") + ": useradd opens none but a file"))
        found += [Evidence(path + sign, None, f"is no file: useradd cannot write {path}") for sign in "-+" if tree.is_dir(path + sign)]
    is_lost = tree.is_dir(_LOCK) or tree.is_symlink(_LOCK) and not tree.is_dir(posixpath.dirname(tree.resolve(_LOCK)))
    return found + ([Evidence(_LOCK, None, "is no file: useradd cannot lock /etc/passwd")] if is_lost else [])


def _of_namesake(context):
    """Return the [Evidence] of an account of the name that a user of Azure has when none is given, which is taken as it is, and lets nobody in.

    Source: WALinuxAgent common/osutil/default.py, useradd and deploy_ssh_pubkey, which writes the key to the home that Azure names.
    """
    rows = [(number, text.split(":")) for number, text in context.lines("/etc/passwd")]
    own = next(((number, row) for number, row in rows if row[0] == DEFAULT_NAME and len(row) == 7), None)
    if own is None or not context.tree.has_own_root:
        return []
    number, row = own
    home, shell = row[5].rstrip("/"), row[6].strip()
    known = [text.split(":") for _number, text in context.lines("/etc/shadow") if text.startswith(DEFAULT_NAME + ":")]
    cause = ""
    if not known:
        cause = "it has no line in /etc/shadow, and PAM turns it away"
    elif shell and (shell.rpartition("/")[2] in programs.NO_SHELLS or context.tree.lstat(shell) is None):
        cause = f"{shell} is no shell"
    elif home != "/home/" + DEFAULT_NAME and provisioner(context.tree).who == WAAGENT:
        cause = f"its key is written to /home/{DEFAULT_NAME}, and its home is another"
    return [Evidence("/etc/passwd", number, f"{DEFAULT_NAME} is there already, and is taken as it is: {cause}")] if cause else []


def _of_skeleton(context):
    """Return the [Evidence] of what a new user gets in the place of its keys: useradd copies it, and the provisioner can write none there."""
    tree = context.tree
    given = [text.strip().partition("=")[2].strip("\"'") for _number, text in context.lines(_USERADD) if text.strip().startswith("SKEL=")]
    skeleton = given[-1] if given and given[-1].startswith("/") else "/etc/skel"
    folder = f"{skeleton}/.ssh"
    if tree.lstat(folder) is not None and not tree.is_dir(folder):
        cause = f"leads to {tree.resolve(folder)}, which is not there" if tree.is_symlink(folder) else "is no directory"
        return [Evidence(folder, None, f"{cause}: every new user gets it in the place of the directory for its keys")]
    if tree.is_dir(f"{folder}/authorized_keys"):
        return [Evidence(f"{folder}/authorized_keys", None, "is a directory: every new user gets it in the place of its keys")]
    status = tree.stat(folder)
    # the agent gives the directory a mode of its own, cloud-init leaves the one that useradd copied
    if status is None or not tree.has_own_root or not is_by_cloud_init(tree):
        return []
    mode = f"has the mode {stat.S_IMODE(status.mode):04o}, which every new user's gets"
    if not status.mode & stat.S_IXUSR:
        return [Evidence(folder, None, f"{mode}: the user may not enter it")]
    is_open = status.mode & existing_home.of_others(context) and existing_home.is_strict(context)
    return [Evidence(folder, None, f"{mode}: others may write there, and sshd takes no key from it (StrictModes)")] if is_open else []


def _of_people(context, known, name, path, least, most):
    """Return the [Evidence] of a range of numbers in which none is free."""
    least, most = known.get(f"{name}_MIN", (least, None)), known.get(f"{name}_MAX", (most, None))
    place = least[1] or most[1]
    below = next((each for each in (least, most) if each[1] is not None and re.match(r"-\d+$", each[0])), None)
    if below:
        return [below[1]._replace(text=f"{below[1].text}: no number is below zero, and useradd takes it for one above all")]
    if place is None or not (least[0].isdigit() and most[0].isdigit()) or name == "GID" and known.get("USERGROUPS_ENAB", ("yes",))[0].lower() == "no":
        return []
    first, last = int(least[0]), int(most[0])
    if first > last:
        return [place._replace(text=f"{place.text}: no number is between {name}_MIN and {name}_MAX")]
    if last - first > _SMALL_RANGE:
        return []
    rows = [text.split(":") for _number, text in context.lines(path)]
    taken = {int(row[2]) for row in rows if len(row) > 2 and row[2].isdigit()}
    is_full = all(number in taken for number in range(first, last + 1))
    return [place._replace(text=f"{place.text}: every number between {name}_MIN and {name}_MAX is taken")] if is_full else []


def _of_subordinates(context, known, name, path):
    """Return the [Evidence] of a range in which no new user gets its subordinate numbers, where the guest gives them."""
    if not context.tree.is_file(path):
        return []
    usual = {"MIN": "100000", "MAX": "600100000", "COUNT": "65536"}
    values = {end: known.get(f"{name}_{end}", (text, None)) for end, text in usual.items()}
    if not all(value.isdigit() for value, _place in values.values()):
        return []
    least, most, count = (int(values[end][0]) for end in ("MIN", "MAX", "COUNT"))
    place = next((where for _value, where in values.values() if where is not None), Evidence(path, None, ""))
    if count and (least > most or most - least + 1 < count):
        return [place._replace(text=f"{place.text}: {name}_MIN and {name}_MAX leave no {count} numbers for a user: useradd fails")]
    return [Evidence(path, None, "no range is free for a new user: useradd fails")] if count and not _has_gap(context, path, least, most, count) else []


def _has_gap(context, path, least, most, count):
    rows = [text.split(":") for _number, text in context.lines(path)]
    taken = sorted((int(row[1]), int(row[2])) for row in rows if len(row) == 3 and row[1].isdigit() and row[2].strip().isdigit())
    free = least
    for first, width in taken:
        if first - free >= count:
            return True
        free = max(free, first + width)
    return most - free + 1 >= count


def _of_scripts(context):
    """Return the [Evidence] of the files beside useradd that fail."""
    tree, found = context.tree, []
    program = next((path for path in _PROGRAMS if tree.is_file(path)), None)
    for when in ("pre", "post"):
        folder = _SCRIPTS % when
        if not tree.is_dir(folder) or program is None or folder.encode("ascii") not in tree.read_bytes(program, _MOST_PROGRAM):
            continue
        for path in [f"{folder}/{name}" for name in tree.listdir(folder)]:
            status = tree.stat(path)
            if status is not None and stat.S_ISREG(status.mode):
                found += _of_script(context, path, status)
    return found


def _of_script(context, path, status):
    first = context.tree.read_bytes(path, 4)
    wrong = "it may not be run" if not status.mode & stat.S_IXUSR else "" if first.startswith((b"#!", elf_header.MAGIC)) else "it is no program"
    wrong = wrong or (programs.why_not(context.tree, path) if context.tree.has_own_root else "")
    if wrong:
        return [Evidence(path, None, f"{wrong}: useradd runs every file here, and ends with it")]
    failing = failing_end(context.lines(path)) if first.startswith(b"#!") else None
    return [Evidence(path, failing[0], f"{failing[1]}: useradd ends with it")] if failing else []


def _of_expiry(context):
    """Return the [Evidence] of an EXPIRE= of useradd that is before today, or no date: the account has expired then, too."""
    found = []
    for number, text in context.lines(_USERADD):
        name, equals, value = text.strip().partition("=")
        value = value.strip().strip("\"'")
        if name != "EXPIRE" or not equals or not value or value == "-1":
            continue
        if re.fullmatch(r"\d\d\d\d-\d\d-\d\d", value):
            is_over = value < time.strftime("%Y-%m-%d", time.gmtime())
        else:
            is_over = int(value) <= time.time() // 86400 if re.fullmatch(r"\d{1,6}", value) else not re.search(r"\d", value)
        if is_over:
            found.append(Evidence(_USERADD, number, f"{text.strip()}: a new user has expired"))
    return found
