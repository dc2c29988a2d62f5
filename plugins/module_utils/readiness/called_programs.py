# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that whoever provisions, or systemd, calls by name: where they are, and whether they do any work.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.core import programs
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import Evidence
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.shell_lines import failing_end

_FOLDERS = ("/usr/bin", "/bin", "/usr/sbin", "/sbin")
#: What a search finds before these.
_LOCAL = ("/usr/local/sbin", "/usr/local/bin")


def place(tree, name):
    """Return the path (str) of the system's own program of a name, None without one."""
    return next((path for folder in _FOLDERS for path in [f"{folder}/{name}"] if tree.exists(path)), None)


def useless(context, names):
    """Return the [Evidence] of the system's own programs ([str], names) that are there, and cannot run or do nothing but fail."""
    paths = [path for name in names for path in [place(context.tree, name)] if path is not None and context.tree.has_own_root]
    return [Evidence(path, line, text) for path in paths for line, text in [_obstacle(context, path)] if text]


def shadowing(context):
    """Return the [Evidence] of what is found ahead of the system's own useradd and ssh-keygen, and does not do their work."""
    tree, found = context.tree, []
    for name in ("useradd", "ssh-keygen"):
        path = next((path for folder in _LOCAL for path in [f"{folder}/{name}"] if _is_run(tree, path)), None)
        if path is None:
            continue
        line, wrong = _obstacle(context, path)
        if wrong:
            found.append(Evidence(path, line, f"{wrong}: it is found before the system's own {name}"))
    return found


def _obstacle(context, path):
    """Return (line or None, text) of what keeps a program from doing any work; the text is "" when nothing is known to."""
    wrong = programs.why_not(context.tree, path) if context.tree.has_own_root else ""
    failing = failing_end(context.lines(path)) if not wrong and context.tree.read_bytes(path, 2) == b"#!" else None
    return (failing[0], failing[1]) if failing else (None, wrong)


def _is_run(tree, path):
    """Return whether a search takes the file: what may not be run is passed over."""
    status = tree.stat(path)
    return status is not None and tree.is_file(path) and bool(status.mode & 0o111)
