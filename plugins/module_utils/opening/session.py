# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An image opened for a while: begun, found again by other processes, and ended.

PRIVATE: module_utils of this collection are not an interface.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import select
import socket
import time
from typing import Iterator, List, NamedTuple, Optional

from ansible_collections.imagewright.azure.plugins.module_utils.core import commands
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError, from_os_error
from ansible_collections.imagewright.azure.plugins.module_utils.image.image_tree import ImageTree
from ansible_collections.imagewright.azure.plugins.module_utils.opening import holder, kernel
from ansible_collections.imagewright.azure.plugins.module_utils.opening.alive import is_alive, start_time
from ansible_collections.imagewright.azure.plugins.module_utils.opening.plan import Plan, foreign_machine, missing_drivers, plan
from ansible_collections.imagewright.azure.plugins.module_utils.vhd import locks

#: Where sessions have their directories, ours alone.
SESSIONS = "/run/imagewright-azure"
#: What the connection opened_image and the modules start programs of the guest by.
_PROGRAMS = ("nsenter", "setpriv", "unshare", "chroot")
_PATIENCE = 300  # seconds that the end of a session may take: what was written goes to the disk then
_ANSWER = 1024 * 1024  # bytes


class Session(NamedTuple):
    """An opened image. holder: str, ``PID:start time`` of the process that holds it; folder: str, its directory."""

    holder: str
    folder: str
    plan: Plan

    @property
    def root(self) -> str:
        """Where the guest's root is mounted, for processes in the holder's namespaces."""
        return os.path.join(self.folder, holder.ROOT)


def look(path: str, own_machine: Optional[str] = None) -> Plan:
    """Return the Plan of the system in an image, after all that stands in the way of opening it here was looked for.

    own_machine: str, ``uname -m``; None for that of this machine.
    Raises ImagewrightError: it cannot be opened, or must not be.
    """
    if os.geteuid() != 0:
        raise ImagewrightError(f"cannot open {path}: only root may mount its file systems; run Ansible as root")
    absent = [name for name in _PROGRAMS if commands.find(name) is None]
    if absent:
        raise ImagewrightError(f"cannot open {path}: {', '.join(absent)} is not installed on this machine; install util-linux")
    with ImageTree(path) as tree:
        wanted = plan(tree, path)
        foreign = foreign_machine(tree, own_machine or os.uname().machine)
    if foreign is not None:
        raise ImagewrightError(
            f"cannot open {path}: its programs are for {foreign} and this machine is {own_machine or os.uname().machine}, so that they cannot run here; "
            f"prepare it on a controller of that architecture"
        )
    missing = missing_drivers(wanted, _drivers())
    if missing:
        raise ImagewrightError(
            f"cannot open {path}: the kernel of this machine ({os.uname().release}) has no driver for {', '.join(missing)}; prepare the image on a machine "
            "that has, or the guest live (imagewright.azure.prepare_azure)"
        )
    return wanted


def begin(path: str, owner: int, network: bool) -> Session:
    """Return the Session of an image that is now mounted, in namespaces of its own; it ends with the process whose number is owner.

    path: str, a raw disk or a fixed VHD. network: bool, whether the guest's programs may use the network.
    Raises ImagewrightError: it cannot be opened; nothing is left over then.
    """
    wanted = look(path)
    with contextlib.ExitStack() as stack:
        try:
            watched = kernel.watch(owner)
            stack.callback(os.close, watched)
            reading = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            stack.callback(os.close, reading)
            locks.claim(reading, path, writing=True)
            descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
            stack.callback(os.close, descriptor)
            folder = stack.enter_context(_folder(path))
        except OSError as error:
            raise from_os_error(f"open {path}", error) from error
        pid = holder.start(holder.Work(path, descriptor, watched, folder.path, wanted, network, (reading, folder.lock)))
        folder.keep()
        return Session(f"{pid}:{start_time(pid)}", folder.path, wanted)


