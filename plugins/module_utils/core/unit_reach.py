# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the default target pulls in at boot.

PRIVATE: module_utils of this collection are not an interface.
Source: systemd.special(7), bootup(7).
"""

import collections
import fnmatch
import posixpath
from typing import Dict, List, Set, Tuple

from ansible_collections.imagewright.azure.plugins.module_utils.core import generators, programs, unit_files
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
#: What PID 1 enables at a first boot. Source: systemd.preset(5), manager_preset_all of systemd's src/core/manager.c, which disables nothing by default.
_PRESETS = ("/etc/systemd/system-preset", "/usr/local/lib/systemd/system-preset", "/usr/lib/systemd/system-preset", "/lib/systemd/system-preset")
_MACHINE_ID = "/etc/machine-id"
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


def _reached(units: Units, through_services: bool) -> Set[str]:
    default = default_target(units)
    start = default.name if default.state == unit_files.THERE else _USUAL
    links: Dict[str, List[str]] = {}
    for pull in units.pulls():
        links.setdefault(pull.parent, []).append(pull.unit)
    for parent, name in units.known(_preset):
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


def _wanted(units: Units, unit: Unit) -> List[str]:
    try:
        settings = units.settings(unit)
    except ImagewrightError:
        return []
    return [word for key in _PULLING for word in unit_files.words(settings, "Unit", key)]


def _preset(units: Units) -> List[Tuple[str, str]]:
    """Return [(unit that wants it, unit)] of what a line of a preset enables when the guest has its first boot; a unit that no line names is left out."""
    tree = units.tree
    if not tree.has_own_root or tree.exists(_MACHINE_ID) and tree.read_bytes(_MACHINE_ID, 64).strip() != b"uninitialized":
        return []
    by_name: Dict[str, str] = {}
    for folder in _PRESETS:
        for path in tree.glob(folder + "/*.preset"):
            by_name.setdefault(posixpath.basename(path), path)
    lines = [line.split() for _name, path in sorted(by_name.items()) if tree.is_file(path) for line in tree.read_text(path).splitlines()]
    rules = [words[:2] for words in lines if len(words) > 1 and words[0] in ("enable", "disable")]
    found = []
    for name in sorted({name for folder in unit_files.FOLDERS for name in units.names(folder) if "." in name and "@" not in name}):
        verb = next((verb for verb, pattern in rules if fnmatch.fnmatchcase(name, pattern)), "")
        settings = units.readable_settings(units.find(name)) if verb == "enable" else None
        found += [(parent, name) for key in ("WantedBy", "RequiredBy") for parent in unit_files.words(settings or [], "Install", key)]
    return found


def _by_generators(units: Units) -> List[str]:
    """Return the targets ([str]) that generators pull; a tree without any generator is a part of a system, and taken to have them and what they pull."""
    tree = units.tree
    if not generators.names(tree):
        return list(_BY_GENERATORS)
    found = [target for target, generator in _BY_GENERATORS.items() if generators.obstacle(tree, generator) is None]
    return [target for target in found if units.find(target).state != unit_files.MISSING or not programs.is_whole_system(tree)]
