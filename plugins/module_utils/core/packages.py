# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Is this file as its package says: asked of the few files that a machine needs on its way, never of all.

PRIVATE: module_utils of this collection are not an interface.
"""

import hashlib
import stat
from types import ModuleType
from typing import Dict, List, NamedTuple, Optional, Sequence, Set

from ansible_collections.imagewright.azure.plugins.module_utils.core import dpkg, rpm_database
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.package_entry import PackageEntry
from ansible_collections.imagewright.azure.plugins.module_utils.core.tree import Tree

#: The file has the content of its package; another one; is not there; belongs to no package, or to one that says nothing of it; cannot be told.
SAME, CHANGED, GONE, OWN, UNKNOWN = "same", "changed", "gone", "own", "unknown"


class FileAnswer(NamedTuple):
    """state: one of the five; packages: those that have it; is_empty: whether it is there with 0 bytes; text: for a person."""

    state: str
    packages: List[str]
    is_empty: bool
    text: str


_MOST_FILE = 256 * 1024 * 1024  # bytes of a file that is compared
_CHUNK = 1024 * 1024  # bytes
_LEFT_OUT = ("/usr/share/doc", "/usr/share/man", "/usr/share/info", "/usr/share/locale", "/usr/share/lintian", "/usr/share/bug")


def is_there(tree: Tree) -> bool:
    """Return whether the guest has a package database of a kind that is known here, though perhaps not read."""
    return _database(tree) is not None or rpm_database.other(tree) is not None


def compare(tree: Tree, paths: Sequence[str]) -> Dict[str, FileAnswer]:
    """Return {path: FileAnswer} of files; a configuration file may differ, and counts as same.

    tree: Tree; paths: [str], guest's, links are followed.
    """
    places = {path: _resolved(tree, path) for path in paths}
    try:
        database = _database(tree)
        entries = database.entries(tree, sorted({place for place in places.values() if place})) if database else None
    except ImagewrightError as error:
        return dict.fromkeys(paths, FileAnswer(UNKNOWN, [], False, str(error)))
    if entries is None:
        return dict.fromkeys(paths, FileAnswer(UNKNOWN, [], False, _why_not(tree)))
    return {path: _answer(tree, path, entries.get(place, [])) for path, place in places.items()}


def missing(tree: Tree, package: str, below: str = "") -> Optional[List[str]]:
    """Return the paths ([str]) of an installed package that are not there; None when the package is not installed, or that cannot be told.

    below: str, e.g. ``/usr/lib/python3``: only paths that begin so. Documentation and translations, which small images leave out, do not count.
    """
    database = _database(tree)
    listed = database.files(tree, package) if database else None
    return None if listed is None else [path for path in listed if path.startswith(below) and not path.startswith(_LEFT_OUT) and tree.lstat(path) is None]


def _database(tree: Tree) -> Optional[ModuleType]:
    if dpkg.is_there(tree):
        return dpkg
    return rpm_database if rpm_database.path(tree) else None


def _why_not(tree: Tree) -> str:
    other = rpm_database.other(tree)
    return f"the package database {other} is of a kind that is not read here" if other else "the guest has no package database that is read here"


def _resolved(tree: Tree, path: str) -> Optional[str]:
    try:
        return tree.resolve(path)
    except ImagewrightError:
        return None


def _answer(tree: Tree, path: str, entries: List[PackageEntry]) -> FileAnswer:
    owners = sorted({entry.package for entry in entries})
    names = " and ".join(owners)
    status = tree.stat(path)
    if status is None:
        needed = any(not entry.may_differ for entry in entries)
        return FileAnswer(GONE, owners, False, f"not there, though the package {names} has it") if needed else FileAnswer(OWN, owners, False, "not there")
    known = [entry for entry in entries if entry.digest and not entry.may_differ]
    if not known:
        return FileAnswer(SAME if entries else OWN, owners, not status.size, "")
    if not stat.S_ISREG(status.mode):
        return FileAnswer(CHANGED, owners, False, f"no regular file, as in the package {names}")
    if status.size > _MOST_FILE:
        return FileAnswer(UNKNOWN, owners, False, f"it has {status.size} bytes, more than are compared")
    try:
        digests = _digests(tree, path, {entry.algorithm for entry in known})
    except ImagewrightError as error:
        return FileAnswer(UNKNOWN, owners, False, str(error))
    if any(digests[entry.algorithm] == entry.digest.lower() for entry in known):
        return FileAnswer(SAME, owners, not status.size, "")
    what = f"{status.size} bytes of another content" if status.size else "empty"
    return FileAnswer(CHANGED, owners, not status.size, f"not as in the package {names}: {what}")


def _digests(tree: Tree, path: str, algorithms: Set[str]) -> Dict[str, str]:
    """Return {algorithm: hexadecimal digest} of a file; md5 and sha1 tell damage here, and secure nothing."""
    try:
        found = {algorithm: hashlib.new(algorithm) for algorithm in algorithms}
    except ValueError as error:
        raise ImagewrightError(f"cannot compare {path} with its package: this Python may not compute {' and '.join(sorted(algorithms))}") from error
    with tree.open(path) as stream:
        left = _MOST_FILE
        while left > 0:
            try:
                octets = stream.read(min(_CHUNK, left))
            except OSError as error:
                raise ImagewrightError(f"cannot read {path}: {error.strerror}") from error
            if not octets:
                break
            left -= len(octets)
            for digest in found.values():
                digest.update(octets)
    return {algorithm: digest.hexdigest() for algorithm, digest in found.items()}
