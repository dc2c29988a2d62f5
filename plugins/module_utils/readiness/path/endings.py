# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ends a machine that has come up: units, rules of udev, rc.local and cron that power it off, restart it or go to rescue mode at every boot.

PRIVATE: module_utils of this collection are not an interface.
"""

import posixpath
import re

from ansible_collections.imagewright.azure.plugins.module_utils.core import services, systemd_version, time_span, unit_files, unit_reach, unit_times, units
from ansible_collections.imagewright.azure.plugins.module_utils.core.unit_files import Units
from ansible_collections.imagewright.azure.plugins.module_utils.network import card_name, udev_rules
from ansible_collections.imagewright.azure.plugins.module_utils.readiness import boot_commands
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, Evidence, failed_if, not_applicable
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.path import manager_settings
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.path.udev_devices import DEVICES
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import SYSTEM_MANAGER

_PROGRAMS = ("poweroff", "halt", "reboot", "shutdown")
_VERBS = ("poweroff", "halt", "reboot", "kexec", "rescue", "emergency", "soft-reboot")
_TARGETS = re.compile(r"(rescue|emergency|poweroff|halt|reboot|shutdown)(\.target)?$")
#: Seconds: no machine of Azure is up sooner, or has come so far that its services start.
_SOON, _AT_ONCE = 5, 1.5
_EARLY = ("basic.target", "network-online.target")
_WITH_SUCCESS = 249  # version of systemd
_REQUESTS = ("b", "c", "e", "i", "o")  # Source: Linux Documentation/admin-guide/sysrq.rst
#: What systemd does with a signal that it gets: it restarts, ends or goes to rescue mode, or stops working as one that has crashed.
#: Source: systemd(1), SIGNALS; systemd src/basic/def.h, SIGNALS_CRASH_HANDLER.
_SIGNALS = {"INT": 2, "QUIT": 3, "ILL": 4, "ABRT": 6, "BUS": 7, "FPE": 8, "SEGV": 11}
_SIGNALS.update({f"RTMIN+{number}": 34 + number for number in (1, 2, 3, 4, 5, 6, 7, 13, 14, 15, 16, 17)})
_ACTIONS = re.compile(r"(poweroff|reboot|halt|exit|kexec|soft-reboot)(-force|-immediate)?$")


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
    known = context.shared(Units)
    ending = [run for run in context.facts(boot_commands.commands) if ends(run.command)]
    skipped = {unit for unit in {run.unit for run in ending if run.unit} if units.can_start(known, unit).state == units.SKIPPED}
    found = [Evidence(run.path, run.line, run.text) for run in ending if run.unit not in skipped]
    found += _of_actions(context) + _of_targets(known) + _of_udev(context) + _of_logind(context)
    return failed_if(sorted(set(found), key=lambda place: (place.path, place.line or 0, place.text)))


def _of_actions(context):
    """Return the [Evidence] of services whose end, or whose failure, ends the machine."""
    known, found = context.shared(Units), []
    for unit, settings in context.facts(boot_commands.services_of_boot):
        action, stays = unit_files.last(settings, "Unit", "SuccessAction"), unit_files.last(settings, "Service", "RemainAfterExit")
        at_end = action is not None and _ACTIONS.match(action.value) and not _stays(stays)
        on_failure, kind = _on_failure(settings), unit_files.last(settings, "Service", "Type")
        if kind is not None and kind.value == "oneshot" and not _stays(stays):
            found += [Evidence(setting.path, setting.line, f"{setting.key}={setting.value}") for setting in _on_success(known, unit, settings)]
        state = units.can_start(known, unit.name).state if at_end or on_failure else None
        if on_failure and state == units.FAILS:
            found += [Evidence(setting.path, setting.line, f"{setting.key}={setting.value}, and the unit fails") for setting in on_failure]
        if at_end and state != units.SKIPPED:
            found.append(Evidence(action.path, action.line, f"{action.key}={action.value}"))
    return found


def _stays(setting):
    """Return whether a service is active, by its RemainAfterExit= (UnitSetting or None), when its commands have ended."""
    return setting is not None and setting.value.lower() in unit_files.TRUE


def _on_success(known, unit, settings):
    """Return the [UnitSetting] by which the machine ends when a Unit has ended well, and is not skipped. Source: systemd.unit(5), OnSuccess=, since 249."""
    found = [
        setting for setting in unit_files.listed(settings, "Unit", "OnSuccess") if any(_TARGETS.match(word) for word in setting.value.split() if "." in word)
    ]
    version = systemd_version.version(known.tree) or 0
    return found if version >= _WITH_SUCCESS and units.can_start(known, unit.name).state not in (units.SKIPPED, units.FAILS) else []


def _of_targets(known):
    """Return the [Evidence] of what ends the machine where the boot has not come to a target, or a unit, within seconds.

    Source: systemd.unit(5), JobTimeoutAction=. JobRunningTimeoutSec= does not count: a target runs for no time.
    """
    found = []
    for name in sorted(known.known(unit_reach.reached_through_services)):
        settings = known.readable_settings(known.find(name)) or []
        action, limit = unit_files.last(settings, "Unit", "JobTimeoutAction"), unit_files.last(settings, "Unit", "JobTimeoutSec")
        if action is None or limit is None or not _ACTIONS.match(action.value):
            continue
        is_last = name in ("multi-user.target", "graphical.target")
        waits = is_last or name in _EARLY or unit_times.job_limit(name, settings) is not None
        if waits and 0 < unit_times.seconds(limit) < (_SOON if is_last else _AT_ONCE):
            found.append(Evidence(action.path, action.line, f"{action.key}={action.value}, and {limit.key}={limit.value}"))
    return found


def _of_udev(context):
    """Return the [Evidence] of rules of udev that end the machine when it is told of the first card, or of the disk."""
    card, _place = context.shared(card_name.first_card)
    found = []
    for path, text in udev_rules.files(context.tree):
        for each in udev_rules.rules(text) if "RUN" in text else []:
            runs = [value for key, operator, value in each.tokens if key in ("RUN", "RUN{program}") and operator in ("=", "+=", ":=")]
            if not any(ends(part) for value in runs for part in boot_commands.parts_of(value)):
                continue
            if udev_rules.holds(each, card) or any(udev_rules.is_of(each, device) for device in DEVICES):
                found.append(Evidence(path, each.line, each.text))
    return found


def _of_logind(context):
    """Return the [Evidence] of a machine that ends when nobody has been at it for minutes: a new one, before anybody comes. Source: logind.conf(5)."""
    settings = context.shared(manager_settings.logind)
    action, after = unit_files.last(settings, "Login", "IdleAction"), unit_files.last(settings, "Login", "IdleActionSec")
    seconds = time_span.seconds(after.value) if after is not None else None
    if action is None or action.value not in ("poweroff", "reboot", "halt", "kexec") or seconds is None or seconds >= boot_commands.LONGEST:
        return []
    return [Evidence(action.path, action.line, f"{action.key}={action.value}, and {after.key}={after.value}")]


def _on_failure(settings):
    """Return the settings ([Setting]) of a unit that end the machine when the unit fails."""
    action = unit_files.last(settings, "Unit", "FailureAction")
    found = [action] if action is not None and _ACTIONS.match(action.value) else []
    return found + [
        setting for setting in unit_files.listed(settings, "Unit", "OnFailure") if any(_TARGETS.match(word) for word in setting.value.split() if "." in word)
    ]


def ends(command):
    """Return whether a command line (str) powers a machine off, restarts it or leaves its usual target, whatever else is the case."""
    words = boot_commands.words_of(command)
    if not words:
        return False
    name, rest = posixpath.basename(words[0]), words[1:]
    if name in _PROGRAMS:
        return not {"-c", "-k", "--help", "-w", "--wtmp-only", "--show"} & set(rest)
    if name in ("echo", "printf") and rest and re.search(r">\s*/proc/sysrq-trigger\b", " ".join(rest)):
        return rest[0][:1] in _REQUESTS
    if name in ("init", "telinit"):
        return rest[:1] in (["0"], ["6"], ["1"], ["s"], ["S"])
    if name == "kill":
        return _is_of_first_process(rest)
    if name == "systemctl":
        plain = [word for word in rest if not word.startswith("-")]
        return plain[:1] != [] and (
            plain[0] in _VERBS or plain[0] in ("isolate", "start", "set-default") and bool(plain[1:]) and bool(_TARGETS.match(plain[1]))
        )
    return False


def _is_of_first_process(rest):
    """Return whether the words of kill send the first process a signal by which the machine ends, or nothing is started any more."""
    match = re.match(r"-(?:s |n |-signal[= ])?\s*(?:SIG)?([A-Z]+(?:\+\d+)?|\d+) (?:-- )?(?:\d+ )*1(?: |$)", " ".join(rest))
    return match is not None and (match.group(1) in _SIGNALS or match.group(1).isdigit() and int(match.group(1)) in _SIGNALS.values())


RULES = [stays_up]
