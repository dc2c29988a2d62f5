# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""System manager: what systemd's slices leave all services, and all sessions, together.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import re

from ansible_collections.imagewright.azure.plugins.module_utils.core import services, systemd_version, time_span, unit_files
from ansible_collections.imagewright.azure.plugins.module_utils.core.unit_files import Units
from ansible_collections.imagewright.azure.plugins.module_utils.readiness import boot_needs, starting
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, Evidence, failed_if, not_applicable
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.path import manager_limits, manager_settings
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import SYSTEM_MANAGER

_MIB = 1024 * 1024
#: What a slice has to leave. tasks: int, processes and threads; memory: int, bytes, or None where the kernel has no such limit; quota: int, percent of
#: one processor, or None where little is slow and no more.
_Least = collections.namedtuple("_Least", "tasks memory quota")
#: The root slice has no limit of memory and processor; its tasks are those of the whole kernel (kernel.threads-max). A session is a manager of its own,
#: two processes of sshd, and a shell with what it runs.
_LEAST = {
    "-.slice": _Least(512, None, None),
    "system.slice": _Least(32, 64 * _MIB, 5),
    "user.slice": _Least(8, 8 * _MIB, None),
    "user-1000.slice": _Least(8, 8 * _MIB, None),
}
#: A slice that one service has for itself.
_LEAST_OF_OWN = _Least(4, 16 * _MIB, None)
#: The scope of a session, with the drop-ins of all, and seconds: who ends one sooner lets nobody work.
_SCOPE, _SHORTEST = "session-1.scope", 60
#: The whole memory of which percents count here, for an image does not know the size of its machines.
_MEMORY = 4096 * _MIB
#: Versions of systemd whose logind gives each user UserTasksMax=. Source: NEWS of systemd, 228 and 239.
_USER_TASKS = range(228, 239)


@rule(
    "R73d",
    step=SYSTEM_MANAGER,
    severity=ERROR,
    title="The slices of systemd leave services and sessions what they need",
    fault="A slice of systemd leaves all services, or every session, too little",
    why="What system.slice allows is for all services together, what user.slice and user-.slice allow is for each session: beyond it no process is made, "
    "memory is taken back by killing, and packets are dropped.",
    cure="Remove the line from the slice's drop-in, or limit the one service that is meant.",
    source="systemd.resource-control(5); systemd.special(7), user.slice and system.slice; logind.conf(5)",
    choice="AllowedCPUs= of processors that a machine has not is right: the kernel gives all then. A small CPUQuota= of user.slice makes a login slow.",
)
def slices_leave_enough(context):
    """Return failed with the last line of each limit of a slice that is too small for what is in it, and of addresses that it refuses."""
    if not services.uses_systemd(context.tree):
        return not_applicable("the guest is not started by systemd")
    known, found = context.shared(Units), []
    for name, least in list(_LEAST.items()) + [(name, _LEAST_OF_OWN) for name in sorted(_own_slices(context) - set(_LEAST))]:
        settings = known.settings(known.find(name))
        small = [(key, _too_small(settings, key, test)) for key, test in _tests(least)]
        found += [Evidence(setting.path, setting.line, f"{key}={setting.value} for all of {name}") for key, setting in small if setting is not None]
        refused = starting.refusing_platform(settings, "Slice") if name in ("-.slice", "system.slice") else None
        found += [Evidence(refused.path, refused.line, f"IPAddressDeny={refused.value} for all of {name}")] if refused is not None else []
    return failed_if(sorted(set(found + _of_scope(known) + _of_logind(context)), key=lambda place: (place.path, place.line)))


def _own_slices(context):
    """Return the names ({str}) of the slices in which services of the boot are that the first login needs, where their units name one."""
    known = context.shared(Units)
    named = [unit_files.last(known.readable_settings(known.find(name)) or [], "Service", "Slice") for name in context.facts(boot_needs.needed_units)]
    return {setting.value for setting in named if setting is not None and re.match(r"[\w-]+\.slice$", setting.value)}


def _of_scope(known):
    """Return the [Evidence] of what ends each session, or leaves it too little: drop-ins for the scope of a first one. Source: systemd.scope(5)."""
    settings = known.settings(known.find(_SCOPE))
    small = [(key, _too_small(settings, key, test, "Scope")) for key, test in _tests(_LEAST["user-1000.slice"])]
    small.append(("RuntimeMaxSec", _too_small(settings, "RuntimeMaxSec", lambda value: _is_below(time_span.seconds(value), _SHORTEST), "Scope")))
    return [Evidence(setting.path, setting.line, f"{key}={setting.value} for each session") for key, setting in small if setting is not None]


def _tests(least):
    """Return [(key, callable, value -> whether it is too small)] of the limits of a slice."""
    tests = [("TasksMax", lambda value: _is_below(manager_limits.tasks(value), least.tasks))]
    if least.memory is not None:
        tests += [(key, lambda value: _is_below(_memory(value), least.memory)) for key in ("MemoryMax", "MemoryHigh", "MemoryLimit")]
    if least.quota is not None:
        tests.append(("CPUQuota", lambda value: bool(re.match(r"\d+(\.\d+)?%$", value)) and 0 < float(value[:-1]) < least.quota))
    return tests


def _too_small(settings, key, test, section="Slice"):
    """Return the last UnitSetting of a key of [Slice], or of another section, where it is too small; None otherwise."""
    setting = unit_files.last(settings, section, key)
    return setting if setting is not None and test(setting.value) else None


def _is_below(value, least):
    return value is not None and 0 < value < least  # systemd takes no 0


def _memory(value):
    """Return the bytes (float) of a limit of memory, None when systemd does not understand it, or it is none."""
    match = re.match(r"(\d+(?:\.\d+)?)%$", value)
    return float(match.group(1)) * _MEMORY / 100 if match else manager_limits.size(value)


def _of_logind(context):
    """Return the [Evidence] of UserTasksMax=, where this systemd still knows it."""
    if context.shared(systemd_version.version) not in _USER_TASKS:
        return []
    setting = unit_files.last(context.shared(manager_settings.logind), "Login", "UserTasksMax")
    if setting is None or not _is_below(manager_limits.tasks(setting.value), _LEAST["user.slice"].tasks):
        return []
    return [Evidence(setting.path, setting.line, f"UserTasksMax={setting.value}")]


RULES = [slices_leave_enough]
