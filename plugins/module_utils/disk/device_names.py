# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a name of a device means: in fstab, in ``root=``, in a unit. Pure.

PRIVATE: module_utils of this collection are not an interface.
Source: fstab(5); udev's rules 60-persistent-storage.rules, 13-dm-disk.rules, 11-dm-lvm.rules, 63-md-raid-arrays.rules.
"""

import re
from typing import Set, Tuple

from ansible_collections.imagewright.azure.plugins.module_utils.disk.partitions import Partition
from ansible_collections.imagewright.azure.plugins.module_utils.disk.volumes import Logical

#: Kinds of names: of a file system or what stands in its place; of a partition; of a logical volume (``group/name``); of a device mapper's device,
#: by its name and by its identifier; of a software RAID; of the number of a partition on whatever disk; of a whole disk.
KINDS = ("uuid", "label", "partuuid", "partlabel", "logical", "mapper", "dm-uuid", "md", "number", "disk")

#: Kinds whose devices are known to be there or not from what the disk holds.
KNOWN_ON_DISK = ("uuid", "label", "partuuid", "partlabel", "logical", "mapper", "dm-uuid")

_TAG = re.compile(r'^(UUID|LABEL|PARTUUID|PARTLABEL)="?([^"]*)"?$', re.IGNORECASE)
_LINK = re.compile(r"^/dev/disk/by-(uuid|label|partuuid|partlabel)/(.+)$")
_BY_ID = re.compile(r"^/dev/disk/by-id/(dm-uuid|dm-name|md-uuid|md-name)-(.+)$")
_PARTITION = re.compile(r"^/dev/(?:(?:sd|vd|hd|xvd)[a-z]+|(?:nvme\d+n|mmcblk|loop|nbd)\d+p)(\d+)$")
_DISK = re.compile(r"^/dev/(?:(?:sd|vd|hd|xvd)[a-z]+|(?:nvme\d+n|mmcblk|loop|nbd|zram|ram|sr)\d+)$")
_RAID = re.compile(r"^/dev/(md\d+|md_d\d+|md/.+)$")
_VOLUME = re.compile(r"^/dev/([^/]+/[^/]+)$")

_VOLUME_NUMBER = re.compile(r"(?:[0-9A-F]{4}-[0-9A-F]{4}|[0-9A-F]{16})$", re.IGNORECASE)
_UUID = re.compile(r"(?:[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}|[0-9A-F]{8}-[0-9A-F]{2})$", re.IGNORECASE)

#: Folders in /dev that are no volume groups.
_NO_GROUPS = ("disk", "mapper", "md", "block", "char", "bus", "input", "dri", "net", "pts", "shm", "snd", "cdrom", "cloud", "azure", "vfio", "fd", "zvol")


def parse(source: str) -> Tuple[str, str]:
    """Return (kind, value) of a name, kind one of KINDS or "" when it names no device of a disk.

    source: str, e.g. ``UUID=...``, ``/dev/disk/by-label/my\\x20var``, ``/dev/mapper/vg-root``, ``/dev/sda2``. Values of UUIDs are lower case.
    """
    match = _TAG.match(source)
    if match:
        return _plain(match.group(1).lower(), match.group(2))
    match = _LINK.match(source)
    if match:
        return _plain(match.group(1), decoded(match.group(2)))
    match = _BY_ID.match(source)
    if match:
        kind, value = match.group(1), decoded(match.group(2))
        return ("mapper", value) if kind == "dm-name" else (kind, value) if kind == "dm-uuid" else ("md", value)
    if source.startswith("/dev/mapper/"):
        return "mapper", decoded(source[len("/dev/mapper/") :])
    for pattern, kind in ((_PARTITION, "number"), (_RAID, "md")):
        match = pattern.match(source)
        if match:
            return kind, match.group(1)
    if _DISK.match(source):
        return "disk", ""
    match = _VOLUME.match(source)
    if match and match.group(1).split("/")[0] not in _NO_GROUPS:
        return "logical", match.group(1)
    return "", ""


def is_misspelt(source: str) -> bool:
    """Return whether a name (str, as of parse) has the UUID in other letters than udev's link and blkid, which tell large ones from small ones.

    The volume numbers of FAT and NTFS have large letters, all else small ones. Source: util-linux libblkid/src/superblocks.
    """
    match = _TAG.match(source) or _LINK.match(source)
    if not match or match.group(1).lower() not in ("uuid", "partuuid"):
        return False
    value = match.group(2)
    if match.group(1).lower() == "uuid" and _VOLUME_NUMBER.match(value):
        return value != value.upper()
    return bool(_UUID.match(value)) and value != value.lower()


def decoded(name: str) -> str:
    """Return the name (str) with udev's ``\\x20`` and the like as the characters that they stand for."""
    octets = re.sub(rb"\\x([0-9a-fA-F]{2})", lambda code: bytes([int(code.group(1), 16)]), name.encode("utf-8", "surrogateescape"))
    return octets.decode("utf-8", "surrogateescape")


def of_logical(logical: Logical) -> Set[Tuple[str, str]]:
    """Return the names ({(kind, value)}) of a logical volume."""
    mapped = logical.group.replace("-", "--") + "-" + logical.name.replace("-", "--")
    return {("logical", f"{logical.group}/{logical.name}"), ("mapper", mapped), ("dm-uuid", f"LVM-{logical.uuid}")}


def of_partition(partition: Partition) -> Set[Tuple[str, str]]:
    """Return the names ({(kind, value)}) of a partition."""
    names = {("number", str(partition.number))}
    if partition.uuid:
        names.add(("partuuid", partition.uuid.lower()))
    if partition.name:
        names.add(("partlabel", partition.name))
    return names


def of_content(uuid: str, label: str) -> Set[Tuple[str, str]]:
    """Return the names ({(kind, value)}) of what has the UUID and the label; either may be ""."""
    return {(kind, value) for kind, value in (_plain("uuid", uuid), ("label", label)) if value}


def _plain(kind: str, value: str) -> Tuple[str, str]:
    return kind, value.lower() if kind in ("uuid", "partuuid") else value
