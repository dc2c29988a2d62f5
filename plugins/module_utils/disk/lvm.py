# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""LVM volume groups: their metadata, from every physical volume that has it.

PRIVATE: module_utils of this collection are not an interface.
Source: LVM2 lib/format_text/layout.h (labels, metadata areas), lib/format_text/format-text.c (the ring of the text), lib/misc/crc.c.
"""

import struct
import zlib
from typing import Dict, List, NamedTuple, Optional, Tuple

from ansible_collections.imagewright.azure.plugins.module_utils.core.annotations import Stream
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.disk import lvm_text
from ansible_collections.imagewright.azure.plugins.module_utils.disk.lvm_text import Section, list_of, number_of, sections_of, text_of
from ansible_collections.imagewright.azure.plugins.module_utils.disk.sizes import SECTOR


class Physical(NamedTuple):
    """A physical volume. uuid: without dashes; areas: how many places for metadata it has; texts: the metadata in them, parsed."""

    uuid: str
    stream: Stream
    areas: int
    texts: List[Section]


class Group(NamedTuple):
    """A volume group. uuid: without dashes; extent_size: bytes; streams: {physical volume's name: (stream, bytes before its first extent)}, of those on
    this disk; exported: whether it is on its way to another machine (vgexport), and none has it start; flags: LVM's own (``NOAUTOACTIVATE``);
    system_id: the machine that alone may have it, "" when any may.
    """

    name: str
    uuid: str
    extent_size: int
    physical: Dict[str, Section]
    logical: Dict[str, Section]
    streams: Dict[str, Tuple[Stream, int]]
    exported: bool
    flags: Tuple[str, ...] = ()
    system_id: str = ""


_LABEL_SECTORS = 4
_MDA_HEADER = 512  # bytes; the ring of texts begins behind it
_MDA_MAGIC = b" LVM2 x[5A%r0N*>"
_IGNORED = 1  # flag of a text's place: it is of a metadata area that is not used
_INITIAL_CRC = 0xF597A6CF
_MOST_TEXT = 16 * 1024 * 1024  # bytes
_MOST_AREAS = 16


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


def _area(stream: Stream, offset: int, name: str) -> Optional[Section]:
    """Return the metadata (dict) of a metadata area, None when it has none."""
    header = _read(stream, offset, _MDA_HEADER)
    if len(header) < _MDA_HEADER or header[4:20] != _MDA_MAGIC or struct.unpack_from("<I", header)[0] != _crc(header[4:]):
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
    newest: Dict[str, Tuple[str, Section]] = {}
    for text in (text for volume in physical for text in volume.texts):
        for name, section in text.items():
            uuid = text_of(section, "id").replace("-", "") if isinstance(section, dict) else ""
            if uuid and (uuid not in newest or number_of(section, "seqno") > number_of(newest[uuid][1], "seqno")):
                newest[uuid] = (name, section)
    streams = {volume.uuid: volume.stream for volume in physical}
    return [_group(uuid, name, section, streams) for uuid, (name, section) in newest.items()]


def _group(uuid: str, name: str, section: Section, streams: Dict[str, Stream]) -> Group:
    members = sections_of(section, "physical_volumes")
    found = {}
    for member, values in members.items():
        stream = streams.get(text_of(values, "id").replace("-", ""))
        if stream is not None:
            found[member] = (stream, number_of(values, "pe_start") * SECTOR)
    return Group(
        name,
        uuid,
        number_of(section, "extent_size") * SECTOR,
        members,
        sections_of(section, "logical_volumes"),
        found,
        "EXPORTED" in list_of(section, "status"),
        tuple(list_of(section, "flags")),
        text_of(section, "system_id"),
    )


def visible(group: Group) -> List[str]:
    """Return the names ([str]) of the logical volumes that users see."""
    return [name for name, values in group.logical.items() if "VISIBLE" in list_of(values, "status")]


def uuid_of(group: Group, name: str) -> str:
    """Return the identifier (str, without dashes) of a logical volume."""
    return text_of(group.logical[name], "id").replace("-", "")


def flags_of(group: Group, name: str) -> Tuple[str, ...]:
    """Return the flags ([str]) of a logical volume and of its group, ``ACTIVATION_SKIP``, ``NOAUTOACTIVATE``, each once."""
    return tuple(sorted({*group.flags, *list_of(group.logical[name], "flags")}))


def kinds_of(group: Group, name: str) -> Tuple[str, ...]:
    """Return the kinds ([str]) of a logical volume's segments, ``linear``, ``striped``, ``raid1``, ``thin``, each once."""
    return tuple(sorted({text_of(segment, "type").partition("+")[0] for segment in segments(group, name)}))


def size_of(group: Group, name: str) -> int:
    """Return the size (int, bytes) of a logical volume."""
    return sum(number_of(segment, "extent_count") for segment in segments(group, name)) * group.extent_size


def segments(group: Group, name: str) -> List[Section]:
    """Return the segments ([dict]) of a logical volume, in no order."""
    return [values for values in group.logical[name].values() if isinstance(values, dict)]


def _crc(octets: bytes) -> int:
    """Return LVM's checksum, which begins with a number of its own and is not inverted."""
    return zlib.crc32(octets, _INITIAL_CRC ^ 0xFFFFFFFF) ^ 0xFFFFFFFF


def _read(stream: Stream, offset: int, length: int) -> bytes:
    stream.seek(offset)
    return stream.read(length)


def _damage(name: str, cause: str) -> ImagewrightError:
    return ImagewrightError(f"cannot read the LVM physical volume on {name}: it is damaged: {cause}; take a sound copy")
