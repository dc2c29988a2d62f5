# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tree: a guest's files, wherever they are.

LiveTree (live_tree.py) reads a directory: ``/`` of the running guest, or a mounted root. ImageTree (image/image_tree.py)
reads a disk image and has the same methods. Paths are always the guest's own absolute paths
(``/etc/fstab``), and no symbolic link leads out of the tree.

PRIVATE: module_utils of this collection are not an interface.
"""

import fnmatch
import posixpath
import stat
from typing import Any, Callable, Dict, FrozenSet, Iterable, List, NamedTuple, Optional, Sequence, TypeVar

from ansible_collections.imagewright.azure.plugins.module_utils.core.annotations import Stream
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError, from_os_error

_Found = TypeVar("_Found")


class Status(NamedTuple):
    """What lstat and stat return. mode: with the file type bits; size: bytes; mtime: s."""

    mode: int
    size: int
    uid: int
    gid: int
    mtime: float


class Free(NamedTuple):
    """What is free in a file system. size: bytes that root may use; inodes: None where there is no limit."""

    size: int
    inodes: Optional[int]


#: Bytes of the largest text that is read: no configuration comes near it, nor do the longest lists of a system, modules.dep and modules.alias.
MOST_TEXT = 16 * 1024 * 1024

#: Bytes of the longest line of such a text; the longest ones of a system, of a kernel's command line or a list of groups, have some KiB.
LONGEST_LINE = 1024 * 1024

#: Bytes of the largest file that is read as a whole: a kernel, a module, a program.
MOST_BYTES = 256 * 1024 * 1024

_PIECE = 256 * 1024  # bytes

#: As many links as the Linux kernel follows before it says ELOOP.
MAX_SYMLINKS = 40


class Tree:
    """What every tree can do, in terms of lstat, listdir, readlink and open of the guest's resolved paths."""

    #: What known() returns for each finder, None while somebody may write the tree.
    _answers: Optional[Dict[Callable[..., Any], Any]] = None

    def settle(self) -> None:
        """Take it that nobody writes the tree from now on: what is found out about it is kept."""
        self._answers = {}

    def known(self, finder: "Callable[[Tree], _Found]") -> _Found:
        """Return finder(tree), found once in a tree that is settled, and anew at each call in one that somebody may write."""
        if self._answers is None:
            return finder(self)
        if finder not in self._answers:
            self._answers[finder] = finder(self)
        return self._answers[finder]

    def resolve(self, path: str) -> str:
        """Return the path (str) with every symbolic link followed inside the tree; the last part need not exist.

        Raises ImagewrightError: the links form a loop.
        """
        pending = [part for part in posixpath.normpath("/" + path).split("/") if part]
        resolved, links = "", 0
        while pending:
            part = pending.pop(0)
            if part == "..":
                resolved = posixpath.dirname(resolved).rstrip("/")
                continue
            if part in ("", "."):
                continue
            target = self._link_target(f"{resolved}/{part}")
            if target is None:
                resolved = f"{resolved}/{part}"
                continue
            links += 1
            if links > MAX_SYMLINKS:
                raise ImagewrightError(f"cannot read {path}: its symbolic links form a loop; remove the link {resolved}/{part}", errno="ELOOP")
            if target.startswith("/"):
                resolved = ""
            pending = target.split("/") + pending
        return resolved or "/"

    def exists(self, path: str) -> bool:
        """Return whether the path, links followed, is there.

        Raises ImagewrightError, as is_file, is_dir, stat, lstat, listdir and glob do: it cannot be known, for a part of it cannot be read.
        """
        return self.stat(path) is not None

    def is_file(self, path: str) -> bool:
        """Return whether the path, links followed, is a regular file."""
        status = self.stat(path)
        return status is not None and stat.S_ISREG(status.mode)

    def is_dir(self, path: str) -> bool:
        """Return whether the path, links followed, is a directory."""
        status = self.stat(path)
        return status is not None and stat.S_ISDIR(status.mode)

    def is_symlink(self, path: str) -> bool:
        """Return whether the path itself is a symbolic link."""
        status = self.lstat(path)
        return status is not None and stat.S_ISLNK(status.mode)

    def stat(self, path: str) -> Optional[Status]:
        """Return the Status of the path, links followed, or None when it is not there."""
        return self._lstat(self.resolve(path))

    def lstat(self, path: str) -> Optional[Status]:
        """Return the Status of the path itself (the link, if it is one), or None when it is not there."""
        return self._lstat(self._parent_resolved(path))

    def readlink(self, path: str) -> str:
        """Return the target (str) as it is stored in the symbolic link.

        Raises ImagewrightError: it is no symbolic link, or cannot be read.
        """
        target = self._link_target(self._parent_resolved(path))
        if target is None:
            raise ImagewrightError(f"cannot read the link {path}: it is not a symbolic link")
        return target

    def read_bytes(self, path: str, limit: Optional[int] = None) -> bytes:
        """Return the content (bytes) of a file, of its first limit bytes at most.

        Raises ImagewrightError: it is not there, or not a regular file; without a limit also: it has more than MOST_BYTES.
        """
        with self.open(path) as stream:
            try:
                content = _at_most(stream, MOST_BYTES + 1 if limit is None else limit)
            except OSError as error:
                raise from_os_error(f"read {path}", error) from error
        if limit is None and len(content) > MOST_BYTES:
            raise _too_large(path, MOST_BYTES)
        return content

    def read_text(self, path: str) -> str:
        """Return the content (str) of a file; bytes that are not UTF-8 become surrogates, line ends are kept.

        Raises ImagewrightError: as read_bytes, or it, or a line of it, is larger than any that a system is set up by.
        """
        content = self.read_bytes(path, MOST_TEXT + 1)
        if len(content) > MOST_TEXT:
            raise _too_large(path, MOST_TEXT)
        number = _long_line(content)
        if number is not None:
            raise ImagewrightError(
                f"cannot read {path} line {number}: it has more than {LONGEST_LINE // 1024} KiB, which no line of a system's "
                "set-up has; look whether the file is damaged"
            )
        return content.decode("utf-8", "surrogateescape")

    def open(self, path: str) -> Stream:
        """Return a binary, seekable stream of a regular file, to be used as a context manager.

        Raises ImagewrightError: it is not there, or not a regular file (a FIFO is never waited for).
        """
        resolved = self.resolve(path)
        status = self._lstat(resolved)
        if status is None:
            raise ImagewrightError(f"cannot read {path}: there is no such file", errno="ENOENT")
        if not stat.S_ISREG(status.mode):
            raise ImagewrightError(f"cannot read {path}: it is not a regular file", errno="EINVAL")
        return self._open(resolved)

    def listdir(self, path: str) -> List[str]:
        """Return the sorted names ([str]) in a directory, [] when it is not there or is no directory."""
        resolved = self.resolve(path)
        status = self._lstat(resolved)
        if status is None or not stat.S_ISDIR(status.mode):
            return []
        return sorted(self._listdir(resolved))

    def glob(self, pattern: str) -> List[str]:
        """Return the sorted paths ([str]) that match a shell pattern such as ``/etc/default/grub.d/*.cfg``.

        As in the shell, ``*`` does not match a leading dot, and ``**`` means no more than ``*``.
        """
        found = ["/"]
        for part in [part for part in pattern.split("/") if part]:
            if any(character in part for character in "*?["):
                found = [
                    posixpath.join(folder, name)
                    for folder in found
                    for name in self.listdir(folder)
                    if fnmatch.fnmatchcase(name, part) and (part.startswith(".") or not name.startswith("."))
                ]
            else:
                found = [posixpath.join(folder, part) for folder in found if self.is_dir(folder) and self.lstat(posixpath.join(folder, part)) is not None]
        return sorted(found)

    def is_immutable(self, path: str) -> Optional[bool]:
        """Return whether nobody may change the path, links followed (``chattr +i`` or ``+a``); None when that is not known."""
        return None

    @property
    def has_own_root(self) -> bool:
        """Whether the mode of ``/`` is the guest's own, and not that of a directory into which somebody unpacked it."""
        return True

    def free(self, path: str) -> Optional[Free]:
        """Return what is Free in the file system of the path; None when that is not known, or is not the guest's."""
        return None

    def security_label(self, path: str) -> Optional[str]:
        """Return the SELinux label (str) of the path, links followed, "" without one; None when that is not known."""
        return None

    def file_system_features(self, path: str) -> Optional[FrozenSet[str]]:
        """Return the names ({str}) of the features, which decide about mounts, of the file system that is mounted on the path; None when they are not known.

        They are called as the tools of the file system call them; ``default-data=MODE`` is what ``tune2fs -o`` has set, and ``read-only`` says that
        nobody writes to it, however it is mounted.
        """
        return None

    def has_system(self, options: Sequence[str]) -> Optional[bool]:
        """Return whether the root begins at a Linux system when its file system is mounted with options ([str], ``subvol=@``), None when that is not known."""
        return None

    def _parent_resolved(self, path: str) -> str:
        path = posixpath.normpath("/" + path)
        if path in ("/", "//"):
            return "/"
        return posixpath.join(self.resolve(posixpath.dirname(path)), posixpath.basename(path))

    def _lstat(self, resolved: str) -> Optional[Status]:
        raise NotImplementedError

    def _link_target(self, resolved: str) -> Optional[str]:
        raise NotImplementedError

    def _listdir(self, resolved: str) -> Iterable[str]:
        raise NotImplementedError

    def _open(self, resolved: str) -> Stream:
        raise NotImplementedError


def _at_most(stream: Stream, limit: int) -> bytes:
    """Return the first limit bytes of a stream; piece by piece, since one read would take the memory of the whole limit."""
    pieces, left = [], limit
    while left > 0:
        piece = stream.read(min(left, _PIECE))
        if not piece:
            break
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


def _too_large(path: str, most: int) -> ImagewrightError:
    return ImagewrightError(
        f"cannot read {path}: it has more than {most // 1048576} MiB, which nothing that a system is set up by has; look whether it is damaged"
    )


def _long_line(content: bytes) -> Optional[int]:
    """Return the number (int, 1-based) of the first line (of bytes) that is longer than any of a system, None without one."""
    start = 0
    while len(content) - start > LONGEST_LINE:
        end = content.rfind(b"\n", start, start + LONGEST_LINE + 1)
        if end < 0:
            return content.count(b"\n", 0, start) + 1
        start = end + 1
    return None
