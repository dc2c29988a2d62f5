# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pipes of a program that runs: what it is told, and what it prints, of which the middle is left out when there is very much.

PRIVATE: module_utils of this collection are not an interface.
"""

import contextlib
import os
import selectors
import subprocess
import time
from typing import IO, Iterable, List, Optional, Tuple

#: Bytes of a program's output that are kept from its beginning and from its end, and of a pipe at a time.
_MOST_OUTPUT = 16 * 1024 * 1024
_LAST_OUTPUT = 64 * 1024
_PIPE = 64 * 1024

#: Seconds after which we look whether a program has ended whose pipe somebody holds open.
_PATIENCE = 0.2


class Output:
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


def listen(process: "subprocess.Popen[bytes]", outputs: Tuple[Output, Output], stdin: bytes, timeout: Optional[float]) -> bool:
    """Return whether a program ended within timeout seconds; what it prints goes to outputs (Output of stdout and of stderr).

    timeout: None for as long as it takes. stdin: bytes for its standard input. Once the program has ended, nobody waits for others that hold its pipes.
    """
    deadline = time.monotonic() + (float("inf") if timeout is None else timeout)
    with selectors.DefaultSelector() as selector:
        for printed, output in zip((process.stdout, process.stderr), outputs):
            selector.register(opened(printed), selectors.EVENT_READ, output)
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
                    stdin = _write_some(selector, opened(process.stdin), stdin)
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


def feed(stdin: IO[bytes], chunks: Iterable[bytes], failures: List[Exception]) -> None:
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


def opened(stream: Optional[IO[bytes]]) -> IO[bytes]:
    """Return the end of a pipe of a program that was started with one.

    Raises ValueError: it was not.
    """
    if stream is None:
        raise ValueError("the program was started without this pipe")
    return stream
