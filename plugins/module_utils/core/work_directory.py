# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A directory for what other programs write before it is put into its place: ours alone, locked, and gone in the end.

PRIVATE: module_utils of this collection are not an interface.
"""

import contextlib
import errno
import os
import posixpath
import stat
from typing import Iterator, List, Optional, Sequence, Tuple

from ansible_collections.imagewright.azure.plugins.module_utils.core.descriptors import DIRECTORY, is_at, lock, locked_at, open_directory, opened
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError, from_os_error
from ansible_collections.imagewright.azure.plugins.module_utils.core.files import MARK
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree

#: Where they may be. LASTING: with space for an initramfs; BRIEF: gone at the next boot, best first.
LASTING = ("/var/lib", "/var/tmp")
BRIEF = ("/run", "/var/lib", "/tmp")
PLACES = ("/run", "/var/lib", "/var/tmp", "/tmp")

_PREFIX = f".{MARK}"
#: How often another run may take a directory for one that was left behind, before it is locked.
_TRIES = 100


@contextlib.contextmanager
def work_directory(tree: LiveTree, purpose: str, places: Sequence[str] = LASTING) -> Iterator[str]:
    """Yield the guest's path (str) of a new directory that only we can read; it and all in it is removed in the end.

    tree: LiveTree. purpose: str, a part of its name. places: guest paths ([str]) out of PLACES, best first. It is locked while it is in use.
    Where none of them is there, the first is made.
    Raises ImagewrightError: it cannot be made in any of them.
    """
    with contextlib.ExitStack() as stack:
        parent, folder = _open_first(tree, purpose, places, stack)
        name, descriptor = _make(folder, f"{_PREFIX}{purpose}-")
        stack.callback(os.close, descriptor)
        stack.callback(_remove, folder, name, descriptor)
        yield posixpath.join(parent, name)


def remove_leftovers(tree: LiveTree) -> None:
    """Remove the work directories of killed runs from the guest in tree (LiveTree): ours by name, owner and mode, and locked by no one."""
    for place in PLACES:
        if tree.is_dir(place):
            with contextlib.suppress(OSError), opened(tree.host_path(place)) as folder:
                for name in os.listdir(folder):
                    if name.startswith(_PREFIX):
                        _remove_unlocked(folder, name)


def _open_first(tree: LiveTree, purpose: str, places: Sequence[str], stack: contextlib.ExitStack) -> Tuple[str, int]:
    """Return (resolved guest path, descriptor) of the first place where a directory can be made."""
    problem = ImagewrightError(f"cannot write what is made on the way of {purpose}: no place was given for it")
    for place in [place for place in places if tree.is_dir(place)] or places[:1]:
        try:
            folder = open_directory(tree.host_path(place), [])
            stack.callback(os.close, folder)
            _check_safe(place, os.fstat(folder))
            if not os.access(tree.host_path(place), os.W_OK):
                raise OSError(errno.EROFS if os.fstatvfs(folder).f_flag & os.ST_RDONLY else errno.EACCES, "")
            return tree.resolve(place), folder
        except OSError as error:
            problem = from_os_error(f"write what is made on the way of {purpose} to {place}", error)
        except ImagewrightError as error:
            problem = error
    raise problem


def _check_safe(path: str, status: os.stat_result) -> None:
    """Raise ImagewrightError when others can rename what is in a directory: they may write to it, and it is not sticky as /tmp is."""
    others_write = status.st_mode & (stat.S_IWGRP | stat.S_IWOTH) and not status.st_mode & stat.S_ISVTX
    if others_write or status.st_uid not in (0, os.geteuid()):
        raise ImagewrightError(
            f"cannot work in {path}: others may rename what is in it (mode {stat.S_IMODE(status.st_mode):04o}, uid "
            f"{status.st_uid}); give it to root, with mode 0755"
        )


def _make(folder: int, prefix: str) -> Tuple[str, int]:
    """Return (name, descriptor) of a new, locked directory with mode 0700."""
    try:
        for _unused in range(_TRIES):
            name = prefix + os.urandom(8).hex()
            os.mkdir(name, 0o700, dir_fd=folder)
            descriptor = _open_own(folder, name)
            if descriptor is not None and locked_at(name, descriptor, folder):
                return name, descriptor
    except OSError as error:
        raise from_os_error("make a directory to work in", error) from error
    raise ImagewrightError("cannot make a directory to work in: other runs remove it each time; wait until they have ended")


def _open_own(folder: int, name: str) -> Optional[int]:
    """Return the descriptor of a directory that is ours alone; None when it is something else, or gone."""
    try:
        descriptor = os.open(name, DIRECTORY, dir_fd=folder)
    except OSError:
        return None
    status = os.fstat(descriptor)
    if status.st_uid == os.geteuid() and stat.S_IMODE(status.st_mode) == 0o700:
        return descriptor
    os.close(descriptor)
    return None


def _remove_unlocked(folder: int, name: str) -> None:
    descriptor = _open_own(folder, name)
    if descriptor is not None:
        with contextlib.suppress(OSError):  # a file system without locks: it may be in use
            if lock(descriptor):
                _remove(folder, name, descriptor)
        os.close(descriptor)


def _remove(folder: int, name: str, descriptor: int) -> None:
    """Remove all in an open directory, through no link, and its name if it is still its own; what cannot be removed is left to the next run."""
    for entry in _names(descriptor):
        with contextlib.suppress(OSError):
            if stat.S_ISDIR(os.stat(entry, dir_fd=descriptor, follow_symlinks=False).st_mode):
                _remove_below(descriptor, entry)
            else:
                os.unlink(entry, dir_fd=descriptor)
    with contextlib.suppress(OSError):
        if is_at(name, descriptor, folder):
            os.rmdir(name, dir_fd=folder)


def _remove_below(folder: int, name: str) -> None:
    below = os.open(name, DIRECTORY, dir_fd=folder)
    try:
        _remove(folder, name, below)
    finally:
        os.close(below)


def _names(descriptor: int) -> List[str]:
    try:
        return os.listdir(descriptor)
    except OSError:
        return []
