# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The most that a look at a hostile file may take.

How fast it is, the benchmarks say: here the bound lies far from what a busy machine needs, and far below what never ends.
"""

import contextlib
import time
import tracemalloc

MIB = 1024 * 1024
SECONDS = 60


@contextlib.contextmanager
def bounded(mebibytes=None):
    """Assert that what is done inside takes no more than SECONDS of process time and, where mebibytes are given, no more memory than these."""
    if mebibytes:
        tracemalloc.start()
    started = time.process_time()
    try:
        yield
        taken, peak = time.process_time() - started, tracemalloc.get_traced_memory()[1] if mebibytes else 0
    finally:
        if mebibytes:
            tracemalloc.stop()
    assert taken < SECONDS, f"{taken:.1f} s of process time"
    assert not mebibytes or peak < mebibytes * MIB, f"{peak / MIB:.0f} MiB of memory"
