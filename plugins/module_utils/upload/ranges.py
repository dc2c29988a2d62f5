# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which bytes of a VHD matter: holes and zero blocks are left out, the rest is cut into ranges of one page write.

PRIVATE: module_utils of this collection are not an interface.
"""

import hashlib
from typing import Iterable, Iterator, List, NamedTuple, Tuple

from ansible_collections.imagewright.azure.plugins.module_utils.disk import sparse
from ansible_collections.imagewright.azure.plugins.module_utils.disk.annotations import ReadAt, Span

#: Bytes that are tested and skipped together.
BLOCK = sparse.GRAIN

#: The most that one Put Page takes, in bytes. Source: Azure Storage REST reference, Put Page.
LARGEST_PUT = 4 * 1024 * 1024


class Range(NamedTuple):
    """A range of the file that holds data, in bytes. digest: MD5 in hex of the content."""

    offset: int
    length: int
    digest: str


def data_extents(descriptor: int, size: int) -> List[Span]:
    """Return where the file has data and no holes: [(start, end)], rounded out to whole blocks, sorted, apart from each other.

    descriptor: int, open file; size: int, bytes of the file that count.
    """
    extents: List[Span] = []
    for offset, length in sparse.data_extents(descriptor, size):
        first, last = offset // BLOCK * BLOCK, min(-(-(offset + length) // BLOCK) * BLOCK, size)
        if extents and first <= extents[-1][1]:
            extents[-1] = (extents[-1][0], last)
        else:
            extents.append((first, last))
    return extents


def non_zero_runs(extents: Iterable[Span], read: ReadAt) -> Iterator[Tuple[int, bytes]]:
    """Yield (offset, content) of every run of blocks that are not all zero, LARGEST_PUT at most each.

    The cuts depend on the content alone, not on how the file system stores it.
    extents: [(start, end)] as of data_extents; read: callable, (offset, length) -> bytes.
    """
    for start, end in extents:
        position = start
        while position < end:
            window = read(position, min(LARGEST_PUT, end - position))
            following = position + len(window)
            for first, last in sparse.data_runs(window, len(window)):
                if last == len(window) and first > 0 and following < end:
                    following = position + first  # it may go on: look again from its start
                    break
                yield position + first, window[first:last]
            position = following


def range_of(offset: int, content: bytes) -> Range:
    """Return the Range of some content (bytes) at an offset."""
    return Range(offset, len(content), digest_of(content))


def digest_of(content: bytes) -> str:
    """Return the MD5 (str, hex) of the content (bytes).

    The one that the service compares each write with: it tells damage and changes, which a second one would not tell better, and both
    together would be most of the processor time of an upload. No defence against who makes the VHD: that is who uploads it.
    """
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def digest_of_ranges(ranges: Iterable[Range], size: int) -> str:
    """Return one digest (str, SHA-256 in hex) for a whole file: of its size and of every Range that holds data, by offset.

    Two files have the same digest when their content is the same, however many holes they have.
    """
    whole = hashlib.sha256(f"imagewright 1 {size}\n".encode())
    for item in sorted(ranges):
        whole.update(f"{item.offset} {item.length} {item.digest}\n".encode())
    return whole.hexdigest()


def merge(spans: Iterable[Span]) -> List[Span]:
    """Return the spans [(start, end)] sorted, with those that touch made one."""
    merged: List[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def subtract(spans: Iterable[Span], covered: Iterable[Span]) -> List[Span]:
    """Return the parts of spans that covered does not cover: [(start, end)], sorted."""
    rest, covered, index = [], merge(covered), 0
    for start, end in merge(spans):
        while index < len(covered) and covered[index][1] <= start:
            index += 1
        position, look = start, index
        while look < len(covered) and covered[look][0] < end:
            if covered[look][0] > position:
                rest.append((position, covered[look][0]))
            position = max(position, covered[look][1])
            look += 1
        if position < end:
            rest.append((position, end))
    return rest


def length_of(spans: Iterable[Span]) -> int:
    """Return the number of bytes in the spans."""
    return sum(end - start for start, end in spans)


def spans_of(ranges: Iterable[Range]) -> List[Span]:
    """Return [(start, end)] of Ranges."""
    return [(item.offset, item.offset + item.length) for item in ranges]
