# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tell how far a long copy has come.

A module cannot print while it runs. It keeps a small file up to date instead, which the collection's action
plugin shows on the screen, and which anyone else may read.

PRIVATE: module_utils of this collection are not an interface.
"""

import contextlib
import json
import os
import threading

_INTERVAL = 1.0  # seconds between two reports


@contextlib.contextmanager
def reported(descriptor, dest, total, report_path):
    """Write the progress of filling an open file to report_path each second while the block runs.

    descriptor: int, the file that is being filled; what is allocated to it is what is done.
    total: int, bytes of data to expect.
    report_path: str or None, file that gets ``{"dest": ..., "done": ..., "total": ...}``, bytes.
    """
    if not report_path:
        yield
        return
    finished = threading.Event()
    reporter = threading.Thread(target=_report, args=(finished, descriptor, dest, total, report_path), daemon=True)
    reporter.start()
    try:
        yield
    finally:
        finished.set()
        reporter.join()


def _report(finished, descriptor, dest, total, report_path):
    while not finished.wait(_INTERVAL):
        done = min(os.fstat(descriptor).st_blocks * 512, total)
        try:
            with open(report_path + ".new", "w", encoding="utf-8") as stream:
                json.dump({"dest": dest, "done": done, "total": total}, stream)
            os.replace(report_path + ".new", report_path)
        except OSError:  # a report that cannot be written is no reason to stop the work
            return
