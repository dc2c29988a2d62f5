# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copy a disk's data and none of its holes, by the cheapest way that the file systems offer.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import errno
import fcntl
import os
import struct
import threading
from typing import Callable, Deque, Iterable, Iterator, Optional

from ansible_collections.imagewright.azure.plugins.module_utils.disk.annotations import Buffer, Chunk
from ansible_collections.imagewright.azure.plugins.module_utils.disk.sizes import KIB, MIB
from ansible_collections.imagewright.azure.plugins.module_utils.disk.sparse import data_runs

_FICLONE = 0x40049409  # _IOW(0x94, 9, int), linux/fs.h
_FICLONERANGE = 0x4020940D
_NO_REFLINK = (errno.EOPNOTSUPP, errno.EXDEV, errno.EINVAL, errno.ENOTTY, errno.ENOSYS, errno.EPERM, errno.EISDIR)
_NO_KERNEL_COPY = (errno.EXDEV, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL, errno.EPERM, errno.ETXTBSY)
_ON_A_SERVER = ("nfs4", "cifs", "smb3", "ceph")  # kinds of file systems
_CHUNK = 4 * MIB  # bytes that one worker copies at a time
_BUFFER = MIB  # bytes of memory that one worker reads into
_WORKERS = 2  # measured: more of them only wait for each other
_AHEAD = 8  # chunks that the kernel is asked to have read by the time when they are copied

#: What copies one chunk: (source, target, buffer, offset in the source, offset in the target, length) -> bytes written.
Copy = Callable[[int, int, bytearray, int, int, int], int]


class ReadError(OSError):
    """The source, and not the target, cannot be read."""


def clone(source: int, target: int) -> bool:
    """Return whether the target now shares all of the source's blocks (reflink); it is unchanged when not.

    source, target: int, open files; the target is empty.
    """
    try:
        fcntl.ioctl(target, _FICLONE, source)
        return True
    except OSError as error:
        if error.errno not in _NO_REFLINK:
            raise
        return False


def can_clone(source: int, directory: str) -> bool:
    """Return whether ``clone`` would work for a new file in the directory; nothing is left there."""
    try:
        target = os.open(directory, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError:
        return False
    try:
        length = min(os.fstat(source).st_size, 64 * KIB) // (64 * KIB) * 64 * KIB
        fcntl.ioctl(target, _FICLONERANGE, struct.pack("qQQQ", source, 0, length, 0))
        return length > 0
    except OSError:
        return False
    finally:
        os.close(target)


def copy_extents(source: int, target: int, extents: Iterable[Chunk]) -> int:
    """Return the number of bytes written while copying extents from one open file to another; runs of zeros stay holes.

    extents: iterable of (offset in the source, offset in the target, length).
    Raises OSError: of the first copy that failed; ReadError when the source is at fault.
    """
    copy = _copy_by_kernel if is_on_a_server(target) else _copy_through_memory
    chunks = _chunks(extents) if copy is _copy_by_kernel else _read_ahead(source, _chunks(extents))
    copies = _Copies(chunks)
    workers = [threading.Thread(target=_work, args=(copies, copy, source, target), daemon=True) for unused in range(_WORKERS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if copies.error:
        raise copies.error
    return copies.written


def is_on_a_server(descriptor: int) -> bool:
    """Return whether an open file lies on a server that can copy files by itself, so that the data need not come here and go back."""
    device = os.fstat(descriptor).st_dev
    wanted = f"{os.major(device)}:{os.minor(device)}"
    try:
        with open("/proc/self/mountinfo", encoding="utf-8", errors="replace") as stream:
            mounts = [line.split() for line in stream]
    except OSError:
        return False
    return any(fields[2] == wanted and fields[fields.index("-") + 1] in _ON_A_SERVER for fields in mounts)


class _Copies:
    """Chunks that are still to be copied, shared by the workers, and what they have done."""

    def __init__(self, chunks: Iterator[Chunk]) -> None:
        self._chunks = chunks
        self._lock = threading.Lock()
        self.written = 0
        self.error: Optional[Exception] = None

    def next(self, written: int) -> Optional[Chunk]:
        """Return the next chunk, or None at the end or after an error; written: int, bytes of the last one."""
        with self._lock:
            self.written += written
            return None if self.error else next(self._chunks, None)

    def fail(self, error: Exception) -> None:
        """Remember the first error; no further chunk is given out."""
        with self._lock:
            self.error = self.error or error


def _chunks(extents: Iterable[Chunk]) -> Iterator[Chunk]:
    for source_offset, target_offset, length in extents:
        for start in range(0, length, _CHUNK):
            yield source_offset + start, target_offset + start, min(_CHUNK, length - start)


def _read_ahead(source: int, chunks: Iterable[Chunk]) -> Iterator[Chunk]:
    """Yield the chunks, each some time after the kernel was told that it will be read."""
    waiting: Deque[Chunk] = collections.deque()
    for chunk in chunks:
        os.posix_fadvise(source, chunk[0], chunk[2], os.POSIX_FADV_WILLNEED)
        waiting.append(chunk)
        if len(waiting) > _AHEAD:
            yield waiting.popleft()
    yield from waiting


def _work(copies: _Copies, copy: Copy, source: int, target: int) -> None:
    buffer, written = bytearray(_BUFFER), 0
    try:
        while True:
            chunk = copies.next(written)
            if chunk is None:
                return
            written = copy(source, target, buffer, *chunk)
    except Exception as error:  # pylint: disable=broad-except  # raised again by copy_extents, in the thread that can handle it
        copies.fail(error)


def _copy_by_kernel(source: int, target: int, buffer: bytearray, source_offset: int, target_offset: int, length: int) -> int:
    """Return the bytes written of one chunk, by copy_file_range where that works."""
    done = 0
    while done < length:
        try:
            step = os.copy_file_range(source, target, length - done, source_offset + done, target_offset + done)
        except OSError as error:
            if error.errno not in _NO_KERNEL_COPY or done:
                raise
            return _copy_through_memory(source, target, buffer, source_offset, target_offset, length)
        if step == 0:
            raise _shorter()
        done += step
    return done


def _copy_through_memory(source: int, target: int, buffer: bytearray, source_offset: int, target_offset: int, length: int) -> int:
    """Return the bytes written of one chunk. buffer: bytearray to read into.

    Measured on local file systems: less processor time than copy_file_range, which moves page by page where it shares no blocks.
    """
    view, written, done = memoryview(buffer), 0, 0
    while done < length:
        try:
            count = os.preadv(source, [view[: min(len(buffer), length - done)]], source_offset + done)
        except OSError as error:
            raise ReadError(error.errno, error.strerror) from error
        if not count:
            raise _shorter()
        for start, end in data_runs(buffer, count):
            write_all(target, view[start:end], target_offset + done + start)
            written += end - start
        # starts to write to the disk now, while we go on, and not at the end, when there is nothing left to do but wait
        os.posix_fadvise(target, target_offset + done, count, os.POSIX_FADV_DONTNEED)
        done += count
    return written


def _shorter() -> ReadError:
    return ReadError(errno.ENODATA, "it became shorter while it was copied")


def write_all(descriptor: int, octets: Buffer, offset: int) -> None:
    """Write all bytes at the offset of an open file."""
    view = memoryview(octets)
    while view:
        count = os.pwrite(descriptor, view, offset)
        view, offset = view[count:], offset + count
