# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What units do to each other at boot: one that keeps a needed one from being started, and one behind which it waits for ever.

PRIVATE: module_utils of this collection are not an interface.
"""

import posixpath
import re

from ansible_collections.imagewright.azure.plugins.module_utils.core import generators, time_span, unit_files, unit_reach, units
from ansible_collections.imagewright.azure.plugins.module_utils.core.unit_files import Units
from ansible_collections.imagewright.azure.plugins.module_utils.network import card_name
from ansible_collections.imagewright.azure.plugins.module_utils.readiness import boot_commands
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.boot_needs import needed_units
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, Evidence, failed_if, not_applicable
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.provisioner import is_by_cloud_init
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import SYSTEM_MANAGER

#: Targets that every needed unit, or its network, comes behind.
_WAITED_FOR = ("sysinit.target", "basic.target", "local-fs.target", "network-pre.target", "network.target", "sockets.target")
#: One that not every boot waits for: a needed unit has to come behind it.
_ONLINE = "network-online.target"
#: The commands whose end, or whose word, a unit of a kind waits for, and those of any other; values of TimeoutStartSec= that are no limit.
_BESIDE = ("ExecStartPre", "ExecStartPost")
_STARTING = dict.fromkeys(("oneshot", "notify", "notify-reload", "forking"), ("ExecStartPre", "ExecStart", "ExecStartPost"))
_NO_LIMIT = ("infinity", "0", "0s")
#: What has the console as its input and reads nothing there, and what is asked elsewhere whether it asks.
_ASKING_NOTHING = re.compile(r".*autorelabel|systemd-firstboot\.")
#: What an agent comes behind, and what waits itself for each unit that it wants.
_REACHED, _RC_LOCAL = "multi-user.target", "rc-local.service"
#: Where packages put no scripts.
_OWN = ("/usr/local/", "/opt/", "/root/", "/etc/", "/srv/", "/home/", "/var/")


@rule(
    "R69f",
    step=SYSTEM_MANAGER,
    severity=ERROR,
    title="No unit of the boot conflicts with one that the first login needs",
    fault="A unit of the boot keeps one away that the first login needs",
    why="systemd does not start a unit that another one of the same boot conflicts with: it drops the start, and says so nowhere but in its log.",
    cure="Disable the unit that is named, or take the line out of it.",
    source="systemd.unit(5), Conflicts=; systemd src/core/transaction.c",
)
def nothing_conflicts(context):
    """Return failed with each Conflicts= of a unit of the boot that names a needed one; a socket takes the place of its service."""
    known, needed, found = context.shared(Units), context.facts(needed_units), []
    if not needed:
        return not_applicable("no unit is seen to be started")
    later = {service.unit.name for service in context.facts(boot_commands.services_of_boot)}  # which a timer, or a device, starts
    for name in sorted(known.known(unit_reach.reached_through_services) | later):
        unit = known.find(name)
        for setting in unit_files.listed(known.readable_settings(unit) or [], "Unit", "Conflicts"):
            kept = [word for word in setting.value.split() if word in needed and not _takes_its_place(unit, word)]
            found += [Evidence(setting.path, setting.line, f"{setting.key}={setting.value}: {kept[0]} is not started")] if kept else []
    return failed_if(sorted(set(found)))


def _takes_its_place(unit, name):
    """Return whether a Unit is the one of this name, or the socket of the service."""
    return name in unit.names or {own.rpartition(".")[0] for own in unit.names} == {name.rpartition(".")[0]}


@rule(
    "R69g",
    step=SYSTEM_MANAGER,
    severity=ERROR,
    title="Nothing that never ends comes before the first login",
    fault="The boot waits for something that never ends",
    why="A service of the kind oneshot is started when its commands have ended: what is ordered behind it waits until then, by default without a limit. "
    "An assistant of the first start asks at the console, where nobody answers. One of another kind waits so with TimeoutStartSec=infinity.",
    cure="Disable the unit, or give it Type=exec or TimeoutStartSec=; of an assistant, remove the file by which it is started.",
    source="systemd.service(5), Type=, TimeoutStartSec=; systemd.unit(5), Before=; systemd-networkd-wait-online.service(8), --timeout=",
)
def nothing_waits_for_ever(context):
    """Return failed with what never ends in services of the boot: a command, or a question at the console.

    A needed unit, or a target that it comes behind, waits for the service.
    """
    known, found, card = context.shared(Units), [], card_name.first_card(context.tree)[0].name
    for unit, settings in context.facts(boot_commands.services_of_boot):
        kind, limit = (unit_files.last(settings, "Service", key) for key in ("Type", "TimeoutStartSec"))
        seconds, name = time_span.seconds(limit.value) if limit is not None else None, kind.value if kind is not None else "simple"
        commands = [setting for key in _STARTING.get(name, _BESIDE) for setting in unit_files.listed(settings, "Service", key)]
        endless = [setting for setting in commands if boot_commands.never_ends(setting.value.lstrip("@-:+!|")) or _waits_for_others(setting.value, unit, card)]
        endless += _asking(unit, settings) if name == "oneshot" else []
        inside = [] if endless else _in_scripts(context, commands)
        has_limit = seconds is not None and 0 < seconds <= boot_commands.LONGEST
        if not endless + inside or has_limit or name != "oneshot" and (limit is None or limit.value not in _NO_LIMIT):
            continue
        if _is_waited_for(context, known, unit, settings) and units.can_start(known, unit.name).state != units.SKIPPED:
            found += [Evidence(setting.path, setting.line, f"{setting.key}={setting.value}") for setting in endless] + inside
    return failed_if(sorted(set(found + _of_rc_local(context)), key=lambda place: (place.path, place.line or 0)))


def _in_scripts(context, commands):
    """Return the [Evidence] of lines that never end in scripts of an administrator that commands ([UnitSetting]) start by themselves."""
    words = [boot_commands.words_of(setting.value.lstrip("@-:+!|")) for setting in commands]
    paths = [each[0] for each in words if each and each[0].startswith(_OWN)]
    return [Evidence(path, number, text) for path in paths for number, text in boot_commands.waits_in_script(context, path)]


def _of_rc_local(context):
    """Return the [Evidence] of a line of rc.local that never ends, where whoever provisions comes behind what waits for it.

    A generator has multi-user.target want rc-local.service where the script may be executed. Source: systemd-rc-local-generator(8).
    """
    known = context.shared(Units)
    unit = known.find(_RC_LOCAL)
    settings = known.readable_settings(unit)
    if settings is None or not generators.started(context.tree, "systemd-rc-local-generator") or is_by_cloud_init(context.tree):
        return []
    limits = [each for key in ("TimeoutStartSec", "TimeoutSec") for each in [unit_files.last(settings, "Service", key)] if each is not None]
    if unit_files.last(settings, "Service", "Type") is None or not limits or limits[0].value not in _NO_LIMIT:
        return []
    behind = {word for name in context.facts(needed_units) for word in unit_files.words(known.readable_settings(known.find(name)) or [], "Unit", "After")}
    if not behind & {_REACHED, _RC_LOCAL}:
        return []
    started = [boot_commands.words_of(setting.value)[:1] for setting in unit_files.listed(settings, "Service", "ExecStart")]
    return [Evidence(path, number, text) for words in started for path in words for number, text in boot_commands.waits_in_script(context, path)]


def _is_waited_for(context, known, unit, settings):
    """Return whether a needed unit, or a target before it, comes behind a Unit: it says so itself, or the target wants it."""
    before = set(unit_files.words(settings, "Unit", "Before")) | {pull.parent for pull in known.pulls_of(unit)}
    if before & (set(_WAITED_FOR) | context.facts(needed_units)):
        return True
    others = context.facts(needed_units) - set(unit.names)
    behind = {word for name in others for word in unit_files.words(known.readable_settings(known.find(name)) or [], "Unit", "After")}
    own = set(unit_files.words(settings, "Unit", "After"))  # a target does not wait for a unit that comes behind it
    return bool(behind & (set(unit.names) | (before & {_ONLINE, _REACHED} - own)))


def _asking(unit, settings):
    """Return [UnitSetting] of the line by which a Unit reads what somebody types at the console, as the assistants of a first start do."""
    said = unit_files.last(settings, "Service", "StandardInput")
    return [said] if said is not None and said.value in ("tty", "tty-force", "tty-fail") and not _ASKING_NOTHING.match(unit.name) else []


def _waits_for_others(command, unit, card):
    """Return whether a command line waits without a limit until cards are online of which a machine of Azure, whose first is card, lacks one."""
    words = boot_commands.words_of(command.lstrip("@-:+!|"))
    if not words or posixpath.basename(words[0]) != "systemd-networkd-wait-online":
        return False
    options = re.findall(r"(?:^| )(--timeout|--interface|-i)[ =]?(\S+)", " ".join(words[1:]))
    limit = [value for option, value in options if option == "--timeout"][-1:]
    named = [value.replace("%i", unit.name.partition("@")[2].rpartition(".")[0]).partition(":")[0] for option, value in options if option != "--timeout"]
    others = [name for name in named if name not in (card, "lo") and "%" not in name]
    enough = "--any" in words and len(others) < len(named)
    return bool(others) and not enough and limit in (["0"], ["infinity"])


RULES = [nothing_conflicts, nothing_waits_for_ever]
