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
import fcntl
import hashlib
import io
import os
import shutil
import stat
import time
from typing import Dict, IO, Iterator, List, NamedTuple, Optional

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import from_os_error


class Temporary(NamedTuple):
    """A new content beside its place. folder, descriptor: open; name: in folder; target: the name that it is for."""

    folder: int
    name: str
    descriptor: int
    target: str


class Kept(NamedTuple):
    """An old file at work. folder, old: descriptors of its directory and of itself; target: its name; copy: descriptor of a copy without a name, or None;
    content: where there is no copy.
    """

    folder: int
    target: str
    old: int
    copy: Optional[int]
    content: bytes


#: The part of a name by which what is ours is known.
MARK = "imagewright-"

#: How a directory is opened.
DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
#: A FIFO that somebody puts in a file's place is not waited for.
_OLD = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC

#: How often a name that is taken is tried again.
_TRIES = 100
_LONGEST_NAME = 255  # bytes, NAME_MAX of Linux
_CHUNK = 1024 * 1024
#: What a file system says that has no files without a name.
_NO_NAMELESS = (errno.EOPNOTSUPP, errno.ENOTSUP, errno.EISDIR, errno.EINVAL, errno.ENOENT)
#: Attributes that are bound to the content of a file, so that a new content must not have them.
_OF_THE_CONTENT = ("security.ima", "security.evm", "security.capability")
_ACCESS_LIST = "system.posix_acl_access"


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


def stage(folder: int, name: str, source: IO[bytes], mode: int = 0o644, like: bool = True) -> Temporary:
    """Return the Temporary with a new content for a name in a directory, on disk.

    folder: int, descriptor. source: binary stream. mode: int, permission bits where no file is there.
    like: bool, a file that is there gives its owner, permissions and label; else mode is for both.
    Raises OSError: it cannot be written; nothing is left then.
    """
    remove_leftovers(folder, name)
    temporary = _create(folder, name)
    try:
        with open(temporary.descriptor, "wb", closefd=False) as stream:
            shutil.copyfileobj(source, stream, _CHUNK)
        _make_like(temporary, mode, like)
    except BaseException:
        discard(temporary)
        raise
    return temporary


def keep(folder: int, name: str) -> Optional[Kept]:
    """Return the Kept by which the file that is there can be put back, whatever is written to it or over it; None when there is none.

    The copy has its space but no name, so that nothing of it is left when we are killed; where a file system has no such files, it is in memory.
    Raises OSError: it cannot be made.
    """
    old = _open_old(folder, name)
    if old is None:
        return None
    copy = None
    try:
        with open(os.dup(old), "rb") as source:
            try:
                copy = os.open(".", os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600, dir_fd=folder)
            except OSError as error:
                if error.errno not in _NO_NAMELESS:
                    raise
                return Kept(folder, name, old, None, source.read())
            with open(copy, "wb", closefd=False) as stream:
                shutil.copyfileobj(source, stream, _CHUNK)
        _copy_identity(old, copy)
    except BaseException:
        release(Kept(folder, name, old, copy, b""))
        raise
    return Kept(folder, name, old, copy, b"")


def put_back(kept: Kept) -> None:
    """Put a kept file back into its place, unless it is there as it was. Raises OSError: it cannot be done."""
    if _is_unchanged(kept):
        return
    temporary = _create(kept.folder, kept.target) if kept.copy is None else _nameless(kept, kept.copy)
    try:
        if kept.copy is None:
            with open(temporary.descriptor, "wb", closefd=False) as stream:
                stream.write(kept.content)
            _copy_identity(kept.old, temporary.descriptor)
        else:
            os.link(f"/proc/self/fd/{kept.copy}", temporary.name, dst_dir_fd=kept.folder, follow_symlinks=True)
        os.fsync(temporary.descriptor)
        put(temporary)
    finally:
        discard(temporary)


def _nameless(kept: Kept, copy: int) -> Temporary:
    return Temporary(kept.folder, temporary_name(kept.target), os.dup(copy), kept.target)


def kept_content(kept: Kept) -> bytes:
    """Return the content (bytes) of a kept file."""
    if kept.copy is None:
        return kept.content
    with open(os.dup(kept.copy), "rb") as stream:
        stream.seek(0)
        return stream.read()


def release(kept: Optional[Kept]) -> None:
    """Forget a kept file."""
    for descriptor in [] if kept is None else [kept.old, kept.copy]:
        if descriptor is not None:
            with contextlib.suppress(OSError):
                os.close(descriptor)


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


def back_up(folder: int, path: str) -> str:
    """Return the path (str) of a new copy of a file beside it, like it; its name tells the time, as Ansible's own do.

    folder: int, descriptor of its directory. Raises OSError: it cannot be made; nothing is left then.
    """
    name = os.path.basename(path)
    when = time.strftime("%Y-%m-%d@%H:%M:%S", time.localtime())
    wanted = next(wanted for wanted in (f"{name}.{os.getpid() + number}.{when}~" for number in range(_TRIES)) if not _is_there(folder, wanted))
    old = _open_old(folder, name)
    if old is None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
    with open(old, "rb") as source:
        copy = _create(folder, name)._replace(target=wanted)
        try:
            with open(copy.descriptor, "wb", closefd=False) as stream:
                shutil.copyfileobj(source, stream, _CHUNK)
            _copy_identity(source.fileno(), copy.descriptor)
            os.fsync(copy.descriptor)
            put(copy)
        finally:
            discard(copy)
    return os.path.join(os.path.dirname(path), wanted)


