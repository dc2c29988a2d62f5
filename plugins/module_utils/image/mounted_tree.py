# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of file systems put together: a tree that reads each path where it is mounted.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import contextlib
import io
import posixpath
import stat
from typing import Any, Callable, ContextManager, Dict, FrozenSet, Iterable, Iterator, NamedTuple, Optional, Set, Tuple

from ansible_collections.imagewright.azure.plugins.module_utils.core.annotations import Stream
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.tree import Free, Status, Tree
from ansible_collections.imagewright.azure.plugins.module_utils.disk.volumes import Volume
from ansible_collections.imagewright.azure.plugins.module_utils.image.file_system import FileSystem, Node
from ansible_collections.imagewright.azure.plugins.module_utils.image.libraries import damage_as_error
from ansible_collections.imagewright.azure.plugins.module_utils.image.paths import link_target, status


class TreeMount(NamedTuple):
    """A file system at its place. path: guest's; root: of the directory that is seen there."""

    path: str
    volume: Volume
    file_system: FileSystem
    root: Node


_MOST_NODES = 8192
_MOST_NAMES = 400000  # in all cached directories together
_MOST_OF_FILE = 2 * 1024 * 1024 * 1024  # bytes
_BUFFER = 128 * 1024  # bytes of a file read ahead


class _Place(NamedTuple):
    """A file or directory found; target: of a symbolic link."""

    mount: TreeMount
    node: Node
    status: Status
    target: Optional[str]


