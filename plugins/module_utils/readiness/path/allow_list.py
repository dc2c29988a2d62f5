# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""System manager: fapolicyd, a list of what may be opened and run.

PRIVATE: module_utils of this collection are not an interface.
"""

import posixpath
import re

from ansible_collections.imagewright.azure.plugins.module_utils.core import services
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, Evidence, failed, not_applicable, passed
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import SYSTEM_MANAGER

_FOLDER, _OLD, _COMPILED, _CONF = ("/etc/fapolicyd/" + name for name in ("rules.d", "fapolicyd.rules", "compiled.rules", "fapolicyd.conf"))
_RULE = re.compile(r"\s*(allow|deny)(?:_audit|_syslog|_log)?\s+(?:perm=(open|execute|any)\s+)?(.+?)\s+:\s+(.+?)\s*")
#: A program of a package's, which the shell of whoever logs in and the programs that it starts are; fapolicyd trusts it.
_PROGRAM = "/usr/bin/bash"
_WATCHED = ("ext4", "xfs", "btrfs")


@rule(
    "R84",
    step=SYSTEM_MANAGER,
    severity=ERROR,
    title="fapolicyd lets the programs of the system run",
    fault="fapolicyd lets no program of the system run",
    why="The first rule that fits decides, for each file that is opened or run: one that denies everything, before those that allow what packages brought, "
    "leaves nobody a shell.",
    cure="Have the rule that denies everything behind the others (90-), or start with permissive = 1 in /etc/fapolicyd/fapolicyd.conf.",
    source="fapolicyd.rules(5), fapolicyd.conf(5); fagenrules and fapolicyd.service of fapolicyd",
    choice="A rule for some users, programs or kinds of files is passed over where it cannot be told whether it fits; one that allows then ends the look.",
)
def programs_are_allowed(context):
    """Return failed with the rule by which fapolicyd, which starts and is not permissive, denies a user the shell or the libraries of it."""
    if services.state(context.tree, ["fapolicyd"]) != services.ENABLED:
        return not_applicable("fapolicyd is not enabled")
    settings = dict(re.findall(r"^\s*(\w+)\s*=\s*(.*?)\s*$", context.text(_CONF), re.MULTILINE))
    if settings.get("permissive") == "1" or not set(_WATCHED) & set(re.split(r"[\s,]+", settings.get("watch_fs", _WATCHED[0]))):
        return passed()
    rules = _rules(context)
    denied = next(filter(None, (_denied(rules, permission) for permission in ("execute", "open"))), None)
    return failed([denied]) if denied else passed()


def _rules(context):
    """Return [Evidence] of the lines that fapolicyd loads, in their order; [] where its unit gives up before it starts."""
    tree = context.tree
    if not tree.is_dir(_FOLDER) or not tree.listdir(_FOLDER):
        paths = [path for path in (_OLD, _COMPILED) if tree.is_file(path)][:1]
    elif tree.exists(_OLD):
        return []
    else:
        paths = sorted(tree.glob(_FOLDER + "/*.rules"), key=_by_version)
    return [Evidence(path, number, text) for path in paths for number, text in context.lines(path)]


def _by_version(path):
    """Return the key of a path in the order of `ls -v`."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", posixpath.basename(path)) if part]


def _denied(rules, permission):
    """Return the Evidence of the rule that denies a permission (execute or open) for a program of the system, None where none does, or it is not known."""
    for place in rules:
        match = _RULE.fullmatch(place.text)
        if not match or (match.group(2) or "open") not in (permission, "any"):
            continue
        fits = _fits(match.group(3), _of_subject), _fits(match.group(4), _of_object)
        if False in fits:
            continue
        if match.group(1) == "allow":
            return None
        if None not in fits:
            return place._replace(text=place.text.strip())
    return None


def _fits(fields, told):
    """Return whether all fields (str) of a rule fit: True, False, or None where it is not known."""
    answers = [True if field == "all" else told(*field.partition("=")[::2]) for field in fields.split()]
    return False if False in answers else None if None in answers else True


def _of_subject(name, value):
    """Return whether a field fits the process: the server, or the shell, of a user of Azure."""
    if name in ("uid", "gid"):
        return False if value in ("0", "root") else None
    if name == "exe":
        return None if posixpath.basename(value) in ("sshd", "sshd-session", "bash", "sh", "sudo") else False
    return True if (name, value) == ("trust", "1") else None


def _of_object(name, value):
    """Return whether a field fits a program of a package's."""
    if name in ("path", "dir") and value.startswith("/"):
        return value == _PROGRAM if name == "path" else _PROGRAM.startswith(value)
    return True if (name, value) == ("trust", "1") else False if (name, value) == ("trust", "0") else None


RULES = [programs_are_allowed]