def end(path: str, session: Optional[str]) -> List[str]:
    """Return the problems ([str]) that the end of a session had; [] when it had ended before.

    session: str, Session.holder; None when none had begun.
    Raises ImagewrightError: its holder does not answer.
    """
    folder = folder_of(path)
    watched = _watch(session) if session else None
    if watched is not None:
        try:
            return _ask(path, os.path.join(folder, holder.SOCKET), watched)
        finally:
            os.close(watched)
            _remove(folder)
    if os.path.isdir(SESSIONS):
        _remove_leftovers()
    return []


def folder_of(path: str) -> str:
    """Return the directory (str) of the session of an image."""
    return os.path.join(SESSIONS, hashlib.sha256(os.fsencode(os.path.realpath(path))).hexdigest()[:16])


def _ask(path: str, socket_path: str, watched: int) -> List[str]:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(_PATIENCE)
    answer = b""
    with connection:
        try:
            connection.connect(socket_path)
            while len(answer) < _ANSWER:
                octets = connection.recv(65536)
                if not octets:
                    break
                answer += octets
        except OSError as error:
            raise from_os_error(f"end the work on {path}", error) from error
    if not select.select([watched], [], [], _PATIENCE)[0] or not answer:
        raise ImagewrightError(f"cannot end the work on {path}: the process that holds it did not answer within {_PATIENCE} s; look what its disk does")
    return list(json.loads(answer)["problems"])


def _watch(session: str) -> Optional[int]:
    """Return a descriptor (int) that tells of the holder's end, None when it has ended."""
    try:
        watched = kernel.watch(int(session.partition(":")[0]))
    except (OSError, ValueError):
        return None
    if is_alive(session):
        return watched
    os.close(watched)
    return None


def _drivers() -> List[str]:
    """Return the file systems ([str]) that the kernel has, or can load."""
    with open("/proc/filesystems", encoding="ascii") as stream:
        known = [line.split()[-1] for line in stream if line.split()]
    try:
        with open(f"/lib/modules/{os.uname().release}/modules.dep", encoding="utf-8", errors="replace") as stream:
            files = [line.partition(":")[0] for line in stream if "/fs/" in line.partition(":")[0]]
    except OSError:
        files = []
    return known + [os.path.basename(path).partition(".")[0].replace("-", "_") for path in files]


class _Folder:
    """The directory of a session. path: str; lock: int, a descriptor of it that is locked."""

    def __init__(self, path: str, lock: int):
        self.path, self.lock, self.kept = path, lock, False

    def keep(self) -> None:
        """Leave it to the holder."""
        self.kept = True


@contextlib.contextmanager
def _folder(path: str) -> Iterator[_Folder]:
    """Yield the new, locked _Folder of an image; it is removed again unless it is kept."""
    os.makedirs(SESSIONS, mode=0o700, exist_ok=True)
    status = os.lstat(SESSIONS)
    if status.st_uid != 0 or status.st_mode & 0o077 or not os.path.isdir(SESSIONS) or os.path.islink(SESSIONS):
        raise ImagewrightError(f"cannot work in {SESSIONS}: it must be a directory of root that nobody else may enter; remove it")
    _remove_leftovers()
    name = folder_of(path)
    try:
        os.mkdir(name, 0o700)
    except FileExistsError:
        raise ImagewrightError(f"cannot open {path}: another run is at work on it; wait for that one to end") from None
    os.mkdir(os.path.join(name, holder.ROOT))
    lock = os.open(name, os.O_RDONLY | os.O_DIRECTORY)
    folder = _Folder(name, lock)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield folder
    finally:
        os.close(lock)
        if not folder.kept:
            _remove(name)


def _remove_leftovers() -> None:
    """Remove the directories of sessions whose holder was killed."""
    for name in os.listdir(SESSIONS):
        path = os.path.join(SESSIONS, name)
        with contextlib.suppress(OSError):
            descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _remove(path)
            finally:
                os.close(descriptor)


def _remove(path: str) -> None:
    """Remove a session's directory; nothing but empty directories and the socket is ever removed."""
    deadline = time.monotonic() + 5
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
