# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""System manager, where it is not systemd: what SysV's init, Upstart, or BusyBox's with OpenRC starts, and whether that leads to a login.

Source: inittab(5) of sysvinit and init.c, get_init_default; init/init.c of BusyBox, parse_inittab; rcS.conf and rc-sysinit.conf of Upstart's packages;
openrc(8), rc.conf of OpenRC.

PRIVATE: module_utils of this collection are not an interface.
"""

import re

from ansible_collections.imagewright.azure.plugins.module_utils.core import inittab, programs, services, shell_variables
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import Evidence

_STARTING = ("once", "wait", "bootwait", "boot", "sysinit", "respawn")
#: What init starts before any runlevel.
_FIRST = ("sysinit", "boot", "bootwait")
#: Scripts of SysV's init itself.
_OF_SYSV = ("/etc/init.d/rc", "/etc/init.d/rcS", "/etc/rc.d/rc", "/etc/rc.d/rc.sysinit")
#: The jobs of Upstart that lead to SysV's scripts: what follows the start, and what starts a runlevel's scripts.
_FIRST_JOBS, _RUNLEVEL_JOB = ("/etc/init/rcS.conf", "/etc/init/rc-sysinit.conf"), "/etc/init/rc.conf"
_OPENRC = re.compile(r"(?:^|[\s/])(?:openrc|rc)\s+(\w+)")
_RUNLEVELS, _CONFIGURATION = "/etc/runlevels", "/etc/rc.conf"
#: Kinds of container in which OpenRC starts no service that looks after a disk: the root stays as the kernel mounts it.
_CONTAINERS = ("docker", "jail", "lxc", "openvz", "podman", "prefix", "rkt", "systemd-nspawn", "vserver")


def without_login(context):
    """Return the [Evidence] of an init that stops before the services of a runlevel; None where no file tells what init starts."""
    tree = context.tree
    lines = inittab.lines(tree)
    levels = [line for line in lines if line.action == "initdefault"]
    ending = [_of_line(line) for line in levels if line.levels[:1] in tuple("016sS")]
    if ending:
        return ending
    if _has_upstart(tree):
        return []
    if tree.is_dir(_RUNLEVELS):
        return _of_openrc(tree, lines)
    if not tree.is_file(inittab.PATH):
        return [Evidence(inittab.PATH, None, "is not there: init asks for a runlevel")] if _has_sysv(tree) else None
    if len(lines) == len(levels) and not programs.is_whole_system(tree):
        return [] if levels else None  # a part of the file
    if not levels:
        return [Evidence(inittab.PATH, None, "has no line initdefault: init asks for a runlevel")]
    level = levels[0].levels[:1]
    found = [] if any(line.action in _FIRST and line.process for line in lines) else [_lacks("that starts the system (sysinit)")]
    runs = [line for line in lines if line.action in _STARTING and line.action not in _FIRST and (not line.levels or level in line.levels)]
    if not any(re.search(r"/rc(?:\s|$)|/rc\.\w+", line.process.partition("#")[0]) for line in runs):
        found.append(_lacks(f"that starts the services of runlevel {level}"))
    return found


def lacking(context):
    """Return the [Evidence] of the programs and jobs that the start goes through, and that are not there or cannot run."""
    tree = context.tree
    if _has_upstart(tree):
        return _of_upstart(tree)
    found = [Evidence(_CONFIGURATION, None, f"rc_sys={kind}: OpenRC leaves out what a machine needs") for kind in _container(tree)]
    if not programs.is_whole_system(tree):
        return found
    level = inittab.default_level(tree)
    for line in inittab.lines(tree):
        if line.action in ("sysinit", "bootwait", "boot", "wait") and (not line.levels or not level or level in line.levels or line.action in _FIRST):
            path = line.process.split()[0] if line.process else ""
            wrong = programs.why_not(tree, path) if path.startswith("/") else ""
            found += [_of_line(line)._replace(text=f"{line.text}: {wrong}")] if wrong else []
    return found


def root_is_left(context):
    """Return the [Evidence] that no service of OpenRC mounts the root again, to write.

    One that another service needs is started with it.
    """
    tree = context.tree
    script = "/etc/init.d/root"
    if not tree.is_dir(_RUNLEVELS) or not tree.is_file(script) or services.state(tree, ["root"]) == services.ENABLED:
        return []
    enabled = {path.rpartition("/")[2] for path in tree.glob(_RUNLEVELS + "/*/*")}
    scripts = [f"/etc/init.d/{name}" for name in enabled if tree.is_file(f"/etc/init.d/{name}")]
    if any(re.search(r"^\s*need\b[^\n]*\broot\b", tree.read_text(path), re.MULTILINE) for path in scripts):
        return []
    return [Evidence(_RUNLEVELS + "/boot/root", None, "is not there: no service mounts the root again, to write")]


def _has_upstart(tree):
    """Return whether Upstart starts the guest, also where one of its own jobs is gone."""
    return services.uses_upstart(tree) or tree.is_file(_FIRST_JOBS[0])


def _of_line(line):
    return Evidence(inittab.PATH, line.number, line.text)


def _lacks(what):
    return Evidence(inittab.PATH, None, f"has no line {what}")


def _has_sysv(tree):
    """Return whether SysV's init is what starts the guest: its own scripts are there."""
    return any(tree.is_file(path) for path in _OF_SYSV)


def _of_openrc(tree, lines):
    """Return the [Evidence] of an inittab by which BusyBox or SysV's init does not start OpenRC's runlevels; openrc-init needs none."""
    if tree.resolve("/sbin/init").endswith("/openrc-init") or not tree.is_file("/sbin/init"):
        return []
    if not tree.is_file(inittab.PATH):
        return [Evidence(inittab.PATH, None, "is not there, and nobody starts OpenRC")]
    started = {match.group(1) for line in lines if line.action in _STARTING for match in [_OPENRC.search(line.process)] if match}
    others = started - {"sysinit", "boot", "shutdown", "single"}
    missing = [level for level in ("sysinit", "boot") if level not in started] + ([] if others else ["default"])
    return [_lacks(f"that starts OpenRC's runlevel {level}") for level in missing]


def _of_upstart(tree):
    found = [] if any(tree.is_file(path) for path in _FIRST_JOBS) else [Evidence(_FIRST_JOBS[0], None, "is not there, and nothing starts a runlevel")]
    return found + ([] if tree.is_file(_RUNLEVEL_JOB) else [Evidence(_RUNLEVEL_JOB, None, "is not there, and nothing starts the services of a runlevel")])


def _container(tree):
    """Return [the kind of container (str)] that rc.conf of OpenRC takes the machine for."""
    kind = shell_variables.values(tree.read_text(_CONFIGURATION), _CONFIGURATION).get("rc_sys") if tree.is_file(_CONFIGURATION) else None
    return [kind] if (kind or "").lower() in _CONTAINERS else []
