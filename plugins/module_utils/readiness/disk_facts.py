# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What rules may know of the disk: of an image, or of the disk that the running guest's root is on.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import os
import stat

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.disk.blocks import CachedBytes
from ansible_collections.imagewright.azure.plugins.module_utils.disk.boot_facts import undecided
from ansible_collections.imagewright.azure.plugins.module_utils.disk.bootability import judge
from ansible_collections.imagewright.azure.plugins.module_utils.disk.partitions import read_table
from ansible_collections.imagewright.azure.plugins.module_utils.disk.volumes import find_volumes

#: path: str; format: raw, vpc, qcow2, ... or live; virtual_size: int, bytes; table: partitions.Table;
#: bootability: bootability.Bootability; volumes: [volumes.Volume];
#: unclean, undecided: [(name of the volume, kind of its file system)], file systems not unmounted, and those of which it is not known;
#: identifiers: {(kind, value)} of all file systems, partitions and logical volumes, as of device_names.parse, None when not known;
#: mount_problems: [str], file systems that the system mounts and that cannot be read;
#: bios, efi: disk.boot_facts.BootChain of generation 1 and 2, or None when the disk does not begin to boot so, or nobody looked;
#: left_out: [str], Linux file systems that nothing mounts;
#: kinds: {(kind, value): str}, what the volumes hold by the names of identifiers;
#: faulty: [(name of the volume, kind of its file system)], file systems that say that Linux found errors in them;
#: unwritten: [image.assembly.Unwritten], mounted file systems that Linux does not write, or not for long.
DiskFacts = collections.namedtuple(
    "DiskFacts", "path format virtual_size table bootability volumes unclean undecided identifiers mount_problems bios efi left_out kinds faulty unwritten"
)
DiskFacts.__new__.__defaults__ = (None, None, (), {}, (), ())


def of_image(disk, follow_bios=None, follow_efi=None):
    """Return the DiskFacts of an opened DiskImage, as far as they do not depend on what is mounted where.

    follow_bios, follow_efi: callable, DiskImage -> BootChain or None, or None when nobody looks.
    """
    container = disk.container
    identifiers = set().union(*[opened.names for opened in disk.volumes])
    unreadable = any(opened.file_system is None and opened.volume.holds not in ("empty", "lvm", "swap", "luks") for opened in disk.volumes) or any(
        opened.volume.error for opened in disk.volumes
    )
    unclean, undecided = (
        [
            (opened.volume.name, opened.file_system.kind)
            for opened in disk.file_systems()
            if opened.file_system.kind != "fat" and opened.file_system.clean is state
        ]
        for state in (False, None)
    )
    unclean += [(opened.volume.name, opened.volume.holds) for opened in disk.volumes if opened.left_mounted]
    return DiskFacts(
        container.path,
        container.format,
        disk.content.size,
        disk.table,
        judge(disk.table, disk.content.read_at),
        [opened.volume for opened in disk.volumes],
        unclean,
        undecided,
        None if unreadable else identifiers,
        [],
        _chain(follow_bios, disk),
        _chain(follow_efi, disk),
        (),
        {name: opened.volume.holds for opened in disk.volumes for name in opened.names},
        [(opened.volume.name, opened.file_system.kind) for opened in disk.file_systems() if opened.file_system.has_errors],
    )


def with_mounts(facts, tree):
    """Return the DiskFacts with what is known once the tree of the image (ImageTree) is put together."""
    return facts._replace(mount_problems=tree.mount_problems, left_out=tree.left_out, unwritten=tree.unwritten)


def _chain(follow, disk):
    """Return the BootChain that follow(disk) finds; what cannot be read on the way is a doubt."""
    try:
        return follow(disk) if follow else None
    except ImagewrightError as error:
        return undecided(disk.container.path, str(error))


def of_running_guest():
    """Return the DiskFacts of the disk that / is on, or None: in a container, on a network, on several disks, or not root."""
    device = _root_disk()
    if device is None:
        return None
    try:
        with open(device, "rb", buffering=0) as stream:
            size = stream.seek(0, os.SEEK_END)

            def fetch(offset, length):
                stream.seek(offset)
                return stream.read(length)

            disk = CachedBytes(fetch, size, device)
            table = read_table(disk.read_at, size)
            volumes = find_volumes(disk, table)
            return DiskFacts(device, "live", size, table, judge(table, disk.read_at), [volume._replace(stream=None) for volume in volumes], [], [], None, [])
    except (OSError, ImagewrightError):
        return None


def _root_disk():
    """Return the device (str) of the whole disk below /, or None."""
    if os.path.exists("/run/systemd/container") or os.path.exists("/.dockerenv") or os.path.exists("/run/.containerenv"):
        return None
    number = os.stat("/").st_dev
    place = f"/sys/dev/block/{os.major(number)}:{os.minor(number)}"
    for _level in range(8):
        if not os.path.isdir(place):
            return None
        below = sorted(os.listdir(place + "/slaves")) if os.path.isdir(place + "/slaves") else []
        if len(below) > 1:
            return None
        if below:
            place = f"/sys/class/block/{below[0]}"
        elif os.path.exists(place + "/partition"):
            place = os.path.dirname(os.path.realpath(place))
        else:
            device = "/dev/" + os.path.basename(os.path.realpath(place))
            return device if os.path.exists(device) and stat.S_ISBLK(os.stat(device).st_mode) else None
    return None
