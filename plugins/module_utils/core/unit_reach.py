# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the default target pulls in at boot.

PRIVATE: module_utils of this collection are not an interface.
Source: systemd.special(7), bootup(7).
"""

import collections
from typing import Dict, List, Optional, Set

from ansible_collections.imagewright.azure.plugins.module_utils.core import generators, presets, programs, unit_files
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.unit_files import Unit, Units

DEFAULT = "default.target"
_MOST_UNITS = 5000
#: Where the default target is not there to be followed, the machine is judged as one that goes to multi-user.target.
_USUAL = "multi-user.target"
#: What targets pull by what systemd ships; said here so that it holds in trees that lack the targets' files.
_ALWAYS = {
    "graphical.target": ("multi-user.target",),
    "multi-user.target": ("basic.target", "getty.target"),
    "basic.target": ("sysinit.target", "sockets.target", "timers.target", "paths.target", "slices.target"),
    "sysinit.target": ("local-fs.target", "swap.target", "cryptsetup.target"),
}
#: Targets that a generator pulls at boot: what it writes below /run is in no image.
_BY_GENERATORS = {"cloud-init.target": "cloud-init-generator"}
#: Whose links a preset removes; those of packages stay.
_OF_ADMINISTRATOR = "/etc/systemd/system/"
_PULLING = ("Wants", "Requires", "BindsTo", "Upholds")


def default_target(units: Units) -> Unit:
    """Return the Unit of the default target."""
    return units.find(DEFAULT)


def reached(units: Units) -> Set[str]:
    """Return the names ({str}) of the units that the default target (of unit_files.Units) pulls in, directly or through other targets."""
    return _reached(units, through_services=False)


def reached_through_services(units: Units) -> Set[str]:
    """Return the names ({str}) of the units that the default target pulls in, directly or through any unit, which takes a read of each."""
    return _reached(units, through_services=True)


def reached_from(units: Units, name: str) -> Set[str]:
    """Return the names ({str}) of the units that a unit (its name, str) pulls in in place of the default target, directly or through any unit."""
    return _reached(units, through_services=True, start=name)


def _reached(units: Units, through_services: bool, start: str = "") -> Set[str]:
    default = default_target(units)
    start = start or (default.name if default.state == unit_files.THERE else _USUAL)
    links: Dict[str, List[str]] = {}
    for pull in units.pulls():
        if not is_removed(units, pull):
            links.setdefault(pull.parent, []).append(pull.unit)
    for parent, name in units.known(presets.enabled):
        links.setdefault(parent, []).append(name)
    found: Set[str] = set()
    waiting = collections.deque([start] + _by_generators(units))
    while waiting and len(found) < _MOST_UNITS:
        name = waiting.popleft()
        if name in found:
            continue
        found.add(name)
        unit = units.find(name)
        found.update(unit.names)
        if unit.state == unit_files.MASKED:
            continue  # what it would pull stays where it is
        for each in unit.names:
            waiting.extend(links.get(each, []))
            waiting.extend(_ALWAYS.get(each, ()))
        if unit.state == unit_files.THERE and (through_services or name.endswith(".target")):
            waiting.extend(_wanted(units, unit))
    return found


def is_removed(units: Units, pull: unit_files.Pull) -> bool:
    """Return whether systemd removes a link before it looks for what to start, for a preset disables its unit at the first boot."""
    return pull.path.startswith(_OF_ADMINISTRATOR) and removing_rule(units, units.find(pull.unit)) is not None


def removing_rule(units: Units, unit: Unit) -> Optional[presets.PresetRule]:
    """Return the PresetRule that disables a Unit at the first boot, None without one."""
    rules = units.known(presets.disabled)
    return next((rules[name] for name in [unit.name] + unit.names if name in rules), None) if rules else None


def _wanted(units: Units, unit: Unit) -> List[str]:
    try:
        settings = units.settings(unit)
    except ImagewrightError:
        return []
    return [word for key in _PULLING for word in unit_files.words(settings, "Unit", key)]


def _by_generators(units: Units) -> List[str]:
    """Return the targets ([str]) that generators pull; a tree without any generator is a part of a system, and taken to have them and what they pull."""
    tree = units.tree
    if not generators.names(tree):
        return list(_BY_GENERATORS)
    found = [target for target, generator in _BY_GENERATORS.items() if generators.obstacle(tree, generator) is None]
    return [target for target in found if units.find(target).state != unit_files.MISSING or not programs.is_whole_system(tree)]
