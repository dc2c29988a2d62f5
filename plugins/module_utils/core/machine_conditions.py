# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Conditions of systemd's units that ask about the machine: its firmware, its kernel, its security modules and its mounts, as they are on Azure.

PRIVATE: module_utils of this collection are not an interface.
Source: systemd.unit(5); condition.c of systemd. Each function returns whether a condition without ``!`` is true, None when it cannot be told.
"""

import fnmatch
import operator
import posixpath
import re
from typing import Any, Callable, Dict, List, Optional, Tuple

from ansible_collections.imagewright.azure.plugins.module_utils.core import apparmor, systemd_version, unit_labels
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.machine import architecture
from ansible_collections.imagewright.azure.plugins.module_utils.core.tree import Tree

#: What Azure's firmware says of itself, the same on each size. Source: Microsoft, "Virtual Machines", DMI of Hyper-V.
FIRMWARE = {
    "sys_vendor": "Microsoft Corporation",
    "product_name": "Virtual Machine",
    "board_vendor": "Microsoft Corporation",
    "board_name": "Virtual Machine",
    "chassis_vendor": "Microsoft Corporation",
    "chassis_asset_tag": "7783-7084-3265-9085-8269-3286-77",
}
_FIELD = re.compile(r"smbios-field\(\s*(\w+)\s*(!=|=|!\$=|\$=)\s*(.*?)\s*\)$")
#: Programs of an EFI firmware: without any, the disk starts by a BIOS alone.
_EFI_FOLDERS = ("/boot/efi/EFI", "/efi/EFI", "/boot/EFI")
_EFI_MOUNT = re.compile(r"^\s*[^#\s]\S*\s+(?:/boot/efi|/efi)/?\s", re.MULTILINE)
#: Words that depend on the size and the kind of the machine.
_OF_THE_SIZE = ("tomoyo", "ima", "uefi-secureboot", "tpm2", "cvm", "measured-uki", "measured-os")
_KERNELS = ("/lib/modules", "/usr/lib/modules")
_COMPARED = re.compile(r"(<=|>=|!=|==|=|<|>)\s*(.*)$")
_OPERATORS: Dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
    "==": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    ">": operator.gt,
}
#: Mounts that every boot has; those that generators, the agent and cloud-init make, or that lie below /run, are not known.
_ALWAYS_MOUNTED = ("/", "/proc", "/sys", "/dev", "/run", "/dev/shm", "/dev/pts")
_PERHAPS_MOUNTED = re.compile(r"/(?:boot|efi|home|srv|usr|var|var/tmp|tmp|(?:mnt|media|snap|proc|sys|dev|run)(?:/.*)?)$")
_UNIT_FOLDERS = ("/etc/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system")
#: The least and the most of the sizes that most machines have, bytes and processors: of the series B, D and E. Source: Microsoft, "Sizes for virtual machines".
_MEMORY, _PROCESSORS = (960 * 1024**2, 64 * 1024**3), (1, 16)
#: Since which systemd the old control groups are gone; from 256 on they ask for a word of the command line. Source: its NEWS, 258.
_NO_OLD_GROUPS = 258
#: Since which systemd a condition is one; an older leaves the line out.
_CREDENTIALS_SINCE, _VERSION_SINCE = 252, 258
_CREDENTIALS = ("/boot/efi/loader/credentials/*", "/efi/loader/credentials/*", "/boot/loader/credentials/*", "/etc/credstore*/*", "/usr/lib/credstore*/*")


def firmware(value: str, tree: Tree, unused_line: Optional[str]) -> Optional[bool]:
    """Return whether the firmware is the one that ConditionFirmware= asks for; a machine of Azure has a device tree on no x86."""
    is_x86 = _architecture(tree) == "x86_64"
    field = _FIELD.match(value)
    if value == "uefi":
        return has_efi(tree)
    if value.startswith("device-tree"):
        return False if is_x86 else None
    if not field or field.group(1) not in FIRMWARE:
        return None if value.startswith("smbios-field(") else False
    own, sign, wanted = FIRMWARE[field.group(1)], field.group(2), field.group(3).strip("\"'")
    same = fnmatch.fnmatchcase(own, wanted) if "$" in sign else own == wanted
    return same != sign.startswith("!")


def has_efi(tree: Tree) -> Optional[bool]:
    """Return whether the guest is started by an EFI firmware: an Arm one is, one without any file for it is not."""
    if _architecture(tree) == "aarch64":
        return True
    by_bios = bool(tree.glob("/boot/grub*/i386-pc"))
    if any(tree.is_dir(folder) for folder in _EFI_FOLDERS) or _EFI_MOUNT.search(_text(tree, "/etc/fstab")):
        return None
    return False if by_bios else None


def security(value: str, tree: Tree, command_line: Optional[str]) -> Optional[bool]:
    """Return whether the kernel runs a security module, or the machine has what secures it; a word that systemd does not know is never true."""
    words = (command_line or "").split()
    if value == "selinux":
        return None if unit_labels.has_selinux(tree, command_line) else False
    if value == "apparmor":
        return (True if command_line is not None else None) if apparmor.has_apparmor(tree, command_line) else False
    if value == "smack":
        others = tree.is_dir("/etc/apparmor.d") or tree.is_file("/etc/selinux/config")
        return False if others and command_line is not None and not any("smack" in word for word in words) else None
    if value == "audit":
        return False if {"audit=0", "audit=off"} & set(words) else None
    if value == "uefi-secureboot" and has_efi(tree) is False:
        return False
    return None if value in _OF_THE_SIZE else False


def kernel_version(value: str, tree: Tree, unused_line: Optional[str]) -> Optional[bool]:
    """Return whether every kernel that is installed has the version, None where some have, or there is none."""
    versions = {name for folder in _KERNELS for name in tree.listdir(folder) if tree.is_file(f"{folder}/{name}/modules.dep")}
    answers = {_fits(version, value) for version in versions}
    return answers.pop() if len(answers) == 1 else None


def version(value: str, tree: Tree, command_line: Optional[str]) -> Optional[bool]:
    """Return the truth of ConditionVersion=, whose first word is what has the version: kernel, systemd or glibc."""
    what, _space, rest = value.partition(" ")
    own = systemd_version.version(tree)
    if own is None or own < _VERSION_SINCE or what == "glibc":
        return None
    if what == "systemd":
        return _fits(str(own), rest.strip())
    return kernel_version(rest.strip() if what == "kernel" else value, tree, command_line)


def path_is_mount_point(path: str, tree: Tree, unused_line: Optional[str]) -> Optional[bool]:
    """Return whether something is mounted on a path; False where neither fstab nor a unit names it."""
    path = posixpath.normpath(path)
    if path in _ALWAYS_MOUNTED:
        return True
    if not path.startswith("/") or "%" in path or _PERHAPS_MOUNTED.match(path):
        return None
    points = {posixpath.normpath(row[1]) for row in _rows(tree, "/etc/fstab") if len(row) > 1 and row[1].startswith("/")}
    # a name with a dash or another sign is escaped in the unit's name
    name = re.sub(r"[^A-Za-z0-9:_./]", lambda sign: f"\\x{ord(sign.group()):02x}", path[1:]).replace("/", "-")
    units = any(f"{name}{kind}" in tree.listdir(folder) for folder in _UNIT_FOLDERS for kind in (".mount", ".automount"))
    return None if path in points or units else False


def path_is_encrypted(path: str, tree: Tree, command_line: Optional[str]) -> Optional[bool]:
    """Return False where nothing of the guest opens an encrypted device."""
    opens = _rows(tree, "/etc/crypttab") or any(re.match(r"(rd\.)?luks|crypt", word) for word in (command_line or "").split())
    return None if opens or command_line is None or "%" in path else False


def credential(value: str, tree: Tree, command_line: Optional[str]) -> Optional[bool]:
    """Return False where nobody gives the manager a credential: no word of the command line and no file does, and Azure's firmware has none."""
    own = systemd_version.version(tree)
    if own is None or own < _CREDENTIALS_SINCE or command_line is None or any(tree.glob(pattern) for pattern in _CREDENTIALS):
        return None
    return None if "credential" in command_line or not value else False


