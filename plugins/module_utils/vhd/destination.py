# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the VHD is to be written: what stands in the way, told before the first byte.

PRIVATE: module_utils of this collection are not an interface.
"""

import contextlib
import errno
import fcntl
import os
import stat
import struct
from typing import Iterator, Optional

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError, from_os_error
from ansible_collections.imagewright.azure.plugins.module_utils.disk.sizes import show_size
from ansible_collections.imagewright.azure.plugins.module_utils.vhd import locks

_GET_FLAGS, _IMMUTABLE, _APPEND_ONLY = 0x80086601, 0x10, 0x20  # FS_IOC_GETFLAGS, linux/fs.h


def status_of(dest: str) -> Optional[os.stat_result]:
    """Return os.stat_result of an existing destination, or None when there is none.

    Raises ImagewrightError: it is a symbolic link or no regular file, or its directory is not there.
    """
    folder = os.path.dirname(dest)
    try:
        os.stat(folder)
    except FileNotFoundError:
        raise ImagewrightError(f"cannot write {dest}: there is no directory {folder}; create it first") from None
    except OSError as error:
        raise from_os_error(f"write {dest}", error) from error
    try:
        status = os.lstat(dest)
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise ImagewrightError(f"cannot write {dest}: its name is too long; give a dest with a shorter one") from error
        raise from_os_error(f"write {dest}", error) from error
    if stat.S_ISLNK(status.st_mode):
        raise ImagewrightError(
            f"cannot write {dest}: it is a symbolic link to {os.readlink(dest)}, and links are not followed; give the file's own path, or remove the link"
        )
    if not stat.S_ISREG(status.st_mode):
        raise ImagewrightError(f"cannot write {dest}: it is {kind_of(status.st_mode)}; give the path of a file")
    return status


@contextlib.contextmanager
def opened(dest: str) -> Iterator[int]:
    """Yield the descriptor (int) of an existing destination, open for reading.

    Raises ImagewrightError: it cannot be read.
    """
    try:
        descriptor = os.open(dest, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise from_os_error(f"read {dest}", error) from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def replaceable(dest: str, status: Optional[os.stat_result]) -> Iterator[None]:
    """Run the block in which a destination is replaced by a rename; no machine gets the old file meanwhile.

    status: os.stat_result of the destination, or None when there is none.
    Raises ImagewrightError: it is immutable, in use, or another user's.
    """
    if status is None:
        yield
        return
    _require_ownership(dest, status)
    with opened(dest) as descriptor:
        if _flags(descriptor) & (_IMMUTABLE | _APPEND_ONLY):
            raise ImagewrightError(f"cannot replace {dest}: it is immutable; allow it with `chattr -i -a {dest}`")
        locks.claim(descriptor, dest, writing=True)
        yield


def _require_ownership(dest: str, status: os.stat_result) -> None:
    """Check that we may give a new file the owner and group of the old one."""
    folder = os.stat(os.path.dirname(dest))
    groups = {os.getegid(), *os.getgroups()} | ({folder.st_gid} if folder.st_mode & stat.S_ISGID else set())
    if os.geteuid() not in (0, status.st_uid) or os.geteuid() and status.st_gid not in groups:
        raise ImagewrightError(
            f"cannot replace {dest}: it belongs to another user or group, as the new file would have to; run as its owner or as root, or remove it"
        )


def require_writable_directory(dest: str) -> None:
    """Check, without writing, that a file can be made beside dest.

    Raises ImagewrightError: it cannot.
    """
    folder = os.path.dirname(dest)
    try:
        if os.statvfs(folder).f_flag & os.ST_RDONLY:
            raise OSError(errno.EROFS, "read-only file system")
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            if _flags(descriptor) & _IMMUTABLE:
                raise ImagewrightError(f"cannot write {dest}: the directory {folder} is immutable; allow it with `chattr -i {folder}`")
        finally:
            os.close(descriptor)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise OSError(errno.EACCES, "permission denied")
    except OSError as error:
        raise from_os_error(f"write {dest} into {folder}", error) from error


def require_space(dest: str, needed: int) -> None:
    """Check that the file system of dest has the needed bytes free.

    Raises ImagewrightError: it has not; the message says how many are missing.
    """
    space = os.statvfs(os.path.dirname(dest))
    free = (space.f_bfree if os.geteuid() == 0 else space.f_bavail) * space.f_frsize
    if needed > free:
        raise ImagewrightError(
            f"cannot write {dest}: its data needs {show_size(needed)} and the file system has {show_size(free)} free;"
            f" free {show_size(needed - free)} or choose another dest"
        )


def kind_of(mode: int) -> str:
    """Return what a file that is no regular one is (str), by its mode: ``a directory``."""
    kinds = (
        (stat.S_ISDIR, "a directory"),
        (stat.S_ISBLK, "a block device"),
        (stat.S_ISCHR, "a character device"),
        (stat.S_ISFIFO, "a named pipe"),
        (stat.S_ISSOCK, "a socket"),
    )
    return next((name for test, name in kinds if test(mode)), "no regular file")


def _flags(descriptor: int) -> int:
    """Return the inode flags (int) that chattr sets; 0 where the file system has none."""
    try:
        answer = fcntl.ioctl(descriptor, _GET_FLAGS, struct.pack("l", 0))
    except OSError:
        return 0
    return struct.unpack("l", answer)[0]
