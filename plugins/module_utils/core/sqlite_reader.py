# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read single rows of an SQLite database through a stream: inside an image there is no file that sqlite3 could open.

PRIVATE: module_utils of this collection are not an interface.
Source: https://www.sqlite.org/fileformat2.html
"""

import struct
from typing import List, Optional, Tuple, Union

from ansible_collections.imagewright.azure.plugins.module_utils.core.annotations import Stream
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError

#: What a column holds.
Value = Union[int, float, str, bytes, None]

_MAGIC = b"SQLite format 3\0"
_LEAF_TABLE, _INNER_TABLE, _LEAF_INDEX, _INNER_INDEX = 0x0D, 0x05, 0x0A, 0x02
_LAST_PAGE = 0xFFFFFFFE  # number that a page may have
_MOST_PAGES = 20000  # pages read of one database
_MOST_PAYLOAD = 32 * 1024 * 1024  # bytes of one row
_DEEPEST = 20  # levels of a tree; 4 hold a thousand million rows


class Database:
    """An SQLite database.

    stream: binary, seekable; name: str, for errors.
    Raises ImagewrightError: it is none, or of a kind that is not read here.
    """

    def __init__(self, stream: Stream, name: str) -> None:
        self._stream, self._name, self._pages_read = stream, name, 0
        stream.seek(0)
        header = stream.read(100)
        if len(header) < 100 or header[:16] != _MAGIC:
            raise self._damaged("it is no SQLite database")
        size = struct.unpack(">H", header[16:18])[0]
        self._size = 65536 if size == 1 else size
        self._usable = self._size - header[20]  # bytes of a page
        if self._size < 512 or self._size & (self._size - 1) or self._usable < 480 or struct.unpack(">I", header[56:60])[0] not in (0, 1):
            raise self._damaged("its header is wrong, or its texts are not UTF-8")
        self._roots = {row[1]: row[3] for row in self._table_rows(1) if len(row) > 3 and isinstance(row[1], str) and isinstance(row[3], int)}

    def has(self, name: str) -> bool:
        """Return whether there is a table or index of this name."""
        return name in self._roots

    def row(self, table: str, number: int) -> Optional[List[Value]]:
        """Return the values of the row with this number, None when there is none.

        Raises ImagewrightError, as rows_with does: the database is damaged.
        """
        page = self._roots[table]
        for _level in range(_DEEPEST):
            kind, cells, rightmost = self._cells(page)
            if kind == _LEAF_TABLE:
                for octets, position in cells:
                    length, position = _varint(octets, position)
                    found, position = _varint(octets, position)
                    if found == number:
                        return _record(self._payload(octets, position, length, kind))
                return None
            page = rightmost
            for octets, position in cells:
                if number <= _varint(octets, position + 4)[0]:
                    page = struct.unpack(">I", octets[position : position + 4])[0]
                    break
        raise self._damaged("its tree is too deep")

    def rows_with(self, index: str, key: str) -> List[int]:
        """Return the numbers ([int]) of the rows whose first indexed value is key (str), by an index of one column."""
        wanted = key.encode("utf-8", "surrogateescape")
        return self._search(self._roots[index], wanted, 0)

    def _search(self, page: int, wanted: bytes, level: int) -> List[int]:
        if level > _DEEPEST:
            raise self._damaged("its tree is too deep")
        kind, cells, rightmost = self._cells(page)
        found: List[int] = []
        for octets, position in cells:
            start = position + 4 if kind == _INNER_INDEX else position
            length, data = _varint(octets, start)
            values = _record(self._payload(octets, data, length, kind))
            value = values[0].encode("utf-8", "surrogateescape") if values and isinstance(values[0], str) else b""
            if kind == _INNER_INDEX and value >= wanted:
                found += self._search(struct.unpack(">I", octets[position : position + 4])[0], wanted, level + 1)
            if value == wanted:
                found.append(self._number(values[-1]))
            if value > wanted:
                return found
        return found + self._search(rightmost, wanted, level + 1) if kind == _INNER_INDEX else found

    def _number(self, value: Value) -> int:
        if not isinstance(value, int):
            raise self._damaged("an index names a row by what is no number")
        return value

    def _table_rows(self, page: int, level: int = 0) -> List[List[Value]]:
        """Return the values of all rows of a small table: that of the tables."""
        if level > _DEEPEST:
            raise self._damaged("its tree is too deep")
        kind, cells, rightmost = self._cells(page)
        if kind == _INNER_TABLE:
            pages = [struct.unpack(">I", octets[position : position + 4])[0] for octets, position in cells] + [rightmost]
            return [row for each in pages for row in self._table_rows(each, level + 1)]
        rows = []
        for octets, position in cells:
            length, position = _varint(octets, position)
            position = _varint(octets, position)[1]
            rows.append(_record(self._payload(octets, position, length, kind)))
        return rows

    def _cells(self, number: int) -> Tuple[int, List[Tuple[bytes, int]], int]:
        """Return (kind of the page, [(octets of the page, position of a cell)], number of the rightmost page, 0 of what has none)."""
        octets = self._page(number)
        start = 100 if number == 1 else 0
        kind = octets[start]
        if kind not in (_LEAF_TABLE, _INNER_TABLE, _LEAF_INDEX, _INNER_INDEX):
            raise self._damaged(f"page {number} is no page of a tree")
        inner = kind in (_INNER_TABLE, _INNER_INDEX)
        count = struct.unpack(">H", octets[start + 3 : start + 5])[0]
        first = start + (12 if inner else 8)
        if first + 2 * count > len(octets):
            raise self._damaged(f"page {number} says that it has {count} cells")
        positions = struct.unpack(f">{count}H", octets[first : first + 2 * count])
        if any(position + 4 * inner >= len(octets) for position in positions):
            raise self._damaged(f"a cell of page {number} is not in it")
        return kind, [(octets, position) for position in positions], struct.unpack(">I", octets[start + 8 : start + 12])[0] if inner else 0

    def _page(self, number: int) -> bytes:
        self._pages_read += 1
        if self._pages_read > _MOST_PAGES:
            raise self._damaged(f"more than {_MOST_PAGES} pages would have to be read")
        octets = b""
        if 0 < number <= _LAST_PAGE:
            self._stream.seek((number - 1) * self._size)
            octets = self._stream.read(self._size)
        if len(octets) != self._size:
            raise self._damaged(f"page {number} is not in it")
        return octets

    def _payload(self, octets: bytes, position: int, length: int, kind: int) -> bytes:
        """Return the bytes of a cell's row, with what lies on further pages."""
        if not 0 <= length <= _MOST_PAYLOAD:
            raise self._damaged(f"a row has {length} bytes")
        usable = self._usable
        most = usable - 35 if kind in (_LEAF_TABLE, _INNER_TABLE) else (usable - 12) * 64 // 255 - 23
        if length <= most:
            return octets[position : position + length]
        least = (usable - 12) * 32 // 255 - 23
        local = least + (length - least) % (usable - 4)
        local = local if local <= most else least
        parts, left = [octets[position : position + local]], length - local
        if position + local + 4 > len(octets):
            raise self._damaged("a row ends too early")
        following = struct.unpack(">I", octets[position + local : position + local + 4])[0]
        while left > 0:
            page = self._page(following)
            parts.append(page[4 : 4 + min(left, usable - 4)])
            left -= len(parts[-1])
            following = struct.unpack(">I", page[:4])[0]
        return b"".join(parts)

    def _damaged(self, cause: str) -> ImagewrightError:
        return ImagewrightError(f"cannot read the database {self._name}: {cause}; look whether it is damaged")


