# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes files and directories away, inside a tree, never through a symbolic link and never across a mount point.

Users of the guest may write to the directories that are taken away, while they are: every step is relative to a directory that is open
already, and a name that has become a link is not followed. A path is therefore one without links in its directories (limits.place).

PRIVATE: module_utils of this collection are not an interface.
"""

import contextlib
import io
import os
import posixpath
import stat

from ansible_collections.imagewright.azure.plugins.module_utils.core import files
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError, from_os_error

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def remove(tree, path):
    """Remove the file, the link itself, or the directory with all in it; one that is gone already is no error.

    Raises ImagewrightError: it cannot be removed, or something is mounted in it.
    """
    try:
        with _parent(tree, path) as (parent, name):
            if stat.S_ISDIR(os.lstat(name, dir_fd=parent).st_mode):
                _empty_directory(parent, name, path)
                os.rmdir(name, dir_fd=parent)
            else:
                os.unlink(name, dir_fd=parent)
            os.fsync(parent)
    except FileNotFoundError:
        return
    except OSError as error:
        raise from_os_error(f"remove {path}", error) from error


def empty(tree, path):
    """Write no bytes to the file, in place: a program that has it open goes on writing to the same file.

    A file that has another name too is replaced by an empty one: under the other name it may be needed.
    Raises ImagewrightError: it cannot be written.
    """
    try:
        with _parent(tree, path) as (parent, name):
            descriptor = os.open(name, os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=parent)
            try:
                status = os.fstat(descriptor)
                if not stat.S_ISREG(status.st_mode):
                    raise ImagewrightError(f"cannot empty {path}: it is not a regular file any more; run the task again")
                if status.st_nlink == 1:
                    os.ftruncate(descriptor, 0)
                else:
                    _replace_by_nothing(parent, name)
            finally:
                os.close(descriptor)
    except OSError as error:
        raise from_os_error(f"empty {path}", error) from error


def symlink(tree, path, target):
    """Write a symbolic link where nothing is.

    Raises ImagewrightError: it cannot be written.
    """
    try:
        with _parent(tree, path) as (parent, name):
            os.symlink(target, name, dir_fd=parent)
            os.fsync(parent)
    except OSError as error:
        raise from_os_error(f"write the link {path}", error) from error


@contextlib.contextmanager
def _parent(tree, path):
    """Give (descriptor of the path's directory, last part of the path); a directory that turns into a link meanwhile is an error (OSError)."""
    descriptor = os.open(tree.root, _DIRECTORY)
    try:
        for part in [part for part in posixpath.dirname(path).split("/") if part]:
            descriptor = _step(descriptor, part)
        yield descriptor, posixpath.basename(path)
    finally:
        os.close(descriptor)


def _step(descriptor, name):
    """Return the descriptor of a directory in an open one, which is closed then."""
    inner = os.open(name, _DIRECTORY, dir_fd=descriptor)
    os.close(descriptor)
    return inner


def _empty_directory(parent, name, path):
    """Remove all that is in a directory, however deep, with two open directories at most.

    Raises OSError; ImagewrightError: something is mounted in it, or it was moved while it was emptied.
    """
    current = os.open(name, _DIRECTORY, dir_fd=parent)
    mount = _mount_of(current)
    above = []  # of each directory that was entered: its name, the identity of the one it is in, what is left to do there
    pending = os.listdir(current)
    try:
        if _mount_of(parent) != mount:
            raise ImagewrightError(f"cannot remove {path}: something is mounted there; unmount it and run the task again")
        while pending or above:
            if not pending:
                name, identity, pending = above.pop()
                current = _step(current, "..")
                if _identity(current) != identity:
                    raise ImagewrightError(f"cannot remove {path}: directories in it are moved about; stop what does so and run the task again")
                os.rmdir(name, dir_fd=current)
                continue
            name = pending.pop()
            try:
                is_directory = stat.S_ISDIR(os.lstat(name, dir_fd=current).st_mode)
                if not is_directory:
                    os.unlink(name, dir_fd=current)
            except FileNotFoundError:
                continue
            if is_directory:
                above.append((name, _identity(current), pending))
                current = _step(current, name)
                if _mount_of(current) != mount:
                    raise ImagewrightError(f"cannot remove {path}: something is mounted in it ({name}); unmount it and run the task again")
                pending = os.listdir(current)
    finally:
        os.close(current)


def _identity(descriptor):
    status = os.fstat(descriptor)
    return status.st_dev, status.st_ino


def _mount_of(descriptor):
    """Return what tells the mount of an open directory, also that of one directory mounted at two places. Source: proc_pid_fdinfo(5)."""
    try:
        with open(f"/proc/self/fdinfo/{descriptor}", encoding="ascii") as stream:
            return next((line for line in stream if line.startswith("mnt_id:")), None) or os.fstat(descriptor).st_dev
    except OSError:
        return os.fstat(descriptor).st_dev


def _replace_by_nothing(parent, name):
    """Put an empty file of the same owner and permissions in the place of one that has other names too."""
    temporary = files.stage(parent, name, io.BytesIO())
    try:
        files.put(temporary)
    finally:
        files.discard(temporary)
