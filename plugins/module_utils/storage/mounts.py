# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is mounted on this machine, and which of it lies on the disk of a guest's root.

PRIVATE: module_utils of this collection are not an interface.
Source: proc_pid_mountinfo(5); sysfs: /sys/dev/block.
"""

import collections
import os
import posixpath

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import from_os_error
from ansible_collections.imagewright.azure.plugins.module_utils.storage import fstab

#: One mount. point: str, a path of this machine; root: str, what of the file system is mounted, ``/`` for all of it;
#: device: str, ``major:minor``; source: str, ``/dev/sda1`` or ``server:/home``; kind: str, ``ext4``; subvolume: str, of Btrfs, else ``/``.
Mount = collections.namedtuple("Mount", "point root device source kind subvolume")

MOUNTINFO = "/proc/self/mountinfo"

#: Memory that is the machine's own, and gone at its next boot.
_OWN_MEMORY = ("/run",)


def mounts():
    """Return the Mounts ([Mount]) that this process sees; a later one hides an earlier one of the same point.

    Raises ImagewrightError: they cannot be read.
    """
    try:
        with open(MOUNTINFO, encoding="utf-8", errors="surrogateescape") as stream:
            return parse(stream.read())
    except OSError as error:
        raise from_os_error(f"tell what is mounted: read {MOUNTINFO}", error) from error


def parse(text):
    """Return the Mounts ([Mount]) in the text (str) of /proc/self/mountinfo, in its order."""
    found = []
    for line in text.split("\n"):
        fields, separator, more = line.partition(" - ")
        fields, more = fields.split(" "), more.split(" ")
        if separator and len(fields) > 5 and len(more) > 2:
            subvolume = [option[7:] for option in fstab.unescaped(more[2]).split(",") if option.startswith("subvol=")]
            found.append(Mount(fstab.unescaped(fields[4]), fstab.unescaped(fields[3]), fields[2], fstab.unescaped(more[1]), more[0], (subvolume or ["/"])[0]))
    return found


def below(found, root):
    """Return {guest path: Mount} of what is mounted below a root, the root itself not among them.

    found: [Mount]; root: str, a resolved directory of this machine.
    """
    prefix = root.rstrip("/") + "/"
    return {mount.point[len(prefix) - 1 :]: mount for mount in found if mount.point.startswith(prefix) and mount.point != prefix}


def foreign(found, root):
    """Return {guest path: Mount} of what is mounted below a root and is no file system of the root's own disk.

    A network file system, memory, another disk and a directory that is mounted at a second place are foreign; ``/var`` on a partition or
    logical volume of the same disk, and /run, are not. Below a root that is no mount point everything is.
    found: [Mount]; root: str, a resolved directory of this machine.
    """
    own = [mount for mount in found if mount.point == root][-1:]
    disks = _disks_of(own[0]) if own else frozenset()
    seen, result = {(mount.device, mount.root) for mount in own}, {}
    for point, mount in below(found, root).items():
        whole = mount.root == mount.subvolume and (mount.device, mount.root) not in seen
        same_pool = bool(own) and own[0].kind == mount.kind == "zfs" and own[0].source.split("/")[0] == mount.source.split("/")[0]
        if point in _OWN_MEMORY and mount.kind == "tmpfs":
            continue
        if whole and (same_pool or disks & _disks_of(mount)):
            seen.add((mount.device, mount.root))
        else:
            result[point] = mount
    return result


def _disks_of(mount):
    """Return the names (frozenset) of the disks below a mounted block device, {} for what is none."""
    number = mount.device
    if number.startswith("0:"):  # Btrfs has a number of its own for each subvolume
        try:
            status = os.stat(mount.source) if mount.source.startswith("/dev/") else None
        except OSError:
            status = None
        if status is None or not status.st_rdev:
            return frozenset()
        number = f"{os.major(status.st_rdev)}:{os.minor(status.st_rdev)}"
    return frozenset(_disks(f"/sys/dev/block/{number}", 0))


def _disks(place, depth):
    place = os.path.realpath(place)
    if not os.path.isdir(place) or depth > 8:
        return set()
    if os.path.exists(posixpath.join(place, "partition")):
        return _disks(posixpath.dirname(place), depth + 1)
    slaves = posixpath.join(place, "slaves")
    below_it = os.listdir(slaves) if os.path.isdir(slaves) else []
    return {disk for name in below_it for disk in _disks(posixpath.join(slaves, name), depth + 1)} if below_it else {posixpath.basename(place)}
