# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The VHD that is sent: read it, and notice that it is no longer the file it was.

PRIVATE: module_utils of this collection are not an interface.
"""

import os
import stat
from typing import Iterator, List, NamedTuple, Tuple

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError, from_os_error
from ansible_collections.imagewright.azure.plugins.module_utils.disk.annotations import Span
from ansible_collections.imagewright.azure.plugins.module_utils.upload import ranges

#: Bytes of the footer, the last sector of every fixed VHD.
FOOTER = 512


class Identity(NamedTuple):
    """What tells one state of a file from another. size: bytes; mtime_ns: nanoseconds."""

    size: int
    mtime_ns: int
    inode: int


class OpenVhd:
    """An open VHD; a context manager.

    Raises ImagewrightError: it cannot be read, is no regular file, or is no multiple of 512 bytes.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        try:
            self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError as error:
            raise from_os_error(f"read {path}", error) from None
        status = os.fstat(self._descriptor)
        if not stat.S_ISREG(status.st_mode):
            os.close(self._descriptor)
            raise ImagewrightError(f"cannot upload {path}: it is not a regular file; convert the disk to a VHD with vhd_align first")
        self.identity = _identity(status)
        self.size = status.st_size
        if self.size % 512 or self.size <= FOOTER:
            os.close(self._descriptor)
            raise ImagewrightError(f"cannot upload {path}: its size of {self.size} bytes is not a multiple of 512; make it a fixed VHD with vhd_align first")

    def __enter__(self) -> "OpenVhd":
        return self

    def __exit__(self, *unused: object) -> None:
        os.close(self._descriptor)

    def read(self, offset: int, length: int) -> bytes:
        """Return length bytes at offset.

        Raises ImagewrightError: there are fewer, because the file was cut while we read it.
        """
        pieces, missing = [], length
        while missing:
            try:
                piece = os.pread(self._descriptor, missing, offset + length - missing)
            except OSError as error:
                raise from_os_error(f"read {self.path} at byte {offset}", error) from None
            if not piece:
                raise ImagewrightError(
                    f"cannot upload {self.path}: it was cut to {os.fstat(self._descriptor).st_size} bytes while it was "
                    f"uploaded, it had {self.size}; let nothing write to it and run the task again"
                )
            pieces.append(piece)
            missing -= len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def data_extents(self) -> List[Span]:
        """Return where the disk, without its footer, has data: [(start, end)] in bytes."""
        return ranges.data_extents(self._descriptor, self.size - FOOTER)

    def non_zero_runs(self) -> Iterator[Tuple[int, bytes]]:
        """Yield (offset, content) of everything before the footer that is not zero."""
        return ranges.non_zero_runs(self.data_extents(), self.read)

    def footer(self) -> bytes:
        """Return the last 512 bytes."""
        return self.read(self.size - FOOTER, FOOTER)

    def check_unchanged(self) -> None:
        """Raise ImagewrightError when the file is not as it was when it was opened, or another one has taken its name."""
        try:
            here, named = _identity(os.fstat(self._descriptor)), _identity(os.stat(self.path))
        except OSError as error:
            raise from_os_error(f"read {self.path} while it is uploaded", error) from None
        if here != self.identity or named != self.identity:
            now = named if here == self.identity else here
            raise ImagewrightError(
                f"cannot upload {self.path}: it changed while it was uploaded ({_difference(self.identity, now)}); "
                "what was sent is not complete and has no footer; let nothing write to it and run the task again"
            )


def _identity(status: os.stat_result) -> Identity:
    return Identity(status.st_size, status.st_mtime_ns, status.st_ino)


def _difference(before: Identity, after: Identity) -> str:
    return ", ".join(f"{name} {old} -> {new}" for name, old, new in zip(Identity._fields, before, after) if old != new)
