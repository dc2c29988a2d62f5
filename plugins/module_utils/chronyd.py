# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guest's own chronyd asked for the configuration that it would run with.

PRIVATE: module_utils of this collection are not an interface.
"""

import re

from ansible_collections.imagewright.azure.plugins.module_utils import chrony, commands
from ansible_collections.imagewright.azure.plugins.module_utils.errors import ImagewrightError

#: The first one that prints its configuration (-p); it ends then before it looks for another chronyd, opens a clock or writes anything.
_FIRST_VERSION = 4

#: Seconds; while it reads, chronyd looks up the names of some directives, such as initstepslew.
_TIMEOUT = 30


def configuration(path):
    """Return the lines ([chrony.Line]) that chronyd reads from a file of this machine and those that it names, None where it cannot be asked.

    Raises ImagewrightError: chronyd does not take the file.
    """
    return _printed(["-f", path], f"use {path}", "correct that line, or remove it")


def check(directives):
    """Ask chronyd whether it takes the directives ([str]), where it can be asked. Raises ImagewrightError: it does not."""
    _printed(directives, "set " + " and ".join(map(repr, directives)) + " in chrony's configuration", "correct the value")


def _printed(arguments, doing, cure):
    program = commands.find("chronyd")
    try:
        version = program and re.search(r"version ([0-9]+)", commands.run([program, "-v"], doing, timeout=_TIMEOUT, accept=None).stdout)
        if not version or int(version.group(1)) < _FIRST_VERSION:
            return None
        answer = commands.run([program, "-p"] + arguments, doing, timeout=_TIMEOUT, accept=None)
    except ImagewrightError:
        # it does not run here, or waits for a name server: then the files alone tell
        return None
    if answer.rc != 0:
        said = (answer.stderr.strip().splitlines() or ["it says nothing"])[-1]
        cause = re.sub(r"^\S+Z (Fatal error : )?", "", said)
        raise ImagewrightError(f"cannot {doing}: chronyd does not take it: {cause}; {cure}", cmd=answer.argv, rc=answer.rc, stderr=answer.stderr)
    return chrony.lines_of("chronyd -p", answer.stdout)
