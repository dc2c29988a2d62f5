# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of a FAT file system by their 8.3 names. Nothing else is read, and no library is needed.

PRIVATE: module_utils of this collection are not an interface.
Source: Microsoft FAT32 File System Specification 1.03 (fatgen103).
"""

import struct
from typing import List, NamedTuple, Optional

from ansible_collections.imagewright.azure.plugins.module_utils.disk.annotations import ReadAt

_ENTRY = 32  # bytes of a directory entry
_DIRECTORY, _VOLUME = 0x10, 0x08
_FREE, _END = 0xE5, 0x00
_LONGEST_CHAIN = 65536  # clusters of one directory; ends a chain that is a loop

_LONGEST_FILE = 1024 * 1024  # clusters; ends a chain that is a loop


class _Entry(NamedTuple):
    """A name in a directory: where its chain begins, and its bytes."""

    cluster: int
    size: int


class _Fat(NamedTuple):
    """What the boot sector says. bits: of an entry of the table; cluster_size, offsets, root_size: bytes; clusters: how many there are."""

    bits: int
    cluster_size: int
    fat_offset: int
    root_offset: int
    root_size: int
    root_cluster: int
    data_offset: int
    clusters: int


class FatError(ValueError):
    """The partition holds no FAT file system that can be read."""


class FatFile(NamedTuple):
    """A file. size: bytes; read_at: shorter at its end or where its chain of clusters ends."""

    size: int
    read_at: ReadAt


def find_file(read_at: ReadAt, path: str) -> Optional[FatFile]:
    """Return the FatFile at the path, e.g. ``EFI/BOOT/BOOTX64.EFI``, or None; case does not count.

    read_at: callable (offset, length) -> bytes of the partition.
    Raises FatError: it is no FAT file system, or a damaged one.
    """
    fat = _read_parameters(read_at)
    entries = _root_entries(read_at, fat)
    *folders, name = path.upper().split("/")
    for folder in folders:
        found = _find(entries, folder, directory=True)
        if found is None:
            return None
        entries = _chain(read_at, fat, found.cluster)
    found = _find(entries, name, directory=False)
    return None if found is None else FatFile(found.size, _file_reader(read_at, fat, found))


def _read_parameters(read_at: ReadAt) -> _Fat:
    boot = read_at(0, 512)
    if len(boot) < 512 or boot[510:] != b"\x55\xaa":
        raise FatError("no boot sector")
    sector, per_cluster, reserved, copies, root_entries, small, fat16, large, fat32 = struct.unpack_from("<HBHBHHxH2x2x4xII", boot, 11)
    fat_sectors, sectors = fat16 or fat32, small or large
    if sector not in (512, 1024, 2048, 4096) or not per_cluster or per_cluster & (per_cluster - 1) or not copies or not fat_sectors:
        raise FatError("no FAT parameters")
    root_sectors = (root_entries * _ENTRY + sector - 1) // sector
    first_data = reserved + copies * fat_sectors + root_sectors
    clusters = (sectors - first_data) // per_cluster
    # not by their number alone: mkfs.vfat -F 32 makes small ones, and Linux and EDK II tell them by this field, too
    bits = 32 if not fat16 else 12 if clusters < 4085 else 16
    root_cluster = struct.unpack_from("<I", boot, 44)[0] if bits == 32 else 0
    return _Fat(
        bits,
        per_cluster * sector,
        reserved * sector,
        (reserved + copies * fat_sectors) * sector,
        root_sectors * sector,
        root_cluster,
        first_data * sector,
        clusters,
    )


def _root_entries(read_at: ReadAt, fat: _Fat) -> bytes:
    if fat.bits == 32:
        return _chain(read_at, fat, fat.root_cluster)
    return read_at(fat.root_offset, fat.root_size)


def _chain(read_at: ReadAt, fat: _Fat, cluster: int) -> bytes:
    """Return the content (bytes) of the directory that begins at the cluster."""
    parts: List[bytes] = []
    while 2 <= cluster < fat.clusters + 2:
        if len(parts) >= _LONGEST_CHAIN * _ENTRY // fat.cluster_size + 1:
            raise FatError("a directory without end")
        parts.append(read_at(fat.data_offset + (cluster - 2) * fat.cluster_size, fat.cluster_size))
        cluster = _next_cluster(read_at, fat, cluster)
    return b"".join(parts)


def _file_reader(read_at: ReadAt, fat: _Fat, entry: _Entry) -> ReadAt:
    """Return a function (offset, length) -> bytes of the file; its chain of clusters is followed as far as needed, once."""
    clusters = [entry.cluster]

    def cluster_at(index: int) -> Optional[int]:
        while len(clusters) <= index:
            following = _next_cluster(read_at, fat, clusters[-1])
            if not 2 <= following < fat.clusters + 2 or len(clusters) > _LONGEST_FILE:
                return None
            clusters.append(following)
        return clusters[index] if 2 <= clusters[index] < fat.clusters + 2 else None

    def read_file_at(offset: int, length: int) -> bytes:
        pieces, end = [], min(offset + length, entry.size)
        while offset < end:
            index, within = divmod(offset, fat.cluster_size)
            step, cluster = min(end - offset, fat.cluster_size - within), cluster_at(index)
            if cluster is None:
                break
            pieces.append(read_at(fat.data_offset + (cluster - 2) * fat.cluster_size + within, step))
            offset += step
        return b"".join(pieces)

    return read_file_at


def _next_cluster(read_at: ReadAt, fat: _Fat, cluster: int) -> int:
    if fat.bits == 12:
        pair = int.from_bytes(read_at(fat.fat_offset + cluster * 3 // 2, 2), "little")
        return pair >> 4 if cluster & 1 else pair & 0xFFF
    width = fat.bits // 8
    return int.from_bytes(read_at(fat.fat_offset + cluster * width, width), "little") & 0x0FFFFFFF


def _find(entries: bytes, name: str, directory: bool) -> Optional[_Entry]:
    """Return the _Entry of the named file or directory, or None."""
    stem, unused, extension = name.partition(".")
    wanted = stem.ljust(8).encode() + extension.ljust(3).encode()
    for offset in range(0, len(entries) - _ENTRY + 1, _ENTRY):
        entry = entries[offset : offset + _ENTRY]
        if entry[0] == _END:
            return None
        attributes = entry[11]
        if entry[0] == _FREE or attributes & _VOLUME or bool(attributes & _DIRECTORY) != directory:
            continue
        if entry[:11].upper() == wanted:
            high, low, size = struct.unpack("<20xH4xHI", entry)
            return _Entry(high << 16 | low, size)
    return None
