# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which packages a guest has: from its package database where it can be read here, else by the program of its package manager.

PRIVATE: module_utils of this collection are not an interface.
"""

from typing import Dict, List, Optional, Set

from ansible_collections.imagewright.azure.plugins.module_utils.core import dpkg, guest_packages, rpm_database
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree


def installed(tree: LiveTree, names: List[str]) -> Dict[str, Optional[bool]]:
    """Return {name: whether the package is installed, None where that cannot be told}.

    names: [str], as the package manager has them.
    """
    found = _installed(tree, names) if names else set()
    return {name: None if found is None else name in found for name in names}


def _installed(tree: LiveTree, names: List[str]) -> Optional[Set[str]]:
    try:
        if dpkg.is_there(tree):
            return dpkg.installed(tree, names)
        if rpm_database.path(tree):
            return {name for name in names if rpm_database.files(tree, name) is not None}
        manager = guest_packages.find(tree)
        return {name for name in names if guest_packages.is_installed(tree, manager, name)}
    except ImagewrightError:
        return None  # damaged, or no answer: who wants the packages there asks the package manager for each
