# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The only place that starts programs.

PRIVATE: module_utils of this collection are not an interface.
"""

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from typing import Any, IO, Iterable, Iterator, List, Mapping, NamedTuple, Optional, Sequence

from ansible_collections.imagewright.azure.plugins.module_utils.core.command_pipes import Output, feed, listen, opened
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError


class Completed(NamedTuple):
    """A program that ended: its exit status, and what it wrote (undecodable bytes as surrogates)."""

    argv: Sequence[str]
    rc: int
    stdout: str
    stderr: str


#: Where administration tools live; sudo and cron often leave out the sbin directories.
SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

#: Seconds that a program has after SIGTERM.
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
while [ "$1" != -- ]; do
  mount --bind "$1" "$2" || exit 125
  shift 2
done
shift
exec chroot "$root" "$@"
"""


#: PR_SET_PDEATHSIG of prctl(2).
_END_WITH_PARENT = 1

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
    lend: Optional[Mapping[str, str]] = None,
) -> Completed:
    """Return the Completed program, run with LC_ALL=C and without a shell.

    argv: [str], program and arguments.
    doing: str, for the error, e.g. ``regenerate /boot/grub/grub.cfg``.
    root: str, run in a chroot of this directory (with /dev, /proc and /sys bound) unless ``/``.
    env: {str: str}, further environment variables.
    stdin: str or None, text for the program's standard input.
    timeout: int, seconds after which the program and all that it started are ended; None for as long as it takes.
    accept: exit statuses that are no error; None accepts all.
    lend: {str: str}, files of this machine that the program sees in place of files below root: path here to path here.
    Raises ImagewrightError: the program is not installed, was killed, or ended with another status.
    """
    command = list(argv)
    if root != "/":
        command = ["unshare", "--mount", "--propagation", "private", "--", "/bin/sh", "-c", _CHROOT_SCRIPT, "chroot", root]
        command += [word for pair in (lend or {}).items() for word in pair] + ["--"] + list(argv)
    environment = dict(os.environ, LC_ALL="C", LANGUAGE="C", PATH=SEARCH_PATH)
    environment.update(env or {})
    process = _start(
        command, doing, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE
    )
    stdout, stderr = Output(), Output()
    try:
        ended = listen(process, (stdout, stderr), b"" if stdin is None else stdin.encode("utf-8", "surrogateescape"), timeout)
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
        printed = opened(process.stdout)
        feeder = threading.Thread(target=feed, args=(opened(process.stdin), chunks, failures), daemon=True)
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


def attached(argv: Sequence[str], doing: str, env: Mapping[str, str], stderr: IO[bytes]) -> "subprocess.Popen[bytes]":
    """Return a program (Popen) that is told by its stdin what to do, and that the kernel ends with this process, in whatever way that ends.

    env: {str: str}, further environment variables. stderr: file that gets what it complains of.
    Raises ImagewrightError: the program is not installed.
    """
    library = ctypes.CDLL(None)
    environment = {**os.environ, "LC_ALL": "C", "PATH": SEARCH_PATH, **env}
    return _start(
        argv,
        doing,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=stderr,
        preexec_fn=lambda: library.prctl(_END_WITH_PARENT, signal.SIGKILL),
    )


def _start(command: Sequence[str], doing: str, **options: Any) -> "subprocess.Popen[bytes]":
    """Return the Popen of a program in a session of its own; raise ImagewrightError when it cannot be started."""
    try:
        return subprocess.Popen(command, cwd="/", start_new_session=True, **options)  # pylint: disable=ansible-bad-function  # run_command has no time limit
    except OSError as error:
        cause = f"{command[0]} cannot be started: {error.strerror}"
        raise ImagewrightError(f"cannot {doing}: {cause}; install it first", cmd=command) from error


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
