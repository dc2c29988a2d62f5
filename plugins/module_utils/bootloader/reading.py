# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading a boot loader's files: each once, none larger than any real one.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.tree import Tree

#: Bytes of the largest file of a boot loader that is read; a grub.cfg of a hundred kernels has a tenth of it.
MOST_BYTES = 1024 * 1024
#: Characters of the longest line; the longest kernel command line has 4096.
MOST_OF_LINE = 128 * 1024


class Reading(Tree):
    """Another tree whose files are read and parsed once, as long as nothing is written to it."""

    def __init__(self, tree):
        self.tree = tree
        self.values = {}  # (function, resolved path) -> what it made of the text
        self._lstat, self._link_target, self._listdir, self._open = tree._lstat, tree._link_target, tree._listdir, tree._open

    @property
    def root(self):
        """The directory on this machine that holds the tree; AttributeError where it is none."""
        return self.tree.root

    def host_path(self, path):
        """Return where the guest's path is on this machine."""
        return self.tree.host_path(path)


def text(tree, path):
    """Return the text (str) of a boot loader's file.

    Raises ImagewrightError: it is not there, or larger, or has a longer line, than any real one.
    """
    return parsed(tree, path, _same)


def parsed(tree, path, parse):
    """Return parse(text, path) of a file; of a Reading it is made once. Raises ImagewrightError: as text, or what parse raises."""
    values = getattr(tree, "values", {})
    key = (parse, tree.resolve(path))
    if key not in values:
        values[key] = parse(_read(tree, path) if parse is _same else text(tree, path), path)
    return values[key]


def texts(tree, patterns):
    """Return {path: text} of the regular files that match the patterns ([str]), in their order, each once whatever links lead to it."""
    found, seen = collections.OrderedDict(), set()
    for pattern in patterns:
        for path in tree.glob(pattern):
            if tree.is_file(path) and tree.resolve(path) not in seen:
                seen.add(tree.resolve(path))
                found[path] = text(tree, path)
    return found


def _same(content, _path):
    return content


def _read(tree, path):
    content = tree.read_bytes(path, limit=MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise ImagewrightError(f"cannot read {path}: it has more than {MOST_BYTES // 1024} KiB, which no file of a boot loader has; look whether it is damaged")
    for number, line in enumerate(content.split(b"\n"), 1):
        if len(line) > MOST_OF_LINE:
            raise ImagewrightError(
                f"cannot read {path} line {number}: it has more than {MOST_OF_LINE // 1024} KiB, which no line of a boot loader has; look whether it is damaged"
            )
    return content.decode("utf-8", "surrogateescape")
