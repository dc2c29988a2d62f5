# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a guest says that it swaps on its own disk, apart from /etc/fstab and the kernel's command line.

Pure: reads a Tree and text of /proc/swaps.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import posixpath
import re

from ansible_collections.imagewright.azure.plugins.module_utils.core import edits
from ansible_collections.imagewright.azure.plugins.module_utils.storage import fstab

#: A line of /proc/swaps. kind: ``partition`` or ``file``; size: int, KiB.
Swap = collections.namedtuple("Swap", "path kind size")

GPT_GENERATOR = "/etc/systemd/system-generators/systemd-gpt-auto-generator"

#: Partition type that systemd-gpt-auto-generator swaps on by itself. Source: Discoverable Partitions Specification.
GPT_SWAP_TYPE = "0657fd6d-a4ab-43c4-84e5-0933c84b4f4f"

#: Where installers put swap files (Ubuntu /swap.img, Fedora and Arch /swap/swapfile, cloud-init /swap.img); what else is there stays.
_USUAL_FILES = ("/swap*", "/swap/*", "/var/swap*", "/var/lib/swap*", "/var/cache/swap/*")
_LARGEST_PAGE = 64 * 1024

#: Swap that lives in memory, not on the OS disk.
_IN_MEMORY = re.compile(r"/dev/zram\d+|/dev/ram\d+")


def active(proc_swaps, zram=False):
    """Return the Swaps ([Swap]) in use, without those in memory unless zram is asked for.

    proc_swaps: str, the text of /proc/swaps.
    """
    found = []
    for line in proc_swaps.splitlines()[1:]:
        fields = line.split()
        if len(fields) >= 3:
            # the kernel writes a blank in a name as \040
            path = fstab.unescaped(fields[0])
            if zram or not _IN_MEMORY.match(path):
                found.append(Swap(path, fields[1], int(fields[2])))
    return found


def files(tree, swaps):
    """Return the paths ([str]) of swap files: those in use (swaps), those that /etc/fstab and units name, and those where installers put them."""
    named = [swap.path for swap in swaps if swap.kind == "file"]
    named += [entry.device for entry in fstab.entries(edits.read(tree, "/etc/fstab") or "") if fstab.is_swap(entry)]
    for path in units(tree):
        what = re.search(r"^What=(/\S+)", edits.read(tree, path) or "", re.MULTILINE)
        named += [what.group(1)] if what else []
    named += [path for pattern in _USUAL_FILES for path in tree.glob(pattern) if is_swap_file(tree, path)]
    return sorted({path for path in named if path.startswith("/") and not path.startswith("/dev/") and tree.is_file(path)})


def is_swap_file(tree, path):
    """Return whether a regular file holds swap by its signature, which mkswap writes at the end of the first page (4 to 64 KiB)."""
    if tree.is_symlink(path) or not tree.is_file(path):
        return False
    start = tree.read_bytes(path, _LARGEST_PAGE)
    return any(start[size - 10 : size] in (b"SWAPSPACE2", b"SWAP-SPACE") for size in (4096, 8192, 16384, 65536))


def units(tree, zram=False):
    """Return the paths ([str]) of the administrator's swap units on the OS disk, and of the links that start them.

    zram: bool, those in memory or on Azure's temporary disk as well.
    """
    found = tree.glob("/etc/systemd/system/*.swap") + tree.glob("/etc/systemd/system/*.wants/*.swap") + tree.glob("/etc/systemd/system/*.requires/*.swap")
    return sorted({path for path in found if zram or not _is_on_another_device(tree, path)})


def _is_on_another_device(tree, path):
    """Return whether a swap unit, or a link to one, is for memory or Azure's temporary disk."""
    what = re.search(r"^What=(\S+)", tree.read_text(path) if tree.is_file(path) else "", re.MULTILINE)
    # the name of a unit is its device
    device = what.group(1) if what else "/" + posixpath.basename(path)[: -len(".swap")].replace("-", "/")
    return fstab.is_other_swap(device)
