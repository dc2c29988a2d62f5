# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""System manager: binfmt_misc, by which the kernel hands programs to an interpreter.

Source: binfmt.d(5); Linux Documentation/admin-guide/binfmt-misc.rst, fs/binfmt_misc.c: what is registered there counts before the kernel's own formats,
an interpreter that is not there ends the start of the program, and one that is handed to itself ends it with ELOOP.

PRIVATE: module_utils of this collection are not an interface.
"""

import posixpath
import re

from ansible_collections.imagewright.azure.plugins.module_utils.core.unit_files import THERE, Units
from ansible_collections.imagewright.azure.plugins.module_utils.core import unit_reach
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, Evidence, failed_if, not_applicable
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.provisioner import is_by_cloud_init
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import SYSTEM_MANAGER

_UNIT = "systemd-binfmt.service"
#: Of two files with one name that of the first folder counts; /run is empty before the boot.
_FOLDERS = ("/etc/binfmt.d", "/usr/local/lib/binfmt.d", "/usr/lib/binfmt.d", "/lib/binfmt.d")
#: Programs of a login, and of who provisions.
_NEEDED, _AGENT, _CLOUD_INIT = ("/usr/sbin/sshd", "/bin/bash"), "/usr/sbin/waagent", "/usr/bin/cloud-init"
_READ = 128  # bytes of a program that the kernel compares
_ESCAPED = re.compile(rb"\\x([0-9a-fA-F]{2})")


@rule(
    "R69m",
    step=SYSTEM_MANAGER,
    severity=ERROR,
    title="The kernel starts the system's programs itself",
    fault="The kernel hands the system's programs to an interpreter that does not run",
    why="A line of binfmt.d that means the machine's own programs, or all scripts, counts before the kernel's own way to start them: nothing starts any more "
    "once systemd-binfmt has read it.",
    cure="Remove the file, or lay an empty one of its name into /etc/binfmt.d.",
    source="binfmt.d(5); Linux Documentation/admin-guide/binfmt-misc.rst",
)
def programs_are_started(context):
    """Return failed with each line by which sshd, the shell or who provisions is handed to an interpreter that is not there, or to itself."""
    tree, known = context.tree, context.shared(Units)
    if known.find(_UNIT).state != THERE or _UNIT not in known.known(unit_reach.reached_through_services):
        return not_applicable("nothing starts systemd-binfmt")
    needed = [path for path in _NEEDED + (_AGENT,) + ((_CLOUD_INIT,) if is_by_cloud_init(tree) else ()) if tree.is_file(path)]
    heads = [(path, tree.read_bytes(path, _READ)) for path in needed]
    by_name = {}
    for folder in _FOLDERS:
        for path in tree.glob(folder + "/*.conf"):
            by_name.setdefault(posixpath.basename(path), path)
    found = []
    for _name, path in sorted(by_name.items()):
        for number, text in context.lines(path) if tree.is_file(path) else []:
            caught = next((program for program, head in heads if _catches(text, head)), None)
            cause = _fault(tree, text) if caught else ""
            found += [Evidence(path, number, f"{text.strip()}: {caught} is handed to {cause}")] if cause else []
    return failed_if(found)


def _fields(text):
    """Return (offset, magic, mask, interpreter, flags) of a line that goes by what a program begins with, None of any other; bytes, and str the last two."""
    line = text.strip()
    fields = line[1:].split(line[0]) if line and line[0] not in "#;" else []
    if len(fields) < 6 or fields[1] != "M" or not (fields[2] or "0").isdigit():
        return None
    magic, mask = (_ESCAPED.sub(lambda code: bytes([int(code.group(1), 16)]), field.encode("utf-8", "surrogateescape")) for field in fields[3:5])
    return int(fields[2] or "0"), magic, mask, fields[5], "".join(fields[6:7])


def _catches(text, head):
    """Return whether a line is for a program that begins with some bytes."""
    fields = _fields(text)
    if fields is None or not fields[1]:
        return False
    offset, magic, mask = fields[:3]
    mask = mask or b"\xff" * len(magic)
    part = head[offset : offset + len(magic)]
    return len(part) == len(magic) == len(mask) and all((own ^ wanted) & bits == 0 for own, wanted, bits in zip(part, magic, mask))


def _fault(tree, text):
    """Return which interpreter of a line does not run (str), "" when it may; a line with F is not taken when it is not there."""
    interpreter, flags = _fields(text)[3:]
    if not tree.is_file(interpreter):
        return "" if "F" in flags else f"{interpreter}, which is not there"
    return f"{interpreter}, and that to itself" if _catches(text, tree.read_bytes(interpreter, _READ)) else ""


RULES = [programs_are_started]
