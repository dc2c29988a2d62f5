# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a generator of systemd's runs at boot: what writes units of fstab, of netplan's files, and the start of cloud-init.

PRIVATE: module_utils of this collection are not an interface.
Source: systemd.generator(7); conf_files_list of systemd's src/basic/conf-files.c.
"""

import stat
from typing import Dict, List, NamedTuple, Optional

from ansible_collections.imagewright.azure.plugins.module_utils.core.tree import Tree

#: The first folder that has one of a name counts. What lies below /run is gone at the next boot.
_FOLDERS = (
    "/etc/systemd/system-generators",
    "/usr/local/lib/systemd/system-generators",
    "/usr/lib/systemd/system-generators",
    "/lib/systemd/system-generators",
)


#: Of these each prints variables that the manager has from then on, and every service gets.
_OF_ENVIRONMENT = tuple(folder.replace("system-generators", "system-environment-generators") for folder in _FOLDERS)


class GeneratorObstacle(NamedTuple):
    """Why a generator does not run. path: the guest's."""

    path: str
    text: str


def names(tree: Tree) -> List[str]:
    """Return the names ([str]) of the generators of a tree; one without any is a part of a system."""
    return sorted({name for folder in _FOLDERS for name in tree.listdir(folder)})


def of_environment(tree: Tree) -> List[str]:
    """Return the paths ([str]) of the generators of the manager's environment, in the order in which they run. Source: systemd.environment-generator(7)."""
    found: Dict[str, str] = {}
    for folder in _OF_ENVIRONMENT:
        for name in tree.listdir(folder):
            found.setdefault(name, f"{folder}/{name}")
    return [found[name] for name in sorted(found) if _runs(tree, found[name])]


def started(tree: Tree, name: str) -> str:
    """Return the path (str) of a generator that runs, "" of one that does not."""
    return "" if obstacle(tree, name) is not None else next(f"{folder}/{name}" for folder in _FOLDERS if _runs(tree, f"{folder}/{name}"))


def _runs(tree: Tree, path: str) -> bool:
    status = tree.stat(path)
    return status is not None and stat.S_ISREG(status.mode) and (not tree.has_own_root or bool(status.mode & 0o111))


def obstacle(tree: Tree, name: str) -> Optional[GeneratorObstacle]:
    """Return the GeneratorObstacle of a generator that does not run: it is masked, may not be executed, or is not there; None of one that runs."""
    closed = None
    for folder in _FOLDERS:
        path = f"{folder}/{name}"
        if tree.is_symlink(path) and tree.readlink(path) == "/dev/null":
            return GeneratorObstacle(path, "is masked: a link to /dev/null")
        status = tree.stat(path)
        if status is not None and stat.S_ISREG(status.mode):
            if not status.size:
                return GeneratorObstacle(path, "is masked: an empty file")
            if _runs(tree, path):
                return None
            closed = closed or GeneratorObstacle(path, "may not be executed")  # systemd looks for the next of its name
    return closed or GeneratorObstacle(f"{_FOLDERS[-2]}/{name}", "is not there")
