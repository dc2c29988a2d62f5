# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""systemd's unit files: which file a name means, and what it says together with its drop-ins.

PRIVATE: module_utils of this collection are not an interface.
Source: systemd.unit(5), unit file load path, and systemd's src/basic/unit-file.c.
"""

import posixpath
import re
import stat
from typing import Any, Callable, Dict, Iterable, List, NamedTuple, Optional, Set, Tuple, TypeVar

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.program_text import not_utf8, of_systemd
from ansible_collections.imagewright.azure.plugins.module_utils.core.tree import Tree

#: Where the system manager finds units at its next boot, the first that has one counts. What lies below /run is gone by then.
FOLDERS = (
    "/etc/systemd/system.control",
    "/etc/systemd/system",
    "/etc/systemd/system.attached",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
)
#: What systemd takes for a boolean, in any case. Source: parse_boolean of systemd's src/basic/parse-util.c.
TRUE, FALSE = ("1", "yes", "y", "true", "t", "on"), ("0", "no", "n", "false", "f", "off")
_MOST_UNIT = 1024 * 1024  # bytes of a unit or drop-in; real ones have a few KiB
_MOST_ALIASES = 8
_KINDS = ("wants", "requires", "upholds")

_Found = TypeVar("_Found")

THERE, MASKED, MISSING = "there", "masked", "missing"


class Unit(NamedTuple):
    """A unit that was asked for.

    name: the unit that the asked name means in the end; state: there, masked or missing; path: its file, or the link that masks it or leads
    nowhere, None when there is no trace of it; names: the asked name, aliases and template on the way, and name itself.
    """

    name: str
    state: str
    path: Optional[str]
    names: List[str]


class UnitSetting(NamedTuple):
    """One assignment. line: from 1."""

    section: str
    key: str
    value: str
    path: str
    line: int


class Pull(NamedTuple):
    """One link that has a unit started. parent: unit that pulls it; kind: wants, requires or upholds; path: the link."""

    unit: str
    parent: str
    kind: str
    path: str


class Units:
    """The units of a tree. Directories and files are read when they are first asked for, once.

    tree: Tree.
    """

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self._names = {folder: set(tree.listdir(folder)) for folder in FOLDERS}
        self._settings: Dict[str, List[UnitSetting]] = {}
        self._answers: Dict[Callable[[Units], Any], Any] = {}  # what known() returns for each finder

    def find(self, name: str) -> Unit:
        """Return the Unit of a name, e.g. ``ssh.service`` or ``getty@tty1.service``."""
        names = [name]
        for _hop in range(_MOST_ALIASES):
            state, path, alias = self._look_up(name)
            if state == MISSING and path is None and template_of(name):
                state, path, alias = self._look_up(template_of(name))
                names.append(template_of(name))
            if not alias:
                return Unit(name, state, path, names)
            name = _instance(alias, name)
            names.append(name)
        return Unit(name, MISSING, path, names)

    def settings(self, unit: Unit) -> List[UnitSetting]:
        """Return the [UnitSetting] of a Unit: its file's, then those of its drop-ins in the order in which they count.

        Raises ImagewrightError: a file is larger than any unit.
        """
        if unit.name not in self._settings:
            files = ([unit.path] if unit.state == THERE and unit.path else []) + self._drop_ins(unit)
            self._settings[unit.name] = [setting for path in files for setting in parse(self._text(path), path)]
        return self._settings[unit.name]

    def fault(self, unit: Unit) -> Optional[int]:
        """Return the number of the line at which systemd gives up the own file of a Unit that is there, and loads no such unit, None without one.

        Raises ImagewrightError: as settings.
        """
        return not_utf8(self._text(unit.path)) if unit.path else None

    def readable_settings(self, unit: Unit) -> Optional[List[UnitSetting]]:
        """Return the [UnitSetting] of a Unit that is there, as of settings(), None of one that is not, or that cannot be read."""
        if unit.state != THERE:
            return None
        try:
            return self.settings(unit)
        except ImagewrightError:
            return None

    def pulls(self) -> List[Pull]:
        """Return every [Pull] that `systemctl enable` or a package made, by the folder's precedence."""
        return self.known(_pulls)

    def pulls_of(self, unit: Unit) -> List[Pull]:
        """Return the [Pull] of a Unit, by any of its names."""
        return [pull for name in dict.fromkeys(unit.names) for pull in self.known(_pulls_by_unit).get(name, [])]

    def names(self, folder: str) -> Set[str]:
        """Return the names ({str}) in one of FOLDERS."""
        return self._names[folder]

    def known(self, finder: "Callable[[Units], _Found]") -> _Found:
        """Return finder(units), found once."""
        if finder not in self._answers:
            self._answers[finder] = finder(self)
        return self._answers[finder]

    def _look_up(self, name: str) -> Tuple[str, Optional[str], str]:
        """Return (state, path or None, name of the other unit when the path is an alias, else "")."""
        dangling = None
        for folder in FOLDERS:
            if name not in self._names[folder]:
                continue
            path = f"{folder}/{name}"
            target = self.target(path)
            if target == "/dev/null":
                return MASKED, path, ""
            if target is not None and posixpath.dirname(target) in FOLDERS:
                if posixpath.basename(target) != name:
                    return MISSING, path, posixpath.basename(target)
                dangling = dangling or path
                continue
            status = self.tree.stat(path)
            if status is not None and stat.S_ISREG(status.mode):
                return (THERE if status.size else MASKED), path, ""
            dangling = dangling or path
        return MISSING, dangling, ""

    def target(self, path: str) -> Optional[str]:
        """Return where a link points to, as an absolute path, None when it is no link."""
        if not self.tree.is_symlink(path):
            return None
        return posixpath.normpath(posixpath.join(posixpath.dirname(path), self.tree.readlink(path)))

    def _drop_ins(self, unit: Unit) -> List[str]:
        """Return the paths ([str]) of a unit's drop-ins, by name; of one name the first folder's, and there the most special directory's, counts."""
        found: Dict[str, str] = {}
        for directories in [_drop_in_directories(name) for name in unit.names] + [[unit.name.rpartition(".")[2] + ".d"]]:
            for folder in FOLDERS:
                for directory in directories:
                    if directory in self._names[folder]:
                        for name in self.tree.listdir(f"{folder}/{directory}"):
                            found.setdefault(name, f"{folder}/{directory}/{name}")
        return [found[name] for name in sorted(found) if name.endswith(".conf") and self.tree.is_file(found[name])]

    def _text(self, path: str) -> str:
        octets = self.tree.read_bytes(path, _MOST_UNIT + 1)
        if len(octets) > _MOST_UNIT:
            raise ImagewrightError(f"cannot read {path}: it has more than {_MOST_UNIT // 1024} KiB, which no unit has; look whether it is damaged")
        return octets.decode("utf-8", "surrogateescape")


