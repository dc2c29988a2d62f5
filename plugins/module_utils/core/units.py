# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Will this unit start: on Azure, at the next boot of a guest that systemd starts.

PRIVATE: module_utils of this collection are not an interface.
Source: systemd.unit(5), systemd.service(5), systemd.exec(5).
"""

from typing import Dict, List, NamedTuple, Optional, Set

from ansible_collections.imagewright.azure.plugins.module_utils.core import programs, unit_conditions, unit_files, unit_labels, unit_reach
from ansible_collections.imagewright.azure.plugins.module_utils.core import unit_programs, unit_refusals, unit_times
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.libraries import Libraries
from ansible_collections.imagewright.azure.plugins.module_utils.core.tree import Tree
from ansible_collections.imagewright.azure.plugins.module_utils.core.unit_programs import Obstacles
from ansible_collections.imagewright.azure.plugins.module_utils.core.unit_files import MASKED, MISSING, THERE, TRUE, UnitSetting, Unit, Units

#: What comes of a unit: it starts; its condition is false (systemd skips it without an error); it is started and fails; nobody starts it; it is
#: masked; it is not there; it cannot be told.
STARTS, SKIPPED, FAILS, DISABLED, UNKNOWN = "starts", "skipped", "fails", "disabled", "unknown"
#: Templates of which systemd's generators write whole instances. Source: systemd-cryptsetup-generator(8) and its like.
_BY_GENERATORS = ("systemd-cryptsetup", "systemd-veritysetup", "systemd-integritysetup", "systemd-makefs", "systemd-mkswap", "systemd-growfs")
STATES = (STARTS, UNKNOWN, SKIPPED, FAILS, DISABLED, MASKED, MISSING)


class Cause(NamedTuple):
    """Why. path: the guest's; line: from 1."""

    path: str
    line: Optional[int]
    text: str


class UnitAnswer(NamedTuple):
    """state: one of STATES; causes: [] when it starts."""

    state: str
    unit: Unit
    causes: List[Cause]


def will_start(units: Units, name: str, command_line: Optional[str] = None, obstacles: Optional[Obstacles] = None) -> UnitAnswer:
    """Return the UnitAnswer for a unit, e.g. ``ssh.service``: pulled in by the default target, and able to start.

    units: Units; command_line: str, the kernel's, None when not known;
    obstacles: programs.obstacles where none is given.
    """
    unit = units.find(name)
    if unit.state != THERE:
        return _not_there(units, unit)
    enabled = enablement(units, unit)
    return can_start(units, name, command_line, obstacles) if enabled.state == STARTS else enabled


def can_start(units: Units, name: str, command_line: Optional[str] = None, obstacles: Optional[Obstacles] = None) -> UnitAnswer:
    """Return the UnitAnswer for a unit that somebody starts, by whatever: its file, its conditions, its programs and what it requires."""
    return _can_start(units, units.find(name), command_line, obstacles or _obstacles_of(units), set())


def enablement(units: Units, unit: Unit) -> UnitAnswer:
    """Return the UnitAnswer whether the default target pulls a Unit in; starts means that it does.

    A unit without [Install] that nothing is seen to pull may be started by a device, a generator or another program: unknown.
    """
    names = set(unit.names)
    if names & units.known(unit_reach.reached):
        return UnitAnswer(STARTS, unit, [])
    pulls = units.pulls_of(unit)
    if names & units.known(unit_reach.reached_through_services):
        return UnitAnswer(STARTS, unit, [])
    removing = unit_reach.removing_rule(units, unit)
    if removing is not None and any(unit_reach.is_removed(units, pull) for pull in pulls):
        text = f"{removing.verb} {removing.pattern}: systemd disables {unit.name} at the first boot, which is that without a machine-id"
        return UnitAnswer(DISABLED, unit, [Cause(removing.path, removing.line, text)])
    if any(pull.parent.endswith(".device") for pull in pulls):
        return UnitAnswer(UNKNOWN, unit, [Cause(pull.path, None, f"started when the device is there: {pull.parent}") for pull in pulls])
    if pulls:
        return UnitAnswer(DISABLED, unit, [Cause(pull.path, None, f"{pull.parent}, which wants it, is not part of the boot") for pull in pulls])
    if not any(setting.section == "Install" for setting in units.settings(unit)):
        return UnitAnswer(UNKNOWN, unit, [_about(unit, "nothing is seen to start it, and it has no [Install]")])
    return UnitAnswer(DISABLED, unit, [_about(unit, f"{unit.name} is not enabled: no target wants it")])


