# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The only place that starts programs.

PRIVATE: module_utils of this collection are not an interface.
"""

import contextlib
import os
import selectors
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from typing import Any, IO, Iterable, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError


class Completed(NamedTuple):
    """A program that ended: its exit status, and what it wrote (undecodable bytes as surrogates)."""

    argv: Sequence[str]
    rc: int
    stdout: str
    stderr: str


#: Where administration tools live; sudo and cron often leave out the sbin directories.
SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

#: Bytes of a program's output that are kept from its beginning and from its end, and of a pipe at a time.
_MOST_OUTPUT = 16 * 1024 * 1024
_LAST_OUTPUT = 64 * 1024
_PIPE = 64 * 1024
#: Seconds after which we look whether a program has ended whose pipe somebody holds open, and that one has after SIGTERM.
_PATIENCE = 0.2
_MERCY = 5

#: Bind the kernel's file systems into another root, in a mount namespace of its own, so that
#: nothing stays mounted whatever happens to us; then run the program in a chroot of that root.
_CHROOT_SCRIPT = """
root=$1; shift
for name in dev proc sys; do
  if [ -d "$root/$name" ] && [ ! -h "$root/$name" ]; then
    mount --rbind "/$name" "$root/$name" || exit 125
  fi
done
exec chroot "$root" "$@"
"""


#: How mkinitcpio begins the line that says what went wrong; it prints warnings behind it.
_ERROR = "==> ERROR"


def find(name: str, root: str = "/") -> Optional[str]:
    """Return the path of the program as seen inside root, or None when it is not installed there.

    name: str, ``grub2-mkconfig``; an absolute path is only tested.
    """
    if root == "/":
        return shutil.which(name, path=SEARCH_PATH)
    candidates = [name] if name.startswith("/") else [f"{folder}/{name}" for folder in SEARCH_PATH.split(":")]
    for candidate in candidates:
        # lexists: an absolute symlink (alternatives) is only right inside the root
        if os.path.lexists(root.rstrip("/") + candidate):
            return candidate
    return None


def run(
    argv: Sequence[str],
    doing: str,
    root: str = "/",
    env: Optional[Mapping[str, str]] = None,
    stdin: Optional[str] = None,
    timeout: Optional[float] = 1800,
    accept: Optional[Sequence[int]] = (0,),
) -> Completed:
    """Return the Completed program, run with LC_ALL=C and without a shell.

    argv: [str], program and arguments.
    doing: str, for the error, e.g. ``regenerate /boot/grub/grub.cfg``.
    root: str, run in a chroot of this directory (with /dev, /proc and /sys bound) unless ``/``.
    env: {str: str}, further environment variables.
    stdin: str or None, text for the program's standard input.
    timeout: int, seconds after which the program and all that it started are ended; None for as long as it takes.
    accept: exit statuses that are no error; None accepts all.
    Raises ImagewrightError: the program is not installed, was killed, or ended with another status.
    """
    command = list(argv)
    if root != "/":
        command = ["unshare", "--mount", "--propagation", "private", "--", "/bin/sh", "-c", _CHROOT_SCRIPT, "chroot", root] + command
    environment = dict(os.environ, LC_ALL="C", LANGUAGE="C", PATH=SEARCH_PATH)
    environment.update(env or {})
    process = _start(
        command, doing, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE
    )
    stdout, stderr = _Output(), _Output()
    try:
        ended = _listen(process, (stdout, stderr), b"" if stdin is None else stdin.encode("utf-8", "surrogateescape"), timeout)
    finally:
        # also when we are interrupted: nothing of it goes on behind our back
        if process.poll() is None:
            _end(process)
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
    if not ended:
        raise ImagewrightError(f"cannot {doing}: {' '.join(argv)} did not end within {timeout} s", cmd=argv)
    completed = Completed(argv, process.returncode, _text(stdout.content()), _text(stderr.content()))
    if accept is not None and completed.rc not in accept:
        raise failure(completed, doing)
    return completed


@contextlib.contextmanager
def stream(argv: Sequence[str], doing: str, chunks: Iterable[bytes]) -> Iterator[IO[bytes]]:
    """Yield a binary stream of what a filter such as ``zstd -dc`` prints while it is fed the chunks ([bytes], iterable).

    Nothing is held in memory. A reader that leaves early ends the program; one that read to the end
    learns on leaving whether the program succeeded.
    Raises ImagewrightError: the program is not installed or failed. Raises what chunks raised.
    """
    failures: List[Exception] = []
    with tempfile.TemporaryFile() as stderr:
        process = _start(argv, doing, env=dict(os.environ, LC_ALL="C", PATH=SEARCH_PATH), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr)
        printed = _pipe(process.stdout)
        feeder = threading.Thread(target=_feed, args=(_pipe(process.stdin), chunks, failures), daemon=True)
        feeder.start()
        ended = False
        try:
            yield printed
            ended = not printed.read(1)
        finally:
            if not ended:
                _end(process, gently=False)
            printed.close()
            rc = process.wait()
            feeder.join()
        if failures:
            raise failures[0]
        if ended and rc:
            stderr.seek(0)
            raise failure(Completed(argv, rc, "", _text(stderr.read())), doing)


def _start(command: Sequence[str], doing: str, **options: Any) -> "subprocess.Popen[bytes]":
    """Return the Popen of a program in a session of its own; raise ImagewrightError when it cannot be started."""
    try:
        return subprocess.Popen(command, cwd="/", start_new_session=True, **options)
    except OSError as error:
        cause = f"{command[0]} cannot be started: {error.strerror}"
        raise ImagewrightError(f"cannot {doing}: {cause}; install it first", cmd=command) from error


def _pipe(stream: Optional[IO[bytes]]) -> IO[bytes]:
    """Return the end of a pipe of a program that was started with one."""
    if stream is None:
        raise ValueError("the program was started without this pipe")
    return stream


class _Output:
    """What a program printed: the beginning, the end, and how much was left out between them."""

    def __init__(self) -> None:
        self._first, self._last, self._left_out = bytearray(), bytearray(), 0

    def add(self, octets: bytes) -> None:
        """Take what it printed next."""
        room = _MOST_OUTPUT - len(self._first)
        self._first += octets[:room]
        self._last += octets[room:] if room > 0 else octets
        if len(self._last) > 2 * _LAST_OUTPUT:
            self._left_out += len(self._last) - _LAST_OUTPUT
            del self._last[:-_LAST_OUTPUT]

    def content(self) -> bytes:
        """Return it (bytes)."""
        gap = b"\n[%d bytes are left out]\n" % self._left_out if self._left_out else b""
        return bytes(self._first) + gap + bytes(self._last)


def _listen(process: "subprocess.Popen[bytes]", outputs: Tuple[_Output, _Output], stdin: bytes, timeout: Optional[float]) -> bool:
    """Return whether a program ended within timeout seconds; what it prints goes to outputs (_Output of stdout and of stderr).

    timeout: None for as long as it takes. stdin: bytes for its standard input. Once the program has ended, nobody waits for others that hold its pipes.
    """
    deadline = time.monotonic() + (float("inf") if timeout is None else timeout)
    with selectors.DefaultSelector() as selector:
        for printed, output in zip((process.stdout, process.stderr), outputs):
            selector.register(_pipe(printed), selectors.EVENT_READ, output)
        if process.stdin is not None:
            os.set_blocking(process.stdin.fileno(), False)
            selector.register(process.stdin, selectors.EVENT_WRITE)
        while selector.get_map():
            left = deadline - time.monotonic()
            if left <= 0:
                return process.poll() is not None
            ready = selector.select(min(left, _PATIENCE))
            for key, _unused in ready:
                if key.data is None:
                    stdin = _write_some(selector, _pipe(process.stdin), stdin)
                else:
                    octets = os.read(key.fd, _PIPE)
                    key.data.add(octets)
                    if not octets:
                        selector.unregister(key.fileobj)
            if not ready and process.poll() is not None:
                return True
    try:
        process.wait(max(0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        return False
    return True


def _write_some(selector: selectors.BaseSelector, pipe: IO[bytes], octets: bytes) -> bytes:
    """Return what is left of the bytes after a pipe took some; it is closed at the end, or when nobody reads it."""
    try:
        octets = octets[os.write(pipe.fileno(), octets[:_PIPE]) :] if octets else octets
    except BlockingIOError:
        return octets
    except BrokenPipeError:
        octets = b""  # the program ended or closed it; its exit status says why
    if not octets:
        selector.unregister(pipe)
        pipe.close()
    return octets


def _end(process: "subprocess.Popen[bytes]", gently: bool = True) -> None:
    """End a program and all of its session that it started; its status is collected."""
    if gently:
        _signal(process, signal.SIGTERM)
        deadline = time.monotonic() + _MERCY
        # it is not collected yet, so that its number stays its own
        while time.monotonic() < deadline and os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None:
            time.sleep(0.02)
    _signal(process, signal.SIGKILL)
    process.wait()


def _signal(process: "subprocess.Popen[bytes]", number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def _feed(stdin: IO[bytes], chunks: Iterable[bytes], failures: List[Exception]) -> None:
    """Write chunks to a program's standard input; what chunks raises goes to failures (list)."""
    try:
        for chunk in chunks:
            stdin.write(chunk)
    except BrokenPipeError:
        pass  # the program ended first; its exit status says why
    except Exception as error:
        failures.append(error)
    finally:
        with contextlib.suppress(BrokenPipeError):
            stdin.close()


def failure(completed: Completed, doing: str) -> ImagewrightError:
    """Return the ImagewrightError for a program that failed: its last words in the message, all of them in the details."""
    words = [line.strip() for line in (completed.stderr or completed.stdout).splitlines() if line.strip()]
    errors = [line for line in words if line.startswith(_ERROR)]
    last = (errors or words or ["it printed nothing"])[-1]
    return ImagewrightError(
        f"cannot {doing}: {' '.join(completed.argv)} failed with {completed.rc}: {last}",
        cmd=completed.argv,
        rc=completed.rc,
        stdout=completed.stdout,
        stderr=completed.stderr,
    )


def _text(octets: bytes) -> str:
    return octets.decode("utf-8", "surrogateescape")
