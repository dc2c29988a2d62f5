# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What GRUB's few lines before the real configuration lead to: ``search``, ``set prefix=`` and ``configfile``, on the volumes of a disk.

PRIVATE: module_utils of this collection are not an interface.
Source: GRUB manual, commands search, set, configfile.
"""

import re
import shlex
from typing import Dict, List, Mapping, NamedTuple, Optional, Tuple, Union, cast

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.image.btrfs import BtrfsFileSystem
from ansible_collections.imagewright.azure.plugins.module_utils.image.disk_image import DiskImage, OpenVolume
from ansible_collections.imagewright.azure.plugins.module_utils.image.file_system import FileSystem, Node
from ansible_collections.imagewright.azure.plugins.module_utils.image.paths import find

#: A volume that is on the disk, or may be, and of which nothing can be said.
WITHOUT = "without"


class DiskPlace(NamedTuple):
    """A place on a disk. opened: its volume, or WITHOUT."""

    opened: Union[OpenVolume, str]
    path: str


class Stub(NamedTuple):
    """What some lines do. missing: what they look for in vain, ""; line: of that; target: what is read next;
    whole: whether these lines are the real configuration themselves.
    """

    variables: Dict[str, Union[DiskPlace, str]]
    missing: str
    line: int
    target: Union[DiskPlace, str, None]
    whole: bool


_MOST_LINES = 2000
_REAL = ("menuentry", "submenu", "linux", "linux16", "linuxefi", "blscfg", "chainloader", "uki")
_OPTIONS_WITH_VALUE = ("--set", "-s", "--hint", "--hint-bios", "--hint-efi", "--hint-baremetal", "--hint-ieee1275", "--hint-arc", "-h")
_KINDS = {"--fs-uuid": "fs_uuid", "-u": "fs_uuid", "--label": "fs_label", "-l": "fs_label", "--fs-label": "fs_label", "--file": "file", "-f": "file"}


def read_stub(disk: DiskImage, text: str, variables: Optional[Mapping[str, Union[DiskPlace, str]]] = None) -> Stub:
    """Return the Stub of the lines of a configuration (str).

    disk: DiskImage; variables: {name: DiskPlace or str} that are set before.
    """
    known, target, conditional = dict(variables or {}), None, False
    vain: Dict[str, Tuple[str, int]] = {}
    for number, line in enumerate(text.splitlines()[:_MOST_LINES], 1):
        words = _words(line)
        command = words[0] if words else ""
        if command in _REAL:
            return Stub(known, "", 0, None, True)
        conditional = conditional or command in ("if", "for", "while", "until")
        if command.partition(".")[0] == "search":
            kind, value, name = _search(words)
            found = find_device(disk, kind, value) if kind and value and "$" not in value else WITHOUT
            if found is not None:
                known[name] = DiskPlace(found, "")
                vain.pop(name, None)
            else:
                vain[name] = (f"looks for a file system with the {_NAMES[str(kind)]} {value}, and none of this disk has it", number)
        elif command == "set" and len(words) == 2 and "=" in words[1]:
            name, _equals, value = words[1].partition("=")
            known[name] = _expanded(value, known)
        elif command in ("configfile", "source", ".", "normal") and len(words) > 1:
            target = _expanded(words[1], known)
    missing, where = next(iter(vain.values())) if vain and not conditional else ("", 0)
    return Stub(known, missing, where, target, False)


_NAMES = {"fs_uuid": "UUID", "fs_label": "label", "file": "file"}


def find_device(disk: DiskImage, kind: str, value: str) -> Union[OpenVolume, str, None]:
    """Return the OpenVolume that a search finds, WITHOUT when one that cannot be read may be it, None when none is.

    kind: ``fs_uuid``, ``fs_label`` or ``file``; value: str.
    """
    doubtful = None
    for opened in disk.volumes:
        if opened.file_system is None:
            doubtful = WITHOUT if opened.volume.holds not in ("empty", "lvm", "swap") or opened.error else doubtful
            continue
        own = {"fs_uuid": opened.file_system.uuid.lower(), "fs_label": opened.file_system.label}
        if own.get(kind) == (value.lower() if kind == "fs_uuid" else value) or kind == "file" and exists(opened.file_system, value):
            return opened
    return doubtful


def exists(file_system: FileSystem, path: str) -> bool:
    """Return whether there is something at a path of GRUB's; of Btrfs that is one from the top, or from the default subvolume."""
    return node_at(file_system, path) is not None


def node_at(file_system: FileSystem, path: str) -> Optional[Node]:
    """Return the Node at a path of GRUB's, or None."""
    roots = [file_system.root]
    if file_system.kind == "btrfs":
        roots = [cast(BtrfsFileSystem, file_system).subvolume("/"), file_system.root]
    for root in roots:
        try:
            node = find(file_system, root, path)
        except ImagewrightError:
            continue
        if node is not None:
            return node
    return None


def _search(words: List[str]) -> Tuple[Optional[str], str, str]:
    """Return (kind, value, name of the variable) of a search command's words."""
    kind, name, values, index = None, "root", [], 1
    if "." in words[0]:  # search.fs_uuid UUID root hints
        kind = words[0].split(".")[1]
        values = words[1:2]
        return (kind if kind in _NAMES else None), (values or [""])[0], (words[2:3] or ["root"])[0]
    while index < len(words):
        word = words[index]
        if word in _KINDS:
            kind = _KINDS[word]
        elif word.startswith("--set=") or word.startswith("-s="):
            name = word.partition("=")[2]
        elif word in _OPTIONS_WITH_VALUE and not (words + ["-"])[index + 1].startswith("-"):
            index += 1
            name = words[index] if word in ("--set", "-s") else name
        elif not word.startswith("-"):
            values.append(word)
        index += 1
    return kind, (values[-1:] or [""])[0], name


def _words(line: str) -> List[str]:
    try:
        return shlex.split(line, comments=True)
    except ValueError:
        return []


def _expanded(text: str, variables: Mapping[str, Union[DiskPlace, str]]) -> Union[DiskPlace, str]:
    """Return what a word of GRUB's names: DiskPlace when it begins with a device that is known, a plain str else."""
    match = re.match(r"^(?:\(\$\{?(\w+)\}?\)|\$\{?(\w+)\}?)(.*)$", text)
    if not match:
        return text
    value = variables.get(match.group(1) or match.group(2), "")
    if isinstance(value, DiskPlace):
        return DiskPlace(value.opened, value.path + match.group(3))
    return f"{value}{match.group(3)}"
