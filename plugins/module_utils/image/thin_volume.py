# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Thin logical volumes and the other kinds that disk/lvm.py does not read, by dissect.volume.

PRIVATE: module_utils of this collection are not an interface.
"""

from typing import List


from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.disk import content
from ansible_collections.imagewright.azure.plugins.module_utils.disk.blocks import CachedBytes, Window
from ansible_collections.imagewright.azure.plugins.module_utils.disk.volumes import Volume
from ansible_collections.imagewright.azure.plugins.module_utils.image.libraries import damage_as_error, library


def opened(volume: Volume, physical: List[Volume]) -> Volume:
    """Return the Volume with its stream, or as it is with its error when the library cannot read it either.

    volume: volumes.Volume that was not read; physical: [Volume], the physical volumes of the disk.
    Raises MissingLibrary: dissect.volume is not installed.
    """
    if volume.logical is None:
        return volume
    lvm = library("dissect.volume.lvm", f"read {volume.name}")
    try:
        with damage_as_error(f"read {volume.name}", "its volume group is of a kind that cannot be read here, or its metadata is damaged"):
            group = lvm.LVM2([lvm.LVM2Device(each.stream) for each in physical]).vg
            logical = group.logical_volumes[volume.logical.name]
            size = sum(segment.extent_count for segment in logical.segments) * group.extent_size * 512
            below = logical.open()

            def fetch(offset: int, length: int) -> bytes:
                with damage_as_error(f"read {volume.name} at byte {offset}", "it is damaged"):
                    below.seek(offset)
                    return below.read(length)

            stream = Window(CachedBytes(fetch, size, volume.name), 0, size)
            return volume._replace(stream=stream, holds=content.identify(stream), error=None)
    except ImagewrightError:
        return volume