def remove_leftovers(folder: int, name: str) -> None:
    """Remove what killed runs left in a directory (int, descriptor) beside the file of that name: ours by name and owner, and locked by no one."""
    prefix = _prefix(name)
    owners = {os.geteuid(), os.fstat(folder).st_uid}
    status = _status(folder, name)
    if status is not None:
        owners.add(status.st_uid)
    for entry in os.listdir(folder):
        if entry.startswith(prefix):
            status = _status(folder, entry)
            if status is not None and stat.S_ISREG(status.st_mode) and status.st_uid in owners:
                _remove_unlocked(folder, entry, status)


def temporary_name(name: str) -> str:
    """Return a new name (str) for a content of a file of this name: one that nobody can foresee."""
    return _prefix(name) + os.urandom(8).hex()


def fsync_directory(path: str) -> None:
    """Bring the names in a directory to the disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


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


def _extended_attributes(descriptor: int) -> Dict[str, bytes]:
    """Return {name: value} of an open file's extended attributes that a new content may have: SELinux label, access control list, remarks."""
    try:
        return {name: os.getxattr(descriptor, name) for name in os.listxattr(descriptor) if name not in _OF_THE_CONTENT}
    except OSError:
        return {}


def _prefix(name: str) -> str:
    encoded = os.fsencode(name)
    longest = _LONGEST_NAME - len(f"..{MARK}") - 16
    return f".{name if len(encoded) <= longest else hashlib.sha256(encoded).hexdigest()}.{MARK}"


def _create(folder: int, target: str) -> Temporary:
    """Return the Temporary of a new, empty, locked file."""
    for _unused in range(_TRIES):
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


def locked_at(name: str, descriptor: int, folder: int) -> bool:
    """Return whether a new file or directory is ours to use: locked, as far as its file system has locks, and still there."""
    try:
        return lock(descriptor) and is_at(name, descriptor, folder)
    except OSError:
        return True


def _make_like(temporary: Temporary, mode: int, like: bool = True) -> None:
    """Give a Temporary the owner, permissions and attributes of the file in its place, or mode where there is none; bring it to disk."""
    old = _open_old(temporary.folder, temporary.target) if like else None
    if old is None:
        os.fchmod(temporary.descriptor, mode)
    else:
        try:
            _copy_identity(old, temporary.descriptor)
        finally:
            os.close(old)
    os.fsync(temporary.descriptor)


def _copy_identity(old: int, new: int) -> None:
    """Give an open file (new: int) owner, permissions and attributes of another one (old: int, descriptor)."""
    wanted, now = os.fstat(old), os.fstat(new)
    if (wanted.st_uid, wanted.st_gid) != (now.st_uid, now.st_gid):
        os.fchown(new, wanted.st_uid, wanted.st_gid)
    attributes = _extended_attributes(old)
    if _ACCESS_LIST in _extended_attributes(new) and _ACCESS_LIST not in attributes:
        os.removexattr(new, _ACCESS_LIST)  # the directory's default, which the file did not have
    for name, value in attributes.items():
        try:
            os.setxattr(new, name, value)
        except OSError as error:
            if error.errno not in (errno.ENOTSUP, errno.EPERM, errno.EACCES):
                raise
    # last: a change of owner takes set-user-ID away; FAT has one mode for all its files
    if stat.S_IMODE(os.fstat(new).st_mode) != stat.S_IMODE(wanted.st_mode):
        os.fchmod(new, stat.S_IMODE(wanted.st_mode))


def _is_unchanged(kept: Kept) -> bool:
    now = _open_old(kept.folder, kept.target)
    if now is None:
        return False
    with open(now, "rb") as stream:
        return stream.read() == kept_content(kept)


def _open_old(folder: int, name: str) -> Optional[int]:
    """Return the descriptor of the regular file that is there, or None. Raises OSError: it is something else, or cannot be read."""
    try:
        descriptor = os.open(name, _OLD, dir_fd=folder)
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise IsADirectoryError(errno.EISDIR, "it is not a regular file")
    return descriptor


def _make_directory(folder: int, name: str, mode: int) -> bool:
    """Return whether a directory had to be made."""
    try:
        os.mkdir(name, mode, dir_fd=folder)
    except FileExistsError:
        return False
    except OSError:
        if _is_there(folder, name):  # a read-only file system says so first
            return False
        raise
    return True


def _remove_unlocked(folder: int, name: str, status: os.stat_result) -> None:
    """Remove a file of a killed run; one that another run has locked is in use."""
    try:
        descriptor = os.open(name, _OLD, dir_fd=folder)
    except OSError:
        return
    try:
        if os.path.samestat(status, os.fstat(descriptor)) and lock(descriptor):
            os.unlink(name, dir_fd=folder)
    except OSError:
        pass  # gone, or a file system without locks or that is read-only
    finally:
        os.close(descriptor)


def _status(folder: int, name: str) -> Optional[os.stat_result]:
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    except OSError:
        return None


def _is_there(folder: int, name: str) -> bool:
    return _status(folder, name) is not None
