# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a Python program of the guest imports whatever it does, module by module, and the first of it that is in no directory of its Python.

Followed are the statements at the beginning of a line: those within ``try``, ``if`` or a function may not be run. Of other people's packages only their
names are asked for, and not each of their modules, some of which make themselves.

PRIVATE: module_utils of this collection are not an interface.
Source: The Python Language Reference, the import system; site.py of CPython.
"""

import collections
import posixpath
import re
import sys
from typing import Deque, Dict, FrozenSet, Iterable, List, NamedTuple, Optional, Set, Tuple

from ansible_collections.imagewright.azure.plugins.module_utils.core.tree import Tree


class MissingImport(NamedTuple):
    """A statement whose module is nowhere. path, line: where it stands (line from 1); text: the statement; name: of what is missing."""

    path: str
    line: int
    text: str
    name: str


class Imports(NamedTuple):
    """What is wrong with imports. missing: the first MissingImport, or None; beside: file in the script's own folder that Python takes in place of a
    module of its library or of a package, or None.
    """

    missing: Optional[MissingImport]
    beside: Optional[str]


_IMPORT = re.compile(r"^import[ \t]+([\w.]+(?:[ \t]+as[ \t]+\w+)?(?:[ \t]*,[ \t]*[\w.]+(?:[ \t]+as[ \t]+\w+)?)*)[ \t]*(?:#.*)?$", re.M)
_FROM = re.compile(r"^from[ \t]+(\.*[\w.]*)[ \t]+import[ \t]+(\([^)]*\)|[^\n(]+)", re.M)
_QUOTED = re.compile(r"(\"\"\"|''')[\s\S]*?(?:\1|\Z)")
#: Modules that are parts of Python's program in some builds, and files in others.
_COMPILED = frozenset(
    (
        *("array", "atexit", "binascii", "builtins", "cmath", "errno", "faulthandler", "fcntl", "gc", "grp", "itertools", "marshal", "math", "mmap", "nis"),
        *("ossaudiodev", "posix", "pwd", "pyexpat", "readline", "resource", "select", "spwd", "sys", "syslog", "termios", "time", "unicodedata"),
        *("zipimport", "zlib"),
        *sys.builtin_module_names,
    )
)
_OF_EACH = ("os", "socket", "threading")  # modules that each whole library of Python has
_MOST_MODULES, _MOST_FILE = 2000, 1024 * 1024


def follow(tree: Tree, version: str, places: List[str], modules: Iterable[str], folder: str) -> Imports:
    """Return the Imports of modules ([str], ``cloudinit.cmd.main``) and of all that they import.

    version: ``3.11``, of the guest's Python; places: directories of packages ([str]), in its order; folder: of the script, into which it looks before all
    others. Nothing is told of a Python whose library is not seen, of one of 2.x, and where a .pth file or an egg brings more directories.
    """
    walk = _walk(tree, version, places)
    if walk is None:
        return Imports(None, None)
    missing, own = walk.run(list(modules)), {name.partition(".")[0] for name in modules}
    beside = set(tree.listdir(folder)) if tree.is_dir(folder) else set()
    taken = next((f"{folder}/{name}.py" for name in sorted(walk.names - own) if f"{name}.py" in beside and name not in _COMPILED), None)
    return Imports(missing, taken)


def is_missing(tree: Tree, version: str, places: List[str], name: str) -> bool:
    """Return whether a module of another package (``distro``) is in no directory; where nothing can be told it is not. As of follow."""
    walk = _walk(tree, version, places)
    return walk is not None and not walk.reach(name, False)


def _walk(tree: Tree, version: str, places: List[str]) -> Optional["_Walk"]:
    library = [path for folder in ("/usr/lib", "/usr/lib64", "/usr/local/lib") for path in [f"{folder}/python{version}"] if tree.is_file(f"{path}/os.py")]
    if (
        not version.startswith("3.")
        or not any(all(tree.is_file(f"{path}/{name}.py") for name in _OF_EACH) for path in library)
        or any(_has_more_places(tree, place) for place in places)
    ):
        return None
    return _Walk(tree, library, places)


def _has_more_places(tree: Tree, place: str) -> bool:
    names = [name for name in tree.listdir(place) if name.endswith((".pth", ".egg", ".egg-link"))]
    return any(not name.endswith(".pth") or re.search(r"^\s*(?!#|import\b)\S", _text(tree, f"{place}/{name}"), re.M) for name in names)


def _text(tree: Tree, path: str) -> str:
    return tree.read_bytes(path, _MOST_FILE).decode("utf-8", "replace").replace("\r\n", "\n")


class _Walk:
    def __init__(self, tree: Tree, library: List[str], places: List[str]) -> None:
        self._tree, self._library, self._places = tree, library, places
        self._names: Dict[str, FrozenSet[str]] = {}
        self._seen: Set[str] = set()
        #: What is imported, without what lies in packages: ``logging``, ``yaml``.
        self.names: Set[str] = set()
        self._waiting: Deque[Tuple[str, str, bool]] = collections.deque()  # file, the package that it is in, whether it is the program's own

    def run(self, modules: List[str]) -> Optional[MissingImport]:
        own = {name.partition(".")[0] for name in modules}
        for name in modules:
            self.reach(name, True)  # one that another release has is not there
        while self._waiting and len(self._seen) < _MOST_MODULES:
            path, package, is_own = self._waiting.popleft()
            text = _QUOTED.sub(lambda match: '""' + "\n" * match.group().count("\n"), _text(self._tree, path))
            for place, statement, name, further in _statements(text, package):
                top = name.partition(".")[0]
                self.names.add(top)
                if not self.reach(name, top in own):
                    return MissingImport(path, text.count("\n", 0, place) + 1, statement, name if top in own else top)
                for each in further:
                    there = self.reach(f"{name}.{each}", top in own)
                    if not there and not self._is_said(name, each):
                        return MissingImport(path, text.count("\n", 0, place) + 1, statement, f"{name}.{each}")
        return None

    def _is_said(self, package: str, name: str) -> bool:
        """Return whether the first file of a package of the program's own speaks of a name, or may have any."""
        relative = package.replace(".", "/")
        path = next((path for place in self._places for path in [f"{place}/{relative}/__init__.py"] if path in self._seen), None)
        return path is None or re.search(rf"\b{name}\b|import \*|__getattr__", _text(self._tree, path)) is not None

    def reach(self, name: str, is_own: bool) -> bool:
        """Have the files of a module looked into, its packages' before; return whether it is there."""
        parts = name.split(".")
        folder = next((place for place in self._places if self._kind(place, parts[0])), None)
        if folder is None:
            return self._is_standard(parts[0])
        for number, part in enumerate(parts):
            kind = self._kind(folder, part)
            if kind == "module":
                self._add(f"{folder}/{part}.py", ".".join(parts[:number]), is_own)
            if kind != "package":  # a module that is no package makes what is below it by itself
                return bool(kind) or not is_own
            folder = f"{folder}/{part}"
            self._add(f"{folder}/__init__.py", ".".join(parts[: number + 1]), is_own)
        return True

    def _add(self, path: str, package: str, is_own: bool) -> None:
        if path not in self._seen:
            self._seen.add(path)
            if posixpath.basename(path) in self._listed(posixpath.dirname(path)):
                self._waiting.append((path, package, is_own))

    def _kind(self, folder: str, name: str) -> str:
        """Return what a directory has by a name: ``package``, ``module`` with a text, ``compiled``, "" for nothing."""
        names = self._listed(folder)
        if name in names and self._listed(f"{folder}/{name}"):
            return "package"
        if f"{name}.py" in names:
            return "module"
        return "compiled" if any(each.startswith(f"{name}.") and each.endswith((".so", ".pyc")) for each in names) else ""

    def _is_standard(self, name: str) -> bool:
        if name in _COMPILED or name.startswith("_") or any(self._kind(folder, name) for folder in self._library):
            return True
        if name == "distutils" and any("_distutils_hack" in self._listed(place) for place in self._places):
            return True  # setuptools brings it
        return any(each.startswith(f"{name}.") for folder in self._library for each in self._listed(f"{folder}/lib-dynload"))

    def _listed(self, folder: str) -> FrozenSet[str]:
        if folder not in self._names:
            self._names[folder] = frozenset(self._tree.listdir(folder) if self._tree.is_dir(folder) else ())
        return self._names[folder]


def _statements(text: str, package: str) -> List[Tuple[int, str, str, List[str]]]:
    """Return [(place, statement, module, names that may be modules of it)] of the imports at the beginning of a line.

    package: str, dotted, that the text's module is in.
    """
    found: List[Tuple[int, str, str, List[str]]] = []
    for match in _IMPORT.finditer(text):
        found += [(match.start(), match.group().strip(), each.split()[0], []) for each in match.group(1).split(",")]
    for match in _FROM.finditer(text):
        name, names = match.group(1), re.findall(r"(?:^|[,(])\s*(\w+)", re.sub(r"#.*", "", match.group(2)))
        if name.startswith("."):
            up = len(name) - len(name.lstrip("."))
            base = package.split(".")
            base = base[: len(base) - up + 1]
            name = ".".join(base + ([name.lstrip(".")] if name.lstrip(".") else []))
        if name:
            found.append((match.start(), match.group().split("\n")[0].strip(), name, names))
    return sorted(found, key=lambda each: each[0])
