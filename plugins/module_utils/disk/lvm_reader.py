# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The content of LVM's logical volumes: linear, striped and mirrored ones. What they are made of is said by metadata that may be wrong in any way.

PRIVATE: module_utils of this collection are not an interface.
"""

import bisect
from typing import Dict, List, Tuple, Union

from ansible_collections.imagewright.azure.plugins.module_utils.core.annotations import Stream
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.disk.annotations import ReadAt
from ansible_collections.imagewright.azure.plugins.module_utils.disk.lvm import Group, segments
from ansible_collections.imagewright.azure.plugins.module_utils.disk.lvm_text import Section, list_of, number_of, text_of
from ansible_collections.imagewright.azure.plugins.module_utils.disk.sizes import SECTOR

_DEEPEST = 8  # logical volumes made of others


class Readers:
    """Functions that read the logical volumes of a Group; each is made once, however many others are made of it."""

    def __init__(self, group: Group) -> None:
        self._group = group
        self._known: Dict[str, Union[ReadAt, ImagewrightError]] = {}

    def of(self, name: str, depth: int = 0) -> ReadAt:
        """Return a function (offset, length) -> bytes that reads a logical volume.

        Raises ImagewrightError: it is of a kind that is not read here, lies on other disks too, or its metadata is damaged.
        """
        if name not in self._known:
            try:
                self._known[name] = self._made(name, depth)
            except ImagewrightError as error:
                self._known[name] = error
        found = self._known[name]
        if isinstance(found, ImagewrightError):
            raise found
        return found

    def _made(self, name: str, depth: int) -> ReadAt:
        where = f"logical volume {self._group.name}/{name}"
        if depth > _DEEPEST or name not in self._group.logical:
            raise _damage(where, "it is made of what is not there")
        stretches = []
        for segment in segments(self._group, name):
            start = number_of(segment, "start_extent") * self._group.extent_size
            end = start + number_of(segment, "extent_count") * self._group.extent_size
            stretches.append((start, end, self._of_segment(segment, where, depth)))
        return _in_turn(stretches)

    def _of_segment(self, segment: Section, where: str, depth: int) -> ReadAt:
        kind = text_of(segment, "type").partition("+")[0]
        if kind in ("linear", "striped"):
            return _striped(self._group, segment, where)
        mirrored = [item for item in list_of(segment, "mirrors" if kind == "mirror" else "raids") if isinstance(item, str)]
        # a raid has pairs of a volume for its own metadata and one for the data
        data = mirrored[:1] if kind == "mirror" else mirrored[1:2] if kind == "raid1" else []
        if data:
            return self.of(data[0], depth + 1)
        raise ImagewrightError(
            f"cannot read {where}: it is of the kind {kind or 'none'!r}, which cannot be read here; check the running guest with `root: /` instead",
            lvm_kind=kind,
        )


def _in_turn(stretches: List[Tuple[int, int, ReadAt]]) -> ReadAt:
    """Return a function that reads stretches (start, end, how it is read) one behind the other; it ends where there is none."""
    stretches.sort(key=lambda stretch: stretch[0])
    starts = [start for start, _end, _read in stretches]

    def read_at(offset: int, length: int) -> bytes:
        pieces = []
        index = max(0, bisect.bisect_right(starts, offset) - 1)
        while length > 0 and index < len(stretches):
            start, end, read = stretches[index]
            if start <= offset < end:
                piece = read(offset - start, min(length, end - offset))
                pieces.append(piece)
                offset, length = offset + len(piece), length - len(piece)
            elif start > offset:
                break
            index += 1
        return b"".join(pieces)

    return read_at


def _striped(group: Group, segment: Section, where: str) -> ReadAt:
    places = list_of(segment, "stripes")
    members = list(zip(places[::2], places[1::2]))
    if any(not isinstance(name, str) or not isinstance(extent, int) or extent < 0 for name, extent in members):
        raise _damage(where, "a stripe names no extent of a physical volume")
    missing = [name for name, _extent in members if name not in group.streams]
    if missing or not members:
        raise ImagewrightError(
            f"cannot read {where}: its volume group has physical volumes on other disks ({', '.join(missing)}); an Azure OS disk must hold all of them"
        )
    starts = [(group.streams[name][0], group.streams[name][1] + extent * group.extent_size) for name, extent in members]
    chunk = number_of(segment, "stripe_size") * SECTOR if len(members) > 1 else number_of(segment, "extent_count") * group.extent_size
    if chunk <= 0:
        raise _damage(where, f"it has stripes of {chunk} bytes")

    def read_at(offset: int, length: int) -> bytes:
        pieces = []
        while length > 0:
            number, within = divmod(offset, chunk)
            row, column = divmod(number, len(starts))
            stream, start = starts[column]
            piece = _read(stream, start + row * chunk + within, min(length, chunk - within))
            if not piece:
                break
            pieces.append(piece)
            offset, length = offset + len(piece), length - len(piece)
        return b"".join(pieces)

    return read_at


def _read(stream: Stream, offset: int, length: int) -> bytes:
    stream.seek(offset)
    return stream.read(length)


def _damage(where: str, cause: str) -> ImagewrightError:
    return ImagewrightError(f"cannot read {where}: its metadata is damaged: {cause}; take a sound copy")
