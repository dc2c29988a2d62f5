# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The partitions and logical volumes of a disk, each with what it holds.

PRIVATE: module_utils of this collection are not an interface.
"""

from typing import List, NamedTuple, Optional, Tuple

from ansible_collections.imagewright.azure.plugins.module_utils.core.annotations import Stream
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.disk import content, lvm
from ansible_collections.imagewright.azure.plugins.module_utils.disk.blocks import CachedBytes, Window
from ansible_collections.imagewright.azure.plugins.module_utils.disk.lvm_reader import Readers
from ansible_collections.imagewright.azure.plugins.module_utils.disk.partitions import Partition, Table


class Volume(NamedTuple):
    """name: for people (``partition 2``, ``logical volume rocky/root``, ``the whole disk``); holds: key of content.NAMES;
    stream: None when it cannot be read; error: why.
    """

    name: str
    holds: str
    stream: Optional[Stream]
    error: Optional[str]
    partition: Optional[Partition]
    logical: "Optional[Logical]"


class Logical(NamedTuple):
    """uuid: the group's and the volume's without dashes, as udev names it behind ``dm-uuid-LVM-``; kinds: of its segments, ``linear``, ``thin``;
    flags: LVM's, its group's too, ``ACTIVATION_SKIP``, ``NOAUTOACTIVATE``; system_id: the machine that alone may have it, "" when any may.
    """

    group: str
    name: str
    uuid: str
    kinds: Tuple[str, ...] = ()
    flags: Tuple[str, ...] = ()
    system_id: str = ""


_EXTENDED = ("0x05", "0x0f", "0x85")


def find_volumes(disk: CachedBytes, table: Table) -> List[Volume]:
    """Return the volumes ([Volume]) of a disk: its partitions, and the logical volumes on them.

    disk: CachedBytes.
    table: partitions.Table.
    """
    if table.kind == "none":
        volumes = [_volume("the whole disk", Window(disk, 0, disk.size))]
    else:
        volumes = [_partition(disk, partition) for partition in table.partitions if partition.type not in _EXTENDED]
    physical = [volume for volume in volumes if volume.holds == "lvm"]
    return volumes + (_logical_volumes(physical) if physical else [])


def _partition(disk: CachedBytes, partition: Partition) -> Volume:
    error = None
    if partition.start + partition.size > disk.size:
        error = (
            f"partition {partition.number} ends at byte {partition.start + partition.size}, but the disk has {disk.size} bytes only; "
            "the image is cut off: get the whole of it"
        )
    return _volume(f"partition {partition.number}", Window(disk, partition.start, partition.size), partition, error=error)


def _volume(name: str, stream: Stream, partition: Optional[Partition] = None, logical: Optional[Logical] = None, error: Optional[str] = None) -> Volume:
    try:
        holds = content.identify(stream)
    except ImagewrightError as damage:
        holds, error = "empty", error or str(damage)
    return Volume(name, holds, stream, error, partition, logical)


def _logical_volumes(volumes: List[Volume]) -> List[Volume]:
    """Return the logical volumes ([Volume]) on the physical ones; one that cannot be read says why."""
    physical, found = [], []
    for volume in volumes:
        try:
            if volume.stream is not None:
                physical.append(lvm.read_physical(volume.stream, volume.name))
        except ImagewrightError as error:
            found.append(_unread(f"the volume group on {volume.name}", error, None))
    groups = lvm.groups(physical)
    if not groups and not found and any(not volume.areas for volume in physical):
        names = ", ".join(volume.name for volume in volumes)
        found.append(_unread(f"the volume group on {names}", f"cannot read the volume group on {names}: its metadata is on another disk", None))
    return [volume for group in groups for volume in _logical_volumes_of(group)] + found


def _logical_volumes_of(group: lvm.Group) -> List[Volume]:
    readers = Readers(group)
    return [_logical_volume(group, readers, name) for name in lvm.visible(group)]


def _logical_volume(group: lvm.Group, readers: Readers, name: str) -> Volume:
    title = f"logical volume {group.name}/{name}"
    logical = Logical(group.name, name, group.uuid + lvm.uuid_of(group, name), lvm.kinds_of(group, name), lvm.flags_of(group, name), group.system_id)
    if group.exported:
        # no other way to read it is tried, as of one of another kind
        return _unread(title, f"cannot read {title}: its volume group is exported, and no machine starts it; run `vgimport {group.name}` beside the disk", None)
    try:
        size = lvm.size_of(group, name)
        return _volume(title, Window(CachedBytes(readers.of(name), size, title), 0, size), logical=logical)
    except ImagewrightError as error:
        return _unread(title, error, logical)


def _unread(name: str, error: object, logical: Optional[Logical]) -> Volume:
    return Volume(name, "empty", None, str(error), None, logical)
