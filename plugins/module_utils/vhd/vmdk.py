# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The header and descriptor of a VMDK image.

Only the kinds that keep all data in the one file are taken: monolithicSparse and streamOptimized.

PRIVATE: module_utils of this collection are not an interface.
Source: VMware Virtual Disk Format 5.0; QEMU block/vmdk.c.
"""

import re
import struct

from ansible_collections.imagewright.azure.plugins.module_utils.vhd.image import Image, refusal
from ansible_collections.imagewright.azure.plugins.module_utils.vhd.sizes import SECTOR

_MOST_DESCRIPTOR = 64 * 1024  # bytes
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
    version, capacity, offset, length = struct.unpack_from("<I4xQ8xQQ", header, 4)
    if not 1 <= version <= 3:
        raise refusal(path, f"it is of VMDK version {version}", _CURE)
    if not capacity or not offset:
        raise refusal(path, "it is one extent of a VMDK disk that has others", _CURE)
    text = read_at(offset * SECTOR, min(length * SECTOR, _MOST_DESCRIPTOR)).split(b"\0")[0].decode("utf-8", "replace")
    _check_descriptor(text, path)
    return Image("vmdk", capacity * SECTOR, None, None, [])


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
