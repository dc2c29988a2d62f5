# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the loader of a guest finds the libraries of a program.

Source: ld.so(8), ldconfig(8), elf/rtld.c, do_preload, and elf/dl-version.c of glibc; ldso/dynlink.c of musl.

PRIVATE: module_utils of this collection are not an interface.
"""

import posixpath
import re
import struct
from typing import Dict, Iterable, List, NamedTuple, Optional, Tuple

from ansible_collections.imagewright.azure.plugins.module_utils.core import elf_header
from ansible_collections.imagewright.azure.plugins.module_utils.core.elf import Elf
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.program_facts import Facts, Inspect
from ansible_collections.imagewright.azure.plugins.module_utils.core.tree import Tree

#: Debian's directory names by machine.
_MULTIARCH = {
    "x86_64": "x86_64-linux-gnu",
    "aarch64": "aarch64-linux-gnu",
    "i686": "i386-linux-gnu",
    "armv7l": "arm-linux-gnueabihf",
    "riscv64": "riscv64-linux-gnu",
    "ppc64le": "powerpc64le-linux-gnu",
    "s390x": "s390x-linux-gnu",
}
_DEFAULT = {64: ("/lib64", "/usr/lib64", "/lib", "/usr/lib"), 32: ("/lib", "/usr/lib", "/lib32", "/usr/lib32")}
_MUSL_DEFAULT = ("/lib", "/usr/local/lib", "/usr/lib")

#: What musl has in itself. Source: ldso/dynlink.c, load_library.
_OF_MUSL = re.compile(r"lib(c|pthread|rt|m|dl|util|xnet)\.")

#: More than any program has: the shared objects of one, nested includes of ld.so.conf, files that one of them includes.
_MOST_OBJECTS = 512
_DEEPEST_INCLUDE = 8
_MOST_CONFIGURATION = 256
_LARGEST_CACHE = 16 * 1024 * 1024

_PRELOAD = "/etc/ld.so.preload"
#: Bytes that the loader reads of a library before it maps it. Source: struct filebuf of elf/dl-load.c.
_READ_FIRST = 832


class Lacking(NamedTuple):
    """What a loader does not find for a program.

    damaged, unread: [(path, what is wrong)]; missing: [(name, path of the one that needs it)]; older: [(path of the one that needs it, "VERSION of PATH")].
    """

    damaged: List[Tuple[str, str]]
    missing: List[Tuple[str, str]]
    unread: List[Tuple[str, str]]
    older: List[Tuple[str, str]]


class Libraries:
    """The libraries of one guest; what it was asked once it knows.

    tree: any Tree. inspect: how a file of it is looked at. environment: {name: value} of the variables that the loader reads.
    """

    def __init__(self, tree: Tree, inspect: Inspect, environment: Optional[Dict[str, str]] = None) -> None:
        self._tree, self._inspect, self._environment = tree, inspect, environment or {}
        self._configured: Optional[List[str]] = None
        self._cached: Optional[Dict[str, List[str]]] = None
        self._preloaded: Optional[List[str]] = None
        self._facts: Dict[str, Facts] = {}

    def of(self, path: str, program: Elf) -> Lacking:
        """Return what is Lacking of all shared objects that the program (Elf) at path needs, and they in turn."""
        lacking = Lacking([], [], [], [])
        places: Dict[str, Optional[str]] = {}
        objects: List[Tuple[str, Elf]] = []
        pending: List[Tuple[str, Elf, Tuple[str, ...]]] = [(path, program, ())]
        preloaded = self._of_preload(program)
        pending += [(place, facts.elf, ()) for place, facts in preloaded if facts.elf and facts.elf.whole]
        lacking.damaged.extend((place, facts.problem or "it is cut off") for place, facts in preloaded if not (facts.elf and facts.elf.whole))
        while pending and len(places) < _MOST_OBJECTS:
            user, object_, inherited = pending.pop(0)
            objects.append((user, object_))
            # DT_RPATH counts for what it needs too, unless there is DT_RUNPATH
            rpath = inherited if object_.runpath else tuple(self._expanded(object_.rpath, user, object_)) + inherited
            for name in object_.needed:
                if name in places or self._is_of_loader(name, program):
                    continue
                places[name] = None
                try:
                    place = self._find(name, object_, user, rpath, program)
                except ImagewrightError as error:
                    lacking.unread.append((name, str(error)))
                    continue
                if place is None:
                    lacking.missing.append((name, user))
                    continue
                facts = self.look(place)
                if facts.elf is None or not facts.elf.whole:
                    lacking.damaged.append((place, facts.problem or ("it is cut off" if facts.elf else "it is no shared library")))
                else:
                    places[name] = place
                    pending.append((place, facts.elf, rpath))
        if not _is_musl(program):
            loader = program.interpreter if program.interpreter and self._tree.is_file(program.interpreter) else None
            lacking.older.extend(self._older(objects, dict(places, **{posixpath.basename(loader): loader} if loader else {})))
        return lacking

    def place_of(self, name: str, path: str, program: Elf) -> Optional[str]:
        """Return the path of a library that the program (Elf) at path is given, None where there is none."""
        return self._find(name, program, path, self._expanded(program.rpath, path, program), program)

    def _older(self, objects: List[Tuple[str, Elf]], places: Dict[str, Optional[str]]) -> List[Tuple[str, str]]:
        """Return [(path, "VERSION of PATH")] of the objects that ask a library for a version that it has not; one without any versions is taken as it is."""
        found = []
        for user, object_ in objects:
            for name, version in object_.asked:
                place = places.get(name)
                library = self.look(place).elf if place else None
                if library and library.versions and version not in library.versions:
                    found.append((user, f"{version} of {place}"))
                    break
        return found

    def _of_preload(self, program: Elf) -> List[Tuple[str, Facts]]:
        """Return [(path, Facts)] of what is loaded before everything: what is not there, or begins as no library for this program, is passed over.

        One that is cut off behind its beginning the loader takes, and ends.
        """
        if _is_musl(program):
            return []
        if self._preloaded is None:
            text = self._tree.read_text(_PRELOAD) if self._tree.is_file(_PRELOAD) else ""
            named = [self._environment.get("LD_PRELOAD", "")] + [line.partition("#")[0] for line in text.split("\n")]
            self._preloaded = [word for words in named for word in re.split(r"[\s:]+", words) if word]
        places = [self._find(name, program, _PRELOAD, (), program) for name in self._preloaded]
        found = [(place, self.look(place)) for place in places if place]
        return [(place, facts) for place, facts in found if (facts.elf or facts.problem) and self._machine(place) == (program.machine, program.bits)]

    def _machine(self, path: str) -> Optional[Tuple[int, int]]:
        """Return (machine, bits) of an ELF file, whole or not; None of one that has not even what the loader reads first."""
        start = self._tree.read_bytes(path, _READ_FIRST)
        if len(start) < _READ_FIRST:
            facts = self.look(path)
            return (facts.elf.machine, facts.elf.bits) if facts.elf else None
        return struct.unpack_from(elf_header.byte_order(start) + "H", start, 18)[0], 64 if start[4] == 2 else 32

    def _is_of_loader(self, name: str, program: Elf) -> bool:
        loader = posixpath.basename(program.interpreter or "")
        return name == loader or (_is_musl(program) and _OF_MUSL.match(name) is not None)

    def _find(self, name: str, object_: Elf, user: str, rpath: Iterable[str], program: Elf) -> Optional[str]:
        """Return the path of a library, None where there is none. Raises ImagewrightError: a file cannot be read."""
        if "/" in name:
            return name if self._tree.is_file(name) else None
        musl = _is_musl(program)
        folders = [] if object_.runpath and not musl else list(rpath)
        folders += [] if musl else self._of_environment(name, user, object_)
        folders += self._expanded(object_.runpath, user, object_)
        folders += self._of_musl(program) if musl else self._of_configuration() + _default(program)
        candidates = [posixpath.join(folder, name) for folder in folders] + ([] if musl else self._of_cache().get(name, []))
        return next((candidate for candidate in candidates if self._fits(candidate, program)), None)

    def _of_environment(self, name: str, user: str, object_: Elf) -> List[str]:
        """Return the directories of LD_LIBRARY_PATH in which everybody may read a library of a name; the loader passes over what it may not."""
        folders = self._expanded(re.split(r"[:;]", self._environment.get("LD_LIBRARY_PATH", "")), user, object_)
        modes = [(folder, self._tree.stat(folder), self._tree.stat(posixpath.join(folder, name))) for folder in folders]
        return [folder for folder, own, file in modes if own and file and own.mode & 0o001 and file.mode & 0o004]

    def _fits(self, path: str, program: Elf) -> bool:
        """Return whether a file is what the loader takes: it passes over one for another machine, but not over a damaged one."""
        if not self._tree.is_file(path):
            return False
        facts = self.look(path)
        return facts.elf is None or (facts.elf.machine, facts.elf.bits) == (program.machine, program.bits)

    def look(self, path: str) -> Facts:
        """Return the Facts of a file, which is looked at once. Raises ImagewrightError: it cannot be read."""
        resolved = self._tree.resolve(path)
        if resolved not in self._facts:
            self._facts[resolved] = self._inspect(self._tree, resolved)
        return self._facts[resolved]

    def _expanded(self, folders: Iterable[str], user: str, object_: Elf) -> List[str]:
        """Return the directories of an RPATH or RUNPATH with what ld.so puts into them."""
        origin = posixpath.dirname(self._tree.resolve(user))
        machine = elf_header.MACHINES.get(object_.machine, "")
        found = []
        for folder in folders:
            text = re.sub(r"\$(ORIGIN|\{ORIGIN\})", lambda _match: origin, folder)
            libs = ["lib64" if object_.bits == 64 else "lib", f"lib/{_MULTIARCH.get(machine, '')}"] if re.search(r"\$(LIB|\{LIB\})", text) else [""]
            for lib in libs:
                place = re.sub(r"\$(LIB|\{LIB\})", lib, re.sub(r"\$(PLATFORM|\{PLATFORM\})", machine, text))
                if place.startswith("/"):
                    found.append(posixpath.normpath(place))
        return found

    def _of_musl(self, program: Elf) -> List[str]:
        """Return the directories of musl: those of its path file, which takes the place of the default ones."""
        name = posixpath.basename(program.interpreter or "")
        match = re.match(r"ld-(musl-[^.]+)\.so", name)
        path = f"/etc/ld-{match.group(1)}.path" if match else ""
        if path and self._tree.is_file(path):
            return [folder for folder in re.split(r"[:\n]", self._tree.read_text(path)) if folder.startswith("/")]
        return list(_MUSL_DEFAULT)

    def _of_configuration(self) -> List[str]:
        if self._configured is None:
            self._configured = configured_folders(self._tree)
        return self._configured

    def _of_cache(self) -> Dict[str, List[str]]:
        """Return {name: [path]} of /etc/ld.so.cache; the paths in it end with a null byte, whatever its version."""
        if self._cached is None:
            self._cached = {}
            try:
                octets = self._tree.read_bytes("/etc/ld.so.cache", _LARGEST_CACHE) if self._tree.is_file("/etc/ld.so.cache") else b""
            except ImagewrightError:
                octets = b""
            for part in octets.split(b"\0"):
                if part.startswith(b"/"):
                    path = part.decode("utf-8", "surrogateescape")
                    self._cached.setdefault(posixpath.basename(path), []).append(path)
        return self._cached


def configured_folders(tree: Tree, path: str = "/etc/ld.so.conf", depth: int = 0) -> List[str]:
    """Return the directories ([str]) that ld.so.conf names, its includes followed. Source: ldconfig(8)."""
    if depth > _DEEPEST_INCLUDE or not tree.is_file(path):
        return []
    found = []
    for line in tree.read_text(path).splitlines():
        words = line.partition("#")[0].split()
        if not words:
            continue
        if words[0] == "include":
            for pattern in words[1:]:
                pattern = pattern if pattern.startswith("/") else posixpath.join(posixpath.dirname(path), pattern)
                for included in tree.glob(pattern)[:_MOST_CONFIGURATION]:
                    found += configured_folders(tree, included, depth + 1)
        elif words[0].startswith("/"):
            found.append(words[0].partition("=")[0])
    return found


def _is_musl(program: Elf) -> bool:
    return posixpath.basename(program.interpreter or "").startswith("ld-musl")


def _default(program: Elf) -> List[str]:
    machine = elf_header.MACHINES.get(program.machine, "")
    multiarch = [f"{folder}/{_MULTIARCH[machine]}" for folder in ("/lib", "/usr/lib")] if machine in _MULTIARCH else []
    return multiarch + list(_DEFAULT[program.bits])
