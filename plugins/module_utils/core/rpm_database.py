# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What rpm's database says of files: the one in SQLite, of RHEL 9, Fedora 33, SLES 16 and later.

PRIVATE: module_utils of this collection are not an interface.
Source: rpm docs/manual/format_header.md, lib/backend/sqlite.c, include/rpm/rpmtag.h.
"""

import posixpath
import struct
from typing import Dict, Iterable, List, NamedTuple, Optional

from ansible_collections.imagewright.azure.plugins.module_utils.core.annotations import Stream
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.package_entry import PackageEntry
from ansible_collections.imagewright.azure.plugins.module_utils.core.sqlite_reader import Database
from ansible_collections.imagewright.azure.plugins.module_utils.core.tree import Tree

_FOLDERS = ("/usr/lib/sysimage/rpm", "/var/lib/rpm", "/usr/share/rpm")
_OTHERS = ("Packages", "Packages.db")  # Berkeley DB, and SUSE's ndb
_NAME, _STATES, _DIGESTS, _FLAGS, _DIRINDEXES, _BASENAMES, _DIRNAMES, _ALGORITHM = 1000, 1029, 1035, 1037, 1116, 1117, 1118, 5011
_NUMBERS = (_STATES, _FLAGS, _DIRINDEXES, _ALGORITHM)
_TEXTS = (_NAME, _DIGESTS, _BASENAMES, _DIRNAMES)
#: Type of a value -> as struct names it; types of texts.
_WIDTHS = {1: "B", 2: "B", 3: "H", 4: "I", 5: "Q"}
_TEXT_KINDS = (6, 8, 9)
_CONFIG, _MISSING_OK, _GHOST = 1, 8, 64
_ALGORITHMS = {1: "md5", 2: "sha1", 8: "sha256", 9: "sha384", 10: "sha512", 11: "sha224"}
_MOST_ENTRIES = 200000  # of one header; a kernel's modules are 5,000 files


class _Header(NamedTuple):
    """What a package says, by tags, of those that are used here."""

    numbers: Dict[int, List[int]]
    texts: Dict[int, List[str]]


def path(tree: Tree) -> Optional[str]:
    """Return the path (str) of the database that can be read here, None when there is none."""
    return next((f"{folder}/rpmdb.sqlite" for folder in _FOLDERS if tree.is_file(f"{folder}/rpmdb.sqlite")), None)


def other(tree: Tree) -> Optional[str]:
    """Return the path (str) of a database in a form that is not read here, None when there is none."""
    return next((f"{folder}/{name}" for folder in _FOLDERS for name in _OTHERS if tree.is_file(f"{folder}/{name}")), None)


def entries(tree: Tree, paths: Iterable[str]) -> Dict[str, List[PackageEntry]]:
    """Return {path: [PackageEntry]} of those of the paths that installed packages have, as regular files.

    paths: [str], the guest's resolved paths. Raises ImagewrightError: the database is damaged, or holds what is not yet in its main file.
    """
    found: Dict[str, List[PackageEntry]] = {}
    headers: Dict[int, _Header] = {}
    name = _path(tree)
    with tree.open(name) as stream:
        database = _open(tree, stream, name)
        for wanted in paths:
            for row in database.rows_with("Basenames_key_idx", posixpath.basename(wanted)):
                number = _package_number(database, "Basenames", row)
                if number not in headers:
                    headers[number] = _header(database, number)
                found.setdefault(wanted, []).extend(_entries(tree, headers[number], wanted))
    return {wanted: those for wanted, those in found.items() if those}


def files(tree: Tree, package: str) -> Optional[List[str]]:
    """Return the paths ([str]) of a package's files that are to be there, None when it is not installed."""
    database_path = _path(tree)
    with tree.open(database_path) as stream:
        database = _open(tree, stream, database_path)
        numbers = [_package_number(database, "Name", row) for row in database.rows_with("Name_key_idx", package)]
        headers = [_header(database, number) for number in numbers]
    if not headers:
        return None
    return [
        name
        for header in headers
        for index, name in enumerate(_names(header))
        if not _number(header, _FLAGS, index) & (_GHOST | _MISSING_OK) and not _number(header, _STATES, index)
    ]


