# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An end for work on input that nobody vouches for: a process of its own with limits of time and memory, which hands over
what it found piece by piece, and within it a limit for each step.

A limit inside the process alone is none: code that takes any exception would take its error too, and a loop in C is not stopped by a signal
that Python has to see.

PRIVATE: module_utils of this collection are not an interface.
"""

import contextlib
import os
import pickle
import resource
import select
import signal
import struct
import threading
import time

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError, from_os_error

#: Limits of time on a usual machine. A much slower one, as one that is emulated, gets as many times more.
MOST_SECONDS = 60  # of process time, of a whole verdict; sound images take 5
MOST_MEMORY = 1024 * 1024 * 1024  # bytes of the process; sound images take 300 MiB
_MOST_WAITING = 180  # s on the clock, of a whole verdict: what waits for a network takes no process time
_MOST_SECONDS_OF_STEP = 25  # of process time: one step leaves the others their share
_MOST_WAITING_OF_STEP = 60  # s on the clock
_GRACE = 5  # s between the limit that a step sees and the end of the process
_LEAST_ROOM = 512 * 1024 * 1024  # bytes: a process that had much mapped before gets so much more

_WORK = 100000  # numbers that a usual machine adds in the next line's seconds of process time
_USUAL = 0.005
_SLOWER, _SLOWEST = 4, 60  # times: a busy machine is no slow one; what is endless shall end

_LENGTH = struct.Struct(">I")
_HEADER = 4  # bytes of _LENGTH
_VALUE, _ERROR, _FAULT, _END = range(4)


class Spent(BaseException):
    """A step used up its time. No ``except Exception`` takes it for a fault of what is read."""


class Ended(Exception):
    """The process ended before its work; the message says which limit it met."""


def bounded(produce):
    """Yield what produce() yields, from a process of its own that has MOST_SECONDS of process time and MOST_MEMORY.

    produce: callable -> iterable of values that pickle takes.
    Raises ImagewrightError: produce raised it. Raises Ended: a limit was met; what was found before has been yielded.
    """
    global _slowness  # pylint: disable=global-statement  # a fact of this machine
    _slowness = slowness()
    ours, theirs = os.pipe()
    try:
        child = os.fork()
    except OSError as error:
        raise from_os_error("start a process for the verdict", error) from error
    if child == 0:
        os.close(ours)
        _work(produce, theirs)
    os.close(theirs)
    status = []
    try:
        for kind, value in _received(ours, time.monotonic() + _here(_MOST_WAITING)):
            if kind == _END:
                return
            if kind == _ERROR:
                raise value
            if kind == _FAULT:
                raise ImagewrightError(f"cannot finish: a fault of this collection: {value}; please report it")
            yield value
        status.append(_end(child))
        raise Ended(_cause(status[0]))
    finally:
        os.close(ours)
        if not status:
            _end(child)


@contextlib.contextmanager
def step(doing, most=None):
    """Raise Spent in the body when it takes longer than one step may, or than what is left of the process's time.

    doing: str, for the error, ``check R17a``. most: float or None, s, a lower limit.
    Only in a process's main thread, which a module's is; elsewhere nothing limits.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    seconds = min(_here(most or _MOST_SECONDS_OF_STEP), max(seconds_left(), 0.01))
    waiting = _here(most or _MOST_WAITING_OF_STEP)

    def stop(number, unused_frame):
        limit = f"{seconds:.0f} s of process time" if number == signal.SIGPROF else f"{waiting:.0f} s"
        raise Spent(f"cannot {doing} within {limit}: what it reads is too large, damaged, or does not answer")

    timers = ((signal.ITIMER_PROF, signal.SIGPROF, seconds), (signal.ITIMER_REAL, signal.SIGALRM, waiting))
    before = [signal.signal(number, stop) for _timer, number, _limit in timers]
    for timer, _number, limit in timers:
        signal.setitimer(timer, limit, 1)  # again each second: one that is raised while an object is deleted is lost
    try:
        yield
    finally:
        for (timer, number, _limit), handler in zip(timers, before):
            signal.setitimer(timer, 0)
            signal.signal(number, handler)


