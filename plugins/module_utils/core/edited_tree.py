# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A tree as it will be once some edits are made: check mode reads its predictions from it.

PRIVATE: module_utils of this collection are not an interface.
"""

import io
import posixpath
import stat
from typing import Dict, Iterable, Optional

from ansible_collections.imagewright.azure.plugins.module_utils.core.annotations import Stream
from ansible_collections.imagewright.azure.plugins.module_utils.core.edits import Edit
from ansible_collections.imagewright.azure.plugins.module_utils.core.tree import Status, Tree


class EditedTree(Tree):
    """The files of another tree with the edits ([edits.Edit]) made; nothing is written."""

    def __init__(self, tree: Tree, edits: Iterable[Edit]) -> None:
        self.tree = tree
        self.contents: Dict[str, Optional[bytes]] = {}
        self.modes: Dict[str, int] = {}  # of files that are new
        for edit in edits:
            resolved = tree.resolve(edit.path)
            self.contents[resolved] = None if edit.after is None else edit.after.encode("utf-8", "surrogateescape")
            self.modes[resolved] = edit.mode

    @property
    def has_own_root(self) -> bool:
        """Whether the mode of ``/`` is the guest's own, as in the other tree."""
        return self.tree.has_own_root

    def _lstat(self, resolved: str) -> Optional[Status]:
        status = self.tree._lstat(resolved)
        if resolved not in self.contents:
            below = [path for path, content in self.contents.items() if content is not None and path.startswith(resolved + "/")]
            return Status(stat.S_IFDIR | 0o755, 0, 0, 0, 0.0) if status is None and below else status
        content = self.contents[resolved]
        if content is None:
            return None
        # as edits.apply leaves it: a file that is there keeps its owner and mode
        kept = status or Status(stat.S_IFREG | self.modes[resolved], 0, 0, 0, 0.0)
        return kept._replace(size=len(content), mtime=0.0)

    def _link_target(self, resolved: str) -> Optional[str]:
        return None if resolved in self.contents else self.tree._link_target(resolved)

    def _listdir(self, resolved: str) -> Iterable[str]:
        status = self.tree._lstat(resolved)
        names = set(self.tree._listdir(resolved)) if status is not None else set()
        below = posixpath.join(resolved, "")
        for path, content in self.contents.items():
            if path.startswith(below):
                name, slash, _rest = path[len(below) :].partition("/")
                if content is not None:
                    names.add(name)  # the file, or the directory that is made for it
                elif not slash:
                    names.discard(name)
        return sorted(names)

    def _open(self, resolved: str) -> Stream:
        content = self.contents.get(resolved)
        if content is not None:
            return io.BytesIO(content)
        return self.tree._open(resolved)
