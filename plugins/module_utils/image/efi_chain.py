# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the fallback loader on an EFI system partition to the configuration that it reads: shim, its fallback program, GRUB, and others.

PRIVATE: module_utils of this collection are not an interface.
Source: shim (shim.c, fallback.c), GRUB (efi/init.c, normal/main.c), UAPI group's specification of unified kernel images.
"""

import re
import stat
from typing import List, NamedTuple, Optional, Tuple

from ansible_collections.imagewright.azure.plugins.module_utils.disk import grub_core, pe
from ansible_collections.imagewright.azure.plugins.module_utils.disk.boot_facts import BootChain, broken, undecided, whole
from ansible_collections.imagewright.azure.plugins.module_utils.disk.grub_core import GrubCore
from ansible_collections.imagewright.azure.plugins.module_utils.image.disk_image import DiskImage, OpenVolume
from ansible_collections.imagewright.azure.plugins.module_utils.image.grub_files import DiskPlace, exists, node_at, read_stub
from ansible_collections.imagewright.azure.plugins.module_utils.image.grub_prefix import resolve_prefix

#: Names by the processor: the first loader, shim's fallback program, its list, and the loader that shim starts.
_NAMES = {"x64": ("BOOTX64.EFI", "fbx64.efi", "BOOTX64.CSV", "grubx64.efi"), "Arm64": ("BOOTAA64.EFI", "fbaa64.efi", "BOOTAA64.CSV", "grubaa64.efi")}
_FOLDER = "/EFI/BOOT"
_MOST_PROGRAM = 16 * 1024 * 1024  # bytes
_MOST_TEXT = 256 * 1024
_MOST_STUBS = 8
#: A command by which GRUB goes on, wherever it stands in a line; without any it stops at its prompt.
_GOES_ON = re.compile(
    r"(?<![\w#])(?:configfile|source|normal|menuentry|submenu|linux\w*|chainloader|multiboot2?|blscfg|uki|exit|reboot|halt|extract_\w+|legacy_\w+)\b|^\s*\.\s",
    re.MULTILINE,
)


class _Program(NamedTuple):
    """A file that may be an EFI program. octets: its beginning, in which all is that is looked at; size: bytes of the whole, a kernel's may be many."""

    octets: bytes
    size: int


def follow(disk: DiskImage, esp: OpenVolume, architecture: str) -> Optional[BootChain]:
    """Return the BootChain from the fallback loader of an ESP, or None when it has none that can start.

    disk: DiskImage; esp: OpenVolume of the ESP; architecture: ``x64`` or ``Arm64``.
    """
    first, fallback, _list, second = _NAMES[architecture]
    program = _read_program(esp, f"{_FOLDER}/{first}")
    if program is None or _fault_of(program, architecture):
        return None  # the firmware looks into the next ESP
    if not _is_shim(program, second):
        return _of_loader(disk, esp, f"{_FOLDER}/{first}", program)
    if exists(esp.readable(), f"{_FOLDER}/{fallback}"):
        return _of_fallback(disk, esp, architecture)
    return _of_second(disk, esp, _FOLDER, f"{_FOLDER}/{first}", architecture)


def _of_fallback(disk: DiskImage, esp: OpenVolume, architecture: str) -> BootChain:
    """Return the BootChain of shim's fallback program: it starts what the lists in the vendors' directories name."""
    _first, fallback, listed, second = _NAMES[architecture]
    faults = []
    for vendor, _node in esp.readable().entries(node_at(esp.readable(), "/EFI")):
        folder = f"/EFI/{vendor}"
        text = _read(esp, f"{folder}/{listed}", _MOST_TEXT)
        if not text or vendor.upper() == "BOOT":
            continue
        for line in text.decode("utf-16", "replace").splitlines():
            name = line.split(",")[0].strip()
            if not name:
                continue
            program = _read_program(esp, f"{folder}/{name}")
            fault = _fault_of(program, architecture)
            if fault or program is None:
                faults.append(broken(f"{folder}/{listed}", f"it names {name}, which {fault}"))
            elif _is_shim(program, second):
                return _of_second(disk, esp, folder, f"{folder}/{name}", architecture)
            else:
                return _of_loader(disk, esp, f"{folder}/{name}", program)
    return faults[0] if faults else broken(f"{_FOLDER}/{fallback}", f"it starts what a vendor's {listed} names, and there is none beside EFI/BOOT")


def _of_second(disk: DiskImage, esp: OpenVolume, folder: str, shim: str, architecture: str) -> BootChain:
    """Return the BootChain of the loader that shim starts, from its own directory."""
    second = _NAMES[architecture][3]
    program = _read_program(esp, f"{folder}/{second}")
    fault = _fault_of(program, architecture)
    if fault or program is None:
        return broken(shim, f"it is shim, which starts {second} beside it, and that {fault}")
    return _of_loader(disk, esp, f"{folder}/{second}", program)