def _varint(octets: bytes, position: int) -> Tuple[int, int]:
    """Return (value, position behind it) of SQLite's integer of 1 to 9 bytes."""
    value = 0
    for count in range(9):
        if position >= len(octets):
            raise ImagewrightError("cannot read a row of a database: it ends too early; look whether it is damaged")
        octet = octets[position]
        position += 1
        if count == 8:
            value = value << 8 | octet
            break
        value = value << 7 | octet & 0x7F
        if not octet & 0x80:
            break
    return (value - (1 << 64) if value >= 1 << 63 else value), position


def _record(payload: bytes) -> List[Value]:
    """Return the values of a row."""
    end, position = _varint(payload, 0)
    kinds = []
    while position < min(end, len(payload)):
        kind, position = _varint(payload, position)
        kinds.append(kind)
    values: List[Value] = []
    position = end
    for kind in kinds:
        length = (0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0)[kind] if 0 <= kind < 12 else (kind - 12) // 2
        octets = payload[position : position + length]
        position += length
        if kind in (8, 9):
            values.append(kind - 8)
        elif 1 <= kind <= 6:
            values.append(int.from_bytes(octets, "big", signed=True))
        elif kind == 7:
            values.append(struct.unpack(">d", octets.ljust(8, b"\0"))[0])
        elif kind >= 12:
            values.append(octets if kind % 2 == 0 else octets.decode("utf-8", "surrogateescape"))
        else:
            values.append(None)
    return values
