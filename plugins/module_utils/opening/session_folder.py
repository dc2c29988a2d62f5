# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The directories of sessions: where they are, made and locked for one image, and removed with those that a killed holder left.

PRIVATE: module_utils of this collection are not an interface.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import time
from typing import Iterator

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.opening import appliance_holder, holder

#: Where sessions have their directories, ours alone.
SESSIONS = "/run/imagewright-azure"


def sessions() -> str:
    """Return where the sessions of this user have their directories (str)."""
    if os.geteuid() == 0:
        return SESSIONS
    return os.path.join(os.environ.get("XDG_RUNTIME_DIR") or "/tmp", f"{os.path.basename(SESSIONS)}-{os.geteuid()}")


def folder_of(path: str) -> str:
    """Return the directory (str) of the session of an image."""
    return os.path.join(sessions(), hashlib.sha256(os.fsencode(os.path.realpath(path))).hexdigest()[:16])


class Folder:
    """The directory of a session. path: str; lock: int, a descriptor of it that is locked."""

    def __init__(self, path: str, lock: int):
        self.path, self.lock, self.kept = path, lock, False

    def keep(self) -> None:
        """Leave it to the holder."""
        self.kept = True


@contextlib.contextmanager
def made(path: str) -> Iterator[Folder]:
    """Yield the new, locked Folder of an image; it is removed again unless it is kept."""
    place = sessions()
    os.makedirs(place, mode=0o700, exist_ok=True)
    status = os.lstat(place)
    if status.st_uid != os.geteuid() or status.st_mode & 0o077 or not os.path.isdir(place) or os.path.islink(place):
        raise ImagewrightError(f"cannot work in {place}: it must be a directory of this user that nobody else may enter; remove it")
    remove_leftovers()
    name = folder_of(path)
    try:
        os.mkdir(name, 0o700)
    except FileExistsError:
        raise ImagewrightError(f"cannot open {path}: another run is at work on it; wait for that one to end") from None
    lock = os.open(name, os.O_RDONLY | os.O_DIRECTORY)
    folder = Folder(name, lock)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield folder
    finally:
        os.close(lock)
        if not folder.kept:
            remove(name)


def remove_leftovers() -> None:
    """Remove the directories of sessions whose holder was killed."""
    for name in os.listdir(sessions()):
        path = os.path.join(sessions(), name)
        with contextlib.suppress(OSError):
            descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                remove(path)
            finally:
                os.close(descriptor)


def remove(path: str) -> None:
    """Remove a session's directory; where a guest was mounted nothing but empty directories is ever removed."""
    deadline = time.monotonic() + 5
    shutil.rmtree(appliance_holder.scratch(path), ignore_errors=True)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(os.path.join(path, holder.SOCKET))
    for place in (os.path.join(path, holder.ROOT), path):
        while True:
            try:
                os.rmdir(place)
                break
            except FileNotFoundError:
                break
            except OSError:
                # the kernel may be busy with the unmounting of a holder that has just gone
                if time.monotonic() >= deadline:
                    break
                time.sleep(0.05)
