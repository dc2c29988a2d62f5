# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Can this program run: the file, its mode, the processor that it is for, its loader and libraries, or its ``#!`` interpreter and so on.

Works on every Tree: a live guest, a mounted root, a disk image, and the contents of an initramfs.
Pure: reads a Tree, starts nothing.

Source: fs/binfmt_elf.c and fs/binfmt_script.c of Linux, execve(2), env(1).

PRIVATE: module_utils of this collection are not an interface.
"""

import posixpath
import re
import stat
from typing import List, NamedTuple, Optional, Tuple

from ansible_collections.imagewright.azure.plugins.module_utils.core import elf, elf_header, stand_ins
from ansible_collections.imagewright.azure.plugins.module_utils.core.annotations import Stream
from ansible_collections.imagewright.azure.plugins.module_utils.core.commands import SEARCH_PATH
from ansible_collections.imagewright.azure.plugins.module_utils.core.elf import Elf
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.libraries import Libraries
from ansible_collections.imagewright.azure.plugins.module_utils.core.program_facts import Facts, Inspect
from ansible_collections.imagewright.azure.plugins.module_utils.core.tree import Tree


class Obstacle(NamedTuple):
    """Why a program cannot run.

    kind: one of the constants below; path: guest path of the file that it is about; needed: what is missing or wrong there;
    wanted_by: guest paths from the program to the file that needs it, for a library or an interpreter.
    """

    kind: str
    path: str
    needed: str
    wanted_by: Tuple[str, ...]


MISSING = "missing"  # there is no such file; needed: "" or where the link leads that dangles
NOT_A_FILE = "not a file"
NOT_EXECUTABLE = "not executable"  # needed: its mode, "0644"
EMPTY = "empty"
FORMAT = "no program"  # neither ELF nor #!
MACHINE = "other machine"  # needed: the machine that it is for
DAMAGED = "damaged"  # needed: what of it
LIBRARY = "library"  # needed: the name of the library that is not found
VERSION = "version"  # needed: the version of a library that it has not
UNKNOWN = "unknown"  # needed: why it cannot be read

#: As many interpreters as Linux follows. Source: fs/exec.c, exec_binprm.
_MOST_INTERPRETERS = 5
_LINE = 256  # bytes of a #! line, BINPRM_BUF_SIZE
_SHELLS = ("sh", "bash", "dash", "ash")
_LONGEST_STAND_IN = 4096  # bytes
_C_LIBRARIES = ("/lib*/libc.so.6", "/lib/*-linux-gnu*/libc.so.6", "/lib/ld-musl-*.so.1")

#: Programs that accounts have in the place of a shell, and that end at once.
NO_SHELLS = ("false", "nologin", "true")

#: 64-bit kernels run programs of their 32-bit kind.
_ALSO_RUNS = {"x86_64": ("i686",)}


def obstacles(tree: Tree, path: str, machine: Optional[str] = None, inspect: Optional[Inspect] = None, libraries: Optional[Libraries] = None) -> List[Obstacle]:
    """Return why a program cannot run ([Obstacle]); [] when nothing is in its way.

    tree: any Tree. path: guest path of the program. machine: str as of `uname -m`, what it must be for; None: any, but one for all its parts.
    inspect: callable (tree, path) -> Facts of a file, where the tree cannot open it (an initramfs); inspect_file by default.
    libraries: Libraries of the tree, so that what many programs need is looked at once; or None.
    """
    try:
        return _of_program(tree, path, machine, libraries or Libraries(tree, inspect or inspect_file), ())
    except ImagewrightError as error:  # a directory on the way cannot be read
        return [Obstacle(UNKNOWN, path, str(error), ())]


def is_whole_system(tree: Tree) -> bool:
    """Return whether the guest has a C library: of a tree without one no program is missed, for it holds a few files of a system."""
    return c_library(tree) is not None


def c_library(tree: Tree) -> Optional[str]:
    """Return the path (str) of the C library, None without one."""
    return next((path for pattern in _C_LIBRARIES for path in tree.glob(pattern)), None)


def why_not(tree: Tree, path: str) -> str:
    """Return why a program cannot run (str, the first obstacle), "" when nothing is in its way, or what is cannot be told."""
    return next((sentence(obstacle) for obstacle in obstacles(tree, path) if obstacle.kind != UNKNOWN), "")


def why_not_loaded(tree: Tree, path: str, program: str, libraries: Optional[Libraries] = None) -> str:
    """Return why a program (guest path) cannot load a library (guest path) that it opens itself, as a module of PAM (str); "" when nothing is in its way.

    Of a program that is no ELF file nothing is told. libraries: as of obstacles().
    """
    libraries = libraries or Libraries(tree, inspect_file)
    try:
        user = libraries.look(program).elf if tree.is_file(program) else None
        library = libraries.look(path) if user and tree.is_file(path) else None
    except ImagewrightError:
        return ""
    if user is None or library is None:
        return ""
    if library.elf is None or not library.elf.whole:
        return f"{path} is damaged: " + (library.problem or ("it is cut off" if library.elf else "it is no shared library"))
    if (library.elf.machine, library.elf.bits) != (user.machine, user.bits):
        return f"{path} is for another processor: {elf_header.MACHINES.get(library.elf.machine, library.elf.machine)}, {library.elf.bits} bit"
    found = _of_libraries(path, library.elf._replace(interpreter=user.interpreter), libraries, ())
    return next((sentence(obstacle) for obstacle in found if obstacle.kind != UNKNOWN), "")


def inspect_file(tree: Tree, path: str) -> Facts:
    """Return the Facts of a file. Raises ImagewrightError: it cannot be read."""
    status = tree.stat(path)
    with tree.open(path) as stream:
        return facts_of(stream, status.size if status else 0)


def facts_of(stream: Stream, size: int) -> Facts:
    """Return the Facts of a binary, seekable stream of size bytes."""
    start = stream.read(_LINE)
    if start.startswith(b"#!"):
        return Facts(None, start[2:], "")
    if not start.startswith(elf_header.MAGIC):
        return Facts(None, None, "")
    try:
        return Facts(elf.read(stream, size), None, "")
    except ValueError as error:
        return Facts(None, None, str(error))


def sentence(obstacle: Obstacle) -> str:
    """Return what is wrong (str), for a person: ``/sbin/init lacks the library libselinux.so.1``."""
    texts = {
        MISSING: f"{obstacle.path} is not there" + (f" (a link to {obstacle.needed})" if obstacle.needed else ""),
        NOT_A_FILE: f"{obstacle.path} is not a regular file",
        NOT_EXECUTABLE: f"{obstacle.path} is not executable (mode {obstacle.needed})",
        EMPTY: f"{obstacle.path} is empty",
        FORMAT: f"{obstacle.path} is no program: it begins neither as an ELF file nor with #!",
        MACHINE: f"{obstacle.path} is for another processor: {obstacle.needed}",
        DAMAGED: f"{obstacle.path} is damaged: {obstacle.needed}",
        LIBRARY: f"the library {obstacle.needed}, which {obstacle.path} needs, is not found",
        VERSION: f"{obstacle.path} needs {obstacle.needed}, which does not have it",
        UNKNOWN: f"{obstacle.path} cannot be read: {obstacle.needed}",
    }
    whose = f"; {' needs '.join(obstacle.wanted_by)} needs it" if obstacle.wanted_by and obstacle.kind not in (LIBRARY, VERSION) else ""
    return texts[obstacle.kind] + whose


def _of_program(tree: Tree, path: str, machine: Optional[str], libraries: Libraries, wanted_by: Tuple[str, ...]) -> List[Obstacle]:
    """Return the Obstacles of a program, or of the interpreter that wanted_by name."""
    broken = _of_file(tree, path, wanted_by)
    if broken:
        return [broken]
    try:
        facts = libraries.look(path)
    except ImagewrightError as error:
        return [Obstacle(UNKNOWN, path, str(error), wanted_by)]
    if facts.problem:
        return [Obstacle(DAMAGED, path, facts.problem, wanted_by)]
    if facts.script is not None:
        return _of_script(tree, path, facts.script, machine, libraries, wanted_by)
    if facts.elf is None:
        return [Obstacle(FORMAT, path, "", wanted_by)]
    return _of_elf(tree, path, facts.elf, machine, libraries, wanted_by)


def _of_file(tree: Tree, path: str, wanted_by: Tuple[str, ...]) -> Optional[Obstacle]:
    """Return the Obstacle of a file as a file, or None."""
    try:
        status = tree.stat(path)
    except ImagewrightError as error:
        if error.details.get("errno") != "ELOOP":
            return Obstacle(UNKNOWN, path, str(error), wanted_by)
        status = None
    if status is None:
        return Obstacle(MISSING, path, tree.readlink(path) if tree.is_symlink(path) else "", wanted_by)
    if not stat.S_ISREG(status.mode):
        return Obstacle(NOT_A_FILE, path, "", wanted_by)
    if not status.mode & 0o111:
        return Obstacle(NOT_EXECUTABLE, path, f"{stat.S_IMODE(status.mode):04o}", wanted_by)
    if not status.size:
        return Obstacle(EMPTY, path, "", wanted_by)
    return None


def _of_elf(tree: Tree, path: str, program: Elf, machine: Optional[str], libraries: Libraries, wanted_by: Tuple[str, ...]) -> List[Obstacle]:
    name = elf_header.MACHINES.get(program.machine, f"e_machine {program.machine}")
    if machine and name != machine and name not in _ALSO_RUNS.get(machine, ()):
        return [Obstacle(MACHINE, path, name, wanted_by)]
    if not program.whole:
        return [Obstacle(DAMAGED, path, "it is cut off", wanted_by)]
    if program.interpreter is None:
        return []  # linked statically
    broken = _of_file(tree, program.interpreter, wanted_by + (path,))
    if broken:
        return [broken]
    return _of_libraries(path, program, libraries, wanted_by)


def _of_libraries(path: str, program: Elf, libraries: Libraries, wanted_by: Tuple[str, ...]) -> List[Obstacle]:
    lacking = libraries.of(path, program)
    found = [Obstacle(LIBRARY, user, name, wanted_by) for name, user in lacking.missing]
    found += [Obstacle(DAMAGED, library, problem, wanted_by + (path,)) for library, problem in lacking.damaged]
    found += [Obstacle(VERSION, user, needed, wanted_by) for user, needed in lacking.older]
    return found + [Obstacle(UNKNOWN, library, problem, wanted_by + (path,)) for library, problem in lacking.unread]


def _of_script(tree: Tree, path: str, line: bytes, machine: Optional[str], libraries: Libraries, wanted_by: Tuple[str, ...]) -> List[Obstacle]:
    """Return the Obstacles of a script by the interpreter that its first line names, without ``#!``."""
    words = re.split(rb"[ \t]+", line.partition(b"\n")[0].strip(b" \t"), maxsplit=1)
    if not words[0]:
        return [Obstacle(FORMAT, path, "", wanted_by)]
    interpreter = words[0].decode("utf-8", "surrogateescape")
    chain = wanted_by + (path,)
    if len(chain) > _MOST_INTERPRETERS:
        return [Obstacle(DAMAGED, path, "its interpreters lead to each other", wanted_by)]
    if not interpreter.startswith("/"):
        return [Obstacle(MISSING, interpreter, "", chain)]
    problems = _of_program(tree, interpreter, machine, libraries, chain)
    if not problems and posixpath.basename(interpreter) in _SHELLS:
        handed = stand_ins.handed_to(_short_text(tree, path))
        return _of_program(tree, handed, machine, libraries, chain) if handed is not None and is_whole_system(tree) else []
    if problems or posixpath.basename(interpreter) != "env" or len(words) < 2:
        return problems
    wanted = _env_program(words[1].decode("utf-8", "surrogateescape"))
    if wanted is None:
        return []
    place = wanted if "/" in wanted else _on_search_path(tree, wanted)
    if place is None:
        return [Obstacle(MISSING, wanted, "", chain + (interpreter,))]
    return _of_program(tree, place, machine, libraries, chain + (interpreter,))


def _short_text(tree: Tree, path: str) -> str:
    """Return the text (str) of a script that is short enough to stand in for a program, "" of any other, and of one that cannot be read."""
    try:
        octets = tree.read_bytes(path, _LONGEST_STAND_IN + 1)
    except ImagewrightError:
        return ""
    return octets.decode("utf-8", "surrogateescape") if len(octets) <= _LONGEST_STAND_IN else ""


def _env_program(argument: str) -> Optional[str]:
    """Return the program (str) that ``env ARGUMENT`` starts, None when it cannot be told. The kernel gives all behind env as one argument."""
    if not argument.startswith("-"):
        return None if "=" in argument else argument.strip()
    # env -S 'NAME=value program options' splits it
    if not argument.startswith(("-S", "--split-string")):
        return None
    text = argument[len("--split-string") :].lstrip("=") if argument.startswith("--") else argument[2:]
    words = [word for word in text.split() if not word.startswith("-") and "=" not in word]
    return words[0] if words and not any(character in text for character in "\\$'\"") else None


def _on_search_path(tree: Tree, name: str) -> Optional[str]:
    return next((f"{folder}/{name}" for folder in SEARCH_PATH.split(":") if tree.is_file(f"{folder}/{name}")), None)
