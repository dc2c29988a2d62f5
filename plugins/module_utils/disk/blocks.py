# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bytes of a disk by offset, with a bounded cache, and windows on them that read like files.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import io
from typing import Any, Optional, Sequence

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError, from_os_error
from ansible_collections.imagewright.azure.plugins.module_utils.disk.annotations import ReadAt

#: File systems read inodes and directory entries of a few bytes: a block read once answers many of them. A larger block fetches what nobody asks for: with
#: 32 KiB a verdict read a tenth more.
_BLOCK = 4 * 1024  # bytes
_MOST_BLOCKS = 4096  # 16 MiB in all
_MOST_KEPT = 32 * 1024  # bytes: what is read in larger pieces is a file, which is read once


class CachedBytes:
    """The bytes of a disk, and how many of them were fetched from below.

    fetch: callable (offset, length) -> bytes, shorter at the end.
    size: int, bytes.
    name: str, of the image, for errors.
    """

    def __init__(self, fetch: ReadAt, size: int, name: str) -> None:
        self.size = size
        self.name = name
        self.fetched = 0
        self._fetch_below = fetch
        self._blocks: collections.OrderedDict[int, bytes] = collections.OrderedDict()

    def read_at(self, offset: int, length: int) -> bytes:
        """Return the bytes at an offset, fewer at the end of the disk.

        Raises ImagewrightError: the image cannot be read there.
        """
        length = max(0, min(length, self.size - offset))
        if length > _MOST_KEPT:
            return self._fetch(offset, length)
        first, start = divmod(offset, _BLOCK)
        wanted = range(first, -(-(offset + length) // _BLOCK))
        self._keep(wanted)
        return b"".join(self._blocks[number] for number in wanted)[start : start + length]

    def _keep(self, wanted: Sequence[int]) -> None:
        """Have blocks, by their numbers, one behind the other, in the cache as those that were used last; what lacks is fetched at once."""
        missing = [number for number in wanted if number not in self._blocks]
        if missing:
            begin, end = missing[0] * _BLOCK, min((missing[-1] + 1) * _BLOCK, self.size)
            octets = self._fetch(begin, end - begin)
            for number in range(missing[0], missing[-1] + 1):
                self._blocks[number] = octets[number * _BLOCK - begin : (number + 1) * _BLOCK - begin]
        for number in wanted:
            self._blocks.move_to_end(number)
        while len(self._blocks) > _MOST_BLOCKS:
            self._blocks.popitem(last=False)

    def _fetch(self, offset: int, length: int) -> bytes:
        try:
            octets = self._fetch_below(offset, length)
        except OSError as error:
            raise from_os_error(f"read {self.name} at byte {offset}", error) from error
        self.fetched += len(octets)
        if len(octets) < length:
            raise ImagewrightError(
                f"cannot read {self.name} at byte {offset + len(octets)}: the file ends there, but its disk has {self.size} bytes; get the whole image"
            )
        return octets


class Window(io.RawIOBase):
    """A part of a disk as a binary, seekable stream; a read past the end of the disk is an error, not an empty answer.

    below: CachedBytes; start, size: int, bytes.
    """

    def __init__(self, below: CachedBytes, start: int, size: int) -> None:
        super().__init__()
        self.size = size
        self._below = below
        self._start = start
        self._position = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Return the new position."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def tell(self) -> int:
        """Return the position."""
        return self._position

    def read(self, length: Optional[int] = -1) -> bytes:
        """Return the next bytes, fewer at the end of the window.

        Raises ImagewrightError: the disk ends before.
        """
        remaining = max(0, self.size - self._position)
        length = remaining if length is None or length < 0 else min(length, remaining)
        octets = self._below.read_at(self._start + self._position, length)
        if len(octets) < length:
            raise ImagewrightError(
                f"cannot read {self._below.name} at byte {self._start + self._position + len(octets)}: the disk ends at byte "
                f"{self._below.size}, inside a partition; the image is cut off: get the whole of it"
            )
        self._position += length
        return octets

    def readinto(self, buffer: Any) -> int:
        """Return how many bytes were read into the buffer."""
        octets = self.read(len(buffer))
        buffer[: len(octets)] = octets
        return len(octets)
