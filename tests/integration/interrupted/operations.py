# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Counts the file operations of this process, and stops or fails it at one of them.

install() puts itself before the functions of os, io, fcntl and subprocess through which Python code changes files. Each call is one operation,
numbered from 1. Nothing is brought to disk really: a machine that loses power is not what is played here, so that fsync costs nothing.
"""

import builtins
import collections
import errno
import fcntl
import io
import os
import signal
import stat
import subprocess
import sys
import threading

#: When something happens. kind: ``write`` or ``read``, which are numbered apart; number: int, from 1, of the operation that it happens at;
#: how: ``kill`` (before it), ``kill half`` (when half of it is done), ``meddle`` (somebody else does something before it), or a name of errno,
#: which the operation fails with;
#: lasting: bool, all later operations of the kind fail too.
Moment = collections.namedtuple("Moment", "kind number how lasting")

#: An operation that was counted. name: str, such as ``rename``; path: str, where; halves: bool, half of it can be done.
Operation = collections.namedtuple("Operation", "name path halves")

_CLONES = (0x40049409, 0x4020940D)  # FICLONE, FICLONERANGE of linux/fs.h
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC

#: Functions of os that take a path first, or two of them.
_NAMES = (
    "rename",
    "replace",
    "unlink",
    "remove",
    "mkdir",
    "rmdir",
    "link",
    "symlink",
    "chmod",
    "chown",
    "lchown",
    "truncate",
    "utime",
    "mkfifo",
    "mknod",
    "setxattr",
    "removexattr",
)
#: Functions of os that take a descriptor first.
_DESCRIPTORS = ("fchmod", "fchown", "ftruncate", "posix_fallocate")
#: What Python tells its audit hooks of when a file is changed.
_EVENTS = (
    "os.rename",
    "os.remove",
    "os.mkdir",
    "os.rmdir",
    "os.link",
    "os.symlink",
    "os.chmod",
    "os.chown",
    "os.truncate",
    "os.utime",
    "os.setxattr",
    "os.removexattr",
    "os.posix_spawn",
    "subprocess.Popen",
)
_NEVER_CALLED = ("fsync", "fdatasync")
#: Functions of os that write content, with the place of the descriptor and of what can be halved among their arguments.
_CONTENTS = {"write": (0, 1), "pwrite": (0, 1), "sendfile": (0, 3), "copy_file_range": (1, 2)}


class Operations:
    """What this process did to files, and what happens to it at one moment.

    moment: Moment or None, to count only; below: str, the only directory whose reads count. meddle: callable, what somebody else does.
    """

    def __init__(self, moment, below):
        self.moment, self.below, self.meddle = moment, below, None
        self.done = {"write": [], "read": []}
        #: what changed files and was not counted: [str], event and path
        self.unseen = []
        self._lock = threading.RLock()
        self._within = threading.local()
        self.original = {}

    def at(self, kind, name, path, call, half=None):
        """Count an operation and return what call returns, unless its moment has come.

        half: callable or None, which does the first half of it.
        """
        if getattr(self._within, "call", False):
            return call()
        with self._lock:
            self.done[kind].append(Operation(name, path, half is not None))
            moment, number = self.moment, len(self.done[kind])
        if moment is None or moment.kind != kind or number < moment.number or (number > moment.number and not moment.lasting):
            return self.perform(call)
        if moment.how == "meddle":
            self.perform(self.meddle)
            return self.perform(call)
        if moment.how.startswith("kill"):
            if moment.how == "kill half" and half:
                self.perform(half)
            os.kill(os.getpid(), signal.SIGKILL)
        if half and number == moment.number:
            self.perform(half)
        raise OSError(getattr(errno, moment.how), os.strerror(getattr(errno, moment.how)), path)

    def perform(self, call):
        """Return what call returns; nothing in it is an operation."""
        self._within.call = True
        try:
            return call()
        finally:
            self._within.call = False

    def watch(self):
        """Note from here on what changes files and is no operation: Python itself tells of each, and cannot be told to stop."""

        def hook(event, arguments):
            opened = event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITING
            changes = event in _EVENTS or (opened and not isinstance(arguments[0], int) and arguments[0] != "/dev/null")
            if changes and not getattr(self._within, "call", False):
                self.unseen.append(f"{event} {arguments[0]}")

        sys.addaudithook(hook)

    def install(self):
        """Put this before the functions that change files."""
        for name in _NAMES:
            self._replace(os, name, self._of_name)
        for name in _DESCRIPTORS + _NEVER_CALLED:
            self._replace(os, name, self._of_descriptor)
        for name in _CONTENTS:
            self._replace(os, name, self._of_content)
        self._replace(os, "open", self._of_open)
        self._replace(os, "listdir", self._of_listing)
        self._replace(os, "scandir", self._of_listing)
        self._replace(fcntl, "ioctl", self._of_ioctl)
        self._replace(io, "open", self._of_stream)
        builtins.open = io.open
        self._count_programs()

    def _replace(self, module, name, wrapper):
        original = getattr(module, name)
        self.original[module.__name__, name] = original
        wrapped = wrapper(name, original)
        setattr(module, name, wrapped)
        # shutil asks these whether a function can do it
        for names in (os.supports_dir_fd, os.supports_fd, os.supports_follow_symlinks, os.supports_effective_ids):
            if original in names:
                names.add(wrapped)

    def _of_name(self, name, original):
        def call(*arguments, **options):
            return self.at("write", name, _shown(arguments[0], options), lambda: original(*arguments, **options))

        return call

    def _of_descriptor(self, name, original):
        def call(descriptor, *arguments, **options):
            perform = (lambda: None) if name in _NEVER_CALLED else (lambda: original(descriptor, *arguments, **options))
            return self.at("write", name, _shown(descriptor), perform)

        return call

    def _of_content(self, name, original):
        place, halved = _CONTENTS[name]

        def call(*arguments, **options):
            if not stat.S_ISREG(os.fstat(arguments[place]).st_mode):
                return original(*arguments, **options)
            first = list(arguments)
            whole = first[halved]
            first[halved] = _half(whole) if isinstance(whole, int) else bytes(whole)[: _half(len(whole))]
            return self.at("write", name, _shown(arguments[place]), lambda: original(*arguments, **options), lambda: original(*first, **options))

        return call

    def _of_open(self, name, original):
        def call(path, flags, *arguments, **options):
            if flags & _WRITING and flags & os.O_PATH == 0:
                return self.at("write", name, _shown(path, options), lambda: original(path, flags, *arguments, **options))
            return self._reading(name, path, lambda: original(path, flags, *arguments, **options), options)

        return call

    def _of_listing(self, name, original):
        return lambda path=".": self._reading(name, path, lambda: original(path))

    def _of_ioctl(self, name, original):
        def call(descriptor, request, *arguments):
            if request not in _CLONES:
                return original(descriptor, request, *arguments)
            return self.at("write", "clone", _shown(descriptor), lambda: original(descriptor, request, *arguments))

        return call

    def _of_stream(self, name, original):
        def call(file, mode="r", *arguments, **options):
            if not any(letter in mode for letter in "wax+"):
                return self._reading("open", file, lambda: original(file, mode, *arguments, **options))
            if isinstance(file, int) and not stat.S_ISREG(os.fstat(file).st_mode):
                return original(file, mode, *arguments, **options)
            if isinstance(file, int):
                return _Stream(self, original(file, mode, *arguments, **options), _shown(file))
            return self.at("write", "open", _shown(file), lambda: _Stream(self, original(file, mode, *arguments, **options), _shown(file)))

        return call

    def _reading(self, name, path, call, options=()):
        """Count the reading of a file below the directory that reads count in."""
        shown = _shown(path, options)
        if isinstance(path, int) or not shown.startswith(self.below):
            return call()
        return self.at("read", name, shown, call)

    def _count_programs(self):
        operations = self

        class Popen(subprocess.Popen):
            """A program: the start of each is an operation, which can only be killed."""

            def __init__(self, args, *arguments, **options):
                started = super().__init__
                operations.at("write", "program", _shown(args[0] if isinstance(args, (list, tuple)) else args), lambda: started(args, *arguments, **options))

        subprocess.Popen = Popen


class _Stream:
    """A stream that is written: each write, flush and truncate is an operation, and the close that brings out what is left."""

    def __init__(self, operations, stream, path):
        self._operations, self._stream, self._path, self._pending = operations, stream, path, False

    def write(self, content):
        def half():
            self._stream.write(content[: len(content) // 2])
            self._stream.flush()

        written = self._operations.at("write", "write", self._path, lambda: self._stream.write(content), half)
        self._pending = True
        return written

    def writelines(self, lines):
        for line in lines:
            self.write(line)

    def flush(self):
        if self._pending:
            self._operations.at("write", "flush", self._path, self._stream.flush)
        self._pending = False

    def truncate(self, *size):
        return self._operations.at("write", "truncate", self._path, lambda: self._stream.truncate(*size))

    def close(self):
        try:
            if not self._stream.closed:
                self.flush()
        finally:
            self._stream.close()

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.close()

    def __iter__(self):
        return iter(self._stream)

    def __getattr__(self, name):
        return getattr(self._stream, name)


def _half(length):
    """Return a part of a length (bytes); disks write whole sectors, of 512 bytes."""
    return length // 2 if length < 512 else length // 1024 * 512


def _shown(file, options=()):
    """Return the path (str) of a file that is given by its name, in a directory that options may give, or by its descriptor."""
    folder = dict(options).get("dir_fd", dict(options).get("src_dir_fd"))
    if folder is not None:
        return os.path.join(_shown(folder), os.fsdecode(file))
    if isinstance(file, int):
        try:
            return os.readlink(f"/proc/self/fd/{file}")
        except OSError:
            return str(file)
    return os.fsdecode(file)
