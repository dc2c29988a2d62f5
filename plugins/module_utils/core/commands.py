# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The only place that starts programs.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import contextlib
import os
import shutil
import subprocess
import tempfile
import threading

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError

#: Exit status (int) and what the program wrote (str; undecodable bytes as surrogates).
Completed = collections.namedtuple("Completed", "argv rc stdout stderr")

#: Where administration tools live; sudo and cron often leave out the sbin directories.
SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

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


def find(name, root="/"):
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


def run(argv, doing, root="/", env=None, stdin=None, timeout=1800, accept=(0,)):
    """Return the Completed program, run with LC_ALL=C and without a shell.

    argv: [str], program and arguments.
    doing: str, for the error, e.g. ``regenerate /boot/grub/grub.cfg``.
    root: str, run in a chroot of this directory (with /dev, /proc and /sys bound) unless ``/``.
    env: {str: str}, further environment variables.
    stdin: str or None, text for the program's standard input.
    timeout: int, seconds after which the program is killed.
    accept: exit statuses that are no error; None accepts all.
    Raises ImagewrightError: the program is not installed, was killed, or ended with another status.
    """
    command = list(argv)
    if root != "/":
        command = ["unshare", "--mount", "--propagation", "private", "--",
                   "/bin/sh", "-c", _CHROOT_SCRIPT, "chroot", root] + command
    environment = dict(os.environ, LC_ALL="C", LANGUAGE="C", PATH=SEARCH_PATH)
    environment.update(env or {})
    process = _start(command, doing, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                     stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE)
    try:
        stdout, stderr = process.communicate(None if stdin is None else stdin.encode("utf-8", "surrogateescape"), timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise ImagewrightError(f"cannot {doing}: {' '.join(argv)} did not end within {timeout} s", cmd=argv) from None
    completed = Completed(argv, process.returncode, _text(stdout), _text(stderr))
    if accept is not None and completed.rc not in accept:
        raise failure(completed, doing)
    return completed


@contextlib.contextmanager
def stream(argv, doing, chunks):
    """Yield a binary stream of what a filter such as ``zstd -dc`` prints while it is fed the chunks ([bytes], iterable).

    Nothing is held in memory. A reader that leaves early ends the program; one that read to the end
    learns on leaving whether the program succeeded.
    Raises ImagewrightError: the program is not installed or failed. Raises what chunks raised.
    """
    failures = []
    with tempfile.TemporaryFile() as stderr:
        process = _start(argv, doing, env=dict(os.environ, LC_ALL="C", PATH=SEARCH_PATH),
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr)
        feeder = threading.Thread(target=_feed, args=(process.stdin, chunks, failures), daemon=True)
        feeder.start()
        ended = False
        try:
            yield process.stdout
            ended = not process.stdout.read(1)
        finally:
            if not ended:
                process.kill()
            process.stdout.close()
            rc = process.wait()
            feeder.join()
        if failures:
            raise failures[0]
        if ended and rc:
            stderr.seek(0)
            raise failure(Completed(argv, rc, "", _text(stderr.read())), doing)


def _start(command, doing, **options):
    """Return the Popen of a program; raise ImagewrightError when it cannot be started."""
    try:
        return subprocess.Popen(command, cwd="/", **options)
    except OSError as error:
        cause = f"{command[0]} cannot be started: {error.strerror}"
        raise ImagewrightError(f"cannot {doing}: {cause}; install it first", cmd=command) from error


def _feed(stdin, chunks, failures):
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


def failure(completed, doing):
    """Return the ImagewrightError for a program that failed: its last words in the message, all of them in the details."""
    words = [line.strip() for line in (completed.stderr or completed.stdout).splitlines() if line.strip()]
    errors = [line for line in words if line.startswith(_ERROR)]
    last = (errors or words or ["it printed nothing"])[-1]
    return ImagewrightError(f"cannot {doing}: {' '.join(completed.argv)} failed with {completed.rc}: {last}",
                            cmd=completed.argv, rc=completed.rc, stdout=completed.stdout, stderr=completed.stderr)


def _text(octets):
    return octets.decode("utf-8", "surrogateescape")
