# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ends a machine that has come up: units, rc.local and cron that power it off, restart it or go to rescue mode at every boot.

PRIVATE: module_utils of this collection are not an interface.
"""

import posixpath
import re
import shlex
import stat

from ansible_collections.imagewright.azure.plugins.module_utils.core import services, unit_files, unit_reach, units
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.unit_files import THERE, Units
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, Evidence, failed_if, not_applicable
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.shell_lines import unguarded
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import SYSTEM_MANAGER

_PROGRAMS = ("poweroff", "halt", "reboot", "shutdown")
_VERBS = ("poweroff", "halt", "reboot", "kexec", "rescue", "emergency", "soft-reboot")
_TARGETS = re.compile(r"(rescue|emergency|poweroff|halt|reboot|shutdown)(\.target)?$")
_ACTIONS = re.compile(r"(poweroff|reboot|halt|exit|kexec|soft-reboot)(-force|-immediate)?$")
_SHELLS = ("sh", "bash", "dash", "ash")
_RC_LOCAL = ("/etc/rc.local", "/etc/rc.d/rc.local")
_CRON = ("/etc/crontab", "/etc/cron.d/*", "/var/spool/cron/crontabs/root", "/var/spool/cron/root", "/var/spool/cron/tabs/root")


@rule(
    "R69c",
    step=SYSTEM_MANAGER,
    severity=ERROR,
    title="Nothing of the boot ends the machine",
    fault="Something of the boot powers the machine off, or restarts it",
    why="A last step of the build that stayed enabled runs at the boot of every machine made of the image: Azure shows it as stopped, or it never comes up.",
    cure="Disable the unit (`systemctl disable`), or remove the line.",
    source="systemd.service(5); systemd.unit(5), SuccessAction=; crontab(5)",
)
def stays_up(context):
    """Return failed with each command of an enabled unit or timer, of rc.local and of cron's @reboot that ends the machine, and each unit whose end does."""
    tree = context.tree
    if not services.uses_systemd(tree):
        return not_applicable("the guest is not started by systemd")
    return failed_if(_of_units(context.shared(Units)) + _of_rc_local(context) + _of_cron(context))


def _of_units(known):
    found = []
    reached = known.known(unit_reach.reached_through_services)
    for name in sorted(reached | _of_timers(known, reached)):
        unit = known.find(name)
        if unit.state != THERE or not unit.name.endswith(".service"):
            continue
        try:
            settings = known.settings(unit)
        except ImagewrightError:
            continue
        ending = [
            setting
            for key in ("ExecStartPre", "ExecStart", "ExecStartPost")
            for setting in unit_files.listed(settings, "Service", key)
            if ends(setting.value.lstrip("@-:+!|"))
        ]
        action, stays = unit_files.last(settings, "Unit", "SuccessAction"), unit_files.last(settings, "Service", "RemainAfterExit")
        if action is not None and _ACTIONS.match(action.value) and not (stays is not None and stays.value.lower() in ("yes", "true", "1", "on")):
            ending.append(action)
        on_failure = _on_failure(settings)
        state = units.can_start(known, name).state if ending or on_failure else None
        if on_failure and state == units.FAILS:
            found += [Evidence(setting.path, setting.line, f"{setting.key}={setting.value}, and the unit fails") for setting in on_failure]
        if ending and state != units.SKIPPED:
            found += [Evidence(setting.path, setting.line, f"{setting.key}={setting.value}") for setting in ending]
    return sorted(set(found))


def _on_failure(settings):
    """Return the settings ([Setting]) of a unit that end the machine when the unit fails."""
    action = unit_files.last(settings, "Unit", "FailureAction")
    found = [action] if action is not None and _ACTIONS.match(action.value) else []
    return found + [
        setting for setting in unit_files.listed(settings, "Unit", "OnFailure") if any(_TARGETS.match(word) for word in setting.value.split() if "." in word)
    ]


def _of_timers(known, reached):
    """Return the names ({str}) of the units that enabled timers start a time after each boot."""
    found = set()
    for name in sorted(each for each in reached if each.endswith(".timer")):
        unit = known.find(name)
        if unit.state != THERE:
            continue
        try:
            settings = known.settings(unit)
        except ImagewrightError:
            continue
        if any(unit_files.listed(settings, "Timer", key) for key in ("OnBootSec", "OnStartupSec", "OnActiveSec")):
            started = unit_files.last(settings, "Timer", "Unit")
            found.add(started.value if started is not None and started.value else name[: -len("timer")] + "service")
    return found


def _of_rc_local(context):
    """Return the [Evidence] of commands of rc.local that no condition guards; systemd runs it when it may be executed."""
    found = []
    for path in _RC_LOCAL:
        status = context.tree.stat(path)
        if status is None or not stat.S_ISREG(status.mode) or not status.mode & stat.S_IXUSR:
            continue
        found += [Evidence(path, number, words) for number, words in unguarded(context.lines(path)) if ends(words)]
    return found


def _of_cron(context):
    found = []
    for path in [path for pattern in _CRON for path in (context.tree.glob(pattern) if "*" in pattern else [pattern])]:
        for number, text in context.lines(path):
            words = text.split()
            if words[:1] == ["@reboot"] and (ends(" ".join(words[1:])) or ends(" ".join(words[2:]))):
                found.append(Evidence(path, number, text.strip()))
    return found


def ends(command):
    """Return whether a command line (str) powers a machine off, restarts it or leaves its usual target, whatever else is the case."""
    try:
        words = shlex.split(command, comments=True)
    except ValueError:
        return False
    while words and posixpath.basename(words[0]) in ("sudo", "exec", "env", "nohup"):
        words = words[1:]
    if not words:
        return False
    name, rest = posixpath.basename(words[0].rstrip(";")), [word.rstrip(";") for word in words[1:]]
    if name in _PROGRAMS:
        return not {"-c", "-k", "--help", "-w", "--wtmp-only", "--show"} & set(rest)
    if name in ("init", "telinit"):
        return rest[:1] in (["0"], ["6"], ["1"], ["s"], ["S"])
    if name == "systemctl":
        plain = [word for word in rest if not word.startswith("-")]
        return plain[:1] != [] and (plain[0] in _VERBS or plain[0] in ("isolate", "start") and bool(plain[1:]) and bool(_TARGETS.match(plain[1])))
    if name in _SHELLS and "-c" in rest[:2]:
        inner = rest[rest.index("-c") + 1 : rest.index("-c") + 2]
        return bool(inner) and not re.search(r"\b(if|while|until|case)\b|&&|\|\|", inner[0]) and any(ends(part) for part in inner[0].split(";") if part.strip())
    return False


RULES = [stays_up]
