# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""FAT12, FAT16, FAT32 by dissect.fat.

PRIVATE: module_utils of this collection are not an interface.
"""

import io
import stat
from typing import Iterator, Tuple

from ansible_collections.imagewright.azure.plugins.module_utils.core.annotations import Stream
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.tree import Status
from ansible_collections.imagewright.azure.plugins.module_utils.image.file_system import FileSystem, Node
from ansible_collections.imagewright.azure.plugins.module_utils.image.libraries import damage_as_error, library

# bits of DIR_NTRes: a short name that Windows NT and Linux show in lower case
_LOWER_BASE, _LOWER_EXTENSION = 0x08, 0x10


class FatFileSystem(FileSystem):
    """A FAT file system; nodes are the library's directory entries. Names are found in any case, as by Linux' vfat."""

    kind = "fat"
    ignores_case = True
    clean = None

    def __init__(self, stream: Stream, name: str) -> None:
        self._name = name
        self._fs = library("dissect.fat.fat", f"read {name}").FATFS(stream)
        self._bound_chains()
        serial = self._fs.bpb_ext.BS_VolID
        self.uuid = f"{serial >> 16:04X}-{serial & 0xFFFF:04X}"
        self.label = self._fs.volume_label
        self.root = self._fs.root

    def entries(self, node: Node) -> Iterator[Tuple[str, Node]]:
        """Yield (name, node) of a directory."""
        for child in node.iterdir():
            if not child.is_volume_id() and child.name not in (".", ".."):
                yield _shown_name(child), child

    def status(self, node: Node) -> Status:
        """Return the Status of a node, with the owner and mode of a usual mount."""
        if node.is_directory():
            return Status(stat.S_IFDIR | 0o755, 0, 0, 0, 0.0)
        return Status(stat.S_IFREG | 0o755, node.size, 0, 0, 0.0)

    def link(self, node: Node) -> str:
        """Raise: FAT has no symbolic links."""
        raise NotImplementedError(f"symbolic link {node}")

    def open(self, node: Node) -> Stream:
        """Return the content as a stream."""
        if not node.size:
            return io.BytesIO()
        with damage_as_error(f"read {node.name} of {self._name}", "its chain of clusters is damaged"):
            stream: Stream = node.open()
            length = sum(count for _place, count in node.dataruns()) * self._fs.cluster_size
        if length < node.size:
            raise ImagewrightError(
                f"cannot read {node.name} of {self._name}: its chain of clusters ends after {length} of {node.size} bytes; repair it with fsck.vfat, or copy "
                "the file to it anew"
            )
        return stream

    def _bound_chains(self) -> None:
        """Let a chain of clusters that leads back to itself end in an error instead of never."""
        chain, most = self._fs.fat.chain, self._fs.fat.entry_count

        def bounded(cluster: int) -> Iterator[int]:
            for count, found in enumerate(chain(cluster)):
                if count > most:
                    raise ImagewrightError(f"cannot read {self._name}: a chain of clusters in its FAT leads back to itself; repair it with fsck.vfat")
                yield found

        self._fs.fat.chain = bounded


def _shown_name(entry: Node) -> str:
    if entry.name != entry.short_name:
        return entry.name
    base, dot, extension = entry.name.partition(".")
    flags = entry.dirent.DIR_NTRes
    return (base.lower() if flags & _LOWER_BASE else base) + dot + (extension.lower() if flags & _LOWER_EXTENSION else extension)


def open_file_system(stream: Stream, name: str) -> FatFileSystem:
    """Return the FatFileSystem in the stream."""
    return FatFileSystem(stream, name)
