# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A good image with changes laid over it: each way to break it costs no copy of the disk, and nothing of the image is written."""

import io
import os
import posixpath
import stat
import time

from ansible_collections.imagewright.azure.plugins.module_utils.core.tree import Status
from ansible_collections.imagewright.azure.plugins.module_utils.image import image_tree
from integration.broken import cpio

GONE = object()


class DoesNotApply(Exception):
    """What was to be broken is not in this image."""


class Layer:
    """Changes of a guest's files. A path that begins below a link is resolved when it is looked up, so that /lib is /usr/lib where it is.

    tree: the ImageTree below.
    """

    def __init__(self, tree):
        self.tree = tree
        self.entries = {}

    def _key(self, path):
        return posixpath.join(self.tree.resolve(posixpath.dirname(path)), posixpath.basename(path))

    def write(self, path, content, mode=None):
        """Write a file (content: str or bytes), with the permissions of the one that is there, or 0644; directories above come with it."""
        octets = content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content
        there = self.tree.stat(path)
        mode = mode if mode is not None else stat.S_IMODE(there.mode) if there else 0o644
        self.entries[self._key(self.tree.resolve(path))] = (Status(stat.S_IFREG | mode, len(octets), 0, 0, time.time()), octets)
        self._make(posixpath.dirname(self._key(path)))

    def read(self, path):
        """Return the text of a file, which has to be there, with the changes that were made before."""
        entry = self.entries.get(self._key(self.tree.resolve(path)))
        if entry is None and not self.tree.is_file(path):
            raise DoesNotApply(f"{path} is not there")
        return self.tree.read_text(path) if entry is None else entry[1].decode("utf-8", "surrogateescape")

    def append(self, path, text):
        """Add text to the end of a file, which has to be there."""
        self.write(path, self.read(path) + text)

    def needs(self, *paths):
        """Raise DoesNotApply unless all paths are there."""
        for path in paths:
            if not self.tree.exists(path):
                raise DoesNotApply(f"{path} is not there")

    def first(self, path, text):
        """Put text before a file's own, which has to be there."""
        self.write(path, text + self.read(path))

    def replace(self, path, old, new):
        """Replace text that has to be in a file."""
        text = self.read(path)
        if old not in text:
            raise DoesNotApply(f"{old!r} is not in {path}")
        self.write(path, text.replace(old, new))

    def remove(self, *paths):
        """Remove files, links, or directories with all in them, which have to be there."""
        if not paths or not all(self.tree.lstat(path) for path in paths):
            raise DoesNotApply(f"one of {paths} is not there")
        for path in paths:
            self.entries[self._key(path)] = GONE

    def link(self, path, target):
        """Put a symbolic link at a path, in place of what is there."""
        self.entries[self._key(path)] = (Status(stat.S_IFLNK | 0o777, len(target), 0, 0, time.time()), target)
        self._make(posixpath.dirname(self._key(path)))

    def directory(self, path):
        """Make a directory."""
        self._make(self._key(path))

    def status(self, path, mode=None, uid=None, gid=None):
        """Change permissions (int) or owner of what is there, or was written before."""
        key = self.tree.resolve(path)
        written = self.entries.get(self._key(key))
        now = self.tree.stat(path) if written is None else written[0]
        changed = now._replace(
            mode=now.mode if mode is None else stat.S_IFMT(now.mode) | mode, uid=now.uid if uid is None else uid, gid=now.gid if gid is None else gid
        )
        content = written[1] if written is not None else self.tree.read_bytes(path) if stat.S_ISREG(now.mode) else None
        self.entries[key] = (changed, content)

    def cut(self, path, share=0.5):
        """Leave the first part of a file."""
        octets = self.tree.read_bytes(path)
        self.write(path, octets[: int(len(octets) * share)])

    def initramfs(self, change):
        """Change the members of the initramfs.

        change: callable, {name: cpio.Member} -> None, in place.
        """
        of_grub = self.tree.glob("/boot/initrd.img-*") + self.tree.glob("/boot/initramfs-*")
        paths = of_grub if self.tree.exists("/boot/grub/grub.cfg") else self.tree.glob("/boot/efi/*/*/initrd*")
        if not paths:
            raise DoesNotApply("the initramfs is a part of a unified kernel image")
        for path in paths:
            early, members = cpio.read(self.tree.read_bytes(path))
            change(members)
            self.write(path, early + cpio.written(members))

    def _make(self, path):
        while path != "/" and self.tree.lstat(path) is None and path not in self.entries:
            self.entries[path] = (Status(stat.S_IFDIR | 0o755, 4096, 0, 0, time.time()), None)
            path = posixpath.dirname(path)


def laid_over(entries):
    """Return a class that reads an image as image_tree.ImageTree does, with entries ({resolved path: (Status, content)}) laid over it."""

    class Overlaid(image_tree.ImageTree):
        """The files of an image as they would be after the changes."""

        def _changed(self, resolved):
            """Return the entry of a resolved path; None when it is as in the image."""
            if resolved in entries:
                return entries[resolved]
            above = posixpath.dirname(resolved)
            while above != "/":
                if entries.get(above) is GONE:
                    return GONE
                above = posixpath.dirname(above)
            return None

        def _lstat(self, resolved):
            entry = self._changed(resolved)
            if entry is None:
                return super()._lstat(resolved)
            return None if entry is GONE else entry[0]

        def _link_target(self, resolved):
            entry = self._changed(resolved)
            if entry is None:
                return super()._link_target(resolved)
            return entry[1] if entry is not GONE and stat.S_ISLNK(entry[0].mode) else None

        def _entries(self, resolved):
            # what is below a directory that the image has not is in the changes
            return super()._entries(resolved) if self._place(resolved) is not None else {}

        def _listdir(self, resolved):
            entry = self._changed(resolved)
            new = entry not in (None, GONE) and super()._lstat(resolved) is None
            below = set() if new else set(super()._listdir(resolved))
            for path, changed in entries.items():
                if posixpath.dirname(path) == resolved:
                    (below.discard if changed is GONE else below.add)(os.path.basename(path))
            return below

        def _open(self, resolved):
            entry = self._changed(resolved)
            return super()._open(resolved) if entry is None else io.BytesIO(entry[1])

    return Overlaid
