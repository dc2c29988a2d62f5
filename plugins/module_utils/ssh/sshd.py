# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guest's own sshd asked for the options that it would run with.

PRIVATE: module_utils of this collection are not an interface.
"""

import os

from ansible_collections.imagewright.azure.plugins.module_utils.core import commands
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import from_os_error
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.core.work_directory import BRIEF, work_directory

#: Debian's sshd wants the directory that its unit makes, even to check its configuration.
_RUNTIME_DIRECTORY = "/run/sshd"

#: A connection that no sensible Match is for; OpenSSH before 8.4 wants one to be named when there is any Match.
_CONNECTION = "user=imagewright-check,host=check.invalid,addr=192.0.2.1,laddr=192.0.2.2,lport=22"


def effective_options(path, overrides=None):
    """Return {keyword in lower case: value} as sshd takes its configuration, or None where there is no sshd.

    path: str, main file on this machine. overrides: {keyword: value} that are taken before it.
    Raises ImagewrightError: sshd rejects the configuration or an override.
    """
    program = commands.find("sshd")
    if not program:
        return None
    argv = [program, "-T", "-f", path]
    for keyword, value in (overrides or {}).items():
        argv += ["-o", f"{keyword}={value}"]
    made = _make_runtime_directory()
    try:
        answer = _ask(argv, path)
        if "connection test specification" in answer.stderr:
            answer = _ask(argv + ["-C", _CONNECTION], path)
    finally:
        if made:
            os.rmdir(_RUNTIME_DIRECTORY)
    if answer.rc != 0 and "command-line" in answer.stderr:
        raise commands.failure(answer, "set " + ", ".join(f"{keyword} to {value!r}" for keyword, value in overrides.items()) + " of sshd")
    if answer.rc != 0:
        raise commands.failure(answer, f"use {path}")
    # sshd repeats keywords whose lines add up; no one asks for these. Up to 10.0 it writes keywords in lower case, 10.6 as its manual does.
    pairs = [line.partition(" ") for line in answer.stdout.splitlines()]
    return {keyword.lower(): value for keyword, _unused, value in pairs}


def _ask(argv, path):
    """Return the Completed sshd, asked again with a host key of a moment where it has none: a generalized image has none."""
    answer = commands.run(argv, f"check {path}", accept=None)
    if "no hostkeys available" not in answer.stderr:
        return answer
    with work_directory(LiveTree("/"), "sshd", BRIEF) as folder:
        commands.run(["ssh-keygen", "-q", "-t", "rsa", "-N", "", "-f", folder + "/key"], "make a host key for the check")
        return commands.run(argv + ["-h", folder + "/key"], f"check {path}", accept=None)


def _make_runtime_directory():
    """Return whether the directory had to be made."""
    try:
        os.mkdir(_RUNTIME_DIRECTORY, 0o755)
    except FileExistsError:
        return False
    except OSError as error:
        raise from_os_error(f"create {_RUNTIME_DIRECTORY}", error) from error
    return True
