# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the Python of a script of the guest finds a package: its interpreter's version, and the directories that this version looks into.

PRIVATE: module_utils of this collection are not an interface.
Source: site.py of CPython; Debian's /usr/lib/python3/dist-packages.
"""

import posixpath
import re
from typing import Iterable, List, NamedTuple, Optional, Tuple

from ansible_collections.imagewright.azure.plugins.module_utils.core import python_imports, python_syntax
from ansible_collections.imagewright.azure.plugins.module_utils.core.tree import Tree

#: Where requests says what it imports. Source: requests 2.16 and later; the older ones bring it in packages/.
_OF_REQUESTS = {
    "__init__.py": re.compile(r"^import (urllib3)$", re.M),
    "packages.py": re.compile(r"^for package in \(([^)]*)\)", re.M),
    "certs.py": re.compile(r"^from (certifi) import", re.M),
}


class PythonAnswer(NamedTuple):
    """found: directories of the package; there: whether the interpreter looks into one of them; version: ``3.11``, None when not known;
    interpreter: its path or name.
    """

    found: List[str]
    there: bool
    version: Optional[str]
    interpreter: str


_FOLDERS = ("/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/local/lib64", "/usr/share/oem/python/lib")
_LOCAL = ("/usr/local/lib", "/usr/local/lib64")
_SEARCHED = ("/usr/bin", "/bin", "/usr/local/bin")
#: Statements at the beginning of a line, and behind an import in a line of a .pth file, that end Python.
_EXITS = re.compile(r"(?:sys\.exit|os\._exit|os\.abort|exit|quit)\(|raise SystemExit\b")
_EXITS_BEHIND = re.compile(r";\s*(?:(?:sys\.exit|os\._exit|os\.abort|exit|quit)\(|raise SystemExit\b)")
#: What an entry script of a distribution asks for.
_ENTRY = re.compile(r"^__requires__ = ['\"]([\w.-]+)==", re.M)
_VERSION = re.compile(r"python([23]\.[0-9]+)")


def interpreter(tree: Tree, script: str) -> Optional[str]:
    """Return the interpreter (str, as written in the ``#!`` of a script, ``env`` resolved), None of what is no script."""
    first = tree.read_bytes(script, 256).partition(b"\n")[0].decode("utf-8", "replace") if tree.is_file(script) else ""
    words = first[2:].split() if first.startswith("#!") else []
    if not words:
        return None
    return next((word for word in words[1:] if not word.startswith("-") and "=" not in word), None) if words[0].endswith("/env") else words[0]


def without_library(tree: Tree, script: str) -> Optional[str]:
    """Return the directory (str) in which the Python of a script looks for its own library, when none is there; None when one is, or that cannot be told.

    Source: getpath.py of CPython: os.py below PREFIX/lib or lib64, or an archive.
    """
    program = _program(tree, interpreter(tree, script))
    version = interpreter_version(tree, program) if program else None
    if program is None or version is None or not tree.is_file(program):
        return None
    prefix = posixpath.dirname(posixpath.dirname(tree.resolve(program)))
    if tree.is_file(f"{prefix}/pyvenv.cfg"):
        return None  # an environment of its own, which uses the library of another
    prefix = "/usr" if prefix == "/" else prefix
    folders = [f"{prefix}/{name}/python{version}" for name in ("lib", "lib64")]
    known = [f"{folder}/os.{ending}" for folder in folders for ending in ("py", "pyc")]
    known += [f"{prefix}/{name}/python{version.replace('.', '')}.zip" for name in ("lib", "lib64")]
    whole = any(tree.is_file(path) for path in known) and (
        any(tree.glob(f"{folder}/encodings/__init__.py*") for folder in folders) or any(tree.is_file(path) for path in known[4:])
    )
    return None if whole else folders[0]


def find(tree: Tree, script: str, package: str) -> Optional[PythonAnswer]:
    """Return the PythonAnswer for a package (``cloudinit``) of a Python script, None when the script is none of Python."""
    named = interpreter(tree, script)
    program = _program(tree, named)
    if named is None or program is None:
        return None
    version = interpreter_version(tree, program)
    found = [
        path
        for folder in _own_folders(tree, program) + _FOLDERS
        for pattern in (f"{folder}/python*/site-packages", f"{folder}/python*/dist-packages")
        for place in tree.glob(pattern)
        for path in _in(tree, place, package)
    ]
    return PythonAnswer(found, any(_looks_into(path, version) for path in found), version, named)


def of_requests(tree: Tree, script: str) -> List[str]:
    """Return the packages ([str]) that requests imports whatever it does, by its own files; one that brings them itself names none.

    script: guest path of a Python script.
    """
    answer = find(tree, script, "requests")
    names: List[str] = []
    for folder in answer.found[:1] if answer else []:
        for name, imports in _OF_REQUESTS.items():
            text = tree.read_text(f"{folder}/{name}") if tree.is_file(f"{folder}/{name}") else ""
            names += [word for found in imports.findall(text) for word in re.findall(r"\w+", found)]
    return list(dict.fromkeys(names))


def imports(tree: Tree, script: str, modules: Iterable[str]) -> python_imports.Imports:
    """Return the Imports of modules ([str], ``cloudinit.cmd.main``) that the Python of a script runs whatever they do.

    Source: sys.path[0] is the directory of the script, links followed.
    """
    version, places = _python(tree, script)
    if version is None:
        return python_imports.Imports(None, None)
    return python_imports.follow(tree, version, places, modules, posixpath.dirname(tree.resolve(script)))


def without_distro(tree: Tree, script: str) -> Optional[Tuple[str, int, str]]:
    """Return the (path, line from 1, text) by which the agent asks the package distro for the distribution, when its Python has neither that nor the
    function of platform.py that it asks first; None otherwise.

    Source: WALinuxAgent common/future.py, get_linux_distribution; platform.linux_distribution is gone since 3.8.
    """
    version, places = _python(tree, script)
    numbers = [int(part) for part in (version or "0.0").split(".")]
    if version is None or numbers < [3, 8] or not python_imports.is_missing(tree, version, places, "distro"):
        return None
    for path in [f"{place}/azurelinuxagent/common/future.py" for place in places]:
        text = _text(tree, path) if tree.is_file(path) else ""
        match = re.search(r"^[ \t]+distro\.linux_distribution\(", text, re.M)
        if match:
            return path, text.count("\n", 0, match.start()) + 1, match.group().strip() + ")"
    return None


def without_entry(tree: Tree, script: str) -> Optional[str]:
    """Return the name (str) of the installed distribution whose entry point a script asks for, when its entry_points.txt is nowhere; None otherwise.

    Source: easy_install and Debian's packages (load_entry_point); importlib.metadata.
    """
    match = _ENTRY.search(_text(tree, script)) if tree.is_file(script) else None
    _version, places = _python(tree, script)
    if match is None or not places:
        return None
    name = re.sub(r"[-_.]+", "_", match.group(1)).lower()
    found = [path for place in places for ending in ("egg-info", "dist-info") for path in tree.glob(f"{place}/*.{ending}")]
    own = [path for path in found if re.sub(r"[-_.]+", "_", posixpath.basename(path)).lower().startswith(name + "_")]
    eggs = [path for place in places for path in tree.glob(f"{place}/*.egg") + tree.glob(f"{place}/*.egg-link")]
    return None if eggs or any(tree.is_file(f"{path}/entry_points.txt") for path in own) else match.group(1)


def unreadable(tree: Tree, script: str, package: str, modules: Iterable[str]) -> Optional[Tuple[str, Optional[int], str]]:
    """Return (path, line, what is wrong) of the first module of a package in /usr/local that its Python cannot import, None without one.

    Those elsewhere are compared with their packages. modules: below the package, dotted (``cmd.main``); its own first file is looked at as well.
    """
    version, places = _python(tree, script)
    folder = next((path for place in places for path in [f"{place}/{package}"] if tree.glob(f"{path}/*.py")), "")
    names = [f"{module.replace('.', '/')}{ending}" for module in modules for ending in (".py", "/__init__.py")]
    for path in [f"{folder}/{name}" for name in ("__init__.py", *names)] if folder.startswith(_LOCAL) else []:
        found = python_syntax.problem(tree, path, version) if tree.is_file(path) else None
        if found:
            return (path, *found)
    return None


def shadowing(tree: Tree, script: str, package: str, module: str) -> Optional[str]:
    """Return the directory (str) of a package in /usr/local that the Python of a script takes before the system's, and that lacks a module of it, or None.

    module: path below the package (``cmd/main.py``). Source: site.py, where Debian's puts /usr/local first, and Fedora's as well.
    """
    answer = find(tree, script, package)
    if answer is None or answer.version is None:
        return None
    own = [f"{folder}/python{answer.version}/{name}/{package}" for folder in _LOCAL for name in ("dist-packages", "site-packages")]
    first = next((path for path in own if tree.is_file(f"{path}/__init__.py")), None)
    if first is None or tree.is_file(f"{first}/{module}"):
        return None
    others = [path for path in answer.found if path != first and _looks_into(path, answer.version)]
    return first if any(tree.is_file(f"{path}/{module}") for path in others) else None


def ended(tree: Tree, script: str) -> Optional[Tuple[str, int, str]]:
    """Return the (path, line from 1, text) by which the Python of a script ends before the script begins, None when it goes on.

    Python runs sitecustomize, usercustomize and the lines of .pth files that begin with import; another exception than SystemExit is passed over.
    Source: site.py, execsitecustomize and addpackage; tried with 3.11.
    """
    version, places = _python(tree, script)
    if version is None or " -S" in tree.read_bytes(script, 256).partition(b"\n")[0].decode("utf-8", "replace"):
        return None
    customs = [f"{place}/{name}.py" for name in ("sitecustomize", "usercustomize") for place in [f"/usr/lib/python{version}"] + places]
    own = [next((path for path in customs if path.endswith(name) and tree.is_file(path)), None) for name in ("/sitecustomize.py", "/usercustomize.py")]
    for path in [path for path in own if path] + [path for place in places for path in tree.glob(f"{place}/*.pth")]:
        for number, text in enumerate(_text(tree, path).split("\n"), 1):
            line = text.rstrip()
            if re.match(r"import[ \t]", line) and _EXITS_BEHIND.search(line) or not path.endswith(".pth") and _EXITS.match(line):
                return path, number, line
    return None


def emptied(tree: Tree, script: str, package: str, word: str) -> Optional[str]:
    """Return the file (str) of a package in /usr/local that the Python of a script takes before the system's, and that has nothing of it; None otherwise.

    word: str, what each version of the package has in its first file, as ``safe_load`` of yaml.
    """
    _version, places = _python(tree, script)
    first = next((path for place in places for path in (f"{place}/{package}/__init__.py", f"{place}/{package}.py") if tree.is_file(path)), None)
    return first if first is not None and first.startswith(_LOCAL) and word not in _text(tree, first) else None


def _python(tree: Tree, script: str) -> Tuple[Optional[str], List[str]]:
    """Return (version of the Python of a script, directories of packages that it looks into in their order); (None, []) where that is not known."""
    program = _program(tree, interpreter(tree, script))
    version = interpreter_version(tree, program) if program else None
    return (version, _places(tree, version, program)) if program and version else (None, [])


def _own_folders(tree: Tree, program: str) -> Tuple[str, ...]:
    """Return the directory of an environment of its own (venv) that an interpreter is in, () where it is the system's. Source: PEP 405."""
    prefix = posixpath.dirname(posixpath.dirname(program))
    return (f"{prefix}/lib",) if program.startswith("/") and tree.is_file(f"{prefix}/pyvenv.cfg") else ()


def _places(tree: Tree, version: str, program: str) -> List[str]:
    """Return the directories ([str]) of packages that a Python looks into, in their order; those of the system as well for one in an environment."""
    own = [
        f"{folder}/python{name}/{kind}"
        for folder in _own_folders(tree, program) + _LOCAL + ("/usr/lib", "/usr/lib64")
        for name in (version, "3")
        for kind in ("dist-packages", "site-packages")
    ]
    return [place for place in own if tree.is_dir(place)]


def _text(tree: Tree, path: str) -> str:
    return tree.read_bytes(path, 65536).decode("utf-8", "replace")


def _program(tree: Tree, named: Optional[str]) -> Optional[str]:
    """Return the path (str) of an interpreter, the name itself when it is in no directory that is searched; None of what is no Python."""
    if named is None or "python" not in named:
        return None
    return named if named.startswith("/") else next((f"{folder}/{named}" for folder in _SEARCHED if tree.exists(f"{folder}/{named}")), named)


def interpreter_version(tree: Tree, program: str) -> Optional[str]:
    """Return the version (``3.11``) of an interpreter by the name of its program, None when that does not say it."""
    match = _VERSION.search(posixpath.basename(tree.resolve(program))) or _VERSION.search(program)
    return match.group(1) if match else None


def _in(tree: Tree, place: str, package: str) -> List[str]:
    """Return the directories ([str]) of a package in a directory of packages, one in an egg among them."""
    found = [f"{place}/{package}"] + tree.glob(f"{place}/*.egg/{package}")
    packed = [path for path in tree.glob(f"{place}/*.egg") if tree.is_file(path)]  # which packages are in it is not looked at
    return [path for path in found if tree.glob(f"{path}/*.py") or tree.glob(f"{path}/*/*.py")] + packed


def _looks_into(path: str, version: Optional[str]) -> bool:
    """Return whether the interpreter of a version looks into the directory that a path is in: python3 is Debian's, for each of its versions."""
    own = re.search(r"/python([0-9.]+)/", path)
    if own is None:
        return False  # somebody's own directory, ``python-old``
    return version is None or own.group(1) in (version, version.partition(".")[0])
