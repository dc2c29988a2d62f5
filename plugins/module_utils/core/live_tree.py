# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""LiveTree: the files below a directory of this machine, ``/`` of the running guest or a mounted root.

PRIVATE: module_utils of this collection are not an interface.
"""

import errno
import fcntl
import os
import struct
from typing import Iterable, Optional

from ansible_collections.imagewright.azure.plugins.module_utils.core.annotations import Stream
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError, from_os_error
from ansible_collections.imagewright.azure.plugins.module_utils.core.tree import Free, Status, Tree

#: FS_IOC_GETFLAGS of Linux, and its flags for immutable and append-only.
_GET_FLAGS, _UNCHANGING = 0x80086601 if struct.calcsize("P") == 8 else 0x80046601, 0x10 | 0x20

#: Nothing of this name is there; all other errors mean that it is not known.
_ABSENT = (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG)


class LiveTree(Tree):
    """The files below a directory of this machine.

    root: str, ``/`` for the running guest itself, else where its root is mounted or unpacked.
    Raises ImagewrightError: root is not a directory, or it is ``/`` by another name: a caller that looks at the name takes it for a guest that does not run.
    """

    def __init__(self, root: str = "/") -> None:
        if not os.path.isdir(root):
            raise ImagewrightError(f"cannot read the tree {root}: it is not a directory; mount the guest's root there first")
        if root != "/" and os.path.samefile(root, "/"):
            raise ImagewrightError(f"cannot take {root} for the root of a guest that does not run: it is the root of this machine; say / to mean this machine")
        self.root = os.path.realpath(root)

    @property
    def is_running_system(self) -> bool:
        """Whether this is the machine we run on, so that /proc and `uname -r` speak of this guest."""
        return self.root == "/"

    @property
    def has_own_root(self) -> bool:
        """Whether a file system is mounted at the root."""
        return os.path.ismount(self.root)

    def host_path(self, path: str) -> str:
        """Return where the guest's path, links followed inside the tree, is on this machine."""
        return self._host(self.resolve(path))

    def statvfs(self, path: str) -> os.statvfs_result:
        """Return os.statvfs of the file system that holds the guest's path (or its nearest existing parent)."""
        host = self.host_path(path)
        while not os.path.exists(host):
            host = os.path.dirname(host)
        return os.statvfs(host)

    def is_immutable(self, path: str) -> Optional[bool]:
        """Return whether nobody may change the path; None when its file system does not tell."""
        try:
            descriptor = os.open(self.host_path(path), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                octets = fcntl.ioctl(descriptor, _GET_FLAGS, b"\0" * 8)
            finally:
                os.close(descriptor)
        except OSError:
            return None
        return bool(struct.unpack_from("@i", octets)[0] & _UNCHANGING)

    def free(self, path: str) -> Optional[Free]:
        """Return what is Free on the running guest; a tree on another machine lies in that one's file system."""
        if not self.is_running_system:
            return None
        try:
            status = self.statvfs(path)
        except OSError:
            return None
        return Free(status.f_bfree * status.f_frsize, status.f_ffree if status.f_files else None)

    def security_label(self, path: str) -> Optional[str]:
        """Return the SELinux label (str), "" without one; None when the file system has none, or the tree is another machine's."""
        try:
            return os.getxattr(self.host_path(path), "security.selinux").rstrip(b"\0").decode("ascii", "replace")
        except OSError as error:
            return "" if error.errno == errno.ENODATA and self.is_running_system else None

    def _host(self, resolved: str) -> str:
        return resolved if self.root == "/" else self.root + resolved

    def _lstat(self, resolved: str) -> Optional[Status]:
        try:
            status = os.lstat(self._host(resolved))
        except OSError as error:
            if error.errno in _ABSENT:
                return None
            raise from_os_error(f"read {resolved}", error) from error
        except ValueError:
            # a name with a null byte, out of a broken file, names nothing
            return None
        return Status(status.st_mode, status.st_size, status.st_uid, status.st_gid, status.st_mtime)

    def _link_target(self, resolved: str) -> Optional[str]:
        try:
            return os.readlink(self._host(resolved))
        except OSError as error:
            if error.errno in _ABSENT + (errno.EINVAL,):  # EINVAL: it is no link
                return None
            raise from_os_error(f"read {resolved}", error) from error
        except ValueError:
            return None

    def _listdir(self, resolved: str) -> Iterable[str]:
        try:
            return os.listdir(self._host(resolved))
        except OSError as error:
            raise from_os_error(f"list {resolved}", error) from error

    def _open(self, resolved: str) -> Stream:
        try:
            # a link or a FIFO that is put into its place meanwhile is neither followed nor waited for
            return os.fdopen(os.open(self._host(resolved), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb")
        except OSError as error:
            raise from_os_error(f"read {resolved}", error) from error
