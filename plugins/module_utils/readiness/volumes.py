# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether what a configuration calls a device is on the disk: by identifier, as a logical volume, as a RAID.

PRIVATE: module_utils of this collection are not an interface.
"""

import re

from ansible_collections.imagewright.azure.plugins.module_utils.storage import fstab

_FSTAB = "/etc/fstab"
_IDENTIFIER = re.compile(r'^(?:(UUID|LABEL|PARTUUID|PARTLABEL)="?([^"]*)"?|/dev/disk/by-(uuid|label|partuuid|partlabel)/(.+))$', re.IGNORECASE)
_MAPPER = re.compile(r"^/dev/mapper/(?!control$)(.+)$")
_LOGICAL = re.compile(r"^/dev/(?!disk/|mapper/|md/|block/|char/|cciss/|ida/|input/|shm/|pts/|loop/)([A-Za-z0-9+_.-]+)/([A-Za-z0-9+_.-]+)$")
_RAID = re.compile(r"^/dev/md(?:\d+|/.+)")


def identifiers(context):
    """Return {(kind, value)} of all that the disk has, None when that is not known."""
    if context.disk is None:
        return None
    if context.disk.format != "live":
        return context.disk.identifiers
    kinds = ("uuid", "label", "partuuid", "partlabel")
    found = {(kind, plain(kind, name)) for kind in kinds for name in context.tree.listdir(f"/dev/disk/by-{kind}")}
    return found or None


def has_identifier(context, _kind, value):
    """Return whether something on the disk has this UUID (str), None when that is not known."""
    known = identifiers(context)
    return None if known is None else ("uuid", value.lower()) in known


def is_missing(device, known):
    """Return whether a device that is named by UUID or label is none of the known ({(kind, value)})."""
    match = _IDENTIFIER.match(device.partition("/PARTNROFF=")[0])
    if not match:
        return False
    kind = (match.group(1) or match.group(3)).lower()
    return (kind, plain(kind, match.group(2) or match.group(4) or "")) not in known


def plain(kind, value):
    """Return an identifier's value (str) without udev's escapes, UUIDs in lower case."""
    value = re.sub(r"\\x([0-9a-f]{2})", lambda code: chr(int(code.group(1), 16)), value)
    return value.lower() if kind in ("uuid", "partuuid") else value


def named_volume(context, device):
    """Return whether the device (str, as in root= or fstab) is on the disk, None when that is not known."""
    if context.disk is None:
        return None
    if _IDENTIFIER.match(device):
        known = identifiers(context)
        return None if known is None else not is_missing(device, known)
    logical = logical_volumes(context.disk)
    mapper, pair = _MAPPER.match(device), _LOGICAL.match(device)
    if mapper and logical is not None:
        return mapper.group(1) in {mapper_name(*each) for each in logical}
    if pair and logical is not None:
        return pair.groups() in logical
    if _RAID.match(device):
        return None if any(volume.holds == "md" for volume in context.disk.volumes) or _may_hide(context.disk) else False
    return None


def logical_volumes(disk):
    """Return {(volume group, logical volume)} of the disk, None when some may not have been read: on LUKS or RAID, or damaged."""
    found = {tuple(volume.logical) for volume in disk.volumes if volume.logical}
    unread = _may_hide(disk) or (any(volume.holds == "lvm" for volume in disk.volumes) and not found)
    return None if unread else found


def volume_groups(disk):
    """Return the names ({str}) of the disk's volume groups, None as logical_volumes."""
    logical = logical_volumes(disk)
    return None if logical is None else {group for group, _unused in logical}


def mapper_name(group, volume):
    """Return the name of a logical volume below /dev/mapper. Source: device-mapper, dm_build_dm_name."""
    return f"{group.replace('-', '--')}-{volume.replace('-', '--')}"


def _may_hide(disk):
    """Return whether the disk holds what volumes may lie in that are not read."""
    return any(volume.holds in ("luks", "md") or volume.error for volume in disk.volumes)


def mount_points(tree):
    """Return the mount points ([str]) of /etc/fstab."""
    return [entry.mount_point for entry in fstab.entries(tree.read_text(_FSTAB))] if tree.is_file(_FSTAB) else []


def root_kind(tree):
    """Return the file system (str) of the root as /etc/fstab has it, "" when it does not say."""
    entries = fstab.entries(tree.read_text(_FSTAB)) if tree.is_file(_FSTAB) else []
    kinds = [entry.kind for entry in entries if entry.mount_point == "/" and entry.kind != "auto" and "," not in entry.kind]
    return kinds[-1] if kinds else ""
