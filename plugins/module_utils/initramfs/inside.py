# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of an initramfs as a Tree, read in one pass: names, modes and links of all, small texts, the indices of modules, and what programs and
libraries need.

PRIVATE: module_utils of this collection are not an interface.
"""

import io
import posixpath
import re
import stat

from ansible_collections.imagewright.azure.plugins.module_utils.core import programs
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.tree import MAX_SYMLINKS, Status, Tree
from ansible_collections.imagewright.azure.plugins.module_utils.initramfs import archive
from ansible_collections.imagewright.azure.plugins.module_utils.initramfs.carried import initramfs_of
from ansible_collections.imagewright.azure.plugins.module_utils.initramfs.compression import CorruptImage
from ansible_collections.imagewright.azure.plugins.module_utils.initramfs.contents import NESTED

#: Programs and libraries: looked into, not kept. Kernel modules and firmware are neither.
_PROGRAM = re.compile(r"(init|linuxrc|(usr/)?(local/)?(s?bin|libexec|lib(32|64|x32)?)/(?!modules/|firmware/).+)$")
#: Texts that are kept: the set-up of the image, its scripts, dracut's hooks, and the indexes of its modules.
_TEXT = re.compile(
    r"(etc|conf|scripts|((usr|var)/)?lib/dracut/hooks|(usr/)?lib/(modprobe\.d|udev/rules\.d|systemd/network))/.+"
    r"|(usr/)?lib/modules/[^/]+/modules\.(dep|dep\.bin|alias\.bin|builtin)$|init$|config$"
)
_LARGEST_TEXT = 4 * 1024 * 1024  # bytes
_LARGEST_PROGRAM = 32 * 1024 * 1024
#: More than any initramfs has: bytes of all texts that are kept, and files that are looked into as programs.
_MOST_TEXT = 32 * 1024 * 1024
_MOST_PROGRAMS = 20000


class InitramfsTree(Tree):
    """The files of an image. It gives the contents of small texts only; of programs it knows what they need (inspect).

    image: str, guest path, for errors. members: {path: (mode, size)}; links: {path: target}; texts: {path: bytes};
    facts: {path: programs.Facts}. All paths are absolute, as a program in the initramfs sees them.
    """

    def __init__(self, image, members, links, texts, facts):
        self.image = image
        self._members, self._links, self._texts, self._facts = members, links, texts, facts
        #: The file system that holds all but the first steps (str), where dracut's squash modules made one; else None.
        self.nested = next((path for path in sorted(members) if NESTED.search(path)), None)
        self._names = {}
        for path in list(members):
            self._place(path)

    def _place(self, path):
        """Put a file into its directory, and directories that no member is for into theirs."""
        while path != "/":
            folder, name = posixpath.split(path)
            known = folder in self._names
            self._names.setdefault(folder, set()).add(name)
            self._members.setdefault(folder, (stat.S_IFDIR | 0o755, 0))
            if known:
                return
            path = folder

    def inspect(self, tree, path):
        """Return the programs.Facts of a file, as programs.obstacles asks for them. Raises ImagewrightError: it was too large to be looked into."""
        resolved = tree.resolve(path)
        if resolved not in self._facts:
            raise ImagewrightError(f"cannot read {path} in {self.image}: it is larger than programs are, or no program is expected there")
        return self._facts[resolved]

    def _lstat(self, resolved):
        if resolved == "/":
            return Status(stat.S_IFDIR | 0o755, 0, 0, 0, 0.0)
        found = self._members.get(resolved)
        return None if found is None else Status(found[0], found[1], 0, 0, 0.0)

    def _link_target(self, resolved):
        return self._links.get(resolved)

    def _listdir(self, resolved):
        return list(self._names.get(resolved, ()))

    def _open(self, resolved):
        if resolved not in self._texts:
            raise ImagewrightError(f"cannot read {resolved} in {self.image}: it is no text that is looked into")
        return io.BytesIO(self._texts[resolved])


def read_inside(tree, image):
    """Return the InitramfsTree of an image (guest path). Raises CorruptImage, CannotVerify: as archive.list_members."""
    members, links, texts, facts, waiting, kept = {}, {}, {}, {}, {}, 0
    with tree.open(image) as stream:
        for member in archive.list_members(initramfs_of(stream, image), image, _is_wanted, _LARGEST_PROGRAM):
            path = _unpacked_to("/" + member.name, links)
            for known in (members, links, texts, facts):
                known.pop(path, None)
            members[path] = (member.mode, member.size)
            if stat.S_ISLNK(member.mode):
                links[path] = member.content.decode("utf-8", "surrogateescape")
            elif stat.S_ISREG(member.mode):
                same = [path]
                if member.links > 1:
                    # hard links: the last of them has the content
                    waiting.setdefault(member.inode, []).append(path)
                    same = waiting[member.inode] if member.size else []
                for each in same:
                    members[each] = (member.mode, member.size)
                    kept += _take(each, member, texts, facts)
                if kept > _MOST_TEXT or len(facts) > _MOST_PROGRAMS:
                    raise CorruptImage(
                        f"cannot read {image}: it has more than {_MOST_PROGRAMS} programs, or more than {_MOST_TEXT >> 20} MiB of texts; build the image again"
                    )
    return InitramfsTree(image, members, links, texts, facts)


def _unpacked_to(path, links):
    """Return where the kernel puts a member: links among the directories are followed, as far as they are there by then."""
    parts = [part for part in path.split("/") if part not in ("", ".")]
    for _unused in range(MAX_SYMLINKS):
        prefix = next((end for end in range(1, len(parts)) if "/" + "/".join(parts[:end]) in links), None)
        if prefix is None:
            break
        link = "/" + "/".join(parts[:prefix])
        joined = posixpath.normpath(posixpath.join(posixpath.dirname(link), links[link], *parts[prefix:]))
        parts = [part for part in joined.split("/") if part]
    return "/" + "/".join(parts)


def _is_wanted(name):
    return bool(_PROGRAM.match(name) or _TEXT.match(name))


def _take(path, member, texts, facts):
    """Keep what is needed of a regular file; return the bytes (int) that this takes."""
    if member.content is None:
        return 0
    taken = 0
    if _PROGRAM.match(path[1:]):
        facts[path] = programs.facts_of(io.BytesIO(member.content), len(member.content))
        found = facts[path].elf
        taken += sum(map(len, found.needed + found.rpath + found.runpath)) if found else 0
    if _TEXT.match(path[1:]) and len(member.content) <= _LARGEST_TEXT:
        texts[path] = member.content
        taken += len(member.content)
    return taken
