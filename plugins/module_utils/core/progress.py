# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tell how far a long task is, while it runs.

A module's standard output is kept until it ends, so the module appends lines to a file, and the
action plugin (plugin_utils/progress_action.py) shows them.

PRIVATE: module_utils of this collection are not an interface.
"""

import time
from typing import Callable, Optional

from ansible_collections.imagewright.azure.plugins.module_utils.core.display import printable
from ansible_collections.imagewright.azure.plugins.module_utils.core.secrets import masked


class Progress:
    """Appends a line to a file, once an interval at most.

    path: str or None; None shows nothing, and so does a file that cannot be written: progress never stops the work.
    interval: float, seconds between two lines.
    clock: callable, seconds (float) from a clock that never goes back.
    """

    def __init__(self, path: Optional[str], interval: float = 1.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._interval = interval
        self._clock = clock
        self._last: Optional[float] = None

    def report(self, text: str, always: bool = False) -> None:
        """Append text (str, one line), unless the last line is younger than the interval.

        always: bool, for the first and the last line of a task.
        """
        now = self._clock()
        if self._path is None or (not always and self._last is not None and now - self._last < self._interval):
            return
        self._last = now
        try:
            with open(self._path, "a", encoding="utf-8") as stream:
                stream.write(masked(printable(text)) + "\n")
        except OSError:
            self._path = None


def amount(size: float) -> str:
    """Return a number of bytes as a person reads it: ``512 B``, ``4.0 MiB``, ``1.2 GiB``."""
    if size < 1024:
        return f"{size} B"
    for unit in ("KiB", "MiB", "GiB", "TiB"):
        size /= 1024
        if size < 1024 or unit == "TiB":
            break
    return f"{size:.1f} {unit}"


def duration(seconds: float) -> str:
    """Return seconds as ``m:ss`` or ``h:mm:ss``."""
    minutes, second = divmod(int(seconds + 0.5), 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour}:{minute:02}:{second:02}" if hour else f"{minute}:{second:02}"


def share(done: int, total: int) -> int:
    """Return how much of the total is done, in whole percent (int), 100 only when all is."""
    return 100 if done >= total else done * 100 // total


def time_left(done: int, total: int, seconds: float) -> Optional[float]:
    """Return the seconds (float) that the rest takes at the pace so far, or None while nothing is done.

    done, total: int, in the same unit; seconds: float, since the start.
    """
    if done <= 0 or seconds <= 0:
        return None
    return max(total - done, 0) * seconds / done
