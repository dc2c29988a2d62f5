# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a GRUB looks for its files, by the prefix that is built into its core, on the volumes of a disk.

PRIVATE: module_utils of this collection are not an interface.
Source: GRUB, kern/main.c (grub_set_prefix_and_root) and util/grub-install.c.
"""

import re
from typing import Optional, Union

from ansible_collections.imagewright.azure.plugins.module_utils.disk import device_names
from ansible_collections.imagewright.azure.plugins.module_utils.disk.boot_facts import BootChain, broken, undecided, whole
from ansible_collections.imagewright.azure.plugins.module_utils.disk.grub_core import GrubCore
from ansible_collections.imagewright.azure.plugins.module_utils.disk.partitions import is_hybrid
from ansible_collections.imagewright.azure.plugins.module_utils.image.disk_image import DiskImage, OpenVolume
from ansible_collections.imagewright.azure.plugins.module_utils.image.grub_files import WITHOUT, DiskPlace, exists, find_device, read_stub
from ansible_collections.imagewright.azure.plugins.module_utils.image.grub_modules import fault_of_modules

_DEVICE = re.compile(r"^\((?P<device>[^)]*)\)(?P<path>.*)$")
_PARTITION = re.compile(r"^(?P<disk>[a-z]+\d+)?,(?:(?P<map>msdos|gpt)(?P<number>\d+))")

_PLATFORMS = ("i386-pc", "x86_64-efi", "arm64-efi", "i386-efi")


def resolve_prefix(disk: DiskImage, core: GrubCore, place: str) -> Optional[BootChain]:
    """Return the BootChain that a GRUB's built-in prefix and configuration lead to, or None when they name no device.

    core: grub_core.GrubCore; place: str, where the core lies.
    """
    searched = read_stub(disk, core.config)
    if searched.missing:
        return broken(place, f"its GRUB core {searched.missing}")
    prefix = searched.variables.get("prefix") or core.prefix
    if isinstance(prefix, DiskPlace):
        return _directory(core, prefix, place)
    match = _DEVICE.match(prefix)
    if not match or match.group("device") == "":
        return None
    if match.group("device") == "memdisk":
        return whole("a GRUB whose files are built in", place)
    found = _volume(disk, match.group("device"))
    if found is None:
        return broken(place, f"its GRUB core looks for its files in {prefix}, which is not on this disk")
    return _directory(core, DiskPlace(found, match.group("path")), place)


def _volume(disk: DiskImage, device: str) -> Union[OpenVolume, str, None]:
    """Return the OpenVolume that GRUB calls device, WITHOUT when it is there and cannot be read, or None.

    device: str, ``,msdos1``, ``hd0,gpt2``, ``lvm/rocky-root``, ``lvmid/...``, ``mduuid/...``.
    """
    partition = _PARTITION.match(device)
    if partition:
        if partition.group("disk") not in (None, "hd0"):
            return None
        if {"msdos": "mbr"}.get(partition.group("map"), "gpt") != disk.table.kind and not is_hybrid(disk.table):
            return None
        number = int(partition.group("number"))
        return next((opened for opened in disk.volumes if opened.volume.partition is not None and opened.volume.partition.number == number), None)
    if device.startswith(("lvm/", "lvmid/")):
        return _logical(disk, device)
    if device.startswith(("mduuid/", "cryptouuid/", "zfs")):
        return WITHOUT
    return find_device(disk, "fs_uuid", device[5:]) if device.startswith("UUID=") else None


def _logical(disk: DiskImage, device: str) -> Union[OpenVolume, str, None]:
    logical = [opened for opened in disk.volumes if opened.volume.logical]
    if not logical:
        return _any_lvm(disk)
    kind, _slash, value = device.partition("/")
    name = ("mapper", value) if kind == "lvm" else ("dm-uuid", "LVM-" + value.replace("-", "").replace("/", ""))
    return next((opened for opened in logical if opened.volume.logical and name in device_names.of_logical(opened.volume.logical)), None)


def _any_lvm(disk: DiskImage) -> Optional[str]:
    return WITHOUT if any(opened.volume.holds == "lvm" for opened in disk.volumes) else None


def _directory(core: GrubCore, found: DiskPlace, place: str) -> BootChain:
    """Return the BootChain of a GRUB that looks for its files in a directory (DiskPlace)."""
    opened, path = found
    if isinstance(opened, str):  # WITHOUT
        return undecided(place, f"its GRUB core looks for its files in {path} on a volume that cannot be told here")
    name = opened.volume.name
    looks = f"its GRUB core looks for its files in {path} on {name}"
    if opened.file_system is None:
        if opened.volume.holds == "empty" and not opened.error:
            return broken(place, f"{looks}, which holds no file system")
        return undecided(place, f"{looks}, which cannot be read here")
    if not exists(opened.file_system, path):
        return broken(place, f"{looks}, and there is no such directory")
    folders = [f"{path}/{platform}" for platform in _PLATFORMS if exists(opened.file_system, f"{path}/{platform}")]
    if not folders and not ("normal" in core.modules and exists(opened.file_system, f"{path}/grub.cfg")):
        return broken(place, f"{looks}, and neither its modules nor its grub.cfg are there")
    faults = [fault_of_modules(opened.file_system, folder, core) for folder in folders]
    return broken(place, f"{looks}, and {faults[0]}") if faults and all(faults) else whole("GRUB 2", f"{path} on {name}")
