# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is mounted where when the system in an image is opened for writing, and what must not be opened at all.

PRIVATE: module_utils of this collection are not an interface.
"""

import struct
from typing import Any, Iterable, List, NamedTuple, Optional, Sequence

from ansible_collections.imagewright.azure.plugins.module_utils.core import machine
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.disk.content import NAMES

#: What the kernel calls the file systems of content.NAMES; ext4's driver mounts ext2 and ext3, too.
DRIVERS = {"ext": "ext4", "xfs": "xfs", "btrfs": "btrfs", "fat": "vfat"}

#: In place of the signature of swap space when a system has written its memory there. Source: kernel/power/swap.c, util-linux's swsuspend probe.
_HIBERNATED = (b"S1SUSPEND", b"S2SUSPEND", b"ULSUSPEND", b"LINHIB0001")
_PAGES = (4096, 8192, 16384, 32768, 65536)  # bytes

#: Of ext's superblock: s_state, s_feature_compat. Source: fs/ext4/ext4.h.
_UNMOUNTED, _WITH_ERRORS, _HAS_JOURNAL = 1, 2, 4

#: Machines whose programs run on a kernel of another name.
_RUNS_TOO = {"x86_64": ("x86_64", "i386", "i486", "i586", "i686"), "aarch64": ("aarch64",)}


class MappedPartition(NamedTuple):
    """A partition as the kernel counts it. start, size: int, bytes; names: by which udev links it, ``by-uuid/...``."""

    number: int
    start: int
    size: int
    names: Sequence[str]


class MountPlace(NamedTuple):
    """A file system at its place. path: str, the guest's; number: int, of its partition, 0 for the whole disk; driver: str; options: str;
    logical: str, ``group/name`` of the logical volume that it is on instead, else ""."""

    path: str
    number: int
    driver: str
    options: str
    logical: str = ""


class Plan(NamedTuple):
    """All that is needed to mount the system of a disk. size: int, bytes of the disk; names: by which udev links the whole disk."""

    size: int
    names: Sequence[str]
    partitions: Sequence[MappedPartition]
    places: Sequence[MountPlace]


def plan(tree: Any, path: str) -> Plan:
    """Return the Plan of the system in an image.

    tree: ImageTree; path: str, of the image, for errors.
    Raises ImagewrightError: the system must not be changed (it is hibernated, or a file system is damaged), or something of it cannot be mounted.
    """
    if tree.mount_problems:
        raise ImagewrightError(f"cannot open {path}: {tree.mount_problems[0]}; only a system that can be put together as a whole is prepared")
    _refuse_hibernated(tree.disk.volumes, path)
    for mount in tree.mounts:
        _refuse(mount, path)
    partitions = [
        MappedPartition(opened.volume.partition.number, opened.volume.partition.start, opened.volume.partition.size, _links(opened))
        for opened in tree.disk.volumes
        if opened.volume.partition
    ]
    whole = [name for opened in tree.disk.volumes if opened.volume.partition is None and opened.volume.logical is None for name in _links(opened)]
    places = [_place(mount) for mount in sorted(tree.mounts, key=lambda mount: mount.path)]
    return Plan(tree.disk.content.size, whole, partitions, places)


def missing_drivers(wanted: Plan, known: Iterable[str]) -> List[str]:
    """Return the drivers ([str]) that a kernel needs for the plan and has not. known: names of /proc/filesystems, and of modules that can be loaded."""
    return sorted({place.driver for place in wanted.places} - set(known))


def foreign_machine(tree: Any, own: str) -> Optional[str]:
    """Return the machine (str) that the guest's programs are for when a kernel of the machine own (``uname -m``) does not run them, else None."""
    found, _program = machine.architecture(tree)
    return None if found in _RUNS_TOO.get(own, (own,)) else found


def _place(mount: Any) -> MountPlace:
    number = mount.volume.partition.number if mount.volume.partition else 0
    options = []
    if mount.file_system.kind == "btrfs":
        options.append(f"subvolid={mount.root[0]}")
    elif mount.file_system.kind == "xfs":
        options.append("nouuid")  # the source of this copy may be mounted, too
    logical = mount.volume.logical
    return MountPlace(mount.path, number, DRIVERS[mount.file_system.kind], ",".join(options), f"{logical.group}/{logical.name}" if logical else "")


def _links(opened: Any) -> List[str]:
    """Return the names ([str]) below /dev/disk that udev gives to a volume."""
    return sorted(
        f"by-{kind}/{value.upper() if kind == 'uuid' and opened.volume.holds == 'fat' else value}"
        for kind, value in opened.names
        if kind in ("uuid", "label", "partuuid", "partlabel") and value and "/" not in value
    )


def _refuse(mount: Any, path: str) -> None:
    """Raise ImagewrightError when a file system of the system must not be mounted for writing, or cannot be."""
    where = f"cannot open {path}: {mount.path} is on {mount.volume.name}"
    if mount.file_system.kind not in DRIVERS:
        raise ImagewrightError(f"{where}, which holds {NAMES[mount.volume.holds]}, and that is not mounted here; prepare the guest live")
    if mount.file_system.kind == "ext":
        _refuse_damaged_ext(mount, where)


def _refuse_damaged_ext(mount: Any, where: str) -> None:
    mount.volume.stream.seek(1024)
    superblock = mount.volume.stream.read(1024)
    state, compatible = struct.unpack_from("<H", superblock, 0x3A)[0], struct.unpack_from("<I", superblock, 0x5C)[0]
    cure = "start the guest and shut it down, or run e2fsck on a copy of the disk"
    if state & _WITH_ERRORS:
        raise ImagewrightError(f"{where}, whose file system has errors that the kernel has found: it would be made worse; {cure}")
    if not state & _UNMOUNTED and not compatible & _HAS_JOURNAL:
        raise ImagewrightError(f"{where}, whose file system has no journal and was not unmounted: what is in it may be inconsistent; {cure}")


def _refuse_hibernated(volumes: Iterable[Any], path: str) -> None:
    for opened in volumes:
        stream = opened.volume.stream
        if stream is None or opened.volume.holds not in ("empty", "swap"):
            continue
        for page in _PAGES:
            stream.seek(page - 10)
            if stream.read(10).startswith(_HIBERNATED):
                raise ImagewrightError(
                    f"cannot open {path}: its system is hibernated, its memory is on {opened.volume.name} and has its file systems mounted: a change "
                    "behind its back destroys them; start the guest and shut it down"
                )
