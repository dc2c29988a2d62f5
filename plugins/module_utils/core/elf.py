# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an ELF file says of itself, of 32 and of 64 bit, either byte order. Only the tables are read, and each has a bound.

Source: the System V ABI (program headers, dynamic section); the Linux Standard Base, symbol versioning.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import os
import struct
from typing import Dict, List, NamedTuple, Optional, Tuple

from ansible_collections.imagewright.azure.plugins.module_utils.core.annotations import Stream
from ansible_collections.imagewright.azure.plugins.module_utils.core.elf_header import HEADER, MAGIC, SMALL_HEADER, byte_order


class Elf(NamedTuple):
    """What is needed to run a file.

    machine: e_machine; bits: 32 or 64; interpreter: PT_INTERP, if any; needed: DT_NEEDED; rpath, runpath: their directories with $ORIGIN as it is
    written; whole: whether no segment goes beyond the end of the file, which does not end in zeros; asked: (library, version of its symbols) that it
    cannot do without; versions: those that it has itself, none of a library without any.
    """

    machine: int
    bits: int
    interpreter: Optional[str]
    needed: List[str]
    rpath: List[str]
    runpath: List[str]
    whole: bool
    asked: Tuple[Tuple[str, str], ...] = ()
    versions: Tuple[str, ...] = ()


class SectionTable(NamedTuple):
    """Where a file has its section headers. offset: bytes from its start; width: bytes of each; entries: how many; names: number of that of their names."""

    offset: int
    width: int
    entries: int
    names: int


class ElfSection(NamedTuple):
    """A section header: its name, type (SHT_), flags (SHF_), and where its content lies in the file (bytes)."""

    name: str
    kind: int
    flags: int
    offset: int
    length: int


#: A program header: (type, offset, address, length in the file).
Segment = Tuple[int, int, int, int]

_LOAD, _DYNAMIC, _INTERP = 1, 2, 3
_DT_NEEDED, _DT_STRTAB, _DT_STRSZ, _DT_RPATH, _DT_RUNPATH = 1, 5, 10, 15, 29
_DT_VERDEF, _DT_VERDEFNUM, _DT_VERNEED, _DT_VERNEEDNUM = 0x6FFFFFFC, 0x6FFFFFFD, 0x6FFFFFFE, 0x6FFFFFFF
_READ_TAGS = (_DT_NEEDED, _DT_STRTAB, _DT_STRSZ, _DT_RPATH, _DT_RUNPATH, _DT_VERDEF, _DT_VERDEFNUM, _DT_VERNEED, _DT_VERNEEDNUM)
#: A version that may be missing. Source: elf.h, VER_FLG_WEAK.
_WEAK = 2

#: Far above what linkers write: program headers, entries of the dynamic section, bytes of a string.
_MOST_SEGMENTS = 512
_MOST_ENTRIES = 8192
_MOST_NAMES = 1024
_LONGEST_STRING = 4096
_MOST_VERSIONS = 4096
_LONGEST_SECTION_NAME = 1024
_MOST_SECTION_NAMES = 1024 * 1024


def read(stream: Stream, size: int) -> Elf:
    """Return the Elf of a binary, seekable stream of size bytes.

    Raises ValueError: it is no ELF file, or its tables are damaged.
    """
    header = _part(stream, 0, HEADER, size, least=SMALL_HEADER)
    if header[:4] != MAGIC or header[4] not in (1, 2) or header[5] not in (1, 2):
        raise ValueError("it is no ELF file")
    order, wide = byte_order(header), header[4] == 2
    try:
        machine = struct.unpack_from(order + "H", header, 18)[0]
        segments = _segments(stream, header, order, wide, size)
        interpreter: Optional[str] = None
        needed: List[str] = []
        rpath: List[str] = []
        runpath: List[str] = []
        asked: Tuple[Tuple[str, str], ...] = ()
        versions: Tuple[str, ...] = ()
        for kind, offset, _address, length in segments:
            if kind == _INTERP:
                interpreter = _text(_part(stream, offset, min(length, _LONGEST_STRING), size))
            elif kind == _DYNAMIC:
                values = _dynamic_values(stream, (offset, length), order, wide, size)
                strings = _Strings(stream, segments, values, size)
                needed, rpath, runpath = (_names(strings, values[tag]) for tag in (_DT_NEEDED, _DT_RPATH, _DT_RUNPATH))
                rpath, runpath = _folders(rpath), _folders(runpath)
                asked, versions = _asked_versions(strings, values, order), _own_versions(strings, values, order)
    except struct.error:
        raise ValueError("its tables are cut off") from None
    whole = all(offset + length <= size for kind, offset, _address, length in segments if kind == _LOAD) and not _ends_in_zeros(stream, header, size)
    return Elf(machine, 64 if wide else 32, interpreter, needed, rpath, runpath, whole, asked, versions)


