# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What systemd mounts by the type of its partition alone, where no line of fstab and no unit says otherwise.

PRIVATE: module_utils of this collection are not an interface.
Source: UAPI Group, Discoverable Partitions Specification; systemd-gpt-auto-generator(8); src/shared/gpt.c.
"""

import hashlib
import hmac
import uuid
from typing import List, Optional, Tuple

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.tree import Tree
from ansible_collections.imagewright.azure.plugins.module_utils.disk.partitions import Partition
from ansible_collections.imagewright.azure.plugins.module_utils.image.disk_image import DiskImage, OpenVolume
from ansible_collections.imagewright.azure.plugins.module_utils.image.mounted_tree import MountedTree

EFI_SYSTEM = ("C12A7328-F81F-11D2-BA4B-00A0C93EC93B", "0xef")
_EXTENDED_BOOT = "BC13C2FF-59E6-4262-A352-B275FD6F7172"
_VAR = "4D21B016-B534-45C2-A9FB-5C16E091FD2D"
#: Type of a partition -> where it is mounted.
_PLACES = {
    "933AC7E1-2EB4-4F13-B844-0E14E2AEF915": "/home",
    "3B8F8425-20E0-4F3B-907F-1A25A76F98E8": "/srv",
    "7EC6F557-3BC5-4ACA-B293-16EF5DF639D1": "/var/tmp",
    _VAR: "/var",
    _EXTENDED_BOOT: "/boot",
}
#: Where installers and systemd put the EFI system partition.
_EFI_PLACES = ("/boot/efi", "/efi", "/boot")


def places(disk: DiskImage, tree: MountedTree) -> List[Tuple[OpenVolume, str]]:
    """Return [(OpenVolume, place)] of what systemd, or the firmware's loader, looks for by its type.

    tree: MountedTree of what fstab and units mount.
    """
    used = {id(mount.file_system) for mount in tree.mounts}
    taken = {mount.path for mount in tree.mounts}
    found = []
    for opened in sorted(disk.file_systems(), key=lambda opened: _type(opened) in EFI_SYSTEM):  # /boot is the extended boot partition's first
        kind = _type(opened)
        place: Optional[str] = None
        if id(opened.file_system) in used:
            continue
        if kind in EFI_SYSTEM:
            free = [each for each in _EFI_PLACES if each not in taken]
            place = next((each for each in free if _takes(tree, each)), next(iter(free), None))
        elif kind in _PLACES and (kind != _VAR or _is_var_of(tree, opened.volume.partition)):
            place = _PLACES[kind]
        if place and place not in taken:
            taken.add(place)
            found.append((opened, place))
    return found


def _type(opened: OpenVolume) -> str:
    return opened.volume.partition.type if opened.volume.partition else ""


def _takes(tree: Tree, path: str) -> bool:
    """Whether the path is a directory, and for /boot one without kernels of its own."""
    try:
        return tree.is_dir(path) and not (path == "/boot" and tree.listdir(path))
    except ImagewrightError:
        return False


def _is_var_of(tree: Tree, partition: Optional[Partition]) -> bool:
    """Whether a partition for /var is of this very machine: its UUID is made from the machine's identifier, so that no other system takes it."""
    try:
        machine = bytes.fromhex(tree.read_text("/etc/machine-id").strip())
    except (ImagewrightError, ValueError):
        return False
    octets = bytearray(hmac.new(machine, uuid.UUID(_VAR).bytes, hashlib.sha256).digest()[:16])
    octets[6], octets[8] = octets[6] & 0x0F | 0x40, octets[8] & 0x3F | 0x80
    return len(machine) == 16 and partition is not None and str(uuid.UUID(bytes=bytes(octets))) == partition.uuid
