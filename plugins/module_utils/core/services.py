# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which services start at boot, read from files: systemd, OpenRC, SysV, Upstart and runit.

PRIVATE: module_utils of this collection are not an interface.
"""

import re
from typing import Dict, Iterable, Optional


from ansible_collections.imagewright.azure.plugins.module_utils.core import inittab, programs, runit
from ansible_collections.imagewright.azure.plugins.module_utils.core import units as systemd
from ansible_collections.imagewright.azure.plugins.module_utils.core.tree import Tree
from ansible_collections.imagewright.azure.plugins.module_utils.core.unit_files import THERE, Unit, Units
from ansible_collections.imagewright.azure.plugins.module_utils.core.units import DISABLED, FAILS, MASKED, MISSING, STARTS, STATES, UnitAnswer, Cause, Obstacles

ENABLED = "enabled"
#: What starts a service without systemd, at Debian (rcS.d before any runlevel, as networking), Red Hat, SUSE (boot.d the same) and with OpenRC.
_START_LINKS = (
    "/etc/rc[2345S].d/S[0-9][0-9]{}",
    "/etc/rc.d/rc[2345].d/S[0-9][0-9]{}",
    "/etc/init.d/rc[2345].d/S[0-9][0-9]{}",
    "/etc/init.d/boot.d/S[0-9][0-9]{}",
    "/etc/runlevels/*/{}",
)
#: The same where the runlevel is known in which the guest ends: {0} is the script, {1} the runlevel.
_LINKS_OF_LEVEL = (
    "/etc/rc[S{1}].d/S[0-9][0-9]{0}",
    "/etc/rc.d/rc{1}.d/S[0-9][0-9]{0}",
    "/etc/init.d/rc{1}.d/S[0-9][0-9]{0}",
    "/etc/init.d/boot.d/S[0-9][0-9]{0}",
)
#: A script's first line that asks for its program, by its path or the variable that has it; and the line with which a variable gets a path.
_TESTED_PROGRAM = re.compile(r'^[ \t]*(?:test|\[)[ \t]+-[xf][ \t]+"?(\$\{?\w+\}?|/[\w./+-]+)"?[ \t]*\]?[ \t]*\|\|[ \t]*exit\b', re.MULTILINE)
_VALUE = r"""^[ \t]*{}=["']?(/[\w./+-]+)["']?[ \t]*$"""
#: Runlevels of OpenRC in which no machine ends by itself.
_ASIDE = ("shutdown", "single", "recovery", "nonetwork")


def state(tree: Tree, names: Iterable[str]) -> str:
    """Return the best state of the services: enabled, disabled, masked or missing. Whether an enabled one can start is asked by will_start.

    names: [str] without a suffix, ``sshd``, or units, ``ssh.socket``; several are several names of one thing.
    """
    found = states(tree, names).values()
    return next(known for known in (ENABLED, DISABLED, MASKED, MISSING) if known in found)


def states(tree: Tree, names: Iterable[str]) -> Dict[str, str]:
    """Return {name: state} of the services, each asked for itself, in their order."""
    units = tree.known(Units)
    return {name: _state(units, name) for name in names}


def present(tree: Tree, names: Iterable[str]) -> Dict[str, str]:
    """Return {name: state} of those of the services that are there, in their order."""
    return {name: found for name, found in states(tree, names).items() if found != MISSING}


def will_start(units: Units, names: Iterable[str], command_line: Optional[str] = None, obstacles: Optional[Obstacles] = None) -> UnitAnswer:
    """Return the units.UnitAnswer of that of several services which comes furthest: whether it starts at the next boot on Azure, and why not.

    units: Units; names: as of state; command_line, obstacles: as of units.will_start.
    """
    answers = [_will_start(units, name, command_line, obstacles) for name in names]
    return min(answers, key=lambda answer: STATES.index(answer.state))


def uses_systemd(tree: Tree) -> bool:
    """Return whether the guest is started by systemd."""
    return any(tree.exists(path) for path in ("/usr/lib/systemd/systemd", "/lib/systemd/systemd"))


def uses_upstart(tree: Tree) -> bool:
    """Return whether the guest is started by Upstart: Debian's packages bring jobs for it where another init is."""
    return not uses_systemd(tree) and any(tree.exists(path) for path in ("/etc/init/rc-sysinit.conf", "/etc/init/rc.conf"))


def has_job(tree: Tree, name: str) -> bool:
    """Return whether a job of Upstart is what starts a service. Ubuntu has a script of that name beside it, or a link to one that calls Upstart."""
    return tree.exists(f"/etc/init/{name}.conf") and (uses_upstart(tree) or not _has_script(tree, name))


def unit_path(tree: Tree, unit: str) -> Optional[str]:
    """Return the path (str) of a unit's file, or of the link that masks it, None without one."""
    found = tree.known(Units).find(unit)
    return None if found.state == MISSING else found.path


def _state(units: Units, name: str) -> str:
    """Return enabled, disabled, masked or missing. A unit that others start by means that no file shows counts as enabled."""
    unit = units.find(_unit_name(name))
    by_systemd = not _uses_another_init(units.tree)
    if by_systemd and unit.state == MASKED:
        return MASKED
    if by_systemd and unit.state == THERE:
        return DISABLED if systemd.enablement(units, unit).state == DISABLED else ENABLED
    script = MISSING if by_systemd and systemd.is_hidden(unit) else _script(units.tree, name)
    return ENABLED if script == STARTS else DISABLED if unit.state != MISSING and script == MISSING else script


def _uses_another_init(tree: Tree) -> bool:
    """Whether another program than systemd starts the guest; a tree with neither is a part of a system, and taken to have systemd."""
    return not uses_systemd(tree) and any(tree.exists(path) for path in ("/sbin/init", "/etc/inittab", "/etc/init", "/etc/runlevels", "/sbin/openrc"))


def _will_start(units: Units, name: str, command_line: Optional[str], obstacles: Optional[Obstacles]) -> UnitAnswer:
    unit = units.find(_unit_name(name))
    by_systemd = not _uses_another_init(units.tree)
    script = MISSING if by_systemd and systemd.is_hidden(unit) else _script(units.tree, name)
    if by_systemd and unit.state != MISSING or by_systemd and script == MISSING:
        return systemd.will_start(units, _unit_name(name), command_line, obstacles)
    if script == MISSING:
        return UnitAnswer(MISSING, unit, [Cause("/etc/init.d", None, f"there is no service {name}")])
    path = _script_path(units.tree, name)
    wrong = "" if script == DISABLED or has_job(units.tree, name) else _why_not(units.tree, path)
    cause = [Cause(path, None, wrong or _not_started(units.tree))] if wrong or script == DISABLED else []
    return UnitAnswer(FAILS if wrong else script, Unit(name, THERE, path, [name]), cause)


def _script_path(tree: Tree, name: str) -> str:
    """Return where the script of a service is (str), as far as it is known."""
    of_runit = runit.script(tree, name) if runit.starts_guest(tree) else None
    return of_runit or next((path for path in (f"/etc/init.d/{name}", f"/etc/rc.d/init.d/{name}") if tree.exists(path)), f"/etc/init.d/{name}")


def _not_started(tree: Tree) -> str:
    """Return what is wrong (str) of a service that is not started."""
    level = inittab.default_level(tree)
    return f"the runlevel {level}, in which the machine ends, does not start it" if level and not tree.is_dir("/etc/runlevels") else "no runlevel starts it"


def _why_not(tree: Tree, path: str) -> str:
    """Return why a script of SysV or OpenRC does nothing (str), "" when nothing is in its way.

    Of files that were laid out without their modes, or without the system's programs, neither is missed.
    """
    obstacles = [
        obstacle
        for obstacle in programs.obstacles(tree, path)
        if obstacle.kind in (programs.EMPTY, programs.NOT_A_FILE)
        or (obstacle.kind == programs.NOT_EXECUTABLE and obstacle.path == path and tree.has_own_root)
        or (obstacle.kind in (programs.MISSING, programs.NOT_EXECUTABLE) and obstacle.path != path and programs.is_whole_system(tree))
    ]
    return programs.sentence(obstacles[0]) if obstacles else ""


def _script(tree: Tree, name: str) -> str:
    """Return starts, disabled or missing: of a script in init.d, a job of Upstart, or a service of runit."""
    if "." in name:
        return MISSING
    if runit.starts_guest(tree):
        return STARTS if runit.is_started(tree, name) else DISABLED if runit.script(tree, name) else MISSING
    if has_job(tree, name):
        return STARTS if _is_started(tree, name) else DISABLED
    if _has_script(tree, name):
        return STARTS if _has_link(tree, name) else DISABLED
    return MISSING


def _has_link(tree: Tree, name: str) -> bool:
    """Return whether a link starts a script: in the runlevel in which the guest ends, where it is known; systemd takes those of runlevels 2 to 5 for one."""
    level = inittab.default_level(tree) if _uses_another_init(tree) else ""
    if tree.is_dir("/etc/runlevels"):
        return any(path.split("/")[3] not in _ASIDE for path in tree.glob(f"/etc/runlevels/*/{name}"))
    patterns = [pattern.format(name, level) for pattern in _LINKS_OF_LEVEL] if level in ("2", "3", "4", "5") else [each.format(name) for each in _START_LINKS]
    return any(tree.glob(pattern) for pattern in patterns)


def _has_script(tree: Tree, name: str) -> bool:
    """Return whether a service has a script that does something: one whose package is removed stays, and ends where its program is not there."""
    paths = [path for path in (f"/etc/init.d/{name}", f"/etc/rc.d/init.d/{name}") if tree.exists(path)]
    return bool(paths) and not (tree.is_file(paths[0]) and programs.is_whole_system(tree) and _lacks_program(tree, tree.read_text(paths[0])))


def _lacks_program(tree: Tree, text: str) -> bool:
    """Return whether a script ends at once, for the program that it asks for first is not there: `[ -x "$DAEMON" ] || exit 0`."""
    tested = _TESTED_PROGRAM.search(text)
    if tested is None:
        return False
    value = tested.group(1).strip("${}")
    if not value.startswith("/"):
        told = re.findall(_VALUE.format(value), text[: tested.start()], re.MULTILINE)
        value = told[-1] if told else ""
    return bool(value) and not tree.exists(value)


def _is_started(tree: Tree, name: str) -> bool:
    """Return whether a job of Upstart is started by an event: a `start on` without `manual` after it, its override read last.

    Source: init(5) of Upstart, "manual" and "start on"; upstart-override(5).
    """
    started = False
    for path in (f"/etc/init/{name}.conf", f"/etc/init/{name}.override"):
        for line in tree.read_text(path).splitlines() if tree.is_file(path) else []:
            words = line.split("#")[0].split()
            if words == ["manual"] or words[:2] == ["start", "on"]:
                started = words != ["manual"]
    return started


def _unit_name(name: str) -> str:
    return name if "." in name else name + ".service"