def _ends_in_zeros(stream: Stream, header: bytes, size: int) -> bool:
    """Return whether the section headers, which linkers write behind all else, are zeros: the file has its size, and not all of its content."""
    table = section_headers(header)
    length = table.width * table.entries
    return 0 < table.offset <= size - length and table.entries > 1 and not any(_part(stream, table.offset, length, size))


def section_headers(header: bytes) -> SectionTable:
    """Return the SectionTable that the start of an ELF file (bytes, HEADER of them where it has so many) tells of. Nothing of it is checked.

    Raises ValueError: it is no ELF file, or its start is cut off.
    """
    if header[:4] != MAGIC or len(header) < SMALL_HEADER:
        raise ValueError("it is no ELF file")
    order, wide = byte_order(header), header[4] == 2
    try:
        table = struct.unpack_from(order + ("Q" if wide else "I"), header, 40 if wide else 32)[0]
        return SectionTable(table, *struct.unpack_from(order + "HHH", header, 58 if wide else 46))
    except struct.error:
        raise ValueError("it is no ELF file") from None


def sections(stream: Stream, size: int) -> List[ElfSection]:
    """Return the section headers of a binary, seekable stream of size bytes. What they say of offsets and lengths is not checked: a section may go
    beyond the file.

    Raises ValueError: it is no ELF file, or the headers are cut off.
    """
    header = _part(stream, 0, HEADER, size, least=HEADER)
    table = section_headers(header)
    layout = struct.Struct(byte_order(header) + ("IIQQQQ" if header[4] == 2 else "IIIIII"))  # name, type, flags, address, offset, size
    octets = _part(stream, table.offset, table.entries * table.width, size)
    try:
        headers = [layout.unpack_from(octets, number * table.width) for number in range(table.entries)]
        names_at, names_size = headers[table.names][4:6]
    except (struct.error, IndexError):
        raise ValueError("its section headers are cut off") from None
    names, found = _part(stream, names_at, min(names_size, _MOST_SECTION_NAMES), size), []
    for name_at, kind, flags, _address, offset, length in headers:
        name = names[name_at : name_at + _LONGEST_SECTION_NAME].partition(b"\0")[0]
        found.append(ElfSection(name.decode("ascii", "replace"), kind, flags, offset, length))
    return found


def _segments(stream: Stream, header: bytes, order: str, wide: bool, size: int) -> List[Segment]:
    """Return the program headers."""
    table = struct.unpack_from(order + ("Q" if wide else "I"), header, 32 if wide else 28)[0]
    width, count = struct.unpack_from(order + "HH", header, 54 if wide else 42)
    if count > _MOST_SEGMENTS or (count and width < (56 if wide else 32)):
        raise ValueError(f"it has {count} program headers of {width} bytes")
    octets = _part(stream, table, count * width, size, least=count * width)
    found = []
    for number in range(count):
        if wide:
            kind, _flags, offset, address, _physical, length = struct.unpack_from(order + "IIQQQQ", octets, number * width)
        else:
            kind, offset, address, _physical, length = struct.unpack_from(order + "IIIII", octets, number * width)
        found.append((kind, offset, address, length))
    return found


def _dynamic_values(stream: Stream, place: Tuple[int, int], order: str, wide: bool, size: int) -> Dict[int, List[int]]:
    """Return {tag: [value]} of the dynamic section at place (offset, length)."""
    offset, length = place
    layout = struct.Struct(order + ("qQ" if wide else "iI"))
    octets = _part(stream, offset, min(length, _MOST_ENTRIES * layout.size), size)
    values: Dict[int, List[int]] = collections.defaultdict(list)
    for start in range(0, len(octets) - layout.size + 1, layout.size):
        tag, value = layout.unpack_from(octets, start)
        if tag == 0:
            break
        if tag in _READ_TAGS:
            values[tag].append(value)
    return values


