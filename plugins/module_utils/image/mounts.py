# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which file system of a disk is the root, and which others belong where, by the image's own /etc/fstab.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import re

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.image.libraries import damage_as_error
from ansible_collections.imagewright.azure.plugins.module_utils.image.paths import find, read_small
from ansible_collections.imagewright.azure.plugins.module_utils.storage import fstab

#: A file system at its place. path: str, guest's path; root: node of the directory that is seen there.
Mount = collections.namedtuple("Mount", "path volume file_system root")

EFI_SYSTEM = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"
_EXTENDED_BOOT = "BC13C2FF-59E6-4262-A352-B275FD6F7172"
#: Where systemd-gpt-auto-generator and installers put the EFI system partition.
_EFI_PLACES = ("/boot/efi", "/efi", "/boot")
#: A root has one of each.
_ROOT_MARKS = (("/etc/os-release", "/usr/lib/os-release", "/etc/fstab"), ("/sbin", "/usr"), ("/etc",))
_DEVICE_PARTITION = re.compile(r"^/dev/(?:sd|vd|hd|xvd)[a-z]+(\d+)$|^/dev/(?:nvme\d+n|mmcblk|loop|nbd)\d+p(\d+)$")


def assemble(disk, path):
    """Return ([Mount], [str]): the root first, then what its fstab and the partition table put below it; and what could not be found.

    disk: DiskImage; path: str, of the image, for errors.
    Raises ImagewrightError: no Linux root is on the disk.
    """
    root = _find_root(disk, path)
    mounts, problems = [root], []
    for source, place, kind, options in _fstab(root):
        if place in ("/", "none", "swap") or not place.startswith("/") or kind in ("swap", "none", "proc", "sysfs", "tmpfs", "devpts", "cgroup"):
            continue
        if "bind" in options or source.startswith("/") and not source.startswith("/dev/"):
            continue
        opened = find_source(disk, source)
        if opened is None or opened.file_system is None:
            if opened is not None:
                problems.append(f"{place} ({source}) cannot be read: {opened.error or 'its file system is not one that is known here'}")
            continue
        with damage_as_error(f"read {place} in {path}", "its file system is damaged"):
            mounts.append(Mount(place.rstrip("/"), opened.volume, opened.file_system, _mount_root(opened.file_system, options)))
    return mounts + _automatic(disk, mounts), problems


def find_source(disk, source):
    """Return the OpenVolume that a source of fstab or ``root=`` names, or None when none on this disk does.

    source: str, e.g. ``UUID=...``, ``LABEL=root``, ``/dev/mapper/vg-root``, ``/dev/sda2``.
    """
    kind, value = _source_kind(source)
    for opened in disk.volumes:
        if value and _matches(opened, kind, value):
            return opened
    return None


def _source_kind(source):
    """Return (kind, value) of a source: uuid, label, partuuid, partlabel, logical, number or ""."""
    match = re.match(r'^(UUID|LABEL|PARTUUID|PARTLABEL)="?([^"]*)"?$', source, re.IGNORECASE)
    if match:
        return match.group(1).lower(), match.group(2)
    match = re.match(r"^/dev/disk/by-(uuid|label|partuuid|partlabel)/(.+)$", source)
    if match:
        return match.group(1), match.group(2)
    match = _DEVICE_PARTITION.match(source)
    if match:
        return "number", match.group(1) or match.group(2)
    if source.startswith("/dev/"):
        return "logical", source[len("/dev/"):]
    return "", ""


def _matches(opened, kind, value):
    volume, file_system = opened.volume, opened.file_system
    if kind in ("uuid", "label"):
        known = getattr(file_system, kind, None)
        return known is not None and (known.lower() == value.lower() if kind == "uuid" else known == value)
    if kind == "partuuid":
        return volume.partition_uuid.lower() == value.lower()
    if kind == "partlabel":
        return volume.partition is not None and volume.partition.name == value
    if kind == "number":
        return volume.partition is not None and volume.partition.number == int(value)
    if kind == "logical" and volume.logical:
        group, name = volume.logical
        mapped = group.replace("-", "--") + "-" + name.replace("-", "--")
        return value in (f"{group}/{name}", f"mapper/{mapped}")
    return False


def _find_root(disk, path):
    """Return the Mount of the root; of several, the one that the others' fstab or its own names."""
    candidates = [mount for opened in disk.file_systems() if opened.file_system.kind != "fat" for mount in _roots_in(opened)]
    if not candidates:
        raise ImagewrightError(f"cannot find a Linux system in {path}: {disk.describe()}; {_cure(disk)}")
    for mount in candidates:
        for source, place, _kind, _options in _fstab(mount):
            if place == "/":
                named = find_source(disk, source)
                if named is not None and named.file_system is mount.file_system:
                    return mount
    return candidates[0]


def _cure(disk):
    held = {opened.volume.holds for opened in disk.volumes}
    if "luks" in held or "bitlocker" in held:
        return "an encrypted root cannot be looked into: check the running guest with `root: /` instead"
    if any(opened.error for opened in disk.volumes):
        return "get a sound and whole copy of the image"
    return "give the image of a disk with a Linux system"


def _roots_in(opened):
    """Return the roots ([Mount]) in a file system: its own, or for Btrfs its subvolumes'."""
    found = []
    for root in _possible_roots(opened.file_system):
        try:
            if all(any(find(opened.file_system, root, mark) is not None for mark in marks) for marks in _ROOT_MARKS):
                found.append(Mount("/", opened.volume, opened.file_system, root))
                break
        except ImagewrightError:
            continue
    return found


def _possible_roots(file_system):
    yield file_system.root
    if file_system.kind == "btrfs":
        with damage_as_error("list the Btrfs subvolumes", "its file system is damaged"):
            # the shortest path first: a snapshot is no better than what it is of
            subvolumes = sorted(file_system.subvolumes(), key=lambda subvolume: len(subvolume.path))
        for subvolume in subvolumes:
            yield subvolume.objectid, subvolume.root.inum


def _mount_root(file_system, options):
    for option in options:
        name, unused, value = option.partition("=")
        if file_system.kind == "btrfs" and name == "subvol":
            return file_system.subvolume(value)
        if file_system.kind == "btrfs" and name == "subvolid" and value.isdigit():
            return next((subvolume.objectid, subvolume.root.inum) for subvolume in file_system.subvolumes()
                        if subvolume.objectid == int(value))
    return file_system.root


def _fstab(root):
    """Return [(source, place, kind, [options])] of the root's /etc/fstab."""
    text = read_small(root.file_system, root.root, "/etc/fstab")
    return [(entry.device, entry.mount_point, entry.kind, entry.options.split(",")) for entry in fstab.entries(text)]


def _automatic(disk, mounts):
    """Return the Mounts that no fstab names: the EFI system partition and the extended boot partition."""
    used = {id(mount.file_system) for mount in mounts}
    places = {mount.path for mount in mounts}
    added = []
    for opened in disk.file_systems():
        kind = opened.volume.partition.type if opened.volume.partition else ""
        if id(opened.file_system) in used:
            continue
        wanted = _EFI_PLACES if kind in (EFI_SYSTEM, "0xef") else ("/boot",) if kind == _EXTENDED_BOOT else ()
        place = next((place for place in wanted if place not in places), None)
        if place:
            places.add(place)
            added.append(Mount(place, opened.volume, opened.file_system, opened.file_system.root))
    return added
