# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make a raw disk or a fixed VHD the right fixed VHD where it lies, so that a crash at any moment leaves it readable.

PRIVATE: module_utils of this collection are not an interface.
"""

import os
from typing import List

from ansible_collections.imagewright.azure.plugins.module_utils.disk.annotations import Writes
from ansible_collections.imagewright.azure.plugins.module_utils.disk.footer import FOOTER_SIZE
from ansible_collections.imagewright.azure.plugins.module_utils.disk.partitions import Relocation
from ansible_collections.imagewright.azure.plugins.module_utils.image.image_file import Image
from ansible_collections.imagewright.azure.plugins.module_utils.vhd.sparse_copy import write_all


def extend_in_place(descriptor: int, image: Image, new_size: int, footer: bytes, relocation: Relocation) -> int:
    """Return the number of bytes written.

    descriptor: int, the image, open for reading and writing.
    image: Image of a raw disk or a fixed VHD.
    new_size: int, bytes, of the disk; footer: bytes of 512, to be put behind it.
    relocation: Relocation, of the partition table.
    Raises OSError: a write failed; the image is then as it was, unless the error came after the table's own head was written.
    """
    size = os.fstat(descriptor).st_size
    writes = _first_writes(image, new_size, footer, relocation)
    places = [(offset, min(len(octets), max(size - offset, 0))) for group in writes for offset, octets in group]
    before = [(offset, os.pread(descriptor, length, offset)) for offset, length in places]
    try:
        for group in writes:
            _write_group(descriptor, group)
    except OSError:
        for offset, octets in reversed(before):
            write_all(descriptor, octets, offset)
        os.ftruncate(descriptor, size)
        os.fsync(descriptor)
        raise
    # from here on the old table is no longer needed: its new backup and the footer are safe
    _write_group(descriptor, relocation.head)
    return sum(len(octets) for group in writes + [relocation.head] for unused, octets in group)


def written_in_place(image: Image, new_size: int, footer: bytes, relocation: Relocation) -> int:
    """Return the number of bytes (int) that ``extend_in_place`` would write."""
    groups = _first_writes(image, new_size, footer, relocation) + [relocation.head]
    return sum(len(octets) for group in groups for unused, octets in group)


def _first_writes(image: Image, new_size: int, footer: bytes, relocation: Relocation) -> List[Writes]:
    """Return groups of writes; each group is made durable before the next begins."""
    new_footer = (new_size, footer)
    if image.footer is None:
        return [relocation.tail + [new_footer]]
    if new_size == image.virtual_size:
        return [relocation.tail + [new_footer]]
    # a VHD that grows: a valid footer is at its end before the old one, now inside the disk, is wiped
    return [[new_footer], [(image.virtual_size, bytes(FOOTER_SIZE))] + relocation.tail]


def _write_group(descriptor: int, group: Writes) -> None:
    if not group:
        return
    for offset, octets in group:
        write_all(descriptor, octets, offset)
    os.fsync(descriptor)