def _of_loader(disk: DiskImage, esp: OpenVolume, path: str, program: _Program) -> BootChain:
    """Return the BootChain of a loader that is whole and no shim."""
    sections = {section.name: section for section in _parsed(program).sections}
    if b"mods" in sections:
        modules = sections[b"mods"]
        core = grub_core.built_in(program.octets[modules.offset : modules.offset + modules.size])
        return _of_grub(disk, esp, path, core)
    if b".linux" in sections:
        return whole("a unified kernel image", path)
    return whole("systemd-boot" if b".sdmagic" in sections else "another loader than GRUB", path)


def _of_grub(disk: DiskImage, esp: OpenVolume, path: str, core: Optional[GrubCore]) -> BootChain:
    if core is None:
        return undecided(path, "what is built into GRUB cannot be read here")
    led = resolve_prefix(disk, core, path)
    if led is not None:
        return led
    # a signed GRUB has no device in its prefix: it looks on the ESP, at its prefix and in its own directory
    folders = [core.prefix.partition(")")[2] or core.prefix, path.rpartition("/")[0]]
    for folder in [folder for folder in folders if folder]:
        if exists(esp.readable(), f"{folder}/grub.cfg"):
            return _of_configuration(disk, esp, f"{folder}/grub.cfg")
    return broken(path, f"GRUB looks for its grub.cfg in {' and '.join(sorted(set(folders)))} of the EFI system partition, and there is none")


def _of_configuration(disk: DiskImage, esp: OpenVolume, path: str) -> BootChain:
    """Return the BootChain of a grub.cfg on the ESP, which leads to the real one, or is it."""
    opened = esp
    seen: List[Tuple[str, str]] = []
    while len(seen) < _MOST_STUBS:
        seen.append((opened.volume.name, path))
        text = (_read(opened, path, _MOST_TEXT) or b"").decode("utf-8", "replace")
        stub = read_stub(disk, text, {"prefix": DiskPlace(opened, path.rpartition("/")[0]), "root": DiskPlace(opened, ""), "cmdpath": DiskPlace(esp, "")})
        if stub.whole:
            return whole("GRUB 2", f"{path} on {opened.volume.name}")
        if stub.missing:
            return broken(f"{path}:{stub.line}", f"it {stub.missing}")
        if not isinstance(stub.target, DiskPlace) or isinstance(stub.target.opened, str):
            if not stub.target and opened is esp and not _GOES_ON.search(text):
                return broken(path, "it is empty, or has no entry and leads to no other file")
            return undecided(path, "where it leads cannot be said here") if stub.target else whole("GRUB 2", path)
        opened, path, before = stub.target.opened, stub.target.path, path
        if opened.file_system is None:
            return undecided(before, f"it leads to {path} on {opened.volume.name}, which cannot be read here")
        if not exists(opened.file_system, path):
            return broken(before, f"it leads to {path} on {opened.volume.name}, and there is no such file")
        if (opened.volume.name, path) in seen:
            return broken(path, "it leads to itself")
    return undecided(path, "it leads from one file to the next without end")


def _is_shim(program: _Program, second: str) -> bool:
    """Return whether an EFI program is shim: by its generation, or, before there were any, by the name of what it starts."""
    octets = program.octets
    return b"\nshim," in octets or second.encode("utf-16-le") in octets and b"shim" in octets


def _fault_of(program: Optional[_Program], architecture: str) -> str:
    """Return why a file (None when it is not there) is no loader, as what follows its name, or ""."""
    if program is None:
        return "is not there"
    try:
        found = _parsed(program)
    except pe.PeError as error:
        return str(error)
    return "" if found.architecture == architecture else f"is for the processor {found.architecture}"


def _parsed(program: _Program) -> pe.EfiProgram:
    """Return the EfiProgram of a file. Raises PeError: it is none, or not whole."""
    return pe.read_program(lambda offset, length: program.octets[offset : offset + length], program.size)


def _read_program(opened: OpenVolume, path: str) -> Optional[_Program]:
    """Return the beginning of a program, None when it is not there."""
    file_system = opened.readable()
    node = node_at(file_system, path)
    if node is None or not stat.S_ISREG(file_system.status(node).mode):
        return None
    return _Program(file_system.open(node).read(_MOST_PROGRAM), file_system.status(node).size)


def _read(opened: OpenVolume, path: str, most: int) -> Optional[bytes]:
    """Return the first bytes of a file, None when it is not there."""
    file_system = opened.readable()
    node = node_at(file_system, path)
    if node is None or not stat.S_ISREG(file_system.status(node).mode):
        return None
    return file_system.open(node).read(most)
