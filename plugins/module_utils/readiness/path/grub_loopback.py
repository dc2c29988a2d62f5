# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GRUB: the kernel that starts is in no file which GRUB would have to open as a disk, and which is not there.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import re

from ansible_collections.imagewright.azure.plugins.module_utils.bootloader import grub2_menu, grub_paths, grub_script
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, Evidence, failed_if, passed, unknown
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.path.grub_statements import device_of, runs, sets_root, statements
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.started import started_entries
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import LOADER

#: A file that GRUB opens as a disk. line: int, where; text: str, the command; file: str, as GRUB names it.
GrubLoop = collections.namedtuple("GrubLoop", "line text file")
_SETS = re.compile(r"root=\(?([^()]*)\)?$")


@rule(
    "R14q",
    step=LOADER,
    severity=ERROR,
    title="The file from which GRUB takes the kernel is there",
    fault="The file that GRUB opens as a disk, and takes the kernel from, is not there",
    why="`loopback` makes a disk of a file: without it there is no such disk, GRUB loads no kernel, and goes back to its menu.",
    cure="Have another entry start by itself (GRUB_DEFAULT, grub2-set-default), or copy the file to where the entry looks for it.",
    source="GRUB manual, loopback; tried with GRUB 2.06",
    choice="What is in a file that is there is not looked into, and so it is not known whether that starts.",
)
def loop_is_there(context):
    """Return failed with each loopback of a file that is not there, from which a started entry takes its kernel; unknown with one that is."""
    found = [(entry, loop) for entry in started_entries(context) if entry.loader == grub2_menu.NAME for loop in [loop_of(context, entry)] if loop]
    gone = [Evidence(entry.path, loop.line, f"{loop.text}: it is not there") for entry, loop in found if grub_paths.is_there(context.tree, loop.file) is False]
    if gone or not found:
        return failed_if(gone) if gone else passed()
    return unknown("the kernel is in a file that is not looked into", [Evidence(entry.path, loop.line, loop.text) for entry, loop in found])


def loop_of(context, entry):
    """Return the GrubLoop from which an entry of GRUB 2 takes its kernel, None when it takes it from a disk."""
    loops, root, found = {}, "", None
    for statement in [statement for statement in statements(context, entry) if runs(statement) is not False]:
        words = statement.words
        match = _SETS.match(words[-1]) if words[0] == "set" or len(words) == 1 else None
        if words[0] == "loopback" and len(words) == 3 and not words[1].startswith("-"):
            loops[words[1]] = GrubLoop(statement.line, " ".join(words), words[2])
        elif match:
            root = match.group(1)
        elif words[0].startswith("search") and sets_root(words):
            root = ""
        elif words[0] in grub_script.KERNEL_COMMANDS and statement.entry is not None:
            device = device_of(" ".join(words[1:2]))
            found = loops.get(root if device in (None, "$root", "${root}") else device)
    return found


RULES = [loop_is_there]
