# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The process that holds an image opened in libguestfs' appliance: it tells guestfish what others ask for, one after another, until the end.

When it ends, in whatever way, the kernel ends guestfish, and then libguestfs' recovery process QEMU, within seconds. What it holds is a process, no mount
and no device of this machine.

PRIVATE: module_utils of this collection are not an interface.
"""

import base64
import contextlib
import os
import select
import shutil
import socket
import subprocess
import time
from typing import IO, List, Mapping, NamedTuple, Sequence

from ansible_collections.imagewright.azure.plugins.module_utils.core import commands
from ansible_collections.imagewright.azure.plugins.module_utils.core.command_pipes import opened
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError, from_os_error
from ansible_collections.imagewright.azure.plugins.module_utils.opening import appliance, asking, detached
from ansible_collections.imagewright.azure.plugins.module_utils.opening.plan import Plan
from ansible_collections.imagewright.azure.plugins.module_utils.vhd import locks

#: Below the directory of the session: where the holder is asked, and what lives as long as the appliance.
SOCKET, SCRATCH = "socket", "scratch"
_STEP = 120  # seconds for a step of our own
_LONGEST = 7200  # seconds for a command
_CHUNK = 1500000  # bytes: a message of libguestfs has 4 MiB, and base64 makes four of three


class ApplianceWork(NamedTuple):
    """What a holder has to do. path: of the image; kind: its format, as QEMU calls it; owner: int, descriptor of the process whose end ends all; folder:
    of the session; environment: for guestfish; network: whether programs of the guest may use that of this machine; held: descriptors ([int]) that stay
    open, for the locks on them."""

    path: str
    kind: str
    owner: int
    folder: str
    environment: Mapping[str, str]
    plan: Plan
    network: bool
    held: Sequence[int]


def start(work: ApplianceWork) -> int:
    """Return the number (int) of a new holder's process, once the guest is mounted in its appliance.

    Raises ImagewrightError: it could not be; nothing is left over then.
    """
    return detached.start(work.path, (work.owner, *work.held), lambda report: _detach(work, report))


def scratch(folder: str) -> str:
    """Return the directory (str) for what lives as long as the appliance. folder: str, of the session."""
    return os.path.join(folder, SCRATCH)


def _detach(work: ApplianceWork, report: int) -> None:
    if os.fork() == 0:
        detached.leave(lambda: _hold(work, report))
    os._exit(0)


def _hold(work: ApplianceWork, report: int) -> None:
    detached.ignore_signals()
    detached.say(report, pid=os.getpid())
    try:
        with open(os.path.join(scratch(work.folder), "complaints"), "w+b") as complaints:
            guest = Guest(work, complaints)
            try:
                guest.mount()
                listening = detached.listen(os.path.join(work.folder, SOCKET))
                detached.say(report, ready=True)
                os.close(report)
                _serve(work, guest, listening)
            finally:
                guest.kill()
    except (OSError, ImagewrightError) as error:
        problem = from_os_error(f"open {work.path}", error) if isinstance(error, OSError) else error
        with contextlib.suppress(OSError):
            detached.say(report, error=str(problem))


def _serve(work: ApplianceWork, guest: "Guest", listening: socket.socket) -> None:
    """Do what is asked for until the end is, or until the owner or guestfish ends."""
    while True:
        ready = select.select([work.owner, listening.fileno(), guest.output], [], [])[0]
        if work.owner in ready or guest.output in ready:
            guest.kill()
            # nobody else comes to do it
            with contextlib.suppress(OSError):
                os.unlink(os.path.join(work.folder, SOCKET))
                shutil.rmtree(scratch(work.folder))
                os.rmdir(work.folder)
            return
        client, _address = listening.accept()
        with client:
            try:
                request = asking.receive(client)
                if request.command is None:
                    problems = guest.close()
                    os.unlink(os.path.join(work.folder, SOCKET))
                    asking.reply(client, asking.Answer(0, "\n".join(problems).encode(), b""))
                    return
                answer = guest.run(request)
            except (OSError, ValueError, ImagewrightError) as error:
                answer = asking.Answer(1, b"", b"", str(error))
            asking.reply(client, answer)


class Guest:
    """The appliance with the image, by guestfish."""

    def __init__(self, work: ApplianceWork, complaints: IO[bytes]):
        """Start it. Raises ImagewrightError: it does not start."""
        self._work, self._complaints, self._count, self._has_python = work, complaints, 0, False
        self._folder = scratch(work.folder)
        argv = appliance.command(work.network)
        failures: List[ImagewrightError] = []
        for attempt in appliance.attempts():
            environment = {**work.environment, "LIBGUESTFS_BACKEND_SETTINGS": attempt.settings}
            self._process = commands.attached(argv, f"open {work.path}", environment, complaints)
            self.output = opened(self._process.stdout).fileno()
            try:
                self._start(attempt.patience)
                if failures:
                    appliance.remember_emulation()
                return
            except ImagewrightError as error:
                failures.append(error)
                self.kill()
        raise failures[-1]

    def _start(self, patience: int) -> None:
        self._tell(appliance.adding(self._work.path, self._work.kind), _STEP)
        self._tell("run", patience)
        self._tell(f'-debug sh "{appliance.FURNISHING}; echo here; test -x {appliance.PYTHON} || echo alone" | cat > {self._folder}/answer', _STEP)
        words = self._read_answer().split()
        if b"here" not in words:
            raise self._failure("libguestfs' appliance does not start")
        self._has_python = b"alone" not in words

    def mount(self) -> None:
        """Mount the guest's file systems. Raises ImagewrightError: one cannot be mounted, or there is no Python for the modules."""
        if not self._has_python:
            raise ImagewrightError(
                f"cannot open {self._work.path}: libguestfs' appliance is made of this machine's packages, and none of them brings {appliance.PYTHON}; "
                "install python3 with this machine's package manager"
            )
        answer = self.run(asking.Request(appliance.mounting(self._work.plan.places), b""))
        problem = answer.stdout.decode("utf-8", "replace").strip()
        if problem or answer.rc:
            raise ImagewrightError(
                f"cannot open {self._work.path}: {problem or 'its appliance does not mount it'}; check the file system on a copy of the disk"
            )

    def run(self, request: asking.Request) -> asking.Answer:
        """Return what became of a shell's command in the appliance. Raises ImagewrightError: it could not be run, or did not end."""
        self._count += 1
        place = f"{appliance.FOLDER}/{self._count}"
        for name, content in (("command", (request.command or "").encode()), ("stdin", request.stdin)):
            with open(os.path.join(self._folder, name), "wb") as stream:
                stream.write(content)
            self._tell(f"-debug-upload {self._folder}/{name} {place}.{name} 0600", _STEP)
        # each step starts programs in a machine that may be emulated: as few as can be
        script = (
            f"cd /; rm -f {appliance.FOLDER}/{self._count - 1}.*; export HOME=/root PATH={commands.SEARCH_PATH}; "
            f"timeout -k 10 {_LONGEST} /bin/sh {place}.command < {place}.stdin > {place}.stdout 2> {place}.stderr; "
            f"echo ended $? $(stat -c %s {place}.stdout {place}.stderr); "
            f"for name in stdout stderr; do echo =$(head -c {_CHUNK // 2} {place}.$name | base64 -w 0); done"
        )
        self._tell(f'-debug sh "{script}" | cat > {self._folder}/answer', _LONGEST + _STEP)
        first, *begun = self._read_answer().split(b"\n")[:3]
        words = first.split()
        if len(words) != 4 or words[0] != b"ended" or len(begun) != 2:
            raise self._failure("the appliance did not run a command")
        stdout, stderr = (
            self._rest(f"{place}.{name}", base64.b64decode(head[1:]), int(length)) for name, head, length in zip(("stdout", "stderr"), begun, words[2:])
        )
        return asking.Answer(int(words[1]), stdout, stderr)

    def close(self) -> List[str]:
        """Return the problems ([str]) of writing all to the image and ending the appliance."""
        problems = []
        try:
            answer = self.run(asking.Request(appliance.CLOSING, b""))
            problems = [line for line in answer.stdout.decode("utf-8", "replace").splitlines() if line.strip()]
            opened(self._process.stdin).close()
            if self._process.wait(_STEP) != 0:
                problems.append(self._complaint() or "libguestfs' appliance ended with an error")
        except (OSError, ImagewrightError, subprocess.TimeoutExpired) as error:
            problems.append(str(error))
        return problems

    def kill(self) -> None:
        """End guestfish, and wait for libguestfs to end QEMU."""
        with contextlib.suppress(OSError):
            self._process.kill()
        self._process.wait()
        _wait_until_gone(self._work.path)

    def _rest(self, path: str, content: bytes, length: int) -> bytes:
        """Return the whole of a file of the appliance. content: bytes, its beginning, as far as it is known; length: int, of all."""
        while len(content) < length:
            self._tell(f'-debug sh "tail -c +{len(content) + 1} {path} | head -c {_CHUNK} | base64 -w 0" | cat > {self._folder}/answer', _STEP)
            piece = base64.b64decode(self._read_answer())
            if not piece:
                raise self._failure("the appliance did not hand over what a command printed")
            content += piece
        return content

    def _tell(self, line: str, patience: float) -> None:
        """Have guestfish do what a line says. Raises ImagewrightError: it has ended, the owner has, or patience (seconds) is over."""
        deadline = time.monotonic() + patience
        mark = b"imagewright is here\n"
        try:
            stdin = opened(self._process.stdin)
            stdin.write(f"{line}\n!echo {mark.decode()}".encode())
            stdin.flush()
        except OSError:
            raise self._failure("libguestfs' appliance has ended") from None
        heard = b""
        while not heard.endswith(mark):
            ready = select.select([self.output, self._work.owner], [], [], max(0.0, deadline - time.monotonic()))[0]
            if not ready or self._work.owner in ready:
                raise self._failure("its owner has ended" if ready else f"libguestfs' appliance did not answer within {patience:.0f} s")
            octets = os.read(self.output, 65536)
            if not octets:
                raise self._failure("libguestfs' appliance has ended")
            heard += octets

    def _read_answer(self) -> bytes:
        with open(os.path.join(self._folder, "answer"), "rb") as stream:
            return stream.read(4 * _CHUNK)

    def _failure(self, what: str) -> ImagewrightError:
        complaint = self._complaint()
        return ImagewrightError(
            f"cannot work on {self._work.path}: {what}{': ' if complaint else ''}{complaint}; try libguestfs-test-tool, which says what is wrong with it"
        )

    def _complaint(self) -> str:
        """Return the last line that guestfish complained of."""
        self._complaints.seek(max(0, os.fstat(self._complaints.fileno()).st_size - 4096))
        lines = self._complaints.read().decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else ""


def _wait_until_gone(path: str) -> None:
    """Wait until nobody has the image open any more: libguestfs looks every two seconds whether it must end QEMU."""
    deadline = time.monotonic() + 20
    while locks.holders(path) and time.monotonic() < deadline:
        time.sleep(0.1)
