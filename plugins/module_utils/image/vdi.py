# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The header of a VirtualBox disk image (VDI).

PRIVATE: module_utils of this collection are not an interface.
Source: VirtualBox VDICore.h; QEMU block/vdi.c.
"""

import struct

from ansible_collections.imagewright.azure.plugins.module_utils.disk.annotations import ReadAt
from ansible_collections.imagewright.azure.plugins.module_utils.disk.problems import refusal
from ansible_collections.imagewright.azure.plugins.module_utils.image.image_file import Image

_DYNAMIC, _STATIC = 1, 2


def read_image(read_at: ReadAt, file_size: int, path: str) -> Image:
    """Return the Image of a VDI file.

    Raises ImagewrightError: it needs another image, is of another version, or is cut off.
    """
    header = read_at(0, 512)
    if len(header) < 512:
        raise refusal(path, "cut_off", "it is cut off within the VDI header", "get the whole image")
    version, kind = struct.unpack_from("<I", header, 0x44)[0], struct.unpack_from("<I", header, 0x4C)[0]
    data_offset = struct.unpack_from("<I", header, 0x158)[0]
    size, block_size, allocated = struct.unpack_from("<QI4x4xI", header, 0x170)
    if version != 0x00010001:
        raise refusal(
            path, "unknown_format", f"it is of VDI version {version >> 16}.{version & 0xFFFF}", "convert it with VirtualBox first: `VBoxManage clonemedium`"
        )
    if kind not in (_DYNAMIC, _STATIC) or any(header[0x1A8:0x1B8]):
        raise refusal(path, "needs_other_file", "it is a differencing image that needs its parent", "merge the snapshots first: `VBoxManage clonemedium`")
    if data_offset + allocated * block_size > file_size:
        raise refusal(
            path,
            "cut_off",
            f"it is cut off: {allocated} blocks of {block_size} bytes from offset {data_offset} do not fit into {file_size} bytes",
            "get the whole image",
        )
    return Image("vdi", size, None, None, [])
