# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Conditions of systemd's units, as they come out on a virtual machine of Azure.

PRIVATE: module_utils of this collection are not an interface.
Source: systemd.unit(5), conditions and asserts. Hyper-V is "microsoft" to systemd-detect-virt.
"""

import fnmatch
import posixpath
import re
import stat
from typing import Iterable, List, Optional, Tuple

from ansible_collections.imagewright.azure.plugins.module_utils.core import machine_conditions, systemd_version
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.machine import architecture
from ansible_collections.imagewright.azure.plugins.module_utils.core.tree import Tree
from ansible_collections.imagewright.azure.plugins.module_utils.core.unit_files import FALSE, TRUE, UnitSetting

#: What is made at boot, so that no file tells of it.
_MADE_AT_BOOT = re.compile(r"/(?:run|var/run|var/lock|proc|sys|dev|tmp)(?:/|$)")
#: Of these, what every machine of Azure has.
_ON_AZURE = re.compile(r"/(?:dev/vmbus(?:/hv_(?:kvp|vss|fcopy))?|sys/bus/vmbus(?:/.*)?|dev/ptp_hyperv|dev/null|dev/console|run|proc|sys|dev|tmp)/?$")
#: Variables of the manager that do not come from the kernel's command line.
_ALWAYS_SET = ("PATH", "LANG", "TERM", "HOME", "USER", "SHELL")
#: Since which systemd a machine-id that is empty is none of a first boot. Source: systemd's NEWS, 247.
_EMPTY_IS_NO_FIRST_BOOT = 247
_MACHINES = {"x86_64": "x86-64", "aarch64": "arm64"}


def outcome(settings: Iterable[UnitSetting], prefix: str, tree: Tree, command_line: Optional[str] = None) -> Tuple[Optional[bool], Optional[UnitSetting]]:
    """Return (truth, UnitSetting or None): whether a unit's conditions hold on Azure, and the one that decides; None when it cannot be told.

    settings: [UnitSetting]; prefix: ``Condition``, where a false one skips the unit, or ``Assert``, where it fails;
    command_line: str, the kernel's, or None when not known. All have to be true, and one of those with a pipe.
    """
    plain: List[Tuple[Optional[bool], UnitSetting]] = []
    triggers: List[Tuple[Optional[bool], UnitSetting]] = []
    for setting in settings:
        if setting.section != "Unit" or not setting.key.startswith(prefix):
            continue
        if not setting.value:
            plain, triggers = [], []
            continue
        trigger = setting.value.startswith("|")
        value = setting.value.lstrip("|").strip()
        negated = value.startswith("!")
        truth = _truth(setting.key[len(prefix) :], value.lstrip("!").strip(), negated, tree, command_line)
        (triggers if trigger else plain).append((truth, setting))
    answers = plain + ([max(triggers, key=lambda each: {True: 2, None: 1, False: 0}[each[0]])] if triggers else [])
    for wanted in (False, None):
        for truth, setting in answers:
            if truth is wanted:
                return truth, setting
    return True, None


def _truth(kind: str, value: str, negated: bool, tree: Tree, command_line: Optional[str]) -> Optional[bool]:
    if kind in _OF_FILES:
        return _of_file(kind, value, negated, tree)
    if kind in ("KernelCommandLine", "Environment"):
        truth = _of_command_line(kind, value, command_line)
    elif kind == "FirstBoot" and _told_of_first_boot(command_line) is not None and value.lower() in TRUE + FALSE:
        truth = _told_of_first_boot(command_line) == (value.lower() in TRUE)
    elif kind in _OF_SYSTEM:
        truth = _OF_SYSTEM[kind](value, tree)
    elif kind in machine_conditions.CONDITIONS:
        truth = machine_conditions.CONDITIONS[kind](value, tree, command_line)
    else:
        return None
    return truth if truth is None else truth != negated


def _of_file(kind: str, path: str, negated: bool, tree: Tree) -> Optional[bool]:
    path = path.split("*")[0] if kind == "PathExistsGlob" and _MADE_AT_BOOT.match(path) else path
    if "%" in path or not path.startswith("/"):
        return None
    if kind == "PathIsReadWrite" and path.startswith("/proc/sys"):
        return not negated
    if _MADE_AT_BOOT.match(posixpath.normpath(path)):
        if kind == "PathExists" and _ON_AZURE.match(posixpath.normpath(path)):
            return not negated
        # a file below /run that must not be there is a switch, and nobody has made it
        return True if negated and path.startswith("/run/") else None
    return _OF_FILES[kind](path, tree) != negated


def _status(path: str, tree: Tree) -> Tuple[int, int]:
    status = tree.stat(path)
    return (0, 0) if status is None else (status.mode, status.size)


_OF_FILES = {
    "PathExists": lambda path, tree: tree.exists(path),
    "PathExistsGlob": lambda path, tree: bool(tree.glob(path)),
    "PathIsDirectory": lambda path, tree: tree.is_dir(path),
    "PathIsSymbolicLink": lambda path, tree: tree.is_symlink(path),
    "PathIsReadWrite": lambda path, tree: tree.exists(path),
    "DirectoryNotEmpty": lambda path, tree: bool(tree.listdir(path)),
    "FileNotEmpty": lambda path, tree: tree.is_file(path) and _status(path, tree)[1] > 0,
    "FileIsExecutable": lambda path, tree: tree.is_file(path) and bool(_status(path, tree)[0] & (stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)),
}


def _of_command_line(kind: str, value: str, command_line: Optional[str]) -> Optional[bool]:
    """Whether the kernel's command line has a word, or a parameter of this name. It is the manager's environment too."""
    if command_line is None:
        return None
    parameters = command_line.split()
    if kind == "Environment" and value.partition("=")[0] in _ALWAYS_SET:
        return None
    if kind == "Environment":
        return value in parameters
    return value in parameters if "=" in value else any(parameter.partition("=")[0] == value for parameter in parameters)


def _told_of_first_boot(command_line: Optional[str]) -> Optional[bool]:
    """Return what systemd.condition_first_boot= says, None without it."""
    told = None
    for word in (command_line or "").split():
        name, _sign, text = word.partition("=")
        if name.replace("-", "_") == "systemd.condition_first_boot" and (text.lower() or "yes") in TRUE + FALSE:
            told = (text.lower() or "yes") in TRUE
    return told


def _virtualization(value: str, unused_tree: Tree) -> bool:
    return value.lower() in TRUE + ("vm", "microsoft")


def architecture_is(value: str, tree: Tree) -> Optional[bool]:
    """Return whether the guest's processor is the one that systemd calls value (str, ``x86-64``), None when it is not known."""
    if value == "native":
        return True
    try:
        found = architecture(tree)[0]
    except ImagewrightError:
        return None
    return _MACHINES[found] == value if found in _MACHINES else None