class _Strings:
    """The strings of a dynamic section, and the tables beside them; they are looked for when one is asked for."""

    def __init__(self, stream: Stream, segments: List[Segment], values: Dict[int, List[int]], size: int) -> None:
        self._stream, self._segments, self._values, self._size = stream, segments, values, size

    def at(self, value: int) -> str:
        """Return the string at an offset of the table. Raises ValueError: there is none."""
        if not self._values[_DT_STRTAB]:
            raise ValueError("its dynamic section has no strings")
        limit = self._values[_DT_STRSZ][0] if self._values[_DT_STRSZ] else self._size
        if value >= limit:
            raise ValueError("a name is beyond its strings")
        return _text(_part(self._stream, _file_offset(self._segments, self._values[_DT_STRTAB][0]) + value, _LONGEST_STRING, self._size))

    def structure(self, layout: struct.Struct, address: int) -> Tuple[int, ...]:
        """Return what a structure at an address of the loaded program holds."""
        octets = _part(self._stream, _file_offset(self._segments, address), layout.size, self._size, least=layout.size)
        return layout.unpack(octets)


def _names(strings: _Strings, values: List[int]) -> List[str]:
    if len(values) > _MOST_NAMES:
        raise ValueError(f"it needs more than {_MOST_NAMES} libraries")
    return [strings.at(value) for value in values]


def _asked_versions(strings: _Strings, values: Dict[int, List[int]], order: str) -> Tuple[Tuple[str, str], ...]:
    """Return ((library, version), ...) that the file cannot do without: Elfxx_Verneed and Elfxx_Vernaux, alike for 32 and 64 bit."""
    table, each = struct.Struct(order + "HHIII"), struct.Struct(order + "IHHII")
    found: List[Tuple[str, str]] = []
    address, seen = (values[_DT_VERNEED] or [0])[0], 0
    for _number in range(min((values[_DT_VERNEEDNUM] or [0])[0], _MOST_NAMES)):
        _version, count, library, first, following = strings.structure(table, address)
        place = address + first
        for _entry in range(count):
            seen += 1
            if seen > _MOST_VERSIONS:
                raise ValueError(f"it asks for more than {_MOST_VERSIONS} versions")
            _hash, flags, _other, name, beyond = strings.structure(each, place)
            if not flags & _WEAK:
                found.append((strings.at(library), strings.at(name)))
            place += beyond
        address += following
    return tuple(found)


def _own_versions(strings: _Strings, values: Dict[int, List[int]], order: str) -> Tuple[str, ...]:
    """Return the versions (str) of its symbols that a library has: Elfxx_Verdef and its first Elfxx_Verdaux."""
    table, each = struct.Struct(order + "HHHHIII"), struct.Struct(order + "II")
    found: List[str] = []
    address = (values[_DT_VERDEF] or [0])[0]
    for _number in range(min((values[_DT_VERDEFNUM] or [0])[0], _MOST_VERSIONS)):
        _version, _flags, _index, _count, _hash, first, following = strings.structure(table, address)
        found.append(strings.at(strings.structure(each, address + first)[0]))
        address += following
    return tuple(found)


def _file_offset(segments: List[Segment], address: int) -> int:
    """Return where an address (int) of the loaded program is in the file."""
    for kind, offset, start, length in segments:
        if kind == _LOAD and start <= address < start + length:
            return offset + address - start
    raise ValueError("its strings are in no segment")


def _folders(paths: List[str]) -> List[str]:
    return [folder for path in paths for folder in path.split(":") if folder]


def _text(octets: bytes) -> str:
    text, end, _rest = octets.partition(b"\0")
    if not end:
        raise ValueError("a name does not end")
    return os.fsdecode(text)


def _part(stream: Stream, offset: int, length: int, size: int, least: int = 1) -> bytes:
    """Return the bytes of a stream at an offset, length of them or up to its end. Raises ValueError: there are fewer than least."""
    if offset >= size or size - offset < least:
        raise ValueError("it is cut off")
    stream.seek(offset)
    octets = stream.read(length)
    if len(octets) < min(least, length):
        raise ValueError("it is cut off")
    return octets