def nobody_starts(units: Units, name: str) -> Optional[Cause]:
    """Return the Cause when nothing pulls in a unit that systemd's package has pulled in, where the boot goes its usual way; else None.

    None, too, of a unit that is not there, and of a tree that is not a whole system.
    """
    unit, reached = units.find(name), units.known(unit_reach.reached_through_services)
    if unit.state != THERE or not programs.is_whole_system(units.tree) or "multi-user.target" not in reached or reached.intersection(unit.names):
        return None
    return _about(
        unit, "nothing starts it: the link to it in TARGET.wants, which its package brings, is gone, or one to /dev/null in /etc/systemd/system hides it"
    )


def _can_start(units: Units, unit: Unit, command_line: Optional[str], obstacles: Obstacles, seen: Set[str]) -> UnitAnswer:
    """Return the UnitAnswer for a Unit; seen: {str}, units that are being asked already, to which this one is added."""
    seen.add(unit.name)
    if unit.state != THERE:
        return _not_there(units, unit)
    try:
        settings, fault = units.settings(unit), units.fault(unit)
    except ImagewrightError as error:
        return UnitAnswer(UNKNOWN, unit, [_about(unit, str(error))])
    if fault is not None:
        return UnitAnswer(FAILS, unit, [Cause(unit.path or unit.name, fault, "is no UTF-8, and systemd does not load the unit")])
    doubts = []
    for prefix, state in (("Condition", SKIPPED), ("Assert", FAILS)):
        truth, setting = unit_conditions.outcome(settings, prefix, units.tree, command_line)
        if setting is None:
            continue  # all of them hold
        if truth is False:
            return UnitAnswer(state, unit, [_at(setting, "is not true")])
        doubts.append(_at(setting, "cannot be decided here"))
    faults = _of_requirements(units, settings + _linked(units, unit), command_line, obstacles, seen)
    faults += [_at(setting, text) for setting, text in unit_times.too_short(unit.name, settings)]
    if unit.name.endswith(".socket"):
        faults += [_at(setting, text) for setting, text in unit_refusals.of_socket(settings)]
        faults += _of_socket(units, unit, settings, command_line, obstacles, seen)
    if unit.name.endswith(".service"):
        found, doubtful = unit_programs.of_service(units.tree, unit, settings, obstacles)
        faults += [_at(setting, text) for setting, text in found]
        doubts += [_at(setting, text) for setting, text in doubtful]
        if unit_refusals.starts_nothing(settings) and programs.is_whole_system(units.tree):
            faults.append(_about(unit, "it has no ExecStart=, and systemd refuses it"))
        faults += [_at(setting, text) for setting, text in unit_labels.unknown(units.tree, settings, command_line)]
    if faults:
        return UnitAnswer(FAILS, unit, faults)
    return UnitAnswer(UNKNOWN, unit, doubts) if doubts else UnitAnswer(STARTS, unit, [])


def _obstacles_of(units: Units) -> Obstacles:
    libraries = units.known(_libraries)
    return lambda tree, path: programs.obstacles(tree, path, libraries=libraries)


def _libraries(units: Units) -> Libraries:
    return Libraries(units.tree, programs.inspect_file)


def _not_there(units: Units, unit: Unit) -> UnitAnswer:
    if unit.state == MASKED:
        target = "a link to /dev/null" if unit.path and units.tree.is_symlink(unit.path) else "an empty file"
        return UnitAnswer(MASKED, unit, [_about(unit, f"{unit.name} is masked: {target}")])
    links = [Cause(pull.path, None, f"enabled, but there is no unit {unit.name}") for pull in units.pulls_of(unit)]
    dangling = [_about(unit, "a link to a unit that is not there")] if unit.path and not links else []
    return UnitAnswer(MISSING, unit, links + dangling or [Cause("/usr/lib/systemd/system", None, f"there is no unit {unit.name}")])


