# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What dpkg's database says of files.

PRIVATE: module_utils of this collection are not an interface.
Source: deb-md5sums(5), dpkg-divert(1), deb-conffiles(5); dpkg lib/dpkg/infodb-format.c.
"""

import posixpath
from typing import Dict, Iterable, Iterator, List, Optional, Set, Tuple

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.package_entry import PackageEntry
from ansible_collections.imagewright.azure.plugins.module_utils.core.tree import Tree

FOLDER = "/var/lib/dpkg"
_INFO = FOLDER + "/info"
_MOST_FILE = 32 * 1024 * 1024  # bytes of one file of the database; the list of a package with 100,000 files has 10 MiB
_MOST_ALL = 256 * 1024 * 1024  # bytes of all checksums


def is_there(tree: Tree) -> bool:
    """Return whether the guest has a database of dpkg."""
    return tree.is_dir(_INFO) and tree.is_file(FOLDER + "/status")


def installed(tree: Tree, names: Iterable[str]) -> Set[str]:
    """Return those of the names (set of str) whose packages are installed, not only left behind with their configuration.

    Raises ImagewrightError: the database is larger than any.
    """
    wanted, found, name = set(names), set(), ""
    for line in _read(tree, FOLDER + "/status").decode("utf-8", "surrogateescape").split("\n"):
        if line.startswith("Package: "):
            name = line[len("Package: ") :].strip()
        elif line.startswith("Status: ") and name in wanted and line.split()[-1] == "installed":
            found.add(name)
    return found


def entries(tree: Tree, paths: Iterable[str]) -> Dict[str, List[PackageEntry]]:
    """Return {path: [PackageEntry]} of those of the paths that installed packages have, as regular files.

    paths: [str], the guest's resolved paths. Raises ImagewrightError: the database is larger than any.
    """
    wanted: Dict[bytes, List[Tuple[str, str]]] = {}
    diverted = _diversions(tree)
    for path in paths:
        for name in [path] + [original for original, (place, unused) in diverted.items() if place == path]:
            for spelled in spellings(tree, name):
                wanted.setdefault(spelled.lstrip("/").encode("utf-8", "surrogateescape"), []).append((name, path))
    found: Dict[str, List[PackageEntry]] = {}
    read = 0
    for file_name in tree.listdir(_INFO):
        if not file_name.endswith((".md5sums", ".conffiles")):
            continue
        octets = _read(tree, f"{_INFO}/{file_name}")
        read += len(octets)
        if read > _MOST_ALL:
            raise ImagewrightError(f"cannot read {_INFO}: its checksums have more than {_MOST_ALL // 1048576} MiB; look whether it is damaged")
        package, unused, kind = file_name.rpartition(".")
        for encoded, digest in _md5sums(octets) if kind == "md5sums" else _conffiles(octets):
            for original, path in wanted.get(encoded, ()):
                place, by = diverted.get(original, (original, ""))
                if path == (original if by == package.partition(":")[0] else place):
                    found.setdefault(path, []).append(PackageEntry(package, path, digest, "md5", kind == "conffiles"))
    return {path: kept for path, those in found.items() for kept in [_not_taken_over(tree, those)] if kept}


def files(tree: Tree, package: str) -> Optional[List[str]]:
    """Return the paths ([str]) of a package's files and directories, None when it is not installed."""
    names = [name for name in tree.listdir(_INFO) if name.endswith(".list") and (name[:-5] == package or name[:-5].partition(":")[0] == package)]
    if not names:
        return None
    diverted = _diversions(tree)
    lines = [line for name in names for line in _read(tree, f"{_INFO}/{name}").decode("utf-8", "surrogateescape").split("\n")]
    paths = [line for line in lines if line.startswith("/") and line != "/."]
    return [path if by == package.partition(":")[0] else place for path in paths for place, by in [diverted.get(path, (path, ""))]]


def spellings(tree: Tree, path: str) -> List[str]:
    """Return the spellings ([str]) of a path that a package may use where /bin, /lib and /sbin are links into /usr."""
    parts = path.split("/")
    if len(parts) > 3 and parts[1] == "usr" and _is_merged(tree, parts[2]):
        return [path, "/" + "/".join(parts[2:])]
    return [path, "/usr" + path] if len(parts) > 2 and _is_merged(tree, parts[1]) else [path]


def _is_merged(tree: Tree, name: str) -> bool:
    return name in ("bin", "sbin", "lib", "lib32", "lib64", "libx32") and tree.is_symlink("/" + name)


def _md5sums(octets: bytes) -> Iterator[Tuple[bytes, str]]:
    for line in octets.split(b"\n"):
        if len(line) > 34:
            yield line[34:], line[:32].decode("ascii", "replace")


def _conffiles(octets: bytes) -> Iterator[Tuple[bytes, str]]:
    for line in octets.split(b"\n"):
        yield line.lstrip(b"/"), ""


def _diversions(tree: Tree) -> Dict[str, Tuple[str, str]]:
    """Return {original path: (where it goes, package that diverts it, or "")}."""
    path = FOLDER + "/diversions"
    if not tree.is_file(path):
        return {}
    lines = _read(tree, path).decode("utf-8", "surrogateescape").split("\n")
    return {original: (place, "" if by == ":" else by) for original, place, by in zip(lines[::3], lines[1::3], lines[2::3])}


def _not_taken_over(tree: Tree, found: List[PackageEntry]) -> List[PackageEntry]:
    """Return the entries of packages that still have the file: checksums of one that another package replaced stay behind."""
    if len(found) == 1:
        return found
    return [entry for entry in found if set(spellings(tree, entry.path)) & set(files(tree, entry.package) or ())] or found


def _read(tree: Tree, path: str) -> bytes:
    octets = tree.read_bytes(path, _MOST_FILE + 1) if tree.is_file(path) else b""
    if len(octets) > _MOST_FILE:
        raise ImagewrightError(
            f"cannot read {path}: it has more than {_MOST_FILE // 1048576} MiB, which no file of {posixpath.dirname(path)} has; look whether it is damaged"
        )
    return octets
