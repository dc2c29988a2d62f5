# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Directories and files that are held open: what is done to them does not follow what somebody puts into their place meanwhile.

PRIVATE: module_utils of this collection are not an interface.
"""

import contextlib
import errno
import fcntl
import os
import stat
from typing import Iterator, List, Optional

#: How a directory is opened.
DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
#: How a file is opened that may be anything: a FIFO that somebody puts in its place is not waited for.
OLD = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@contextlib.contextmanager
def opened(path: str) -> Iterator[int]:
    """Yield the descriptor of a directory, for a path without symbolic links. Raises OSError: one has become a link, or it is not there."""
    descriptor = open_directory(path)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def open_directory(path: str, made: Optional[List[str]] = None, mode: int = 0o755) -> int:
    """Return the descriptor of a directory, for a path without symbolic links: no link that is put into its place meanwhile is followed.

    made: list or None, to make what is missing; gets the paths ([str]) that were made. mode: int, permission bits of those.
    Raises OSError: a part of it is no directory, or is not there, or cannot be made.
    """
    descriptor, done = os.open("/", DIRECTORY), ""
    try:
        for part in [part for part in path.split("/") if part]:
            done = f"{done}/{part}"
            if made is not None and _make_directory(descriptor, part, mode):
                made.append(done)
            below = os.open(part, DIRECTORY, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = below
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def open_regular(folder: int, name: str) -> Optional[int]:
    """Return the descriptor of the regular file that is there, or None. Raises OSError: it is something else, or cannot be read."""
    try:
        descriptor = os.open(name, OLD, dir_fd=folder)
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise IsADirectoryError(errno.EISDIR, "it is not a regular file")
    return descriptor


def lock(descriptor: int) -> bool:
    """Return whether an open file or directory is locked by us now. Raises OSError: its file system has no locks."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    except BlockingIOError:
        return False


def is_at(path: str, descriptor: int, folder: Optional[int] = None) -> bool:
    """Return whether the open file is the one at the path (in the directory folder: int, descriptor)."""
    try:
        return os.path.samestat(os.stat(path, dir_fd=folder, follow_symlinks=False), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def locked_at(name: str, descriptor: int, folder: int) -> bool:
    """Return whether a new file or directory is ours to use: locked, as far as its file system has locks, and still there."""
    try:
        return lock(descriptor) and is_at(name, descriptor, folder)
    except OSError:
        return True


def status_at(folder: int, name: str) -> Optional[os.stat_result]:
    """Return the os.stat_result of what has the name in a directory, the link itself if it is one; None when there is nothing, or it cannot be told."""
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    except OSError:
        return None


def is_there(folder: int, name: str) -> bool:
    """Return whether something has the name in a directory."""
    return status_at(folder, name) is not None


def fsync_directory(path: str) -> None:
    """Bring the names in a directory to the disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _make_directory(folder: int, name: str, mode: int) -> bool:
    """Return whether a directory had to be made."""
    try:
        os.mkdir(name, mode, dir_fd=folder)
    except FileExistsError:
        return False
    except OSError:
        if is_there(folder, name):  # a read-only file system says so first
            return False
        raise
    return True