def memory(value: str, unused_tree: Tree, unused_line: Optional[str]) -> Optional[bool]:
    """Return whether a machine has the memory that ConditionMemory= asks for; None where only some usual sizes have."""
    sign, number = _asked(value)
    asked = re.match(r"(\d+)(?:\.\d+)?\s*([BKMGTPE]?)$", number)
    return _of_usual_sizes(sign, int(asked.group(1)) * 1024 ** "BKMGTPE".index(asked.group(2) or "B"), _MEMORY) if asked else None


def processors(value: str, unused_tree: Tree, unused_line: Optional[str]) -> Optional[bool]:
    """Return whether a machine has the processors that ConditionCPUs= asks for, likewise."""
    sign, number = _asked(value)
    return _of_usual_sizes(sign, int(number), _PROCESSORS) if re.match(r"\d{1,9}$", number) else None


def _asked(value: str) -> Tuple[str, str]:
    """Return (operator, number (str)) of a condition; without an operator at least that many."""
    compared = _COMPARED.match(value)
    return (compared.group(1), compared.group(2).strip()) if compared else (">=", value.strip())


def control_groups(value: str, tree: Tree, command_line: Optional[str]) -> Optional[bool]:
    """Return False for the old control groups where systemd has none any more, and for a controller that the command line takes away."""
    own = systemd_version.version(tree)
    if value == "v1":
        return False if own is not None and own >= _NO_OLD_GROUPS else None
    taken = {name for word in (command_line or "").split() if word.startswith("cgroup_disable=") for name in word.partition("=")[2].split(",")}
    return False if value in taken else None


