# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a network manager's files need: one change a file, with its reason.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import re

from ansible_collections.imagewright.azure.plugins.module_utils.core import edits

#: One file before and after. before, after: text (str) or None where there is no file; reason: str, for the user.
Change = collections.namedtuple("Change", "path before after mode reason")

#: Names of Ethernet cards, fixed or as a pattern: eth0, ens3, enp1s0, eno1, enx001122334455, em1, e*, en*.
_ETHERNET = re.compile(r"(eth|en|em)[a-z0-9*?\[\]!-]*|e?\*", re.IGNORECASE)


def write(tree, path, text, reason, mode=0o644):
    """Return the Change that makes path hold text."""
    return Change(path, edits.read(tree, path), text, mode, reason)


def remove(tree, path, reason):
    """Return the Change that removes path."""
    return Change(path, edits.read(tree, path), None, 0o644, reason)


def is_ethernet(name):
    """Return whether name (str) is that of an Ethernet card or a pattern for such, not of a bridge, VLAN or tunnel."""
    return bool(_ETHERNET.fullmatch(name))


def merged(changes):
    """Return the Changes with those of one file made one: what it was before the first, and what the last makes of it."""
    found = {}
    for change in changes:
        first = found.get(change.path, change)
        found[change.path] = change._replace(before=first.before)
    return list(found.values())
