# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a service runs with: its commands, the files that it reads first, the account that it runs under.

PRIVATE: module_utils of this collection are not an interface.
Source: systemd.service(5), ExecStart= and its like; systemd.exec(5), EnvironmentFile=, User=; sysusers.d(5).
"""

import posixpath
import re
from typing import Callable, List, Optional, Tuple

from ansible_collections.imagewright.azure.plugins.module_utils.core import command_results, credentials, programs, unit_files, unit_places, unit_refusals
from ansible_collections.imagewright.azure.plugins.module_utils.core.tree import Tree
from ansible_collections.imagewright.azure.plugins.module_utils.core.unit_files import TRUE, Unit, UnitSetting

#: (Tree, path) -> why the program there cannot run.
Obstacles = Callable[[Tree, str], List[programs.Obstacle]]
#: A setting, and what is wrong with it (str).
Found = Tuple[UnitSetting, str]

#: What ends the program of a service right after its start. Source: kill(1); the other signals are for reloading and the like.
_KILLED = re.compile(r"(?:/usr)?/bin/kill\s+(?:-(?:s\s+)?(?:SIG)?(?:TERM|KILL|INT|QUIT|ABRT|15|9|2|3|6)\s+)?\$\{?MAINPID\}?$")
_EXEC = ("ExecCondition", "ExecStartPre", "ExecStart", "ExecStartPost")
_SYSUSERS = ("/etc/sysusers.d/*.conf", "/usr/local/lib/sysusers.d/*.conf", "/usr/lib/sysusers.d/*.conf") + tuple(
    f"{store}/sysusers.extra" for store in credentials.STORES
)
_SEARCHED = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")


def of_service(tree: Tree, unit: Unit, settings: List[UnitSetting], obstacles: Obstacles) -> Tuple[List[Found], List[Found]]:
    """Return ([Found] of what keeps a service from running, [Found] of what cannot be told)."""
    faults: List[Found] = []
    doubts: List[Found] = []
    own = [setting for setting in settings if setting.section == "Service"]
    if any(setting.key == "ExecStart" for setting in own) and not unit_files.listed(settings, "Service", "ExecStart"):
        faults.append(([setting for setting in own if setting.key == "ExecStart"][-1], "takes the program away, and none is given instead"))
    faults += unit_refusals.of_service(settings)
    inner = unit_places.inner_root(settings)
    is_made = False  # what a command asks for may be made by one before it
    for key in _EXEC:
        for setting in unit_files.listed(settings, "Service", key):
            path, may_fail = _program(unit, setting.value)
            command, was_made = setting.value.lstrip("@-:+!|").strip(), is_made
            is_made = is_made or key != "ExecStart" and command_results.may_make(tree, command)
            if path is None or may_fail:
                continue
            if inner and path.startswith("/") and not _is_outside(setting.value):
                if tree.is_dir(inner) and tree.lstat(inner + path) is None:
                    faults.append((setting, f"{inner}{path} is not there"))
                continue
            if posixpath.basename(path) == "false":
                faults.append((setting, "it always fails"))
                continue
            if key != "ExecStart" and not was_made and command_results.succeeds(tree, command) is False:
                faults.append((setting, "it fails, for what it asks for is not so on this guest, and the service is not started"))
                continue
            if key == "ExecStartPost" and _KILLED.match(command):
                faults.append((setting, "it ends the program that has just started"))
                continue
            places = [path] if path.startswith("/") else [f"{folder}/{path}" for folder in _SEARCHED]
            answers = [obstacles(tree, place) for place in places if tree.lstat(place) is not None]
            if [] in answers:
                continue
            wrong = answers[0][0] if answers else programs.Obstacle(programs.MISSING, path, "", ())
            (doubts if wrong.kind == programs.UNKNOWN else faults).append((setting, programs.sentence(wrong)))
    faults += [
        (setting, f"{setting.value} is not there")
        for setting in unit_files.listed(settings, "Service", "EnvironmentFile")
        if setting.value.startswith("/")
        and not any(sign in setting.value for sign in "%*?[")
        and not setting.value.startswith(("/run/", "/var/run/"))
        and not tree.exists(setting.value)
    ]
    faults += unit_places.missing(tree, settings) if tree.has_own_root else []
    return faults + _of_account(tree, settings), doubts


def _is_outside(command: str) -> bool:
    """Whether a command line runs in the guest's root whatever the service's own is."""
    return "+" in command[: len(command) - len(command.lstrip("@-:+!|"))]


def _of_account(tree: Tree, settings: List[UnitSetting]) -> List[Found]:
    """Return the [Found] of an account or a group that a service runs under, and that neither is there nor is made at boot by systemd-sysusers."""
    dynamic = unit_files.last(settings, "Service", "DynamicUser")
    if dynamic is not None and dynamic.value.lower() in TRUE:
        return []
    named = [(setting, setting.value, kind) for kind in ("User", "Group") for setting in [unit_files.last(settings, "Service", kind)] if setting is not None]
    named += [(setting, word, "Group") for setting in unit_files.listed(settings, "Service", "SupplementaryGroups") for word in setting.value.split()]
    return [(setting, f"there is no {what} {name}") for setting, name, kind in named for what in [_unknown(tree, name, kind)] if what]


def _unknown(tree: Tree, name: str, kind: str) -> str:
    """Return ``account`` or ``group`` where the name of a User or Group is in no file that makes one, else ""."""
    file, kinds, what = ("passwd", "u!?", "account") if kind == "User" else ("group", "[ug]!?", "group")
    if not name or "%" in name or name.isdigit() or not tree.is_file(f"/etc/{file}"):
        return ""
    places = [f"/etc/{file}", f"/usr/lib/{file}"] + [path for pattern in _SYSUSERS for path in tree.glob(pattern)]
    known = re.compile(rf"^(?:{kinds}\s+\"?)?{re.escape(name)}(?::|\"?\s|$)", re.MULTILINE)
    return "" if any(known.search(tree.read_text(path)) for path in places if tree.is_file(path)) else what


def _program(unit: Unit, command: str) -> Tuple[Optional[str], bool]:
    """Return (path or name of the program of a command line, whether it may fail); None where a variable or specifier names it."""
    rest = command.lstrip("@-:+!|")
    prefix = command[: len(command) - len(rest)]
    rest = rest.strip()
    match = re.match(r"\"([^\"]*)\"|'([^']*)'|(\S+)", rest)
    path = next((group for group in match.groups() if group is not None), "") if match else ""
    instance = unit.name.partition("@")[2].rpartition(".")[0]
    path = path.replace("%i", instance).replace("%%", "%")
    return (None if not path or "$" in path or "%" in path else path), "-" in prefix