def _of_usual_sizes(sign: str, asked: int, sizes: Tuple[int, int]) -> Optional[bool]:
    answers = {_OPERATORS[sign](size, asked) for size in sizes}
    return answers.pop() if len(answers) == 1 else None


#: {name of the condition: its truth of (value, Tree, the kernel's command line or None)}
CONDITIONS: Dict[str, Callable[[str, Tree, Optional[str]], Optional[bool]]] = {
    "Firmware": firmware,
    "Security": security,
    "KernelVersion": kernel_version,
    "Version": version,
    "PathIsMountPoint": path_is_mount_point,
    "PathIsEncrypted": path_is_encrypted,
    "Credential": credential,
    "Memory": memory,
    "CPUs": processors,
    "ControlGroupController": control_groups,
}


def _fits(own: str, value: str) -> bool:
    """Whether a version fits all parts of a condition: ``>=5.10 <6``, ``>= 5.10`` or a pattern such as ``6.1.*``."""
    rest = re.sub(r"^(<=|>=|!=|==|=|<|>)\s+", r"\1", value.strip())
    for part in rest.split():
        wanted = part.strip("\"'")
        compared = _COMPARED.match(wanted)
        if not (_OPERATORS[compared.group(1)](_key(own), _key(compared.group(2))) if compared else fnmatch.fnmatchcase(own, wanted)):
            return False
    return True


def _key(text: str) -> List[Tuple[int, int, str]]:
    """Return what versions are ordered by: ``~``, the end, ``-``, ``^``, letters, digits. Source: the Version Format Specification of UAPI."""
    order = {"~": -1, "-": 1, "^": 2}
    parts = re.findall(r"\d+|[A-Za-z]+|[~^-]", text)
    return [(order[part], 0, "") if part in order else (4, int(part), "") if part.isdigit() else (3, 0, part) for part in parts] + [(0, 0, "")]


def _architecture(tree: Tree) -> Optional[str]:
    try:
        return architecture(tree)[0]
    except ImagewrightError:
        return None


def _rows(tree: Tree, path: str) -> List[List[str]]:
    return [line.split() for line in _text(tree, path).split("\n") if line.strip() and not line.strip().startswith("#")]


def _text(tree: Tree, path: str) -> str:
    return tree.read_text(path) if tree.is_file(path) else ""
