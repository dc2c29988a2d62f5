# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who works on the running guest by hand: their shells write a history when they end, after all others were removed.

PRIVATE: module_utils of this collection are not an interface.
"""

import os
import pwd

SHELLS = ("bash", "zsh", "ksh", "mksh", "fish", "tcsh", "ash")


def warnings():
    """Return what the person has to do ([str]) about shells that wait for somebody's next command."""
    users = sorted({_user(uid) for uid in _owners()})
    return [f"a shell of {user} waits at a terminal and writes its history when it ends, after this; log out there, and run the task again" for user in users]


def is_interactive(arguments, terminal):
    """Return whether a process is a shell that somebody types into.

    arguments: [str], its command line; terminal: int, the number of its terminal, 0 for none.
    """
    if terminal == 0 or not arguments:
        return False
    name = os.path.basename(arguments[0]).lstrip("-")
    return name in SHELLS and all(word in ("-i", "-l", "--login") for word in arguments[1:])


def _owners():
    """Return the user ids ([int]) of the interactive shells of this machine."""
    found = []
    for number in [name for name in os.listdir("/proc") if name.isdigit()]:
        try:
            with open(f"/proc/{number}/cmdline", encoding="utf-8", errors="replace") as stream:
                arguments = stream.read().split("\0")[:-1]
            with open(f"/proc/{number}/stat", encoding="utf-8", errors="replace") as stream:
                # the name in parentheses may hold blanks
                terminal = int(stream.read().rpartition(")")[2].split()[4])
            if is_interactive(arguments, terminal):
                found.append(os.stat(f"/proc/{number}").st_uid)
        except OSError:
            continue  # it has ended
    return found


def _user(uid):
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"