def _host(value: str, tree: Tree) -> Optional[bool]:
    """Return False when the guest's own name, which it has until it is provisioned, is another; None else, and for a machine-id."""
    if re.match(r"[0-9a-f]{32}$", value) or not tree.is_file("/etc/hostname"):
        return None
    name = tree.read_bytes("/etc/hostname", 256).decode("ascii", "replace").strip().lower()
    return None if not name or fnmatch.fnmatchcase(name, value.lower()) else False


def _first_boot(value: str, tree: Tree) -> Optional[bool]:
    """Since 247 an empty machine-id is none of a first boot, before it was; one that is not there always is."""
    if value.lower() not in TRUE + FALSE:
        return None
    path = "/etc/machine-id"
    text = tree.read_bytes(path, 64).decode("ascii", "replace").strip() if tree.is_file(path) else ""
    is_first = True if text == "uninitialized" else False if re.match(r"[0-9a-f]{32}$", text) else None
    own = systemd_version.version(tree)
    if not text and own is not None and tree.is_file(path):
        is_first = own < _EMPTY_IS_NO_FIRST_BOOT
    return None if is_first is None else is_first == (value.lower() in TRUE)


def _user(value: str, unused_tree: Tree) -> bool:
    return value in ("root", "0", "@system")


def _os_release(value: str, tree: Tree) -> Optional[bool]:
    path = next((each for each in ("/etc/os-release", "/usr/lib/os-release") if tree.is_file(each)), None)
    match = re.match(r"([A-Z_]+)\s*(=|!=)\s*[\"']?(.*?)[\"']?$", value)
    if path is None or not match:
        return None
    fields = dict(re.findall(r"^([A-Z_]+)=[\"']?(.*?)[\"']?$", tree.read_bytes(path, 65536).decode("utf-8", "replace"), re.MULTILINE))
    return (fields.get(match.group(1), "") == match.group(3)) == (match.group(2) == "=")


_OF_SYSTEM = {
    "Virtualization": _virtualization,
    "Architecture": architecture_is,
    "FirstBoot": _first_boot,
    "Host": _host,
    "User": _user,
    "Group": _user,
    "OSRelease": _os_release,
    # the manager has every capability, and a virtual machine no battery
    "Capability": lambda unused_value, unused_tree: True,
    "ACPower": lambda value, unused_tree: value.lower() in TRUE,
}
