# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file that becomes the VHD: beside its place, locked, and invisible under its name until it is whole.

PRIVATE: module_utils of this collection are not an interface.
"""

import contextlib
import hashlib
import os
import stat
import time
from typing import List, Optional, Tuple

from ansible_collections.imagewright.azure.plugins.module_utils.core.descriptors import fsync_directory, is_at, lock
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError, from_os_error
from ansible_collections.imagewright.azure.plugins.module_utils.vhd import locks
from ansible_collections.imagewright.azure.plugins.module_utils.vhd.destination import kind_of

_SUFFIX = b".imagewright-partial"
_LONGEST_NAME = 255  # bytes, NAME_MAX of Linux
_CHILD_OF_A_KILLED_RUN = 2  # seconds; it needs a few milliseconds on an idle machine
_KEPT_ATTRIBUTES = ("security.selinux", "system.posix_acl_access", "user.")  # not what is bound to the old content, like security.ima


def temporary_path(dest: str) -> str:
    """Return the path (str) of the file that becomes dest; always the same, so that a killed run's is found again."""
    folder, name = os.path.split(os.fsencode(dest))
    kept = _LONGEST_NAME - len(_SUFFIX) - 1
    if len(name) > kept:
        name = hashlib.sha256(name).hexdigest().encode()
    return os.fsdecode(os.path.join(folder, b"." + name + _SUFFIX))


def open_temporary(dest: str) -> Tuple[int, bool]:
    """Return (descriptor, whether a killed run had left one) of the new, empty, locked temporary file for dest.

    Raises ImagewrightError: another run is writing it, or it cannot be made.
    """
    path = temporary_path(dest)
    stale = False
    try:
        while True:
            descriptor = _create(path)
            if descriptor is not None:
                return descriptor, stale
            stale = _remove_stale(path, dest) or stale
    except OSError as error:
        raise from_os_error(f"write {dest}", error) from error


def unfinished(dest: str) -> Optional[int]:
    """Return the bytes (int) on disk of the file that a killed run for dest has left, or None when there is none.

    Raises ImagewrightError: another run is writing it, or something else is there.
    """
    try:
        descriptor = _open_stale(temporary_path(dest), dest)
    except OSError as error:
        raise from_os_error(f"write {dest}", error) from error
    if descriptor is None:
        return None
    try:
        return os.fstat(descriptor).st_blocks * 512
    finally:
        os.close(descriptor)


def publish(descriptor: int, dest: str, source_status: os.stat_result, replaced: Optional[os.stat_result]) -> None:
    """Rename the temporary file, which is complete, to dest, once all of it is on disk.

    source_status: os.stat_result of the source; its time marks the copy as made from this state of it (align.is_up_to_date).
    replaced: os.stat_result of the file that dest was, or None; its owner, mode and label stay. Else the mode is the source's.
    """
    if replaced:
        _make_like(descriptor, dest, replaced)
    os.fchmod(descriptor, (replaced or source_status).st_mode & 0o777)
    os.utime(descriptor, ns=(source_status.st_mtime_ns, source_status.st_mtime_ns))
    os.fsync(descriptor)
    os.replace(temporary_path(dest), dest)
    fsync_directory(os.path.dirname(dest))


def discard(descriptor: int, dest: str) -> None:
    """Remove the temporary file."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(temporary_path(dest))
    os.close(descriptor)


def _make_like(descriptor: int, dest: str, replaced: os.stat_result) -> None:
    """Give an open file the owner, the SELinux label, the access control list and the remarks of the file that it replaces."""
    now = os.fstat(descriptor)
    if (replaced.st_uid, replaced.st_gid) != (now.st_uid, now.st_gid):
        os.fchown(descriptor, replaced.st_uid, replaced.st_gid)
    for name in _listed_attributes(dest):
        if name.startswith(_KEPT_ATTRIBUTES):
            with contextlib.suppress(OSError):  # as cp does: not every user may set each of them
                os.setxattr(descriptor, name, os.getxattr(dest, name))


def _listed_attributes(path: str) -> List[str]:
    try:
        return os.listxattr(path)
    except OSError:  # a file system without any
        return []


def _create(path: str) -> Optional[int]:
    """Return the descriptor of a file that is new and locked by us, or None when there is one already."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        return None
    # until it is locked another run takes it for one that was left behind, and removes it
    if lock(descriptor) and is_at(path, descriptor):
        return descriptor
    os.close(descriptor)
    return None


def _remove_stale(path: str, dest: str) -> bool:
    """Return whether what a killed run has left is removed now; its lock went with it."""
    descriptor = _open_stale(path, dest)
    if descriptor is None:
        return False
    try:
        os.unlink(path)
        return True
    finally:
        os.close(descriptor)


def _open_stale(path: str, dest: str) -> Optional[int]:
    """Return the descriptor (int) of what a killed run has left, locked by us; None when another run has just finished or removed it."""
    try:
        mode = os.lstat(path).st_mode
        if not stat.S_ISREG(mode):
            kind = "a symbolic link" if stat.S_ISLNK(mode) else kind_of(mode)
            raise ImagewrightError(
                f"cannot write {dest}: {path}, where it is prepared, is {kind} and not the unfinished file of a run that was killed; remove it"
            )
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    if not _lock_soon(descriptor):
        os.close(descriptor)
        names = ", ".join(locks.holders(path)) or "another process"
        raise ImagewrightError(f"cannot write {dest}: {names} is writing it at this moment; wait until that run has ended")
    if is_at(path, descriptor):
        return descriptor
    os.close(descriptor)  # the run that it belonged to has just finished, and perhaps another one begun
    return None


def _lock_soon(descriptor: int) -> bool:
    """Return whether an open file is locked by us, now or in a moment.

    A run that was killed while it started qemu-img leaves a child that has the lock too, until it has become that program.
    """
    deadline = time.monotonic() + _CHILD_OF_A_KILLED_RUN
    while not lock(descriptor):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
