# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A disk image opened: its container, its partition table, its volumes and their file systems.

PRIVATE: module_utils of this collection are not an interface.
"""

from typing import List, NamedTuple, Optional, Set, Tuple


from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.disk import content, device_names
from ansible_collections.imagewright.azure.plugins.module_utils.disk.content import NAMES
from ansible_collections.imagewright.azure.plugins.module_utils.disk.partitions import read_table
from ansible_collections.imagewright.azure.plugins.module_utils.disk.volumes import Volume, find_volumes
from ansible_collections.imagewright.azure.plugins.module_utils.image import btrfs, ext, fat, thin_volume, xfs
from ansible_collections.imagewright.azure.plugins.module_utils.image.container import open_container
from ansible_collections.imagewright.azure.plugins.module_utils.image.file_system import FileSystem
from ansible_collections.imagewright.azure.plugins.module_utils.image.libraries import MissingLibrary, damage_as_error

#: Readers by what a volume holds; a further file system is one file and one line here.
_READERS = {"ext": ext, "xfs": xfs, "btrfs": btrfs, "fat": fat}


class OpenVolume(NamedTuple):
    """A volume and its file system, None when it holds none that can be read; error: why;
    names: {(kind, value)} by which fstab and the kernel may call it, as of device_names.parse;
    left_mounted: bool, whether it cannot be read and is known not to have been unmounted.
    """

    volume: Volume
    file_system: Optional[FileSystem]
    error: Optional[str]
    names: Set[Tuple[str, str]]
    left_mounted: bool

    def readable(self) -> FileSystem:
        """Return the file system. Raises ImagewrightError: it holds none that can be read."""
        if self.file_system is None:
            raise ImagewrightError(f"cannot read {self.volume.name}: {self.error or 'it holds no file system that is known here'}")
        return self.file_system


class DiskImage:
    """The disk in an image file, opened read-only.

    path: str.
    Raises ImagewrightError: the file cannot be read or holds no disk.
    """

    def __init__(self, path: str) -> None:
        self.container = open_container(path)
        self.content = self.container.content
        try:
            self.table = read_table(self.content.read_at, self.content.size)
            self.volumes = [_open_volume(volume) for volume in _with_thin(find_volumes(self.content, self.table))]
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self.container.stream.close()

    def file_systems(self) -> List[OpenVolume]:
        """Return the volumes that hold a file system which can be read."""
        return [opened for opened in self.volumes if opened.file_system is not None]

    def describe(self) -> str:
        """Return what is on the disk (str), for errors: ``partition 1 holds a FAT file system; ...``."""
        if not self.volumes:
            return "its partition table is empty" if self.table.kind != "none" else "it has no partition table"
        return "; ".join(f"{opened.volume.name} holds {NAMES[opened.volume.holds]}" + (f" ({opened.error})" if opened.error else "") for opened in self.volumes)


def _with_thin(volumes: List[Volume]) -> List[Volume]:
    """Return the volumes, those logical ones opened by a library that nothing here reads."""
    physical = [volume for volume in volumes if volume.holds == "lvm"]
    return [thin_volume.opened(volume, physical) if volume.logical and volume.stream is None else volume for volume in volumes]


def _open_volume(volume: Volume) -> OpenVolume:
    file_system, error, left_mounted = _file_system(volume)
    names = device_names.of_partition(volume.partition) if volume.partition else set()
    if volume.logical:
        names |= device_names.of_logical(volume.logical)
    return OpenVolume(volume, file_system, error, names | _content_names(volume, file_system), left_mounted)


def _content_names(volume: Volume, file_system: Optional[FileSystem]) -> Set[Tuple[str, str]]:
    if file_system is not None:
        return device_names.of_content(file_system.uuid, file_system.label)
    try:
        return device_names.of_content(*content.identity(volume.stream, volume.holds)) if volume.stream else set()
    except ImagewrightError:
        return set()


def _file_system(volume: Volume) -> Tuple[Optional[FileSystem], Optional[str], bool]:
    """Return (file system, error, whether it was left mounted), one of the first two None.

    What stands in a journal alone looks like damage to a reader: a disk that was copied while the guest ran has no other fault.
    """
    if volume.stream is None or volume.holds not in _READERS:
        return None, volume.error, False
    file_system = None
    try:
        with damage_as_error(f"read {volume.name}", f"{NAMES[volume.holds]} is damaged"):
            file_system = _READERS[volume.holds].open_file_system(volume.stream, volume.name)
            next(iter(file_system.entries(file_system.root)), None)
            return file_system, volume.error, False
    except MissingLibrary:
        raise
    except ImagewrightError as error:
        if file_system is None or file_system.clean is not False:
            return None, volume.error or str(error), False
        problem = (
            f"{NAMES[volume.holds]} was not unmounted, and its newest changes are in its journal alone; start the guest, shut it down, and copy its disk again"
        )
        return None, volume.error or f"cannot read {volume.name}: {problem}", True
