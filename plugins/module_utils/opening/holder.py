# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The process that holds an opened image: alone in its namespaces, it mounts the guest, waits, and gives all back.

It is the first process of a process namespace. When it ends, in whatever way, the kernel ends all others in there; with the last process of the mount
namespace its mounts are gone, with the last mount the loop device. So nothing is left over, even by kill -9.

PRIVATE: module_utils of this collection are not an interface.
"""

import contextlib
import errno
import json
import os
import select
import signal
import socket
import time
from typing import List, NamedTuple, Sequence

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError, from_os_error
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.opening import detached, kernel, loops, surroundings
from ansible_collections.imagewright.azure.plugins.module_utils.opening.loops import Loop
from ansible_collections.imagewright.azure.plugins.module_utils.opening.plan import Plan

#: Below the directory of the session: where the guest's root is mounted, and where the holder is asked.
ROOT, SOCKET = "root", "socket"
#: Seconds that programs of the guest have between SIGTERM and SIGKILL, and tries to unmount a file system, 0.1 s apart.
_MERCY = 3
_TRIES = 50


class Work(NamedTuple):
    """What a holder has to do. path: of the image; descriptor: int, it, open for writing and locked; owner: int, descriptor of the process whose end
    ends all; folder: of the session; network: whether the guest's programs may use that of this machine; held: descriptors ([int]) that stay open, for the
    locks on them."""

    path: str
    descriptor: int
    owner: int
    folder: str
    plan: Plan
    network: bool
    held: Sequence[int]


def start(work: Work) -> int:
    """Return the number (int) of a new holder's process, once the guest is mounted.

    Raises ImagewrightError: it could not be; nothing is left over then.
    """
    return detached.start(work.path, (work.descriptor, work.owner, *work.held), lambda report: _detach(work, report))


def _detach(work: Work, report: int) -> None:
    try:
        kernel.unshare(kernel.NEW_MOUNTS | kernel.NEW_NAMES | kernel.NEW_IPC | kernel.NEW_PROCESSES | (0 if work.network else kernel.NEW_NETWORK))
    except OSError as error:
        detached.say(report, error=f"cannot open {work.path}: this process may not have namespaces of its own ({error.strerror}); run Ansible as root")
        return
    pid = os.fork()
    if pid == 0:
        detached.leave(lambda: _hold(work, report))
    detached.say(report, pid=pid)
    os._exit(0)


def _hold(work: Work, report: int) -> None:
    detached.ignore_signals()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel collects those who have lost their parent
    try:
        loop = loops.attach(work.descriptor, work.plan.size, work.path)
        loops.add_partitions(loop, work.plan.partitions)
        mounted = _mount(work, loop)
        listening = detached.listen(os.path.join(work.folder, SOCKET))
    except (OSError, ImagewrightError) as error:
        problem = from_os_error(f"open {work.path}", error) if isinstance(error, OSError) else error
        detached.say(report, error=str(problem))
        return
    detached.say(report, ready=True)
    os.close(report)
    _serve(work, loop, mounted, listening)


def _mount(work: Work, loop: Loop) -> List[str]:
    """Return the mount points ([str]) of the guest's file systems, the root first."""
    kernel.mount("", "/", flags=kernel.RECURSIVE | kernel.SLAVE)
    surroundings.arrange(loop, work.plan)
    root = os.path.join(work.folder, ROOT)
    mounted: List[str] = []
    for place in work.plan.places:
        target = root if place.path == "/" else LiveTree(root).host_path(place.path)
        if not os.path.isdir(target):
            raise ImagewrightError(
                f"cannot open {work.path}: the guest mounts a file system at {place.path}, and there is no such directory; make it in the guest, or "
                "take the line out of its /etc/fstab"
            )
        try:
            kernel.mount(surroundings.device_of(place.number), target, place.driver, kernel.NO_SETUID | kernel.NO_DEVICES, place.options)
        except OSError as error:
            raise ImagewrightError(
                f"cannot open {work.path}: the kernel does not mount {place.path} ({place.driver}) on its partition {place.number}: {error.strerror}; "
                "its reason is in the kernel's log (dmesg); check the file system on a copy of the disk"
            ) from error
        mounted.append(target)
    run = LiveTree(root).host_path("/run")
    if os.path.isdir(run):
        # as on a guest that runs, so that nothing that belongs to one boot gets into the image
        kernel.mount("tmpfs", run, "tmpfs", kernel.NO_SETUID | kernel.NO_DEVICES, "mode=755,size=25%")
        mounted.append(run)
    return mounted


def _serve(work: Work, loop: Loop, mounted: List[str], listening: socket.socket) -> None:
    """Wait until the owner ends or asks for the end; answer with the problems ([str]) that there were."""
    poll = select.poll()
    poll.register(work.owner, select.POLLIN)
    poll.register(listening, select.POLLIN)
    while True:
        ready = {descriptor for descriptor, _event in poll.poll()}
        if listening.fileno() in ready:
            client, _address = listening.accept()
            with client:
                problems = close(work, loop, mounted)
                with contextlib.suppress(OSError):
                    client.sendall(json.dumps({"problems": problems}).encode())
            break
        if work.owner in ready:
            close(work, loop, mounted)
            # nobody else comes to do it
            for place in (os.path.join(work.folder, ROOT), work.folder):
                with contextlib.suppress(OSError):
                    os.rmdir(place)
            break
    os._exit(0)


def close(work: Work, loop: Loop, mounted: List[str]) -> List[str]:
    """Return the problems ([str]) of giving everything back: programs end, all is written, and nothing is mounted any more."""
    problems = []
    _end_programs()
    for target in reversed(mounted):
        problems += _unmount(target)
    try:
        os.fsync(work.descriptor)
    except OSError as error:
        problems.append(f"{work.path} did not take all that was written: {error.strerror}")
    if not loops.detach(loop):
        problems.append(f"{loop.path} is still in use by another program")
    with contextlib.suppress(OSError):
        os.unlink(os.path.join(work.folder, SOCKET))
    return problems


def _unmount(target: str) -> List[str]:
    problems = []
    try:
        descriptor = os.open(target, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            kernel.sync_file_system(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        problems.append(f"{target} was not written whole: {error.strerror}")
    for _unused in range(_TRIES):
        try:
            kernel.unmount(target)
            return problems
        except OSError as error:
            if error.errno != errno.EBUSY:
                return problems + [f"{target} could not be unmounted: {error.strerror}"]
        time.sleep(0.1)
    kernel.unmount(target, detach=True)
    return problems + [f"{target} could not be unmounted: it is in use"]


def _end_programs() -> None:
    """End all other processes of this process namespace."""
    for number, patience in ((signal.SIGTERM, _MERCY), (signal.SIGKILL, 10 * _MERCY)):
        deadline = time.monotonic() + patience
        try:
            os.kill(-1, number)
            while time.monotonic() < deadline:
                os.kill(-1, 0)
                time.sleep(0.02)
        except ProcessLookupError:
            return
