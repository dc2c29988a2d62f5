# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The partitions and logical volumes of a disk, each with what it holds.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import uuid

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.disk import content
from ansible_collections.imagewright.azure.plugins.module_utils.disk.blocks import CachedBytes, Window
from ansible_collections.imagewright.azure.plugins.module_utils.image.libraries import MissingLibrary, damage_as_error, library

#: name: str for people (``partition 2``, ``logical volume rocky/root``, ``the whole disk``); holds: str, key of content.NAMES;
#: stream: binary, seekable, or None when it cannot be read; error: str or None, why; partition: vhd.partitions.Partition or None;
#: partition_uuid: str, lower case, "" without; logical: (volume group, logical volume) or None.
Volume = collections.namedtuple("Volume", "name holds stream error partition partition_uuid logical")


def find_volumes(disk, table):
    """Return the volumes ([Volume]) of a disk: its partitions, and the logical volumes on them.

    disk: CachedBytes.
    table: vhd.partitions.Table.
    """
    if table.kind == "none":
        volumes = [_volume("the whole disk", Window(disk, 0, disk.size))]
    else:
        uuids = _partition_uuids(table)
        volumes = [_partition(disk, partition, uuids.get(partition.number, "")) for partition in table.partitions
                   if partition.type not in ("0x05", "0x0f", "0x85")]
    physical = [volume for volume in volumes if volume.holds == "lvm"]
    return volumes + (_logical_volumes(physical) if physical else [])


def _partition(disk, partition, partition_uuid):
    name = f"partition {partition.number}"
    if partition.start + partition.size > disk.size:
        error = (f"{name} ends at byte {partition.start + partition.size}, but the disk has {disk.size} bytes only; "
                 "the image is cut off: get the whole of it")
        return _volume(name, Window(disk, partition.start, partition.size), partition, partition_uuid, error=error)
    return _volume(name, Window(disk, partition.start, partition.size), partition, partition_uuid)


def _volume(name, stream, partition=None, partition_uuid="", logical=None, error=None):
    try:
        holds = content.identify(stream)
    except ImagewrightError as damage:
        holds, error = "empty", error or str(damage)
    return Volume(name, holds, stream, error, partition, partition_uuid, logical)


def _partition_uuids(table):
    """Return {partition number: PARTUUID}."""
    if table.kind == "mbr":
        signature = int.from_bytes(table.mbr[440:444], "little")
        return {partition.number: f"{signature:08x}-{partition.number:02x}" for partition in table.partitions}
    if not table.gpt:
        return {}
    uuids = {}
    for index in range(table.gpt.entry_count):
        entry = table.gpt.entries[index * table.gpt.entry_size:][:32]
        if any(entry[:16]):
            uuids[index + 1] = str(uuid.UUID(bytes_le=bytes(entry[16:32])))
    return uuids


def _logical_volumes(physical):
    """Return the logical volumes ([Volume]) on the physical ones; one that cannot be read says why."""
    names = ", ".join(volume.name for volume in physical)
    doing = f"read the LVM volume group on {names}"
    lvm = library("dissect.volume.lvm", doing)
    try:
        with damage_as_error(doing, "its metadata is damaged"):
            devices = [lvm.LVM2Device(volume.stream) for volume in physical]
            groups = {}
            for device in devices:
                groups.setdefault(_group_name(device.metadata), []).append(device)
            return [_logical_volume(group, logical) for members in groups.values()
                    for group in [lvm.LVM2(members).vg] for logical in group.lv if logical.is_visible]
    except MissingLibrary:
        raise
    except ImagewrightError as error:
        return [Volume(f"volume group on {names}", "empty", None, str(error), None, "", None)]


def _group_name(metadata):
    return next(key for key, value in metadata.items() if isinstance(value, dict))


def _logical_volume(group, logical):
    name = f"logical volume {group.name}/{logical.name}"
    size = sum(segment.extent_count for segment in logical.segments) * group.extent_size * 512
    try:
        with damage_as_error(f"read {name}", "its metadata is damaged"):
            _check_members(group, name)
            below = logical.open()

            def fetch(offset, length):
                with damage_as_error(f"read {name} at byte {offset}", "it is damaged"):
                    below.seek(offset)
                    return below.read(length)
            return _volume(name, Window(CachedBytes(fetch, size, name), 0, size), logical=(group.name, logical.name))
    except ImagewrightError as error:
        return Volume(name, "empty", None, str(error), None, "", (group.name, logical.name))


def _check_members(group, name):
    missing = [physical.name for physical in group.pv if physical.dev is None]
    if missing:
        raise ImagewrightError(f"cannot read {name}: its volume group has physical volumes on other disks ({', '.join(missing)}); "
                               "an Azure OS disk must hold all of them")
