# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An image opened for a while: begun, found again by other processes, and ended.

PRIVATE: module_utils of this collection are not an interface.
"""

import contextlib
import json
import os
import select
import socket
import sys
from typing import Iterator, List, NamedTuple, Optional, Tuple

from ansible_collections.imagewright.azure.plugins.module_utils.core import commands
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError, from_os_error
from ansible_collections.imagewright.azure.plugins.module_utils.image.image_tree import ImageTree
from ansible_collections.imagewright.azure.plugins.module_utils.opening import appliance, appliance_holder, asking, holder, kernel, session_folder
from ansible_collections.imagewright.azure.plugins.module_utils.opening.alive import is_alive, start_time
from ansible_collections.imagewright.azure.plugins.module_utils.opening.plan import Plan, foreign_machine, missing_drivers, plan
from ansible_collections.imagewright.azure.plugins.module_utils.vhd import locks

#: The two ways: mounts of this machine's kernel in namespaces, and libguestfs' appliance.
KERNEL, APPLIANCE = "kernel", "appliance"
#: What the connection opened_image and the modules start programs of the guest by.
_PROGRAMS = ("nsenter", "setpriv", "unshare", "chroot")
_PATIENCE = 300  # seconds that the end of a session may take: what was written goes to the disk then
_ANSWER = 1024 * 1024  # bytes


class Session(NamedTuple):
    """An opened image. name: str, for the connection and for its end: ``PID:start time`` of the process that holds it, and behind another colon where
    that process is asked, in the appliance alone; root: where the guest's root is for the tasks of the session, and python: what they run with."""

    name: str
    way: str
    root: str
    python: str
    plan: Plan


def look(path: str, way: str = "auto", own_machine: Optional[str] = None) -> Tuple[Plan, str]:
    """Return the Plan of the system in an image and the way to open it (``kernel``, ``appliance``), after all that stands in the way was looked for.

    way: str, the one that is wanted, ``auto`` for mounts of this machine's kernel where they can be. own_machine: str, ``uname -m``; None for that of
    this machine.
    Raises ImagewrightError: it cannot be opened, or must not be.
    """
    with ImageTree(path) as tree:
        wanted = plan(tree, path)
        foreign = foreign_machine(tree, own_machine or os.uname().machine)
    if foreign is not None:
        raise ImagewrightError(
            f"cannot open {path}: its programs are for {foreign} and this machine is {own_machine or os.uname().machine}, so that they cannot run here; "
            f"prepare it on a controller of that architecture"
        )
    return wanted, _choose(way, _obstacle(wanted), path)


def _choose(way: str, obstacle: str, path: str) -> str:
    """Return the way. obstacle: str, why this machine's kernel cannot, else ""."""
    if way != "appliance" and not obstacle:
        return KERNEL
    if way == KERNEL:
        raise ImagewrightError(f"cannot open {path}: {obstacle}")
    if not appliance.is_installed():
        reason = f"{obstacle}; or install" if obstacle else "guestfish is not installed on this machine; install"
        raise ImagewrightError(f"cannot open {path}: {reason} libguestfs (guestfish), which opens it in a small virtual machine")
    return APPLIANCE


def _obstacle(wanted: Plan) -> str:
    """Return why the kernel of this machine does not mount a guest, and what to do, or ""."""
    logical = [place for place in wanted.places if place.logical]
    absent = [name for name in _PROGRAMS if commands.find(name) is None]
    missing = missing_drivers(wanted, _drivers())
    if os.geteuid() != 0:
        return "only root may mount its file systems; run Ansible as root"
    if absent:
        return f"{', '.join(absent)} is not installed on this machine; install util-linux"
    if logical:
        return (
            f"{logical[0].path} is on the logical volume {logical[0].logical}, and those of a guest are not activated beside those of this machine; "
            "prepare the guest live (imagewright.azure.prepare_azure)"
        )
    if missing:
        return (
            f"the kernel of this machine ({os.uname().release}) has no driver for {', '.join(missing)}; prepare the image on a machine that has, or the "
            "guest live (imagewright.azure.prepare_azure)"
        )
    return ""


def begin(path: str, owner: int, network: bool, way: str = "auto") -> Session:
    """Return the Session of an image that is now mounted where nobody else sees it; it ends with the process whose number is owner.

    path: str, a raw disk or a fixed VHD. network: bool, whether the guest's programs may use the network. way: as for look().
    Raises ImagewrightError: it cannot be opened; nothing is left over then.
    """
    wanted, chosen = look(path, way)
    with contextlib.ExitStack() as stack:
        try:
            watched = kernel.watch(owner)
            stack.callback(os.close, watched)
            reading = stack.enter_context(_opened(path, os.O_RDONLY))
            locks.claim(reading, path, writing=True)
            descriptor = stack.enter_context(_opened(path, os.O_RDWR))
            folder = stack.enter_context(session_folder.made(path))
        except OSError as error:
            raise from_os_error(f"open {path}", error) from error
        if chosen == KERNEL:
            os.mkdir(os.path.join(folder.path, holder.ROOT))
            pid = holder.start(holder.Work(path, descriptor, watched, folder.path, wanted, network, (reading, folder.lock)))
            opened = Session(f"{pid}:{start_time(pid)}", chosen, os.path.join(folder.path, holder.ROOT), sys.executable, wanted)
        else:
            # QEMU takes the same locks itself
            os.close(descriptor)
            os.close(reading)
            pid = _start_appliance(path, watched, folder, wanted, network)
            name = f"{pid}:{start_time(pid)}:{os.path.join(folder.path, appliance_holder.SOCKET)}"
            opened = Session(name, chosen, appliance.ROOT, appliance.PYTHON, wanted)
        folder.keep()
        return opened


@contextlib.contextmanager
def _opened(path: str, flags: int) -> Iterator[int]:
    """Yield a descriptor (int) of a file; who needs it no longer may close it before."""
    descriptor = os.open(path, flags | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        with contextlib.suppress(OSError):
            os.close(descriptor)


def _start_appliance(path: str, watched: int, folder: session_folder.Folder, wanted: Plan, network: bool) -> int:
    with open(path, "rb") as stream:
        kind = "vpc" if os.fstat(stream.fileno()).st_size > wanted.size else "raw"
    scratch = appliance_holder.scratch(folder.path)
    os.mkdir(scratch, 0o700)
    environment = appliance.environment(scratch)
    return appliance_holder.start(appliance_holder.ApplianceWork(path, kind, watched, folder.path, environment, wanted, network, (folder.lock,)))


def end(path: str, session: Optional[str]) -> List[str]:
    """Return the problems ([str]) that the end of a session had; [] when it had ended before.

    session: str, Session.name; None when none had begun.
    Raises ImagewrightError: its holder does not answer.
    """
    folder = session_folder.folder_of(path)
    watched = _watch(session) if session else None
    if watched is not None and session:
        asked = session.split(":", 2)[2:]
        try:
            return _ask_appliance(path, asked[0], watched) if asked else _ask(path, os.path.join(folder, holder.SOCKET), watched)
        finally:
            os.close(watched)
            session_folder.remove(folder)
    if os.path.isdir(session_folder.sessions()):
        session_folder.remove_leftovers()
    return []


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


def _ask_appliance(path: str, socket_path: str, watched: int) -> List[str]:
    answer = asking.ask(socket_path, asking.Request(None, b""), _PATIENCE)
    if not select.select([watched], [], [], _PATIENCE)[0]:
        raise ImagewrightError(f"cannot end the work on {path}: the process that holds it did not end within {_PATIENCE} s; look what its disk does")
    return answer.stdout.decode("utf-8", "replace").splitlines()


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
