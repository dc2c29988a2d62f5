# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the kernel is asked for that Python's library does not ask it for: namespaces and mounts.

PRIVATE: module_utils of this collection are not an interface.
Source: unshare(2), mount(2), umount2(2), pidfd_open(2), syncfs(2).
"""

import ctypes
import os
from typing import Optional

#: linux/sched.h
NEW_MOUNTS, NEW_NAMES, NEW_IPC, NEW_PROCESSES, NEW_NETWORK = 0x00020000, 0x04000000, 0x08000000, 0x20000000, 0x40000000

#: linux/mount.h
READ_ONLY, NO_SETUID, NO_DEVICES, NO_PROGRAMS, REMOUNT, BIND, MOVE, RECURSIVE, SLAVE = 1, 2, 4, 8, 32, 4096, 8192, 16384, 1 << 19
_DETACH = 2

#: The same number on every architecture (asm-generic/unistd.h); Linux 5.3 and later.
_PIDFD_OPEN = 434

_LIBRARY = ctypes.CDLL(None, use_errno=True)


def unshare(what: int) -> None:
    """Leave the namespaces of this process that are named (NEW_...) for new ones. Raises OSError."""
    _check(_LIBRARY.unshare(ctypes.c_int(what)), None)


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    """Mount source at target. Raises OSError."""
    _check(_LIBRARY.mount(os.fsencode(source), os.fsencode(target), os.fsencode(kind) or None, ctypes.c_ulong(flags), os.fsencode(options) or None), target)


def bind_read_only(path: str) -> None:
    """Make what is seen at the path read-only for who sees this mount. Raises OSError."""
    mount(path, path, flags=BIND)
    mount("", path, flags=REMOUNT | BIND | READ_ONLY)


def unmount(target: str, detach: bool = False) -> None:
    """Unmount what is mounted at target; with detach also when it is in use. Raises OSError."""
    _check(_LIBRARY.umount2(os.fsencode(target), ctypes.c_int(_DETACH if detach else 0)), target)


def watch(pid: int) -> int:
    """Return a descriptor (int) that is readable once the process has ended. Raises OSError: there is none of that number."""
    descriptor = _LIBRARY.syscall(ctypes.c_long(_PIDFD_OPEN), ctypes.c_int(pid), ctypes.c_uint(0))
    _check(0 if descriptor >= 0 else -1, None)
    return int(descriptor)


def sync_file_system(descriptor: int) -> None:
    """Write all of the file system that the descriptor (int) is in. Raises OSError: the disk did not take all that was written since it was opened."""
    _check(_LIBRARY.syncfs(ctypes.c_int(descriptor)), None)


def _check(answer: int, path: Optional[str]) -> None:
    if answer != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), path)
