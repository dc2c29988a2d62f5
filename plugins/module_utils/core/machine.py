# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The machine that a guest's programs are made for.

PRIVATE: module_utils of this collection are not an interface.
"""

from typing import Tuple


from ansible_collections.imagewright.azure.plugins.module_utils.core import elf_header
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.tree import Tree

_PROGRAMS = ("/bin/sh", "/usr/bin/sh", "/bin/busybox", "/sbin/init", "/usr/lib/systemd/systemd", "/bin/bash", "/bin/ls")


def architecture(tree: Tree) -> Tuple[str, str]:
    """Return (name of the machine as of `uname -m`, path of the program that tells).

    Raises ImagewrightError: no program is found.
    """
    for path in _PROGRAMS:
        machine = elf_header.machine_of(tree.read_bytes(path, elf_header.HEADER)) if tree.is_file(path) else None
        if machine:
            return machine, path
    raise ImagewrightError("cannot tell the architecture of the guest: none of its programs was found (/bin/sh, /sbin/init)")


def is_arm(tree: Tree) -> bool:
    """Return whether the guest is for 64-bit ARM; False when that is not known."""
    try:
        return architecture(tree)[0] == "aarch64"
    except ImagewrightError:
        return False
