# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a file or directory is there that GRUB names: its paths count from the top of a file system, which may be mounted anywhere in the guest.

PRIVATE: module_utils of this collection are not an interface.
Source: GRUB manual, File name syntax.
"""

import posixpath
import re

_TOPS = ("/", "/boot", "/boot/efi", "/efi")
#: Devices on the disk that GRUB was started from: its own root, and the first disk's partitions.
_OWN = re.compile(r"\((\$root|\$\{root\}|hd0,[a-z]*\d+)\)")


def is_there(tree, path):
    """Return whether a path of GRUB's (str) is there, below any of the tops of the guest; None when that cannot be told: it has a variable, or is on
    another device, or the disk has file systems that the guest does not mount."""
    own = _OWN.match(path)
    rest = path[own.end() :] if own else path
    if "$" in rest or not rest.startswith("/") or "*" in rest:
        return None
    parts = [part for part in posixpath.normpath(rest).split("/") if part]
    # Btrfs puts a subvolume before it
    tails = ["/".join(parts[index:]) for index in range(max(1, len(parts)))]
    if any(tree.exists(posixpath.join(top, tail)) for top in _TOPS for tail in tails):
        return True
    return None if getattr(getattr(tree, "tree", tree), "left_out", ()) else False
