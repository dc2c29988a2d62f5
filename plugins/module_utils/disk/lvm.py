# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""LVM volume groups: their metadata from every physical volume that has it, and the content of linear, striped and mirrored logical volumes.

PRIVATE: module_utils of this collection are not an interface.
Source: LVM2 lib/format_text/layout.h (labels, metadata areas), lib/format_text/format-text.c (the ring of the text), lib/misc/crc.c.
"""

import struct
import zlib
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from ansible_collections.imagewright.azure.plugins.module_utils.core.annotations import Stream
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.disk import lvm_text
from ansible_collections.imagewright.azure.plugins.module_utils.disk.annotations import ReadAt
from ansible_collections.imagewright.azure.plugins.module_utils.disk.sizes import SECTOR


class Physical(NamedTuple):
    """A physical volume. uuid: without dashes; areas: how many places for metadata it has; texts: the metadata in them, parsed."""

    uuid: str
    stream: Stream
    areas: int
    texts: List[Dict[str, Any]]


class Group(NamedTuple):
    """A volume group. uuid: without dashes; extent_size: bytes; streams: {physical volume's name: (stream, bytes before its first extent)}, of those on
    this disk.
    """

    name: str
    uuid: str
    extent_size: int
    physical: Dict[str, Dict[str, Any]]
    logical: Dict[str, Dict[str, Any]]
    streams: Dict[str, Tuple[Stream, int]]


_LABEL_SECTORS = 4
_MDA_HEADER = 512  # bytes; the ring of texts begins behind it
_MDA_MAGIC = b" LVM2 x[5A%r0N*>"
_IGNORED = 1  # flag of a text's place: it is of a metadata area that is not used
_INITIAL_CRC = 0xF597A6CF
_MOST_TEXT = 16 * 1024 * 1024  # bytes
_MOST_AREAS = 16
_DEEPEST = 8  # logical volumes made of others


def read_physical(stream: Stream, name: str) -> Physical:
    """Return the Physical in the stream.

    name: str, of the partition, for errors. Raises ImagewrightError: its label or its metadata is damaged.
    """
    for sector in range(_LABEL_SECTORS):
        label = _read(stream, sector * SECTOR, SECTOR)
        if label.startswith(b"LABELONE"):
            break
    else:
        raise _damage(name, "it has no label")
    header = sector * SECTOR + struct.unpack_from("<I", label, 20)[0]
    octets = _read(stream, header, 2 * SECTOR)
    uuid = octets[:32].decode("ascii", "replace")
    _data, position = _places(octets, 40, name)
    areas, _position = _places(octets, position, name)
    texts = [text for text in (_area(stream, offset, name) for offset, _size in areas) if text is not None]
    return Physical(uuid, stream, len(areas), texts)


def _places(octets: bytes, position: int, name: str) -> Tuple[List[Tuple[int, int]], int]:
    """Return [(offset, size)] and where their list ends."""
    found: List[Tuple[int, int]] = []
    while len(found) <= _MOST_AREAS and position + 16 <= len(octets):
        offset, size = struct.unpack_from("<QQ", octets, position)
        position += 16
        if not offset:
            return found, position
        found.append((offset, size))
    raise _damage(name, "its list of areas has no end")


def _area(stream: Stream, offset: int, name: str) -> Optional[Dict[str, Any]]:
    """Return the metadata (dict) of a metadata area, None when it has none."""
    header = _read(stream, offset, _MDA_HEADER)
    if header[4:20] != _MDA_MAGIC or struct.unpack_from("<I", header)[0] != _crc(header[4:]):
        raise _damage(name, "the header of its metadata area has a wrong checksum")
    start, size = struct.unpack_from("<QQ", header, 24)
    at, length, checksum, flags = struct.unpack_from("<QQII", header, 40)
    if not at or flags & _IGNORED:
        return None
    if length > min(size, _MOST_TEXT) or not _MDA_HEADER <= at < size:
        raise _damage(name, f"its metadata has {length} bytes at {at} of an area of {size}")
    octets = _read(stream, start + at, min(length, size - at))
    octets += _read(stream, start + _MDA_HEADER, length - len(octets))  # a ring: what passes its end goes on behind the header
    if _crc(octets) != checksum:
        raise _damage(name, "its metadata has a wrong checksum")
    try:
        return lvm_text.parse(octets.rstrip(b"\0").decode("utf-8", "replace"))
    except ValueError as error:
        raise _damage(name, f"its metadata: {error}") from None


def groups(physical: List[Physical]) -> List[Group]:
    """Return the volume groups ([Group]) of physical volumes ([Physical]): a volume without metadata is known by that of the others."""
    newest: Dict[str, Tuple[str, Dict[str, Any]]] = {}
    for text in (text for volume in physical for text in volume.texts):
        for name, section in text.items():
            if isinstance(section, dict) and section.get("id"):
                uuid = section["id"].replace("-", "")
                if uuid not in newest or _number(section, "seqno") > _number(newest[uuid][1], "seqno"):
                    newest[uuid] = (name, section)
    streams = {volume.uuid: volume.stream for volume in physical}
    return [_group(uuid, name, section, streams) for uuid, (name, section) in newest.items()]


def _group(uuid: str, name: str, section: Dict[str, Any], streams: Dict[str, Any]) -> Group:
    members = _dicts(section.get("physical_volumes"))
    found = {}
    for member, values in members.items():
        stream = streams.get(str(values.get("id", "")).replace("-", ""))
        if stream is not None:
            found[member] = (stream, _number(values, "pe_start") * SECTOR)
    return Group(name, uuid, _number(section, "extent_size") * SECTOR, members, _dicts(section.get("logical_volumes")), found)


def visible(group: Group) -> List[str]:
    """Return the names ([str]) of the logical volumes that users see."""
    return [name for name, values in group.logical.items() if "VISIBLE" in values.get("status", ())]


def uuid_of(group: Group, name: str) -> str:
    """Return the identifier (str, without dashes) of a logical volume."""
    return str(group.logical[name].get("id", "")).replace("-", "")


def size_of(group: Group, name: str) -> int:
    """Return the size (int, bytes) of a logical volume."""
    return sum(_number(segment, "extent_count") for segment in _segments(group, name)) * group.extent_size


def reader(group: Group, name: str, _depth: int = 0) -> ReadAt:
    """Return a function (offset, length) -> bytes that reads a logical volume.

    Raises ImagewrightError: it is of a kind that is not read here, or lies on other disks too.
    """
    where = f"logical volume {group.name}/{name}"
    if _depth > _DEEPEST or name not in group.logical:
        raise ImagewrightError(f"cannot read {where}: its metadata is damaged: it is made of what is not there")
    stretches = []
    for segment in _segments(group, name):
        start, count = _number(segment, "start_extent") * group.extent_size, _number(segment, "extent_count") * group.extent_size
        stretches.append((start, start + count, _segment_reader(group, segment, where, _depth)))
    stretches.sort(key=lambda stretch: stretch[0])

    def read_at(offset: int, length: int) -> bytes:
        pieces = []
        for start, end, read in stretches:
            if start <= offset < end and length > 0:
                piece = read(offset - start, min(length, end - offset))
                pieces.append(piece)
                offset, length = offset + len(piece), length - len(piece)
        return b"".join(pieces)

    return read_at


def _segment_reader(group: Group, segment: Dict[str, Any], where: str, depth: int) -> ReadAt:
    kind = str(segment.get("type", "")).partition("+")[0]
    if kind in ("linear", "striped"):
        return _striped(group, segment, where)
    mirrored = [item for item in segment.get("mirrors" if kind == "mirror" else "raids", ()) if isinstance(item, str)]
    if kind in ("mirror", "raid1") and mirrored:
        # a raid has pairs of a volume for its own metadata and one for the data
        return reader(group, mirrored[0] if kind == "mirror" else mirrored[1], depth + 1)
    raise ImagewrightError(
        f"cannot read {where}: it is of the kind {kind or 'none'!r}, which cannot be read here; check the running guest with `root: /` instead", lvm_kind=kind
    )


def _striped(group: Group, segment: Dict[str, Any], where: str) -> ReadAt:
    places = segment.get("stripes", [])
    members = list(zip(places[::2], places[1::2]))
    missing = [name for name, _extent in members if name not in group.streams]
    if missing or not members:
        raise ImagewrightError(
            f"cannot read {where}: its volume group has physical volumes on other disks ({', '.join(map(str, missing))}); "
            "an Azure OS disk must hold all of them"
        )
    starts = [(group.streams[name][0], group.streams[name][1] + extent * group.extent_size) for name, extent in members]
    chunk = _number(segment, "stripe_size") * SECTOR if len(members) > 1 else _number(segment, "extent_count") * group.extent_size
    if chunk <= 0:
        raise ImagewrightError(f"cannot read {where}: its metadata is damaged: it has stripes of {chunk} bytes")

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


def _segments(group: Group, name: str) -> List[Dict[str, Any]]:
    return [values for values in group.logical[name].values() if isinstance(values, dict)]


def _dicts(section: Any) -> Dict[str, Dict[str, Any]]:
    return {name: values for name, values in (section or {}).items() if isinstance(values, dict)}


def _number(section: Dict[str, Any], name: str) -> int:
    value = section.get(name, 0)
    return value if isinstance(value, int) else 0


def _crc(octets: bytes) -> int:
    """Return LVM's checksum, which begins with a number of its own and is not inverted."""
    return zlib.crc32(octets, _INITIAL_CRC ^ 0xFFFFFFFF) ^ 0xFFFFFFFF


def _read(stream: Stream, offset: int, length: int) -> bytes:
    stream.seek(offset)
    return stream.read(length)


def _damage(name: str, cause: str) -> ImagewrightError:
    return ImagewrightError(f"cannot read the LVM physical volume on {name}: it is damaged: {cause}; take a sound copy")
