# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The header and descriptor of a VMDK image.

Only the kinds that keep all data in the one file are taken: monolithicSparse and streamOptimized.

PRIVATE: module_utils of this collection are not an interface.
Source: VMware Virtual Disk Format 5.0; QEMU block/vmdk.c.
"""

import array
import re
import struct
import sys

from ansible_collections.imagewright.azure.plugins.module_utils.vhd.image import Image, refusal
from ansible_collections.imagewright.azure.plugins.module_utils.vhd.sizes import KIB, MIB, SECTOR

_MOST_DESCRIPTOR = 64 * KIB  # bytes
_MOST_DIRECTORY = 64 * MIB  # bytes; 512 TiB in grains of 64 KiB
_AT_THE_END = 0xFFFFFFFFFFFFFFFF  # in place of the directory's offset: a copy of the header before the last sector has it
_FOOTER_FROM_END, _DIRECTORY_AT = 1024, 56  # bytes
_TAKEN = ("monolithicSparse", "streamOptimized")
_CURE = "bring it into one file first: `qemu-img convert -O qcow2`, or export it as streamOptimized"


def read_image(read_at, file_size, path):
    """Return the Image of a VMDK file.

    Raises ImagewrightError: its data is in other files, or it is damaged.
    """
    header = read_at(0, 512)
    if not header.startswith(b"KDMV"):
        raise refusal(path, "it is a VMDK descriptor or an ESX extent, whose data is in other files, which are never read", _CURE)
    if len(header) < 512:
        raise refusal(path, "it is cut off within the VMDK header", "get the whole image")
    version, capacity, grain, offset, length, entries, directory = struct.unpack_from("<I4xQQQQI8xQ", header, 4)
    if not 1 <= version <= 3:
        raise refusal(path, f"it is of VMDK version {version}", _CURE)
    if not capacity or not offset:
        raise refusal(path, "it is one extent of a VMDK disk that has others", _CURE)
    text = read_at(offset * SECTOR, min(length * SECTOR, _MOST_DESCRIPTOR)).split(b"\0")[0].decode("utf-8", "replace")
    _check_descriptor(text, path)
    if not grain or not entries:
        raise refusal(path, f"its header describes grains of {grain} sectors and tables of {entries} entries", "take a sound copy")
    if directory == _AT_THE_END:
        directory = struct.unpack("<Q", read_at(file_size - _FOOTER_FROM_END + _DIRECTORY_AT, 8).ljust(8, b"\0"))[0]
    _check_directory(read_at, directory * SECTOR, -(-capacity // (grain * entries)), entries * 4, file_size, path)
    return Image("vmdk", capacity * SECTOR, None, None, [], True)


def _check_directory(read_at, offset, count, table_size, file_size, path):
    """Check that all grain tables are whole; QEMU reads zeros where a file ends, which in them means that there is no data."""
    octets = read_at(offset, count * 4) if count * 4 <= _MOST_DIRECTORY else b""
    if len(octets) < count * 4:
        raise refusal(path, f"it is cut off within its grain directory of {count} entries at offset {offset}", "get the whole image")
    directory = array.array("I", octets)
    if sys.byteorder == "big":
        directory.byteswap()
    last = max(directory) * SECTOR
    if last and last + table_size > file_size:
        raise refusal(path, f"it is cut off: its grain table at offset {last} goes past the end of the file", "get the whole image")


def _check_descriptor(text, path):
    kind = _value(text, "createType")
    if kind not in _TAKEN:
        raise refusal(path, f"its kind is {kind!r}, whose data is in other files, which are never read", _CURE)
    if _value(text, "parentCID").lower() not in ("", "ffffffff"):
        raise refusal(path, "it is a snapshot that needs its parent disk", "merge the snapshots first")
    extents = re.findall(r"^\s*(?:RW|RDONLY|NOACCESS)\s+\d+\s+(\w+)", text, re.MULTILINE)
    if extents != ["SPARSE"]:
        raise refusal(path, f"its descriptor names the extents {', '.join(extents) or 'none'} where one SPARSE is expected", _CURE)


def _value(text, name):
    match = re.search(rf"^\s*{name}\s*=\s*\"?([^\"\r\n]*)\"?", text, re.MULTILINE | re.IGNORECASE)
    return match.group(1).strip() if match else ""
