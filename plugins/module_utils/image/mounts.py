# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which file systems of a disk belong where below its root: by the root's own /etc/fstab, its mount units and the types of partitions.

PRIVATE: module_utils of this collection are not an interface.
"""

from typing import List, Optional, Sequence, Tuple, cast


from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.disk import device_names
from ansible_collections.imagewright.azure.plugins.module_utils.disk.content import NAMES
from ansible_collections.imagewright.azure.plugins.module_utils.image import discoverable, mount_units
from ansible_collections.imagewright.azure.plugins.module_utils.image.btrfs import BtrfsFileSystem
from ansible_collections.imagewright.azure.plugins.module_utils.image.disk_image import DiskImage, OpenVolume
from ansible_collections.imagewright.azure.plugins.module_utils.image.file_system import FileSystem, Node
from ansible_collections.imagewright.azure.plugins.module_utils.image.libraries import damage_as_error
from ansible_collections.imagewright.azure.plugins.module_utils.image.mount_units import Wanted
from ansible_collections.imagewright.azure.plugins.module_utils.image.mounted_tree import TreeMount, MountedTree
from ansible_collections.imagewright.azure.plugins.module_utils.image.paths import read_small
from ansible_collections.imagewright.azure.plugins.module_utils.storage import fstab

_NOT_ON_DISK = ("swap", "none", "proc", "sysfs", "tmpfs", "devpts", "cgroup", "cgroup2", "overlay")
#: What may hide the files of a mount point from us.
_OPAQUE = ("luks", "md", "lvm", "zfs", "bitlocker")


def below(disk: DiskImage, root: TreeMount) -> Tuple[List[TreeMount], List[str]]:
    """Return ([TreeMount], [str]): the root (TreeMount) first, then what belongs below it, and what of that cannot be read."""
    mounts = [root]
    problems: List[str] = []
    for wanted in _of_fstab(root):
        _add(disk, wanted, mounts, problems)
    for wanted in mount_units.wanted(MountedTree(mounts)):
        if wanted.place not in {mount.path for mount in mounts}:
            _add(disk, wanted, mounts, problems)
    for opened, place in discoverable.places(disk, MountedTree(mounts)):
        mounts.append(TreeMount(place, opened.volume, opened.readable(), opened.readable().root))
    return mounts, problems


def find_source(disk: DiskImage, source: str) -> Optional[OpenVolume]:
    """Return the OpenVolume that a source of fstab or ``root=`` names, or None when none on this disk does.

    source: str, e.g. ``UUID=...``, ``LABEL=root``, ``/dev/mapper/vg-root``, ``/dev/sda2``.
    """
    name = device_names.parse(source)
    return next((opened for opened in disk.volumes if name in opened.names), None)


def node_of(file_system: FileSystem, options: Sequence[str]) -> Node:
    """Return the node that options ([str], ``subvol=@home``) make the root of a mounted file system.

    Raises ImagewrightError: there is no such subvolume.
    """
    if file_system.kind != "btrfs":
        return file_system.root
    btrfs = cast(BtrfsFileSystem, file_system)
    for option in reversed(options):
        name, _equals, value = option.partition("=")
        if name == "subvol":
            return btrfs.subvolume(value)
        if name == "subvolid" and value.isdigit():
            return btrfs.subvolume_of(int(value))
    return file_system.root


def _add(disk: DiskImage, wanted: Wanted, mounts: List[TreeMount], problems: List[str]) -> None:
    """Add what is wanted to the mounts, or why it cannot be to the problems."""
    opened = find_source(disk, wanted.source)
    if opened is None and device_names.parse(wanted.source)[0] not in ("md", "mapper", "logical", "dm-uuid"):
        return
    try:
        if opened is None or opened.file_system is None:
            _tell_unreadable(disk, wanted, opened)
            return
        with damage_as_error(f"read {wanted.place}", "its file system is damaged"):
            node = node_of(opened.file_system, wanted.options)
        mounts.append(TreeMount(wanted.place, opened.volume, opened.file_system, node))
    except ImagewrightError as error:
        # what the boot does not wait for is no problem of the system, but it is told as left out
        if not {"noauto", "nofail"} & set(wanted.options):
            problems.append(f"{wanted.place} ({wanted.source}): {error}")


def _tell_unreadable(disk: DiskImage, wanted: Wanted, opened: Optional[OpenVolume]) -> None:
    if opened is not None:
        raise ImagewrightError(f"cannot read it: {opened.error or 'its file system is not one that is known here'}")
    hiding = [
        other.volume for other in disk.volumes if other.volume.holds in _OPAQUE and other.file_system is None and (other.volume.holds != "lvm" or other.error)
    ]
    if hiding:
        raise ImagewrightError(f"cannot read it: it may lie on {hiding[0].name}, which holds {NAMES[hiding[0].holds]}")


def _of_fstab(root: TreeMount) -> List[Wanted]:
    """Return the [Wanted] of the root's /etc/fstab."""
    text = read_small(root.file_system, root.root, "/etc/fstab")
    found = []
    for entry in fstab.entries(text):
        options = entry.options.split(",")
        on_disk = not entry.device.startswith("/") or entry.device.startswith("/dev/")
        if (
            entry.mount_point.startswith("/")
            and entry.mount_point.strip("/")
            and entry.kind not in _NOT_ON_DISK
            and on_disk
            and not {"bind", "rbind"} & set(options)
        ):
            found.append(Wanted(entry.device, entry.mount_point.rstrip("/"), entry.kind, options))
    return found


def root_options(root: TreeMount) -> Tuple[str, List[str]]:
    """Return (source, options) of / in the root's own /etc/fstab, ("", []) when it has no such line."""
    text = read_small(root.file_system, root.root, "/etc/fstab")
    return next(((entry.device, entry.options.split(",")) for entry in fstab.entries(text) if entry.mount_point == "/"), ("", []))
