# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What systemd's mount units of a tree mount at boot.

PRIVATE: module_utils of this collection are not an interface.
Source: systemd.mount(5).
"""

import posixpath
import re
from typing import List, NamedTuple

from ansible_collections.imagewright.azure.plugins.module_utils.core.tree import Tree


class Wanted(NamedTuple):
    """What is to be mounted."""

    source: str
    place: str
    kind: str
    options: List[str]


_ENABLED = (
    "/etc/systemd/system/*.wants/*.mount",
    "/etc/systemd/system/*.requires/*.mount",
    "/usr/lib/systemd/system/*.wants/*.mount",
    "/usr/lib/systemd/system/*.requires/*.mount",
)
_FOLDERS = ("/etc/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system")
_SETTING = re.compile(r"^(What|Where|Type|Options)[ \t]*=[ \t]*(.*?)[ \t]*$", re.MULTILINE)


def wanted(tree: Tree) -> List[Wanted]:
    """Return the [Wanted] of the enabled mount units whose source is a device."""
    names = sorted({posixpath.basename(path) for pattern in _ENABLED for path in tree.glob(pattern)})
    found = []
    for name in names:
        path = next((f"{folder}/{name}" for folder in _FOLDERS if tree.is_file(f"{folder}/{name}")), None)
        settings = dict(_SETTING.findall(tree.read_text(path))) if path else {}
        if settings.get("What", "").startswith("/dev/") and settings.get("Where", "").startswith("/"):
            found.append(Wanted(settings["What"], settings["Where"].rstrip("/") or "/", settings.get("Type", ""), settings.get("Options", "").split(",")))
    return found
