# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What rpm's database says of files: the one in SQLite, of RHEL 9, Fedora 33, SLES 16 and later.

PRIVATE: module_utils of this collection are not an interface.
Source: rpm docs/manual/format_header.md, lib/backend/sqlite.c, include/rpm/rpmtag.h.
"""

import posixpath
import struct

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.package_entry import Entry
from ansible_collections.imagewright.azure.plugins.module_utils.core.sqlite_reader import Database

_FOLDERS = ("/usr/lib/sysimage/rpm", "/var/lib/rpm", "/usr/share/rpm")
_OTHERS = ("Packages", "Packages.db")  # Berkeley DB, and SUSE's ndb
_NAME, _STATES, _MODES, _DIGESTS, _FLAGS, _DIRINDEXES, _BASENAMES, _DIRNAMES, _ALGORITHM = 1000, 1029, 1030, 1035, 1037, 1116, 1117, 1118, 5011
_CONFIG, _MISSING_OK, _GHOST = 1, 8, 64
_ALGORITHMS = {1: "md5", 2: "sha1", 8: "sha256", 9: "sha384", 10: "sha512", 11: "sha224"}
_MOST_ENTRIES = 200000  # of one header; a kernel's modules are 5,000 files


def path(tree):
    """Return the path (str) of the database that can be read here, None when there is none."""
    return next((f"{folder}/rpmdb.sqlite" for folder in _FOLDERS if tree.is_file(f"{folder}/rpmdb.sqlite")), None)


def other(tree):
    """Return the path (str) of a database in a form that is not read here, None when there is none."""
    return next((f"{folder}/{name}" for folder in _FOLDERS for name in _OTHERS if tree.is_file(f"{folder}/{name}")), None)


def entries(tree, paths):
    """Return {path: [Entry]} of those of the paths that installed packages have, as regular files.

    paths: [str], the guest's resolved paths. Raises ImagewrightError: the database is damaged, or holds what is not yet in its main file.
    """
    found = {}
    with tree.open(path(tree)) as stream:
        database = _open(tree, stream)
        headers = {}
        for wanted in paths:
            for row in database.rows_with("Basenames_key_idx", posixpath.basename(wanted)):
                number = (database.row("Basenames", row) or [None, None])[1]
                if number not in headers:
                    headers[number] = _header(database, number)
                found.setdefault(wanted, []).extend(_entries(tree, headers[number], wanted))
    return {wanted: those for wanted, those in found.items() if those}


def files(tree, package):
    """Return the paths ([str]) of a package's files that are to be there, None when it is not installed."""
    with tree.open(path(tree)) as stream:
        database = _open(tree, stream)
        numbers = [(database.row("Name", row) or [None, None])[1] for row in database.rows_with("Name_key_idx", package)]
        headers = [_header(database, number) for number in numbers]
    if not headers:
        return None
    return [
        name
        for header in headers
        for index, name in enumerate(_names(header))
        if not _at(header, _FLAGS, index) & (_GHOST | _MISSING_OK) and not _at(header, _STATES, index)
    ]


def _open(tree, stream):
    name = path(tree)
    log = tree.stat(name + "-wal")
    if log is not None and log.size:
        raise ImagewrightError(f"cannot read the database {name}: {name}-wal holds changes that are not in it yet; run `rpm --rebuilddb` in the guest")
    database = Database(stream, name)
    lacking = [table for table in ("Packages", "Basenames", "Basenames_key_idx", "Name", "Name_key_idx") if not database.has(table)]
    if lacking:
        raise ImagewrightError(f"cannot read the database {name}: it has no table {lacking[0]}; run `rpm --rebuilddb` in the guest")
    return database


def _header(database, number):
    """Return {tag: [int] or [str]} of a package, of the tags that are used here."""
    row = database.row("Packages", number) if isinstance(number, int) else None
    blob = row[1] if row and len(row) > 1 and isinstance(row[1], bytes) else b""
    if len(blob) < 8:
        return {}
    count, size = struct.unpack(">II", blob[:8])
    data = blob[8 + 16 * count :]
    if count > 10000 or len(blob) < 8 + 16 * count or len(data) < size:
        raise ImagewrightError(f"cannot read the package {number} of the rpm database: its header is cut off; run `rpm --rebuilddb` in the guest")
    found = {}
    for index in range(count):
        tag, kind, offset, length = struct.unpack(">IIiI", blob[8 + 16 * index : 24 + 16 * index])
        if tag in (_NAME, _STATES, _MODES, _DIGESTS, _FLAGS, _DIRINDEXES, _BASENAMES, _DIRNAMES, _ALGORITHM) and 0 <= offset <= len(data):
            found[tag] = _values(data, kind, offset, min(length, _MOST_ENTRIES))
    return found


def _values(data, kind, offset, count):
    widths = {1: "B", 2: "B", 3: "H", 4: "I", 5: "Q"}
    if kind in widths:
        size = struct.calcsize(widths[kind]) * count
        return list(struct.unpack(f">{count}{widths[kind]}", data[offset : offset + size].ljust(size, b"\0")))
    return [text.decode("utf-8", "surrogateescape") for text in data[offset:].split(b"\0", count)[:count]]


def _names(header):
    folders = header.get(_DIRNAMES, [])
    return [folders[index] + name if index < len(folders) else name for index, name in zip(header.get(_DIRINDEXES, []), header.get(_BASENAMES, []))]


def _at(header, tag, index, default=0):
    values = header.get(tag, [])
    return values[index] if index < len(values) else default


def _entries(tree, header, wanted):
    algorithm = _ALGORITHMS.get(_at(header, _ALGORITHM, 0, 1), "")
    return [
        Entry(
            _at(header, _NAME, 0, ""),
            wanted,
            _at(header, _DIGESTS, index, "") if algorithm else "",
            algorithm,
            bool(_at(header, _FLAGS, index) & (_CONFIG | _MISSING_OK | _GHOST)),
        )
        for index, name in enumerate(_names(header))
        if posixpath.basename(name) == posixpath.basename(wanted) and not _at(header, _STATES, index) and wanted in (name, tree.resolve(name))
    ]
