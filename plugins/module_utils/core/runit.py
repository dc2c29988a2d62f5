# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""runit, which starts Void and Artix: each directory of a runlevel is a service, its file run what is kept running.

Source: runsvdir(8); runsv(8), the files run and down; runsvchdir(8); /etc/runit/2 of Void.

PRIVATE: module_utils of this collection are not an interface.
"""

import posixpath
from typing import Optional

from ansible_collections.imagewright.azure.plugins.module_utils.core.tree import Tree

_INIT, _PROGRAM = "/sbin/init", "runit-init"
#: The runlevel of a machine whose command line names none, and where services lie that no runlevel has.
_RUNLEVEL, _ASIDE = "/etc/runit/runsvdir/default", ("/etc/sv", "/etc/runit/sv")


def starts_guest(tree: Tree) -> bool:
    """Return whether the guest's init is runit's: Debian's packages bring services for it where another init is."""
    return tree.exists(_INIT) and posixpath.basename(tree.resolve(_INIT)) == _PROGRAM


def script(tree: Tree, name: str) -> Optional[str]:
    """Return the path (str) of what runs as a service, None where there is no such service."""
    paths = [f"{folder}/{name}/run" for folder in (_RUNLEVEL,) + _ASIDE]
    return next((path for path in paths if tree.is_file(path)), None)


def is_started(tree: Tree, name: str) -> bool:
    """Return whether the runlevel has a service that no file keeps down."""
    return tree.is_file(f"{_RUNLEVEL}/{name}/run") and not tree.exists(f"{_RUNLEVEL}/{name}/down")
