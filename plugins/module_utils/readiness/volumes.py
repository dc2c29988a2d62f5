# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether what a configuration calls a device is on the disk: by identifier, as a logical volume, as a RAID.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.disk import device_names
from ansible_collections.imagewright.azure.plugins.module_utils.storage import crypttab, fstab

_FSTAB = "/etc/fstab"
_KINDS = {"ext": "ext4", "xfs": "xfs", "btrfs": "btrfs", "fat": "vfat"}


def identifiers(context):
    """Return {(kind, value)} of all that the disk has, as of device_names.parse, None when that is not known."""
    if context.disk is None:
        return None
    return (context.shared(_of_running_guest) or None) if context.disk.format == "live" else context.disk.identifiers


def _of_running_guest(tree):
    """Return {(kind, value)} of the names that udev made."""
    names = {
        device_names.parse(f"/dev/disk/by-{kind}/{name}")
        for kind in ("uuid", "label", "partuuid", "partlabel", "id")
        for name in tree.listdir(f"/dev/disk/by-{kind}")
    }
    logical = {device_names.parse(path) for path in tree.glob("/dev/*/*")}
    return names | {name for name in logical if name[0] in ("logical", "mapper")}


def has_identifier(context, _kind, value):
    """Return whether something on the disk has this UUID (str), None when that is not known."""
    known = identifiers(context)
    return None if known is None else ("uuid", value.lower()) in known


def named_volume(context, device):
    """Return whether the device (str, as in root= or fstab) is on the disk, None when that is not known."""
    if context.disk is None:
        return None
    kind, value = device_names.parse(device.partition("/PARTNROFF=")[0])
    known = identifiers(context)
    if kind == "md":
        return None if any(volume.holds == "md" for volume in context.disk.volumes) or _may_hide(context.disk) else False
    if kind in ("logical", "mapper", "dm-uuid"):
        there = known if context.disk.format == "live" and known else _of_groups(context)
        return None if _is_made_otherwise(context, kind, value) else (kind, value) in there
    return None if known is None or kind not in device_names.KNOWN_ON_DISK else (kind, value) in known


def kind_of(context, device):
    """Return the file system (str, as fstab calls it) that a device (str, as in fstab) holds, "" when that is not known."""
    kinds = context.disk.kinds if context.disk is not None else {}
    return _KINDS.get(kinds.get(device_names.parse(device), ""), "")


def _is_made_otherwise(context, kind, value):
    """Whether a device of the device mapper may be made of what is not read, or is made by /etc/crypttab."""
    if logical_volumes(context.disk) is None or (kind, value) == ("mapper", "control"):
        return True
    below = context.shared(_made_by_crypttab).get(value) if kind == "mapper" else None
    if below is None:
        return False
    # of what lies on it nothing is known, unless the device below is not there
    return device_names.parse(below)[0] == "mapper" or named_volume(context, below) is not False


def _of_groups(context):
    """Return the names ({(kind, value)}) of the disk's logical volumes."""
    return {name for volume in context.disk.volumes if volume.logical for name in device_names.of_logical(volume.logical)}


def _made_by_crypttab(tree):
    """Return {name: device below} of the devices that /etc/crypttab makes."""
    return {entry.name: entry.device for entry in crypttab.entries(tree.read_text(crypttab.PATH))} if tree.is_file(crypttab.PATH) else {}


def logical_volumes(disk):
    """Return {(volume group, logical volume)} of the disk, None when some may not have been read: on LUKS or RAID, or damaged."""
    found = {tuple(volume.logical[:2]) for volume in disk.volumes if volume.logical}
    unread = _may_hide(disk) or (any(volume.holds == "lvm" for volume in disk.volumes) and not found)
    return None if unread else found


def volume_groups(disk):
    """Return the names ({str}) of the disk's volume groups, None as logical_volumes."""
    logical = logical_volumes(disk)
    return None if logical is None else {group for group, _unused in logical}


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
