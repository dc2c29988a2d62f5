# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a GRUB can load the modules with which it reads its menu and starts Linux: they are there, whole, and of the same GRUB as its core.

PRIVATE: module_utils of this collection are not an interface.
Source: GRUB, kern/dl.c (grub_dl_resolve_symbols), normal/dyncmd.c (read_command_list), util/grub-install.c.
"""

import io
import re
import struct
from typing import Any, Dict, List, Set

from ansible_collections.imagewright.azure.plugins.module_utils.core import elf, elf_header
from ansible_collections.imagewright.azure.plugins.module_utils.disk.grub_core import GrubCore
from ansible_collections.imagewright.azure.plugins.module_utils.image.grub_files import node_at

_NEEDED = ("normal", "linux")  # modules: the menu, and the command that loads a kernel
_MOST_LIST = 256 * 1024  # bytes
_MOST_MODULE = 1024 * 1024  # bytes; the largest of real ones, normal, has 200 KiB
#: Where a symbol has its name and its section, and how long it is, by bits.
_LAYOUTS = {32: struct.Struct("<I10xH"), 64: struct.Struct("<I2xH16x")}
_LOADS_LINUX = re.compile(rb"^[ \t]*insmod[ \t]+linux\b", re.MULTILINE)


def fault_of_modules(file_system: Any, folder: str, core: GrubCore) -> str:
    """Return what is wrong with the first module in a directory that GRUB needs to read its menu and start Linux, "" when it can load them all.

    core: GrubCore, whose own modules need no file.
    """
    depends = _pairs(_text(file_system, f"{folder}/moddep.lst"))
    waiting, seen, contents = list(_NEEDED), set(core.modules), {}
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        node = node_at(file_system, f"{folder}/{name}.mod")
        if node is None:
            return f"its module {name}.mod is not there"
        contents[name] = file_system.open(node).read(_MOST_MODULE)
        if not contents[name].startswith(elf_header.MAGIC):
            return f"its module {name}.mod is no module"
        waiting.extend(_own_needs(contents[name]) or depends.get(name, "").split())
    return _unknown_command(file_system, folder, core) or _missing_symbol(contents, core)


def _own_needs(content: bytes) -> List[str]:
    """Return the names of the modules that a module (bytes) says it needs, which GRUB loads before it."""
    section = _sections(content).get(".moddeps")
    return [name.decode("ascii", "replace") for name in content[section.offset : section.offset + section.length].split(b"\0") if name] if section else []


def _unknown_command(file_system: Any, folder: str, core: GrubCore) -> str:
    """Return that GRUB does not know the command linux, "" where it does: a list names the module of a command that is not loaded."""
    if "linux" in core.modules or "linux" in _pairs(_text(file_system, f"{folder}/command.lst")):
        return ""
    menu = _text(file_system, f"{folder.rpartition('/')[0]}/grub.cfg")
    return "" if _LOADS_LINUX.search(menu) else "its list command.lst, which names the module of each command, has no linux"


def _missing_symbol(contents: Dict[str, bytes], core: GrubCore) -> str:
    """Return which module is of another GRUB than the core, "" when none is, or the core cannot tell.

    contents: {name of a module: bytes}, all that are loaded with it.
    """
    if not core.memory:
        return ""
    there: Set[str] = set()
    wanted = []
    for name, content in sorted(contents.items()):
        for symbol, defined in _symbols(content):
            if defined:
                there.add(symbol)
            else:
                wanted.append((name, symbol))
    for name, symbol in wanted:
        if symbol not in there and symbol.encode("ascii", "replace") + b"\0" not in core.memory:
            return f"its module {name}.mod is of another GRUB: it needs {symbol}, which this core has not"
    return ""


def _symbols(content: bytes) -> List[Any]:
    """Return [(name, whether it is defined here)] of the symbols of a module (bytes), [] of what has no table of them that can be read."""
    found = _sections(content)
    table, names = found.get(".symtab"), found.get(".strtab")
    if table is None or names is None:
        return []
    layout = _LAYOUTS[64 if content[4] == 2 else 32]
    octets, strings = (content[each.offset : each.offset + each.length] for each in (table, names))
    symbols = []
    for at, section in layout.iter_unpack(octets[: len(octets) // layout.size * layout.size]):
        name = strings[at:].partition(b"\0")[0] if at else b""
        if name:
            symbols.append((name.decode("ascii", "replace"), section != 0))
    return symbols


def _sections(content: bytes) -> Dict[str, elf.ElfSection]:
    """Return the sections of a module (bytes) by their names, {} of what is cut off."""
    try:
        return {section.name: section for section in elf.sections(io.BytesIO(content), len(content))}
    except ValueError:
        return {}


def _pairs(text: bytes) -> Dict[str, str]:
    """Return {name: value} of one of GRUB's lists, whose lines are ``name: value``; an asterisk marks a command with options."""
    lines = text.decode("utf-8", "replace").splitlines()
    return {name.strip().lstrip("*"): rest for name, colon, rest in (line.partition(":") for line in lines) if colon}


def _text(file_system: Any, path: str) -> bytes:
    """Return the first bytes of a file, b"" where there is none."""
    node = node_at(file_system, path)
    return file_system.open(node).read(_MOST_LIST) if node is not None else b""
