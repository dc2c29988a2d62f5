# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What generalizing never touches: what is mounted from elsewhere, and what a kept account logs in with.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import posixpath
import stat

#: Where removing stops. foreign: {path: storage.mounts.Mount}; mounted: {path} of all mount points; kept: {path: name of the account that
#: uses it}; above: {path} of all directories that hold one of these. All paths are the guest's, with links followed.
Limits = collections.namedtuple("Limits", "foreign mounted kept above")


def limits(foreign, mounted, kept):
    """Return the Limits of mounts and of what is kept (see there)."""
    above = {parent for path in [*foreign, *mounted, *kept] for parent in ancestors(path)[1:]}
    return Limits(foreign, frozenset(mounted), kept, frozenset(above))


def ancestors(path):
    """Return the path and all directories above it ([str]), ``/`` last."""
    found = [path]
    while posixpath.dirname(found[-1]) != found[-1]:
        found.append(posixpath.dirname(found[-1]))
    return found


def place(tree, path):
    """Return where the path itself is (str): links of its directory followed, its own not."""
    return posixpath.join(tree.resolve(posixpath.dirname(path)), posixpath.basename(path))


def holder(path, places):
    """Return which of the places (dict or set of str) is the path or a directory above it, None for none."""
    return next((parent for parent in ancestors(path) if parent in places), None)


def on_the_way(tree, path):
    """Return what is needed to get at the path ([str]): each link that is followed, and at last the place where it ends."""
    found, current = [], "/"
    pending = [part for part in path.split("/") if part]
    while pending and len(found) < 40:
        part = pending.pop(0)
        if part == "..":
            current = posixpath.dirname(current)
            continue
        reached = posixpath.join(current, part)
        if part == ".":
            continue
        if tree.is_symlink(reached):
            target = tree.readlink(reached)
            found.append(reached)
            current = "/" if target.startswith("/") else current
            pending = [part for part in target.split("/") if part] + pending
        else:
            current = reached
    return found + [current]


def within(tree, traces, found):
    """Return ([Trace] that may be removed, [path] of the foreign mounts at which it stops).

    A directory that holds what must stay is taken apart: all else of it goes. Returned paths have no link in their directories.
    traces: [Trace]; found: Limits.
    """
    result, stopped, pending = [], set(), list(reversed(traces))
    while pending:
        trace = pending.pop()
        real = place(tree, trace.path)
        mount = holder(real, found.foreign)
        if mount is not None:
            stopped.add(mount)
        elif holder(real, found.kept) is None:
            if (real in found.above or real in found.mounted) and stat.S_ISDIR(tree.lstat(trace.path).mode):
                pending += [trace._replace(path=posixpath.join(trace.path, name)) for name in reversed(tree.listdir(trace.path))]
            else:
                result.append(trace._replace(path=real))
    return result, sorted(stopped)
