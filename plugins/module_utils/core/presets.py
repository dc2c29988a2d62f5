# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What systemd enables and disables by itself at the first boot of a guest, which is one without a machine-id.

PRIVATE: module_utils of this collection are not an interface.
Source: systemd.preset(5); machine-id(5), First Boot Semantics; manager_preset_all of systemd's src/core/manager.c. Tried with systemd 252 and 257.
"""

import fnmatch
import posixpath
from typing import Dict, List, NamedTuple, Optional, Tuple

from ansible_collections.imagewright.azure.plugins.module_utils.core import unit_files
from ansible_collections.imagewright.azure.plugins.module_utils.core.distribution import distribution
from ansible_collections.imagewright.azure.plugins.module_utils.core.tree import Tree
from ansible_collections.imagewright.azure.plugins.module_utils.core.unit_files import Units

_FOLDERS = ("/etc/systemd/system-preset", "/usr/local/lib/systemd/system-preset", "/usr/lib/systemd/system-preset", "/lib/systemd/system-preset")
_MACHINE_ID = "/etc/machine-id"
_KINDS = ("service", "socket", "target", "timer", "path", "mount", "automount", "swap")
_VERBS = ("enable", "disable", "ignore")
#: The first versions of distributions whose systemd disables at the first boot, too, and all others only enable.
#: Source: -Dfirst-boot-full-preset=true in the systemd.spec of Fedora ("Preset All Systemd Units on First Boot") and of Azure Linux; EL 10 is of Fedora 40.
_DISABLING = {"fedora": 37, "azurelinux": 3, "rhel": 10, "centos": 10, "almalinux": 10, "rocky": 10, "ol": 10}


class PresetRule(NamedTuple):
    """One line. verb: enable, disable or ignore; pattern: of the names of units; line: from 1."""

    verb: str
    pattern: str
    path: str
    line: int


def enabled(units: Units) -> List[Tuple[str, str]]:
    """Return [(unit that wants it, unit)] of what a first boot enables; [] of another boot. What no line names is enabled, too."""
    found: List[Tuple[str, str]] = []
    for name, rule in units.known(_decided).items():
        if (rule is None or rule.verb == "enable") and "@" not in name:
            found += _wanting(units, name)
            for other in unit_files.words(units.readable_settings(units.find(name)) or [], "Install", "Also"):
                found += _wanting(units, other)
    return found


def disabled(units: Units) -> Dict[str, PresetRule]:
    """Return {unit: PresetRule} of the units whose links in /etc a first boot removes; {} of another boot, and of a systemd that removes none."""
    own = distribution(units.tree)
    if own.name not in _DISABLING or not own.version or own.version[0] < _DISABLING[own.name]:
        return {}
    return {name: rule for name, rule in units.known(_decided).items() if rule is not None and rule.verb == "disable"}


def _wanting(units: Units, name: str) -> List[Tuple[str, str]]:
    settings = units.readable_settings(units.find(name)) or []
    return [(parent, name) for key in ("WantedBy", "RequiredBy") for parent in unit_files.words(settings, "Install", key)]


def _decided(units: Units) -> Dict[str, Optional[PresetRule]]:
    """Return {unit: PresetRule or None, where no line names it} of the units that have a file, at a first boot, {} at another.

    A tree without a preset is a part of a system, for systemd brings one.
    """
    tree = units.tree
    if not tree.has_own_root or tree.exists(_MACHINE_ID) and tree.read_bytes(_MACHINE_ID, 64).strip() != b"uninitialized":
        return {}
    rules = _rules(tree)
    names = sorted({name for folder in unit_files.FOLDERS for name in units.names(folder) if name.rpartition(".")[2] in _KINDS})
    if not rules:
        return {}
    return {name: next((rule for rule in rules if fnmatch.fnmatchcase(name, rule.pattern)), None) for name in names if units.find(name).name == name}


def _rules(tree: Tree) -> List[PresetRule]:
    """Return the [PresetRule] in the order in which they count: by the names of the files, whatever their folder."""
    by_name: Dict[str, str] = {}
    for folder in _FOLDERS:
        for path in tree.glob(folder + "/*.preset"):
            by_name.setdefault(posixpath.basename(path), path)
    found = []
    for path in [by_name[name] for name in sorted(by_name) if tree.is_file(by_name[name])]:
        for number, line in enumerate(tree.read_text(path).splitlines(), 1):
            words = line.split()
            if len(words) > 1 and words[0] in _VERBS:
                found.append(PresetRule(words[0], words[1], path, number))
    return found
