# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""visudo asked about a whole sudoers tree, as it is or as it is to become, without touching it.

The tree is copied below a directory of its own, with its includes led to the copies: a file that is
right by itself can still be wrong in its place (an alias that is defined twice, an include without a file).

PRIVATE: module_utils of this collection are not an interface.
"""

import os
import re

from ansible_collections.imagewright.azure.plugins.module_utils.core import commands, files
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError, from_os_error
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.core.work_directory import BRIEF, work_directory
from ansible_collections.imagewright.azure.plugins.module_utils.sudo import sudoers, sudoers_lines


def find(tree):
    """Return (program, root it is to run in) of the guest's visudo, of this machine's when the guest's cannot run here.

    Raises ImagewrightError: there is none.
    """
    if not tree.is_running_system and os.geteuid() == 0:
        program = commands.find("visudo", tree.root)
        if program and commands.run([program, "-V"], "ask visudo for its version", tree.root, accept=None).rc == 0:
            return program, tree.root
    program = commands.find("visudo")
    if not program:
        raise ImagewrightError(
            "cannot validate sudoers: visudo is not installed"
            + ("" if tree.is_running_system else f" in {tree.root} nor here")
            + "; install the package sudo (sudo-rs on new Ubuntu), or set validate: false"
        )
    return program, "/"


def problem(tree, visudo, path):
    """Return what visudo finds wrong with a sudoers tree (str, with the guest's paths and line numbers), or None.

    tree: any Tree, so that the question can be asked of files that are not written yet.
    visudo: (program, root), as find returns it. path: str, main file.
    Raises ImagewrightError: the copies cannot be written.
    """
    program, root = visudo
    there = LiveTree(root)
    # sudo-rs takes no file below a directory that everybody can write, so /tmp is the last of them
    with work_directory(there, "sudoers", BRIEF) as folder:
        _copy(tree, path, there.host_path(folder), folder)
        answer = commands.run([program, "-c", "-f", folder + sudoers.main_file(tree, path)], f"check {path}", root, accept=None)
    if answer.rc == 0:
        return None
    words = [line.strip(" >*<") for line in (answer.stderr + "\n" + answer.stdout).replace(folder, "").splitlines() if line.strip()]
    return next((line for line in words if re.search("line [0-9]|:[0-9]|error", line)), words[0] if words else "it gave no reason")


def _copy(tree, path, outside, folder):
    """Write the sudoers tree below outside, which visudo sees as folder."""
    for name in sudoers.sudoers_files(tree, path):
        try:
            os.makedirs(os.path.dirname(outside + name), 0o755, exist_ok=True)
        except OSError as error:
            raise from_os_error(f"write {outside + name}", error) from error
        text = _led_to(tree, name, tree.read_text(name), folder)
        files.write(outside + name, text.encode("utf-8", "surrogateescape"), mode=0o440)


def _led_to(tree, name, text, folder):
    """Return the text with every include leading below folder; line numbers stay."""
    result = []
    for line in sudoers_lines.lines(text):
        included = sudoers_lines.include(line)
        if included:
            target = folder + sudoers.include_path(tree, name, included.path)
            begin, end = included.span
            result.append(line.raw[:begin] + re.sub(r'([\s"\\])', r"\\\1", target) + line.raw[end:])
        else:
            result.append(line.raw)
    return "".join(result)
