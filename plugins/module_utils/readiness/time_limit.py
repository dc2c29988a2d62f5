# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An end for work on input that nobody vouches for.

PRIVATE: module_utils of this collection are not an interface.
"""

import contextlib
import signal
import threading

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError


@contextlib.contextmanager
def time_limit(seconds, doing):
    """Raise an ImagewrightError in the body when it takes longer.

    seconds: float; doing: str, for the error. Only in a process's main thread, which a module's is; elsewhere nothing limits.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(unused_signal, unused_frame):
        raise ImagewrightError(f"cannot {doing} within {seconds:.0f} s: what it reads is too large, or damaged")
    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