class MountedTree(Tree):
    """The files of mounted file systems.

    mounts: [TreeMount], that of / among them; of two at one place the later one is seen.
    unreadable: {path: str}, what could not be read so far, and why.
    """

    def __init__(self, mounts: Iterable[TreeMount]) -> None:
        self.mounts = list({mount.path: mount for mount in mounts}.values())
        self._nodes: collections.OrderedDict[str, Optional[_Place]] = collections.OrderedDict()
        self._names: collections.OrderedDict[str, Dict[str, Tuple[str, Node]]] = collections.OrderedDict()
        self._names_count = 0
        self.unreadable: Dict[str, str] = {}

    @property
    def is_running_system(self) -> bool:
        """Whether this is the machine we run on: no."""
        return False

    def is_immutable(self, path: str) -> Optional[bool]:
        """Return whether nobody may change the path; None when its file system does not tell."""
        return self._asked(path, "is_immutable")

    def security_label(self, path: str) -> Optional[str]:
        """Return the SELinux label (str) of the path, "" without one; None when its file system cannot be asked here."""
        return self._asked(path, "security_label")

    def free(self, path: str) -> Optional[Free]:
        """Return what is Free in the file system of the path; None when it cannot be asked here."""
        question = getattr(self.mount_of(path).file_system, "free", None)
        return None if question is None else Free(*question())

    def file_system_features(self, path: str) -> Optional[FrozenSet[str]]:
        """Return the names ({str}) of the features, which decide about mounts, of the file system that is mounted on the path; None when
        they are not known."""
        mount = self.mount_of(path)
        question = getattr(mount.file_system, "features", None)
        return question(mount.root) if question is not None and mount.path == self.resolve(path) else None

    def _asked(self, path: str, name: str) -> Any:
        """Return what a method of the file system says of the path, None where it has no such method or nothing is there."""
        place = self._place(self.resolve(path))
        if place is None:
            return None
        question = getattr(place.mount.file_system, name, None)
        if question is None:
            return None
        with self._reading(path, place.mount):
            return question(place.node)

    def mount_of(self, path: str) -> TreeMount:
        """Return the TreeMount that holds the guest's path."""
        return self._mount(self.resolve(path))

    def _mount(self, resolved: str) -> TreeMount:
        return max((mount for mount in self.mounts if _is_below(resolved, mount.path)), key=lambda mount: len(mount.path))

    def _place(self, resolved: str) -> Optional[_Place]:
        """Return the _Place of a resolved path, or None when there is nothing."""
        if resolved in self._nodes:
            self._nodes.move_to_end(resolved)
            return self._nodes[resolved]
        mount = self._mount(resolved)
        if resolved == mount.path:
            place: Optional[_Place] = self._described(resolved, mount, mount.root)
        else:
            parent, name = posixpath.split(resolved)
            found = self._entries(parent).get(name.casefold() if mount.file_system.ignores_case else name)
            place = None if found is None else self._described(resolved, mount, found[1])
        self._nodes[resolved] = place
        if len(self._nodes) > _MOST_NODES:
            self._nodes.popitem(last=False)
        return place

    def _described(self, resolved: str, mount: TreeMount, node: Node) -> _Place:
        """Return the _Place of a node; nobody writes an image, so that it is told once what each node is."""
        with self._reading(resolved, mount):
            found = status(mount.file_system, node, resolved)
            return _Place(mount, node, found, link_target(mount.file_system, node, resolved) if stat.S_ISLNK(found.mode) else None)

    def _entries(self, resolved: str) -> Dict[str, Tuple[str, Node]]:
        """Return {name: (name as it is stored, node)} of a directory, {} when it is none."""
        if resolved in self._names:
            self._names.move_to_end(resolved)
            return self._names[resolved]
        found, place = self._lstat(resolved), self._place(resolved)
        if found is None or place is None or not stat.S_ISDIR(found.mode):
            return {}
        file_system = place.mount.file_system
        with self._reading(resolved, place.mount):
            pairs = [(name, node) for name, node in file_system.entries(place.node) if name not in (".", "..")]
        entries = {name.casefold() if file_system.ignores_case else name: (name, node) for name, node in pairs}
        self._names[resolved] = entries
        self._names_count += len(entries)
        while self._names_count > _MOST_NAMES and len(self._names) > 1:
            self._names_count -= len(self._names.popitem(last=False)[1])
        return entries

    def _lstat(self, resolved: str) -> Optional[Status]:
        place = self._place(resolved)
        return None if place is None else place.status

    def _link_target(self, resolved: str) -> Optional[str]:
        place = self._place(resolved)
        return None if place is None else place.target

    def _listdir(self, resolved: str) -> Set[str]:
        inside = {posixpath.basename(mount.path) for mount in self.mounts if mount.path != "/" and posixpath.dirname(mount.path) == resolved}
        return inside | {name for name, unused in self._entries(resolved).values()}

    def _open(self, resolved: str) -> Stream:
        place = self._place(resolved)
        if place is None:
            raise ImagewrightError(f"cannot read {resolved}: there is no such file", errno="ENOENT")
        mount = place.mount
        with self._reading(resolved, mount):
            size = place.status.size
            if size > _MOST_OF_FILE:
                # the libraries list the blocks of a file before its first one is read
                raise ImagewrightError(
                    f"cannot read {resolved}: it has {size >> 30} GiB, which nothing that a system starts by has; look whether its file system is damaged"
                )
            stream = mount.file_system.open(place.node)
        return io.BufferedReader(_CheckedStream(stream, lambda: self._reading(resolved, mount)), _BUFFER)

    @contextlib.contextmanager
    def _reading(self, path: str, mount: TreeMount) -> Iterator[None]:
        """Turn what a library raises in the body into our one error, and remember the path as one that cannot be read."""
        try:
            with damage_as_error(f"read {path} on {mount.volume.name}", f"its {mount.file_system.kind} file system is damaged"):
                yield
        except ImagewrightError as error:
            self.unreadable.setdefault(path, str(error))
            raise


class _CheckedStream(io.RawIOBase):
    """A library's stream whose exceptions are our one error."""

    def __init__(self, below: Stream, reading: Callable[[], ContextManager[None]]) -> None:
        super().__init__()
        self._below = below
        self._reading = reading

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._below.seek(offset, whence)

    def tell(self) -> int:
        return self._below.tell()

    def readinto(self, buffer: Any) -> int:
        with self._reading():
            octets = self._below.read(len(buffer))
        buffer[: len(octets)] = octets
        return len(octets)


def _is_below(path: str, folder: str) -> bool:
    return folder == "/" or path == folder or path.startswith(folder + "/")
