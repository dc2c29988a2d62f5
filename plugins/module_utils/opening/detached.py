# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A process that goes on when the module that started it has ended, and what it tells the module before.

PRIVATE: module_utils of this collection are not an interface.
"""

import contextlib
import json
import os
import signal
import socket
import stat
from typing import Any, Callable, Collection, Dict, Sequence

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError

_ANSWER = 65536  # bytes


def start(path: str, kept: Sequence[int], body: Callable[[int], None]) -> int:
    """Return the number (int) of the process that holds an image, once it says that it is ready.

    path: str, of the image, for errors. kept: descriptors ([int]) that stay open in it. body: called in a process in a session of its own, with the
    descriptor for say(): it says ``pid`` and ``ready``, or ``error``.
    Raises ImagewrightError: it said so, or ended before.
    """
    reading, writing = os.pipe2(os.O_CLOEXEC)
    if os.fork() == 0:
        leave(lambda: _begin({writing, *kept}, writing, body))
    os.close(writing)
    with open(reading, "rb") as stream:
        lines = stream.read(_ANSWER).splitlines()
    os.wait()
    answer: Dict[str, Any] = {}
    for line in lines:
        answer.update(json.loads(line))
    if "error" in answer or "ready" not in answer:
        raise ImagewrightError(answer.get("error") or f"cannot open {path}: its holder ended without a word; look into the kernel's log (dmesg)")
    return int(answer["pid"])


def leave(body: Callable[[], None]) -> None:
    """Run the body in a process that was forked, and end it without what the process before would do at its end."""
    try:
        body()
    finally:
        os._exit(1)


def say(report: int, **words: Any) -> None:
    """Tell the module. report: int, the descriptor that start() gave."""
    os.write(report, json.dumps(words).encode() + b"\n")


def ignore_signals() -> None:
    """Let no signal but SIGKILL end this process."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)


def listen(path: str) -> socket.socket:
    """Return a listening socket that this user alone may talk to. Raises OSError."""
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listening.bind(path)
    os.chmod(path, stat.S_IRUSR | stat.S_IWUSR)
    listening.listen(1)
    return listening


def _begin(kept: Collection[int], report: int, body: Callable[[int], None]) -> None:
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    _close_others({0, 1, 2, *kept})
    os.chdir("/")
    os.umask(0o022)
    body(report)


def _close_others(kept: Collection[int]) -> None:
    for name in os.listdir("/proc/self/fd"):
        if int(name) not in kept:
            with contextlib.suppress(OSError):
                os.close(int(name))