def _path(tree: Tree) -> str:
    found = path(tree)
    if found is None:
        raise ImagewrightError("cannot read the rpm database: there is none of SQLite", errno="ENOENT")
    return found


def _open(tree: Tree, stream: Stream, name: str) -> Database:
    log = tree.stat(name + "-wal")
    if log is not None and log.size:
        raise ImagewrightError(f"cannot read the database {name}: {name}-wal holds changes that are not in it yet; run `rpm --rebuilddb` in the guest")
    database = Database(stream, name)
    lacking = [table for table in ("Packages", "Basenames", "Basenames_key_idx", "Name", "Name_key_idx") if not database.has(table)]
    if lacking:
        raise ImagewrightError(f"cannot read the database {name}: it has no table {lacking[0]}; run `rpm --rebuilddb` in the guest")
    return database


def _header(database: Database, number: int) -> _Header:
    """Return the _Header of a package. Raises ImagewrightError: it is damaged."""
    numbers: Dict[int, List[int]] = {}
    texts: Dict[int, List[str]] = {}
    row = database.row("Packages", number)
    blob = row[1] if row and len(row) > 1 and isinstance(row[1], bytes) else b""
    if len(blob) < 8:
        return _Header(numbers, texts)
    count, size = struct.unpack(">II", blob[:8])
    data = blob[8 + 16 * count :]
    if count > 10000 or len(blob) < 8 + 16 * count or len(data) < size:
        raise _damaged(number, "is cut off")
    for index in range(count):
        tag, kind, offset, length = struct.unpack(">IIiI", blob[8 + 16 * index : 24 + 16 * index])
        if tag not in _NUMBERS + _TEXTS or not 0 <= offset <= len(data):
            continue
        length = min(length, _MOST_ENTRIES)
        if tag in _NUMBERS and kind in _WIDTHS:
            octets = data[offset : offset + struct.calcsize(_WIDTHS[kind]) * length]
            numbers[tag] = list(struct.unpack(f">{length}{_WIDTHS[kind]}", octets.ljust(struct.calcsize(_WIDTHS[kind]) * length, b"\0")))
        elif tag in _TEXTS and kind in _TEXT_KINDS:
            texts[tag] = [text.decode("utf-8", "surrogateescape") for text in data[offset:].split(b"\0", length)[:length]]
        else:
            raise _damaged(number, f"has a value of type {kind} for the tag {tag}")
    return _Header(numbers, texts)


def _package_number(database: Database, table: str, row: int) -> int:
    """Return the number of the package that a row of the table of an index tells. Raises ImagewrightError: it tells none."""
    values = database.row(table, row) or []
    number = values[1] if len(values) > 1 else None
    if not isinstance(number, int):
        raise ImagewrightError(f"cannot read the rpm database: row {row} of its table {table} names no package; run `rpm --rebuilddb` in the guest")
    return number


def _damaged(number: int, cause: str) -> ImagewrightError:
    return ImagewrightError(f"cannot read the package {number} of the rpm database: its header {cause}; run `rpm --rebuilddb` in the guest")


def _names(header: _Header) -> List[str]:
    folders = header.texts.get(_DIRNAMES, [])
    pairs = zip(header.numbers.get(_DIRINDEXES, []), header.texts.get(_BASENAMES, []))
    return [folders[index] + name if index < len(folders) else name for index, name in pairs]


def _number(header: _Header, tag: int, index: int, default: int = 0) -> int:
    numbers = header.numbers.get(tag, [])
    return numbers[index] if index < len(numbers) else default


def _text(header: _Header, tag: int, index: int) -> str:
    texts = header.texts.get(tag, [])
    return texts[index] if index < len(texts) else ""


def _entries(tree: Tree, header: _Header, wanted: str) -> List[PackageEntry]:
    algorithm = _ALGORITHMS.get(_number(header, _ALGORITHM, 0, 1), "")
    return [
        PackageEntry(
            _text(header, _NAME, 0),
            wanted,
            _text(header, _DIGESTS, index) if algorithm else "",
            algorithm,
            bool(_number(header, _FLAGS, index) & (_CONFIG | _MISSING_OK | _GHOST)),
        )
        for index, name in enumerate(_names(header))
        if posixpath.basename(name) == posixpath.basename(wanted) and not _number(header, _STATES, index) and wanted in (name, tree.resolve(name))
    ]
