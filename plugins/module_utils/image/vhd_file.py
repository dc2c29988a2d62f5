# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""VHD files, fixed and dynamic: which one it is, and whether it may be trusted.

PRIVATE: module_utils of this collection are not an interface.
Source: Virtual Hard Disk Image Format Specification 1.0 (Microsoft, 11 October 2006).
"""

from typing import List, Optional

from ansible_collections.imagewright.azure.plugins.module_utils.disk import footer as footers
from ansible_collections.imagewright.azure.plugins.module_utils.disk.annotations import ReadAt
from ansible_collections.imagewright.azure.plugins.module_utils.disk.footer import Footer
from ansible_collections.imagewright.azure.plugins.module_utils.disk.gpt import SIGNATURE
from ansible_collections.imagewright.azure.plugins.module_utils.disk.problems import refusal
from ansible_collections.imagewright.azure.plugins.module_utils.disk.sizes import MIB, SECTOR, show_size
from ansible_collections.imagewright.azure.plugins.module_utils.image.dynamic_vhd import read_dynamic
from ansible_collections.imagewright.azure.plugins.module_utils.image.image_file import VHD, Image

_MERGE = "merge it with its parent first (Hyper-V: `Merge-VHD`)"
_WHOLE = "get the whole image"
_STRAY_TAIL = MIB  # bytes before the end of the data in which every sector is searched for a footer
_STRAY_STEPS = 256  # whole MiB before the end of the data at which a footer is looked for


def read_image(read_at: ReadAt, file_size: int, path: str, repair_footer: bool = False) -> Optional[Image]:
    """Return the Image of a VHD file, or None when the file is none.

    Raises ImagewrightError: it is a VHD, and damaged, suspended, differencing, or not of the size that it says.
    """
    tail = read_at(file_size - SECTOR, SECTOR) if file_size >= SECTOR else b""
    head = footers.parse_footer(read_at(0, SECTOR))
    footer = footers.parse_footer(tail)
    if footer is None:
        if head:
            raise refusal(path, "cut_off", "it begins as a dynamic VHD and its footer at the end is missing or cut off", _WHOLE)
        return None
    if not footers.checksum_is_right(tail):
        if not head and (footer.disk_type != footers.FIXED or footer.current_size != file_size - SECTOR):
            return None  # a raw disk that happens to have these eight bytes there
        if not repair_footer or head:
            raise refusal(
                path,
                "footer_checksum",
                "its VHD footer has a wrong checksum",
                "take a sound copy, or set repair_footer: true when only the footer of a fixed VHD is at fault",
            )
    _check_footer(footer, path)
    if footer.disk_type == footers.DYNAMIC:
        return Image(VHD, footer.current_size, footer, read_dynamic(read_at, file_size, footer, head, path), [])
    _check_size(footer, file_size, path)
    return Image(VHD, footer.current_size, footer, None, _geometry_warnings(footer, path))


def find_stray_footer(read_at: ReadAt, file_size: int, data_end: int) -> Optional[int]:
    """Return the offset (int) of a VHD footer that is not at the end of the file, or None.

    It is there when a finished VHD was lengthened afterwards, or cut within its footer.
    data_end: int, end of the last data in the file (its size when holes cannot be told).
    """
    start = max(0, data_end - _STRAY_TAIL) // SECTOR * SECTOR
    chunk = read_at(start, data_end - start + SECTOR)
    at = chunk.find(footers.COOKIE)
    while at >= 0:
        if at % SECTOR == 0 and _is_stray(read_at, start + at, file_size):
            return start + at
        at = chunk.find(footers.COOKIE, at + 1)
    last_step = data_end // MIB
    candidates = [step * MIB for step in range(last_step, max(last_step - _STRAY_STEPS, 0), -1)] + _behind_gpt(read_at)
    for offset in candidates:
        if read_at(offset, len(footers.COOKIE)) == footers.COOKIE and _is_stray(read_at, offset, file_size):
            return offset
    return None


def refuse_stray_footer(read_at: ReadAt, file_size: int, data_end: int, path: str) -> None:
    """Check that a raw disk is no VHD with something behind its footer, or with half a footer.

    Raises ImagewrightError: it is; the message names the offset.
    """
    offset = find_stray_footer(read_at, file_size, data_end)
    if offset is None:
        return
    behind = file_size - offset - SECTOR
    if behind < 0:
        raise refusal(path, "cut_off", f"it is a VHD whose footer at offset {offset} is cut off: {file_size - offset} of 512 bytes are there", _WHOLE)
    raise refusal(
        path,
        "footer_misplaced",
        f"it is a fixed VHD whose footer was found at offset {offset}, with {behind} bytes behind it",
        f"cut it back with `truncate -s {offset + SECTOR}` when these bytes are not wanted, or with `truncate -s {offset}` and set size when a larger disk is",
    )


def _is_stray(read_at: ReadAt, offset: int, file_size: int) -> bool:
    sector = read_at(offset, SECTOR)
    if offset + SECTOR > file_size:
        return True
    footer = footers.parse_footer(sector)
    return footer is not None and footers.checksum_is_right(sector) and footer.current_size == offset


def _behind_gpt(read_at: ReadAt) -> List[int]:
    """Return where a footer would follow the disk that a GUID partition table describes ([int])."""
    header = read_at(SECTOR, SECTOR)
    if not header.startswith(SIGNATURE):
        return []
    return [(int.from_bytes(header[32:40], "little") + 1) * SECTOR]


def _check_footer(footer: Footer, path: str) -> None:
    if footer.disk_type == footers.DIFFERENCING:
        raise refusal(path, "needs_other_file", "it is a differencing VHD, which holds only what differs from its parent", _MERGE)
    if footer.disk_type not in (footers.FIXED, footers.DYNAMIC):
        raise refusal(path, "footer_type", f"its footer names the disk type {footer.disk_type}, which is not in use", "take a sound copy")
    if footer.version != 0x00010000:
        raise refusal(
            path, "footer_version", f"its footer is of version {footer.version >> 16}.{footer.version & 0xFFFF}; only 1.0 exists", "take a sound copy"
        )
    if footer.saved_state:
        raise refusal(path, "suspended", "it belongs to a machine that is suspended (saved state)", "resume that machine and shut it down first")


def _check_size(footer: Footer, file_size: int, path: str) -> None:
    if footer.current_size != file_size - SECTOR:
        raise refusal(
            path,
            "footer_size",
            f"its footer says that the disk has {footer.current_size} bytes, but the file has {file_size}, which makes {file_size - SECTOR} without the footer",
            "take a whole copy; a VHD must not be cut or lengthened as a file",
        )


def _geometry_warnings(footer: Footer, path: str) -> List[str]:
    read = footers.qemu_size(footer)
    if read == footer.current_size:
        return []
    creator = footer.creator_application.decode("latin-1").rstrip("\0")
    return [f"{path} was made by {creator!r} with a geometry that QEMU reads as {show_size(read)}; its true size, {show_size(footer.current_size)}, is used"]
