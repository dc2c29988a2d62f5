# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The header of a qcow2 image.

PRIVATE: module_utils of this collection are not an interface.
Source: QEMU docs/interop/qcow2.txt.
"""

import struct

from ansible_collections.imagewright.azure.plugins.module_utils.vhd.image import Image, refusal

_LAYOUT = ">4xIQ4x4xQI4xQ8x4xI8x"  # x: bytes that are not looked at
_LENGTH = 104  # bytes of the header of version 3; version 2 has 72
_DIRTY, _CORRUPT, _EXTERNAL_DATA = 1, 2, 4  # incompatible features, bits 0 to 2
_KNOWN_FEATURES = 0b11111  # also compression type and extended L2 entries


def read_image(read_at, file_size, path):
    """Return the Image of a qcow2 file.

    Raises ImagewrightError: it is cut off, damaged, encrypted, or keeps its data in another file.
    """
    header = read_at(0, _LENGTH)
    if len(header) < struct.calcsize(_LAYOUT) or header[7] != 2 and len(header) < _LENGTH:
        raise refusal(path, "it is cut off within the qcow2 header", "get the whole image")
    version, backing_offset, size, encryption, l1_offset, snapshots = struct.unpack_from(_LAYOUT, header)
    if version not in (2, 3):
        raise refusal(path, f"it is of qcow version {version}", "convert it with `qemu-img convert -O qcow2` first")
    if backing_offset:
        raise refusal(path, f"its data is partly in a backing file, {_backing_name(read_at, header)!r}, which is never read",
                      "merge the two first: `qemu-img convert -O qcow2 IMAGE WHOLE-IMAGE` or `qemu-img rebase -b ''`")
    if encryption:
        raise refusal(path, "it is encrypted", "decrypt it with `qemu-img convert` and its key first")
    _check_features(struct.unpack_from(">Q", header, 72)[0] if version == 3 else 0, path)
    if l1_offset >= file_size:
        raise refusal(path, "it is cut off: its L1 table is past the end of the file", "get the whole image")
    warnings = [f"{path} has {snapshots} internal snapshot(s); the active state is converted, the snapshots are not"] if snapshots else []
    return Image("qcow2", size, None, None, warnings)


def _check_features(features, path):
    if features & _EXTERNAL_DATA:
        raise refusal(path, "its data is in another file (external data file), which is never read",
                      "bring it into one file first: `qemu-img convert -O qcow2`")
    if features & _CORRUPT:
        raise refusal(path, "it is marked as corrupt", "repair it with `qemu-img check -r all`, or take a sound copy")
    if features & _DIRTY:
        raise refusal(path, "it was not closed properly (dirty bit)", "let `qemu-img check -r all` repair its reference counts first")
    if features & ~_KNOWN_FEATURES:
        raise refusal(path, f"it uses features that are not known here (0x{features:x})", "convert it with a newer `qemu-img` first")


def _backing_name(read_at, header):
    offset, length = struct.unpack_from(">QI", header, 8)
    return read_at(offset, min(length, 1023)).decode("utf-8", "replace")
