# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the process that holds an image is there.

PRIVATE: module_utils of this collection are not an interface.
"""

#: States of a process that has ended and that its parent has not asked for yet.
_ENDED = ("Z", "X", "x")


def start_time(pid: int) -> str:
    """Return when a process was started (str, clock ticks since the boot), "" when it has ended: it tells it from a later one of the same number."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stream:
            fields = stream.read().rpartition(")")[2].split()
            return "" if fields[0] in _ENDED else fields[19]
    except (OSError, IndexError):
        return ""


def is_alive(session: str) -> bool:
    """Return whether the process of a session is there. session: str, ``PID:start time``, and perhaps more behind another colon."""
    pid, started = [*session.split(":"), ""][:2]
    return pid.isdigit() and bool(started) and start_time(int(pid)) == started