def _pulls(units: Units) -> List[Pull]:
    """Return every [Pull]; a link to /dev/null masks those of its name in the folders behind. Source: process_deps of systemd's src/core/load-dropin.c."""
    found, masked = [], set()
    for folder in FOLDERS:
        for directory in sorted(units.names(folder)):
            parent, _dot, kind = directory.rpartition(".")
            for name in units.tree.listdir(f"{folder}/{directory}") if kind in _KINDS else ():
                path = f"{folder}/{directory}/{name}"
                if units.target(path) == "/dev/null":
                    masked.add((directory, name))
                elif (directory, name) not in masked:
                    found.append(Pull(name, parent, kind, path))
    return found


def _pulls_by_unit(units: Units) -> Dict[str, List[Pull]]:
    found: Dict[str, List[Pull]] = {}
    for pull in units.pulls():
        found.setdefault(pull.unit, []).append(pull)
    return found


def parse(text: str, path: str) -> List[UnitSetting]:
    """Return the [UnitSetting] of a unit file's text, up to a line that is no UTF-8.

    A line that ends with a backslash goes on in the next that is no comment.
    """
    found: List[UnitSetting] = []
    section = ""
    pending: List[str] = []
    first: Optional[int] = None
    last_read = not_utf8(text)
    for number, line in enumerate(of_systemd(text).split("\n")[: last_read and last_read - 1], 1):
        line = line.strip()
        if line.startswith(("#", ";")) or not line and first is None:
            continue
        first = first or number
        if line.endswith("\\"):
            pending.append(line[:-1])
            continue
        whole, pending = " ".join(pending + [line]).strip(), []
        if whole.startswith("[") and whole.endswith("]"):
            section = whole[1:-1]
        elif "=" in whole:
            key, unused, value = whole.partition("=")
            found.append(UnitSetting(section, key.strip(), value.strip(), path, first))
        first = None
    return found


def listed(settings: Iterable[UnitSetting], section: str, key: str) -> List[UnitSetting]:
    """Return the [UnitSetting] of a key that may be set several times: an empty value takes all before it back."""
    found: List[UnitSetting] = []
    for setting in settings:
        if (setting.section, setting.key) == (section, key):
            found = found + [setting] if setting.value else []
    return found


def last(settings: Iterable[UnitSetting], section: str, key: str) -> Optional[UnitSetting]:
    """Return the UnitSetting of a key that counts once, None when it is not set."""
    return next(iter(listed(settings, section, key)[-1:]), None)


def words(settings: Iterable[UnitSetting], section: str, key: str) -> List[str]:
    """Return the words ([str]) of all values of a key, e.g. the units of Wants=."""
    return [word for setting in listed(settings, section, key) for word in setting.value.split()]


def path_of(name: str) -> str:
    """Return the path (str) that a unit's name stands for: ``dev-disk-by\\x2duuid-1.device`` is /dev/disk/by-uuid/1. Source: systemd-escape(1)."""
    octets = name.rpartition(".")[0].replace("-", "/").encode("utf-8", "surrogateescape")
    plain = re.sub(rb"\\x([0-9a-fA-F]{2})", lambda code: bytes([int(code.group(1), 16)]), octets)
    return "/" + plain.decode("utf-8", "surrogateescape")


def template_of(name: str) -> str:
    """Return the template (str) of an instance, ``getty@.service`` of ``getty@tty1.service``, "" when it is none."""
    match = re.match(r"([^@]+@)(.+)(\.[a-z]+)$", name)
    return match.group(1) + match.group(3) if match else ""


def _instance(target: str, name: str) -> str:
    """Return the unit that an alias means: a template gets the instance of the alias."""
    match = re.match(r"[^@]+@(.+)(\.[a-z]+)$", name)
    return target.replace("@.", f"@{match.group(1)}.", 1) if match and "@." in target else target


def _drop_in_directories(name: str) -> List[str]:
    """Return the names ([str]) of the directories with drop-ins of a unit, the most special first: ``a-b.service.d``, ``a-.service.d``."""
    stem, unused, kind = name.rpartition(".")
    prefixes = [stem[: index + 1] for index in range(len(stem) - 2, -1, -1) if stem[index] == "-"]
    return [f"{part}.{kind}.d" for part in [stem] + prefixes]
