# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tell how far a copy has come, whatever does the copying.

PRIVATE: module_utils of this collection are not an interface.
"""

import contextlib
import os
import threading
import time
from typing import Iterator, Optional

from ansible_collections.imagewright.azure.plugins.module_utils.core.progress import Progress, amount, duration

_FIRST, _INTERVAL = 2.0, 3.0  # seconds until the first line, and between two


@contextlib.contextmanager
def reported(descriptor: int, dest: str, total: int, report_path: Optional[str]) -> Iterator[None]:
    """Append lines about the filling of an open file to report_path while the block runs, when it runs for seconds.

    descriptor: int, the file that is being filled; what is allocated to it is what is done.
    total: int, bytes of data to expect.
    report_path: str or None.
    """
    if not report_path:
        yield
        return
    finished = threading.Event()
    reporter = threading.Thread(target=_report, args=(finished, descriptor, dest, total, Progress(report_path)), daemon=True)
    reporter.start()
    try:
        yield
    finally:
        finished.set()
        reporter.join()


def progress_line(dest: str, done: int, total: int, seconds: float) -> str:
    """Return a line like ``disk.vhd: 37 %, 3.0 GiB of 8.0 GiB, 210.0 MiB/s, 0:24 left``.

    done, total: int, bytes; seconds: float, since the copy began.
    """
    total = max(total, done, 1)
    speed = done / seconds
    left = f", {duration((total - done) / speed)} left" if speed else ""
    return f"{os.path.basename(dest)}: {100 * done // total} %, {amount(done)} of {amount(total)}, {amount(speed)}/s{left}"


def _report(finished: threading.Event, descriptor: int, dest: str, total: int, progress: Progress) -> None:
    begin, pause = time.monotonic(), _FIRST
    while not finished.wait(pause):
        pause = _INTERVAL
        done = min(os.fstat(descriptor).st_blocks * 512, total)
        progress.report(progress_line(dest, done, total, time.monotonic() - begin), always=True)
