# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guest's own chronyd asked for the configuration that it would run with.

PRIVATE: module_utils of this collection are not an interface.
"""

import re

from ansible_collections.imagewright.azure.plugins.module_utils.chrony import chrony_conf
from ansible_collections.imagewright.azure.plugins.module_utils.core import commands
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError

#: The first one that prints its configuration (-p); it ends then before it looks for another chronyd, opens a clock or writes anything.
_FIRST_VERSION = 4

#: Seconds; while it reads, chronyd looks up the names of some directives, such as initstepslew.
_TIMEOUT = 30


def configuration(path):
    """Return the lines ([chrony_conf.ChronyLine]) that chronyd reads from a file of this machine and those that it names, None where it cannot be asked.

    Raises ImagewrightError: chronyd does not take the file.
    """
    answer = _ask(["-f", path])
    if answer is not None and answer.rc != 0:
        raise ImagewrightError(
            f"cannot use {path}: chronyd does not take it: {_cause(answer)}; correct that line, or remove it",
            cmd=answer.argv,
            rc=answer.rc,
            stderr=answer.stderr,
        )
    return None if answer is None else chrony_conf.lines_of("chronyd -p", answer.stdout)


def refused(directives):
    """Return (index, cause) of the first of the directives ([str]) that chronyd does not take, None without one or where it cannot be asked.

    They need not be in any file, so that check mode can ask too.
    """
    answer = _ask(["--"] + directives)
    if answer is None or answer.rc == 0:
        return None
    place = re.search(r"(.*) at line ([0-9]+)\Z", _cause(answer))
    return (int(place.group(2)) - 1, place.group(1)) if place else None


def _ask(arguments):
    """Return the Completed ``chronyd -p``, None without one that has it."""
    program = commands.find("chronyd")
    try:
        version = program and re.search(r"version ([0-9]+)", commands.run([program, "-v"], "ask chronyd", timeout=_TIMEOUT, accept=None).stdout)
        if not version or int(version.group(1)) < _FIRST_VERSION:
            return None
        return commands.run([program, "-p"] + arguments, "ask chronyd", timeout=_TIMEOUT, accept=None)
    except ImagewrightError:
        # it does not run here, or waits for a name server: then the files alone tell
        return None


def _cause(answer):
    """Return the last words (str) of chronyd without the time and the level."""
    said = (answer.stderr.strip().splitlines() or ["it says nothing"])[-1]
    return re.sub(r"^\S+Z (Fatal error : )?", "", said)
