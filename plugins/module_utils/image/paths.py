# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A path inside one file system, before there is a tree. No link leads to another file system.

PRIVATE: module_utils of this collection are not an interface.
"""

import stat

from ansible_collections.imagewright.azure.plugins.module_utils.image.libraries import damage_as_error

_MOST_SYMLINKS = 40
_SMALL = 1024 * 1024  # bytes


def find(file_system, root, path):
    """Return the node at the path, links followed, or None when it is not there.

    root: node of the directory that the path starts from.
    """
    with damage_as_error(f"read {path}", f"its {file_system.kind} file system is damaged"):
        return _walk(file_system, root, path)


def read_small(file_system, root, path):
    """Return the content (str) of a small file, "" when it is not there."""
    with damage_as_error(f"read {path}", f"its {file_system.kind} file system is damaged"):
        node = _walk(file_system, root, path)
        if node is None or not stat.S_ISREG(file_system.status(node).mode):
            return ""
        return file_system.open(node).read(_SMALL).decode("utf-8", "surrogateescape")


def _walk(file_system, root, path):
    trail = [root]
    pending = [part for part in path.split("/") if part]
    links = 0
    while pending:
        part = pending.pop(0)
        if part in ("", "."):
            continue
        if part == "..":
            trail = trail[:-1] or [root]
            continue
        if not stat.S_ISDIR(file_system.status(trail[-1]).mode):
            return None
        node = next((node for name, node in file_system.entries(trail[-1]) if _same(name, part, file_system.ignores_case)), None)
        if node is None:
            return None
        if stat.S_ISLNK(file_system.status(node).mode):
            links += 1
            if links > _MOST_SYMLINKS:
                return None
            target = file_system.link(node)
            trail = [root] if target.startswith("/") else trail
            pending = target.split("/") + pending
        else:
            trail.append(node)
    return trail[-1]


def _same(name, other, ignores_case):
    return name == other or ignores_case and name.casefold() == other.casefold()