def seconds_left():
    """Return how much process time (float, s) is left of a verdict's."""
    return most_seconds() - time.process_time() if _is_child else float(most_seconds())


def most_seconds():
    """Return the process time (int, s) that a verdict has on this machine."""
    return int(_here(MOST_SECONDS))


def slowness():
    """Return how many times slower than a usual machine this one is (float): 1 for any that is not much slower."""
    started = time.process_time()
    sum(number for number in range(_WORK))
    times = (time.process_time() - started) / _USUAL
    return 1 if times < _SLOWER else min(times, _SLOWEST)


def _here(seconds):
    return seconds * _slowness


_is_child = False
_slowness = 1


def _work(produce, pipe):
    """Produce into the pipe and end the process."""
    global _is_child  # pylint: disable=global-statement  # this process is another from here on
    _is_child = True
    code = 1
    try:
        os.setpgid(0, 0)  # so that its programs end with it
        _limit()
        try:
            for value in produce():
                _send(pipe, _VALUE, value)
            _send(pipe, _END, None)
        except ImagewrightError as error:
            _send(pipe, _ERROR, error)
        except MemoryError:
            code = 2
            raise
        except Exception as error:  # pylint: disable=broad-exception-caught  # told by the other process
            _send(pipe, _FAULT, f"{type(error).__name__}: {error}")
        code = 0
    except BaseException:  # pylint: disable=broad-exception-caught  # nothing may go on in this copy of the caller
        pass
    finally:
        os._exit(code)


def _limit():
    with open("/proc/self/statm", encoding="ascii") as stream:
        mapped = int(stream.read().split()[0]) * resource.getpagesize()
    for what, limit in (
        (resource.RLIMIT_CPU, most_seconds() + int(_here(_GRACE))),
        (resource.RLIMIT_AS, max(MOST_MEMORY, mapped + _LEAST_ROOM)),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(what)[1]
        if hard == resource.RLIM_INFINITY or hard > limit:
            resource.setrlimit(what, (limit, limit))


def _send(pipe, kind, value):
    octets = pickle.dumps((kind, value))
    octets = memoryview(_LENGTH.pack(len(octets)) + octets)
    while octets:
        octets = octets[os.write(pipe, octets) :]


def _received(pipe, end):
    """Yield each (kind, value) that comes through the pipe until it is closed or the end (s) has come."""
    buffer = b""
    while True:
        if len(buffer) >= _HEADER:
            (following,) = _LENGTH.unpack_from(buffer)
            length = _HEADER + following
            if len(buffer) >= length:
                yield pickle.loads(buffer[_HEADER:length])
                buffer = buffer[length:]
                continue
        ready, _unused, _unused = select.select([pipe], [], [], max(0, end - time.monotonic()))
        octets = os.read(pipe, 1 << 20) if ready else b""
        if not octets:
            return
        buffer += octets


def _end(child):
    """Return how the child ended (int, as of os.waitpid); it and its programs are ended when they go on."""
    finished, status = os.waitpid(child, os.WNOHANG)
    if not finished:
        # it may be at its last step: closing the pipe
        time.sleep(0.05)
        finished, status = os.waitpid(child, os.WNOHANG)
    if finished:
        return status
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(OSError):
            kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return -1


def _cause(status):
    if status == -1:
        return f"it took more than {_here(_MOST_WAITING):g} s"
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        if number in (signal.SIGXCPU, signal.SIGKILL):
            return f"it took more than {most_seconds()} s of process time"
        return f"its process ended by the signal {number}"
    return f"it needed more than {MOST_MEMORY >> 20} MiB of memory" if os.WEXITSTATUS(status) == 2 else "its process ended early"
