# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Of which release of the GNU C library a file of it is.

PRIVATE: module_utils of this collection are not an interface.
Source: glibc csu/version.c, elf/rtld.c.
"""

import posixpath
import re

from ansible_collections.imagewright.azure.plugins.module_utils.core import elf
from ansible_collections.imagewright.azure.plugins.module_utils.core.tree import Tree

LIBRARY = "libc.so.6"
#: What `--version` of both prints; the loader has it since glibc 2.33, and before that both have the release in the name that theirs leads to.
_SAID = re.compile(rb"(?:GNU C Library|ld\.so) \([^\0()]{1,80}\) \w{1,20} release version (\d{1,2}\.\d{1,3})")
_NAMED = re.compile(r"-(\d+\.\d+)\.so$")
_LARGEST = 8 * 1024 * 1024  # bytes


def release(tree: Tree, path: str) -> str:
    """Return the release (str, ``2.36``) of glibc that the C library or the loader at a guest path is of, "" when it does not say so."""
    said = _SAID.search(_constants(tree, path))
    named = _NAMED.search(posixpath.basename(tree.resolve(path)))
    return said.group(1).decode("ascii") if said else named.group(1) if named else ""


def _constants(tree: Tree, path: str) -> bytes:
    """Return the constants (bytes) of an ELF file, all of it where it has no table of sections; the whole C library would be much to read."""
    status = tree.stat(path)
    with tree.open(path) as stream:
        size = status.size if status else 0
        try:
            offset, length = next((section.offset, section.length) for section in elf.sections(stream, size) if section.name == ".rodata")
        except (ValueError, StopIteration):
            offset, length = 0, size
        stream.seek(offset)
        return stream.read(min(length, _LARGEST))
