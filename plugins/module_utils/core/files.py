# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a file is written: whole or not at all, through no symbolic link, and with nothing left behind.

A new content is made beside its place under a name that nobody can foresee, opened with O_EXCL and O_NOFOLLOW in a directory that is
held open, brought to disk and renamed. What belongs to a run that is at work is locked (flock); what is named like ours, is ours and is
not locked was left by a run that was killed. A process id tells nothing: numbers come again.

PRIVATE: module_utils of this collection are not an interface.
"""

import contextlib
import errno
import hashlib
import io
import os
import shutil
import stat
from typing import IO, NamedTuple, Optional

from ansible_collections.imagewright.azure.plugins.module_utils.core.descriptors import OLD, is_at, lock, locked_at, open_regular, opened, status_at
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import from_os_error
from ansible_collections.imagewright.azure.plugins.module_utils.core.file_identity import copy_identity


class Temporary(NamedTuple):
    """A new content beside its place. folder, descriptor: open; name: in folder; target: the name that it is for."""

    folder: int
    name: str
    descriptor: int
    target: str


#: The part of a name by which what is ours is known.
MARK = "imagewright-"

_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC

#: How often a name that is taken is tried again.
TRIES = 100
_LONGEST_NAME = 255  # bytes, NAME_MAX of Linux
CHUNK = 1024 * 1024  # bytes that are copied at a time


def write(path: str, content: bytes, mode: int = 0o644) -> None:
    """Write content (bytes) to path on this machine, whole or not at all; owner, permissions and label of a file that is there stay.

    path: its directory is there; where it is a symbolic link itself, the link is replaced.
    Raises ImagewrightError: it cannot be written; what was there before is still there then.
    """
    try:
        with opened(os.path.realpath(os.path.dirname(path))) as folder:
            temporary = stage(folder, os.path.basename(path), io.BytesIO(content), mode, like=not os.path.islink(path))
            try:
                put(temporary)
            finally:
                discard(temporary)
    except OSError as error:
        raise from_os_error(f"write {path}", error) from error


def stage(folder: int, name: str, source: IO[bytes], mode: int = 0o644, like: bool = True) -> Temporary:
    """Return the Temporary with a new content for a name in a directory, on disk.

    folder: int, descriptor. source: binary stream. mode: int, permission bits where no file is there.
    like: bool, a file that is there gives its owner, permissions and label; else mode is for both.
    Raises OSError: it cannot be written; nothing is left then.
    """
    remove_leftovers(folder, name)
    temporary = create(folder, name)
    try:
        with open(temporary.descriptor, "wb", closefd=False) as stream:
            shutil.copyfileobj(source, stream, CHUNK)
        _make_like(temporary, mode, like)
    except BaseException:
        discard(temporary)
        raise
    return temporary


def put(temporary: Temporary) -> None:
    """Rename a Temporary to the name that it is for. Raises OSError: it cannot be done."""
    os.rename(temporary.name, temporary.target, src_dir_fd=temporary.folder, dst_dir_fd=temporary.folder)
    os.fsync(temporary.folder)


def discard(temporary: Optional[Temporary]) -> None:
    """Remove a Temporary, if it is still there under its own name, and close it."""
    if temporary is not None:
        with contextlib.suppress(OSError):
            if is_at(temporary.name, temporary.descriptor, temporary.folder):
                os.unlink(temporary.name, dir_fd=temporary.folder)
        with contextlib.suppress(OSError):
            os.close(temporary.descriptor)


def remove_leftovers(folder: int, name: str) -> None:
    """Remove what killed runs left in a directory (int, descriptor) beside the file of that name: ours by name and owner, and locked by no one."""
    prefix = _prefix(name)
    owners = {os.geteuid(), os.fstat(folder).st_uid}
    status = status_at(folder, name)
    if status is not None:
        owners.add(status.st_uid)
    for entry in os.listdir(folder):
        if entry.startswith(prefix):
            status = status_at(folder, entry)
            if status is not None and stat.S_ISREG(status.st_mode) and status.st_uid in owners:
                _remove_unlocked(folder, entry, status)


def temporary_name(name: str) -> str:
    """Return a new name (str) for a content of a file of this name: one that nobody can foresee."""
    return _prefix(name) + os.urandom(8).hex()


def _prefix(name: str) -> str:
    encoded = os.fsencode(name)
    longest = _LONGEST_NAME - len(f"..{MARK}") - 16
    return f".{name if len(encoded) <= longest else hashlib.sha256(encoded).hexdigest()}.{MARK}"


def create(folder: int, target: str) -> Temporary:
    """Return the Temporary of a new, empty, locked file beside the file target (str, a name) in a directory (int, descriptor).

    Raises OSError: it cannot be made.
    """
    for _unused in range(TRIES):
        name = temporary_name(target)
        try:
            descriptor = os.open(name, _NEW, 0o600, dir_fd=folder)
        except FileExistsError:
            continue
        # until it is locked, another run takes it for one that was left behind
        if locked_at(name, descriptor, folder):
            return Temporary(folder, name, descriptor, target)
        os.close(descriptor)
    raise FileExistsError(errno.EEXIST, "all names are taken")


def _make_like(temporary: Temporary, mode: int, like: bool = True) -> None:
    """Give a Temporary the owner, permissions and attributes of the file in its place, or mode where there is none; bring it to disk."""
    old = open_regular(temporary.folder, temporary.target) if like else None
    if old is None:
        os.fchmod(temporary.descriptor, mode)
    else:
        try:
            copy_identity(old, temporary.descriptor)
        finally:
            os.close(old)
    os.fsync(temporary.descriptor)


def _remove_unlocked(folder: int, name: str, status: os.stat_result) -> None:
    """Remove a file of a killed run; one that another run has locked is in use."""
    try:
        descriptor = os.open(name, OLD, dir_fd=folder)
    except OSError:
        return
    try:
        if os.path.samestat(status, os.fstat(descriptor)) and lock(descriptor):
            os.unlink(name, dir_fd=folder)
    except OSError:
        pass  # gone, or a file system without locks or that is read-only
    finally:
        os.close(descriptor)
