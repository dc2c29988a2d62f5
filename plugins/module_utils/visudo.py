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
import shutil

from ansible_collections.imagewright.azure.plugins.module_utils import commands, edits, sudoers, sudoers_lines
from ansible_collections.imagewright.azure.plugins.module_utils.errors import ImagewrightError, from_os_error

#: Where the copies may be, best first: gone at the next boot; sudo-rs takes no file below a directory that everybody can write.
FOLDERS = ("/run", "/var/lib", "/tmp")

_PREFIX = "imagewright-sudoers-"


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
        raise ImagewrightError("cannot validate sudoers: visudo is not installed" + ("" if tree.is_running_system else f" in {tree.root} nor here")
                               + "; install the package sudo (sudo-rs on new Ubuntu), or set validate: false")
    return program, "/"


def problem(tree, visudo, path, texts=None):
    """Return what visudo finds wrong with the tree (str, with the guest's paths and line numbers), or None.

    visudo: (program, root), as find returns it.
    path: str, main file. texts: {path: text} that stand for the files of the tree.
    Raises ImagewrightError: the copies cannot be written.
    """
    program, root = visudo
    folder = _make_folder(tree if root != "/" else None, root)
    try:
        main = _copy(tree, path, texts or {}, root.rstrip("/"), folder)
        answer = commands.run([program, "-c", "-f", main], f"check {path}", root, accept=None)
    finally:
        shutil.rmtree(root.rstrip("/") + folder, ignore_errors=True)
    if answer.rc == 0:
        return None
    words = [line.strip(" >*<") for line in (answer.stderr + "\n" + answer.stdout).replace(folder, "").splitlines() if line.strip()]
    return next((line for line in words if re.search("line [0-9]|:[0-9]|error", line)), words[0] if words else "it gave no reason")


def _copy(tree, path, texts, outside, folder):
    """Write the sudoers tree below folder and return the path of the main file there, as visudo sees it.

    outside: str, where the root that visudo runs in is on this machine, ``""`` for its own.
    """
    for name in dict.fromkeys(name for name, _line in sudoers.entries(tree, path, texts)):
        text = texts[name] if name in texts else tree.read_text(name)
        copy = outside + folder + name
        try:
            os.makedirs(os.path.dirname(copy), 0o755, exist_ok=True)
        except OSError as error:
            raise from_os_error(f"write {copy}", error)
        edits.write_file(copy, _led_to(tree, name, text, folder).encode("utf-8", "surrogateescape"), mode=0o440)
    return folder + sudoers.main_file(tree, path, texts)


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


def _make_folder(tree, root):
    """Return the path, as seen in root, of a new directory that only we can read; what killed runs left there is removed."""
    last = None
    for parent in FOLDERS:
        outside = tree.host_path(parent) if tree else parent
        if not os.path.isdir(outside):
            continue
        _remove_leftovers(outside)
        folder = os.path.join(outside, f"{_PREFIX}{os.getpid()}")
        try:
            os.mkdir(folder, 0o700)
        except OSError as error:
            last = error
            continue
        return folder[len(root.rstrip("/")):]
    if last is None:
        raise ImagewrightError(f"cannot validate sudoers: none of {', '.join(FOLDERS)} is there for the copies; create one")
    raise from_os_error(f"write a copy of sudoers below {parent}", last)


def _remove_leftovers(parent):
    for name in os.listdir(parent):
        number = name[len(_PREFIX):]
        if name.startswith(_PREFIX) and number.isdigit() and not os.path.exists(f"/proc/{number}"):
            shutil.rmtree(os.path.join(parent, name), ignore_errors=True)
