# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the start of a program's file says.

PRIVATE: module_utils of this collection are not an interface.
"""

from typing import Callable, NamedTuple, Optional

from ansible_collections.imagewright.azure.plugins.module_utils.core.elf import Elf
from ansible_collections.imagewright.azure.plugins.module_utils.core.tree import Tree


class Facts(NamedTuple):
    """elf: None of what is no ELF file; script: bytes after ``#!``, None of what is no script; problem: what is damaged, or ""."""

    elf: Optional[Elf]
    script: Optional[bytes]
    problem: str


#: How a file is looked at: (tree, path) -> Facts.
Inspect = Callable[[Tree, str], Facts]
