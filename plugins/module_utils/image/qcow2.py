# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The header of a qcow2 image.

PRIVATE: module_utils of this collection are not an interface.
Source: QEMU docs/interop/qcow2.txt.
"""

import struct

from ansible_collections.imagewright.azure.plugins.module_utils.disk.annotations import ReadAt
from ansible_collections.imagewright.azure.plugins.module_utils.disk.problems import refusal
from ansible_collections.imagewright.azure.plugins.module_utils.disk.sizes import MIB
from ansible_collections.imagewright.azure.plugins.module_utils.image.image_file import Image
from ansible_collections.imagewright.azure.plugins.module_utils.image.tables import numbers

_LAYOUT = ">4xIQ4xIQIIQ8x4xI8x"  # x: bytes that are not looked at
_LENGTH = 104  # bytes of the header of version 3; version 2 has 72
_DIRTY, _CORRUPT, _EXTERNAL_DATA = 1, 2, 4  # incompatible features, bits 0 to 2
_EXTENDED_L2 = 16
_KNOWN_FEATURES = 0b11111  # also compression type
_CLUSTER_BITS = range(9, 22)
_MOST_L1 = 32 * MIB  # bytes; QEMU takes no longer table
_OFFSET = 0x00FFFFFFFFFFFE00  # of an L2 table, in an entry of the L1 table


def read_image(read_at: ReadAt, file_size: int, path: str) -> Image:
    """Return the Image of a qcow2 file.

    Raises ImagewrightError: it is cut off, damaged, encrypted, or keeps its data in another file.
    """
    header = read_at(0, _LENGTH)
    if len(header) < struct.calcsize(_LAYOUT) or header[7] != 2 and len(header) < _LENGTH:
        raise refusal(path, "cut_off", "it is cut off within the qcow2 header", "get the whole image")
    version, backing_offset, cluster_bits, size, encryption, l1_size, l1_offset, snapshots = struct.unpack_from(_LAYOUT, header)
    if version not in (2, 3):
        raise refusal(path, "unknown_format", f"it is of qcow version {version}", "convert it with `qemu-img convert -O qcow2` first")
    if backing_offset:
        raise refusal(
            path,
            "needs_other_file",
            f"its data is partly in a backing file, {_backing_name(read_at, header)!r}, which is never read",
            "merge the two first: `qemu-img convert -O qcow2 IMAGE WHOLE-IMAGE` or `qemu-img rebase -b ''`",
        )
    if encryption:
        raise refusal(path, "encrypted", "it is encrypted", "decrypt it with `qemu-img convert` and its key first")
    features = struct.unpack_from(">Q", header, 72)[0] if version == 3 else 0
    _check_features(features, path)
    if cluster_bits not in _CLUSTER_BITS or l1_size * 8 > _MOST_L1:
        raise refusal(
            path, "damaged", f"its qcow2 header describes clusters of 2^{cluster_bits} bytes and an L1 table of {l1_size} entries", "take a sound copy"
        )
    _check_l1(read_at(l1_offset, l1_size * 8), l1_size, 1 << cluster_bits, file_size, path)
    warnings = [f"{path} has {snapshots} internal snapshot(s); the active state is converted, the snapshots are not"] if snapshots else []
    # QEMU writes whole clusters, but of those with subclusters, and those that are compressed: map gives no place of the latter
    cut = file_size % (1 << cluster_bits) != 0 and not features & _EXTENDED_L2
    return Image("qcow2", size, None, None, warnings, cut)


def has_subclusters(read_at: ReadAt) -> bool:
    """Return whether the clusters of a qcow2 file are divided (extended_l2=on)."""
    header = read_at(0, _LENGTH)
    return len(header) == _LENGTH and header[7] == 3 and bool(struct.unpack_from(">Q", header, 72)[0] & _EXTENDED_L2)


def _check_l1(octets: bytes, entries: int, cluster_size: int, file_size: int, path: str) -> None:
    """Check that all L2 tables are whole; QEMU reads zeros where a file ends, which in them means that there is no data."""
    if len(octets) < entries * 8:
        raise refusal(path, "cut_off", "it is cut off: its L1 table is past the end of the file", "get the whole image")
    last = max((entry & _OFFSET for entry in set(numbers(octets, 8, "big"))), default=0)
    if last and last + cluster_size > file_size:
        raise refusal(path, "cut_off", f"it is cut off: its L2 table at offset {last} goes past the end of the file", "get the whole image")


def _check_features(features: int, path: str) -> None:
    if features & _EXTERNAL_DATA:
        raise refusal(
            path,
            "needs_other_file",
            "its data is in another file (external data file), which is never read",
            "bring it into one file first: `qemu-img convert -O qcow2`",
        )
    if features & _CORRUPT:
        raise refusal(path, "damaged", "it is marked as corrupt", "repair it with `qemu-img check -r all`, or take a sound copy")
    if features & _DIRTY:
        raise refusal(path, "not_closed", "it was not closed properly (dirty bit)", "let `qemu-img check -r all` repair its reference counts first")
    if features & ~_KNOWN_FEATURES:
        raise refusal(path, "unknown_format", f"it uses features that are not known here (0x{features:x})", "convert it with a newer `qemu-img` first")


def _backing_name(read_at: ReadAt, header: bytes) -> str:
    offset, length = struct.unpack_from(">QI", header, 8)
    return read_at(offset, min(length, 1023)).decode("utf-8", "replace")
