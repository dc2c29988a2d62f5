# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who holds a disk image, and the locks that QEMU respects.

QEMU marks what it does with an image by read locks on single bytes: byte 100 + n means "I use permission n",
byte 200 + n means "nobody else may use permission n". A writer among other programs (a loop device, an
editor) takes no such locks; the kernel tells of it by refusing a lease.

PRIVATE: module_utils of this collection are not an interface.
Source: QEMU block/file-posix.c (raw_check_lock_bytes), fcntl(2) (open file description locks, leases).
"""

import errno
import fcntl
import os
import signal
import struct
import time
from typing import List, Tuple

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError

_F_OFD_GETLK, _F_OFD_SETLK = 36, 37  # Linux; named by the fcntl module since Python 3.9 only
_F_SETSIG, _F_SETLEASE = 10, 1024
_USED, _UNSHARED = 100, 200  # first lock bytes
_CONSISTENT_READ, _WRITE, _RESIZE, _ALL = 0, 1, 3, (0, 1, 2, 3)  # QEMU's permissions (include/block/block-common.h)
_FLOCK = "hhqqi4x"
_UNSUPPORTED = (errno.EINVAL, errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)
_POLL = 0.5  # seconds between two looks at an image that is held


def claim(descriptor: int, path: str, writing: bool, wait: float = 0) -> None:
    """Take QEMU's locks on an open image until the descriptor is closed, once nobody else holds it.

    descriptor: int, open file.
    writing: bool, whether the image will be changed; else others may read it meanwhile.
    wait: int, seconds to wait for the image to be released.
    Raises ImagewrightError: it is still held; the message names the holder and the fix.
    """
    deadline = time.monotonic() + wait
    while not _try_claim(descriptor, path, writing):
        if time.monotonic() >= deadline:
            raise ImagewrightError(_held_message(path, writing, wait))
        time.sleep(min(_POLL, max(deadline - time.monotonic(), 0.01)))


def holders(path: str) -> List[str]:
    """Return who has the file open ([str], ``qemu-system-x86 (pid 712)``, ``/dev/loop0``), as far as we may see."""
    wanted = _identity(path)
    return _loop_devices(wanted) + _processes(wanted)


def _try_claim(descriptor: int, path: str, writing: bool) -> bool:
    used, unshared = ((_CONSISTENT_READ, _WRITE, _RESIZE), _ALL) if writing else ((_CONSISTENT_READ,), (_WRITE, _RESIZE))
    mine = [_USED + permission for permission in used] + [_UNSHARED + permission for permission in unshared]
    conflicting = [_UNSHARED + permission for permission in used] + [_USED + permission for permission in unshared]
    try:
        for byte in mine:
            _lock(descriptor, byte, fcntl.F_RDLCK)
        if not any(_is_locked(descriptor, byte) for byte in conflicting) and not _has_writer(path):
            return True
        for byte in mine:
            _lock(descriptor, byte, fcntl.F_UNLCK)
    except OSError as error:
        if error.errno in _UNSUPPORTED:  # a file system without locks: QEMU goes on without them, too
            return not _has_writer(path)
        if error.errno not in (errno.EAGAIN, errno.EACCES):
            raise
    return False


def _lock(descriptor: int, byte: int, kind: int) -> None:
    fcntl.fcntl(descriptor, _F_OFD_SETLK, struct.pack(_FLOCK, kind, os.SEEK_SET, byte, 1, 0))


def _is_locked(descriptor: int, byte: int) -> bool:
    answer = fcntl.fcntl(descriptor, _F_OFD_GETLK, struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, byte, 1, 0))
    return struct.unpack(_FLOCK, answer)[0] != fcntl.F_UNLCK


def _has_writer(path: str) -> bool:
    """Return whether anyone has the file open for writing: the kernel then gives no read lease.

    Called with no writing descriptor of our own open. False where leases are not to be had (another's file, NFS).
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        # a writer that comes in between breaks the lease; its signal must be one that does not end us
        fcntl.fcntl(descriptor, _F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, _F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(descriptor, _F_SETLEASE, fcntl.F_UNLCK)
    except OSError as error:
        return error.errno == errno.EAGAIN
    finally:
        os.close(descriptor)
    return False


def _held_message(path: str, writing: bool, wait: float) -> str:
    names = holders(path)
    who = f"in use by {', '.join(names)}" if names else "in use (locked) by a program that this user cannot see"
    waited = f" after {wait} s" if wait else ""
    return (
        f"cannot {'change' if writing else 'read'} {path}: it is still {who}{waited}; shut the machine down or release the file, or let wait_released be longer"
    )


def _identity(path: str) -> Tuple[int, int]:
    status = os.stat(path)
    return status.st_dev, status.st_ino


def _loop_devices(wanted: Tuple[int, int]) -> List[str]:
    """Return the loop devices ([str]) that are backed by the file."""
    found = []
    for name in sorted(os.listdir("/sys/block")) if os.path.isdir("/sys/block") else []:
        try:
            with open(f"/sys/block/{name}/loop/backing_file", encoding="utf-8", errors="surrogateescape") as stream:
                backing = stream.read().rstrip("\n")
            if _identity(backing) == wanted:
                found.append(f"/dev/{name}")
        except OSError:  # no loop device, or one without a file
            continue
    return found


def _processes(wanted: Tuple[int, int]) -> List[str]:
    """Return the other processes ([str]) that have the file open."""
    found = []
    for pid in sorted((int(name) for name in os.listdir("/proc") if name.isdigit()), key=int):
        if pid != os.getpid() and _has_open(pid, wanted):
            found.append(f"{_process_name(pid)} (pid {pid})")
    return found


def _has_open(pid: int, wanted: Tuple[int, int]) -> bool:
    try:
        descriptors = os.listdir(f"/proc/{pid}/fd")
    except OSError:  # gone, or another user's
        return False
    for descriptor in descriptors:
        try:
            if _identity(f"/proc/{pid}/fd/{descriptor}") == wanted:
                return True
        except OSError:
            continue
    return False


def _process_name(pid: int) -> str:
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as stream:
            return stream.read().strip()
    except OSError:
        return "a process"
