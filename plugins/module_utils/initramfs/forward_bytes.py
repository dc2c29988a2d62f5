# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A source of bytes that is read forwards once, in pieces, so that an image of any size needs little memory.

PRIVATE: module_utils of this collection are not an interface.
"""

#: Bytes that are read from a file at a time.
CHUNK = 256 * 1024


def file_chunks(stream):
    """Return an iterator of the content ([bytes]) of a binary stream, in pieces of CHUNK bytes at most."""
    return iter(lambda: stream.read(CHUNK), b"")


class ForwardBytes:
    """Bytes from an iterable of chunks, with the look ahead that a parser needs.

    offset: int, how many bytes were taken so far.
    """

    def __init__(self, chunks):
        self._chunks = iter(chunks)
        self._buffer = b""
        self._position = 0
        self.offset = 0

    def peek(self, count):
        """Return the next count bytes without taking them; fewer only at the end."""
        if len(self._buffer) - self._position < count:
            self._fill(count)
        return self._buffer[self._position : self._position + count]

    def read(self, count):
        """Return the next count bytes; fewer only at the end."""
        taken = self.peek(count)
        self._position += len(taken)
        self.offset += len(taken)
        return taken

    def some(self):
        """Return the bytes that are at hand, at least one and CHUNK at most, b"" only at the end."""
        if not self.peek(1):
            return b""
        return self.read(min(CHUNK, len(self._buffer) - self._position))

    def push_back(self, unused):
        """Take back bytes that were read last but belong to what follows."""
        self._buffer = unused + self._buffer[self._position :]
        self._position = 0
        self.offset -= len(unused)

    def skip(self, count):
        """Take count bytes without keeping them and return how many there were."""
        skipped = 0
        while skipped < count and self.peek(1):
            step = min(count - skipped, len(self._buffer) - self._position)
            self._position += step
            skipped += step
        self.offset += skipped
        return skipped

    def skip_zeros(self):
        """Take the zero bytes that come next: the padding between the parts of an image."""
        while self.peek(1) == b"\0":
            rest = self._buffer[self._position :]
            zeros = len(rest) - len(rest.lstrip(b"\0"))
            self._position += zeros
            self.offset += zeros

    def _fill(self, count):
        parts = [self._buffer[self._position :]]
        held = len(parts[0])
        while held < count:
            chunk = next(self._chunks, None)
            if chunk is None:
                break
            parts.append(chunk)
            held += len(chunk)
        self._buffer, self._position = b"".join(parts), 0