def _of_requirements(units: Units, settings: List[UnitSetting], command_line: Optional[str], obstacles: Obstacles, seen: Set[str]) -> List[Cause]:
    """Return the [Cause] of required services, sockets, targets, paths and timers that are not there, are masked or fail; others are made at boot."""
    faults = []
    for setting in settings:
        if setting.section != "Unit" or setting.key not in ("Requires", "BindsTo", "Requisite"):
            continue
        for name in setting.value.split():
            if "%" in name or not name.endswith((".service", ".socket", ".target", ".path", ".timer")):
                continue
            required = units.find(name)
            if required.name in seen:
                continue
            answer = _can_start(units, required, command_line, obstacles, seen)
            if answer.state == MASKED or answer.state == FAILS or answer.state == MISSING and (is_hidden(required) or not _may_be_generated(units.tree, name)):
                faults.append(_at(setting, f"which is {'masked' if answer.state == MASKED else 'missing' if answer.state == MISSING else 'not able to start'}"))
                faults += answer.causes
            elif setting.key == "BindsTo" and _ends_at_once(units, required):
                faults.append(_at(setting, f"{required.name} ends when it is done, and this unit with it"))
            elif setting.key == "Requisite" and enablement(units, required).state == DISABLED:
                faults.append(_at(setting, f"nothing starts {required.name}, and a requisite is not started for this unit"))
    return faults


def _linked(units: Units, unit: Unit) -> List[UnitSetting]:
    """Return the [UnitSetting] for which links in a unit's ``.requires`` stand, also those that lead nowhere; systemd passes over one to /dev/null.

    Source: process_deps of systemd's src/core/load-dropin.c.
    """
    return [
        UnitSetting("Unit", "Requires", pull.unit, pull.path, 0)
        for name in dict.fromkeys(unit.names)
        for pull in units.known(_required).get(name, [])
        if units.tree.is_symlink(pull.path) and units.tree.readlink(pull.path) != "/dev/null"
    ]


def _required(units: Units) -> Dict[str, List[unit_files.Pull]]:
    found: Dict[str, List[unit_files.Pull]] = {}
    for pull in units.pulls():
        if pull.kind == "requires":
            found.setdefault(pull.parent, []).append(pull)
    return found


def _ends_at_once(units: Units, unit: Unit) -> bool:
    """Whether a service is not active any more when its commands have ended."""
    if unit.state != THERE or not unit.name.endswith(".service"):
        return False
    settings = units.settings(unit)
    kind, stays = unit_files.last(settings, "Service", "Type"), unit_files.last(settings, "Service", "RemainAfterExit")
    return kind is not None and kind.value == "oneshot" and (stays is None or stays.value.lower() not in TRUE)


def is_hidden(unit: Unit) -> bool:
    """Return whether a link that leads to no unit has the place of a Unit: systemd looks no further, and starts no script in its place."""
    return unit.state == MISSING and (unit.path is not None or len(unit.names) > 1 and "@" not in unit.names[0])


def _may_be_generated(tree: Tree, name: str) -> bool:
    """Whether a generator makes the unit at boot: of a script in init.d, or an instance of crypttab and its like; others need their template."""
    stem = name.rpartition(".")[0]
    if "@" in stem:
        return stem.partition("@")[0] in _BY_GENERATORS or not programs.is_whole_system(tree)
    return name.endswith(".service") and tree.exists(f"/etc/init.d/{stem}")


def _of_socket(units: Units, unit: Unit, settings: List[UnitSetting], command_line: Optional[str], obstacles: Obstacles, seen: Set[str]) -> List[Cause]:
    """Return the [Cause] of a socket whose service cannot start when somebody connects."""
    service = service_of_socket(unit, settings)
    required = units.find(service)
    if "%" in service or required.name in seen:
        return []
    answer = _can_start(units, required, command_line, obstacles, seen)
    return answer.causes if answer.state in (MASKED, MISSING, FAILS, SKIPPED) else []


def service_of_socket(unit: Unit, settings: List[UnitSetting]) -> str:
    """Return the name of the service that a socket's Unit starts; of one for each connection, that of a first one."""
    named = unit_files.last(settings, "Socket", "Service")
    accepts = unit_files.last(settings, "Socket", "Accept")
    stem = unit.name.rpartition(".")[0]
    per_connection = accepts is not None and accepts.value.lower() in TRUE
    return named.value if named else f"{stem}@1.service" if per_connection else f"{stem}.service"


def _about(unit: Unit, text: str) -> Cause:
    """Return the Cause that lies in the file of a Unit."""
    return Cause(unit.path or unit.name, None, text)


def _at(setting: UnitSetting, text: str) -> Cause:
    return Cause(setting.path, setting.line or None, f"{setting.key}={setting.value}: {text}")
