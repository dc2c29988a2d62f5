# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The system on a disk put together: the root that boots, what belongs below it, and what is left over.

PRIVATE: module_utils of this collection are not an interface.
"""

from typing import List, NamedTuple, Optional


from ansible_collections.imagewright.azure.plugins.module_utils.disk.content import NAMES
from ansible_collections.imagewright.azure.plugins.module_utils.image.disk_image import DiskImage, OpenVolume
from ansible_collections.imagewright.azure.plugins.module_utils.image.libraries import damage_as_error
from ansible_collections.imagewright.azure.plugins.module_utils.image.mounted_tree import TreeMount
from ansible_collections.imagewright.azure.plugins.module_utils.image.mounts import below
from ansible_collections.imagewright.azure.plugins.module_utils.image.roots import find_root


class Unwritten(NamedTuple):
    """A file system that Linux does not write. path: where it is mounted; name: of its volume; kind: its own;
    on_errors: ``continue``, ``remount-ro`` or ``panic``, what happens at the first error unless fstab asks for another, "" where it is never written.
    """

    path: str
    name: str
    kind: str
    cause: str
    on_errors: str


class Assembled(NamedTuple):
    """mounts: the root first; problems: file systems that the system mounts and that cannot be read;
    left_out: Linux file systems of the disk that nothing mounts, other roots among them; unwritten: of the mounts.
    """

    mounts: List[TreeMount]
    problems: List[str]
    left_out: List[str]
    unwritten: List[Unwritten]


_NO_LINUX = ("empty", "swap", "fat", "ntfs", "exfat", "iso9660", "bitlocker", "lvm")


def assemble(disk: DiskImage, path: str) -> Assembled:
    """Return the Assembled of a disk.

    disk: DiskImage; path: str, of the image, for errors.
    Raises ImagewrightError: no Linux root is on the disk.
    """
    root, others = find_root(disk, path)
    mounts, problems = below(disk, root)
    # subvolumes are mounts of one file system
    obstacles = {mount.volume.name: getattr(mount.file_system, "obstacle", "") for mount in mounts}
    problems = problems + [f"Linux does not mount the file system of {name}: {obstacle}" for name, obstacle in obstacles.items() if obstacle]
    used = {id(mount.file_system) for mount in mounts}
    left = [opened for opened in disk.volumes if opened.volume.holds not in _NO_LINUX and id(opened.file_system) not in used]
    unwritten = [] if problems else [found for found in map(_unwritten, mounts) if found]
    return Assembled(mounts, problems, [_left_out(opened, others) for opened in left], unwritten)


def _unwritten(mount: TreeMount) -> Optional[Unwritten]:
    """Return the Unwritten of a mount, None when Linux writes it, or nothing is known."""
    file_system = mount.file_system
    with damage_as_error(f"read {mount.volume.name}", "its file system is damaged"):
        cause, on_errors = file_system.unwritten()
    return Unwritten(mount.path, mount.volume.name, file_system.kind, cause, on_errors) if cause else None


def _left_out(opened: OpenVolume, others: List[TreeMount]) -> str:
    what = f"{opened.volume.name} holds {NAMES[opened.volume.holds]}"
    if opened.file_system is None:
        return f"{what} that cannot be read" + (f": {opened.error}" if opened.error else "")
    if any(other.file_system is opened.file_system for other in others):
        return f"{what} with another Linux system, which is not looked at"
    return f"{what} that nothing mounts, and so nothing in it is looked at"
