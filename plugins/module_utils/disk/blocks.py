# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bytes of a disk by offset, with a bounded cache, and windows on them that read like files.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import io
from typing import Any, Optional

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError, from_os_error
from ansible_collections.imagewright.azure.plugins.module_utils.disk.annotations import ReadAt

#: File systems read inodes and directory entries of a few bytes: a block read once answers many of them.
_BLOCK = 32 * 1024  # bytes
_MOST_BLOCKS = 512  # 16 MiB in all


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
        if length > _BLOCK:
            return self._fetch(offset, length)
        pieces = []
        while length > 0:
            number, start = divmod(offset, _BLOCK)
            piece = self._block(number)[start : start + length]
            if not piece:
                break
            pieces.append(piece)
            offset += len(piece)
            length -= len(piece)
        return b"".join(pieces)

    def _block(self, number: int) -> bytes:
        if number in self._blocks:
            self._blocks.move_to_end(number)
            return self._blocks[number]
        block = self._fetch(number * _BLOCK, min(_BLOCK, self.size - number * _BLOCK))
        self._blocks[number] = block
        if len(self._blocks) > _MOST_BLOCKS:
            self._blocks.popitem(last=False)
        return block

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
