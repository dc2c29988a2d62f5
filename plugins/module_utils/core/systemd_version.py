# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which systemd a guest has.

PRIVATE: module_utils of this collection are not an interface.
"""

import re
from typing import Optional

from ansible_collections.imagewright.azure.plugins.module_utils.core.tree import Tree

_LIBRARIES = (
    "/usr/lib/systemd/libsystemd-shared-*.so",
    "/lib/systemd/libsystemd-shared-*.so",
    "/usr/lib64/systemd/libsystemd-shared-*.so",
    "/usr/lib/*/systemd/libsystemd-shared-*.so",
)
_VERSION = re.compile(r".*/libsystemd-shared-(\d+)")


def version(tree: Tree) -> Optional[int]:
    """Return the version (int) of systemd, None when it is not known."""
    found = [_VERSION.match(path) for pattern in _LIBRARIES for path in tree.glob(pattern)]
    return max((int(match.group(1)) for match in found if match), default=None)
