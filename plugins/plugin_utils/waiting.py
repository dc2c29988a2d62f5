# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Show that something on a guest still works, where it takes long and says nothing itself.

PRIVATE: plugin_utils of this collection are not an interface.
"""

import contextlib
import threading
import time
from typing import Iterator

from ansible.utils.display import Display

#: Seconds until the first line, and between two lines.
EVERY = 20.0


@contextlib.contextmanager
def waiting(what: str, every: float = EVERY) -> Iterator[None]:
    """Show ``  web1: installs chrony, 40 s`` again and again while the body runs.

    what: str, ``web1: installs chrony``; every: float, seconds.
    """
    ended, began = threading.Event(), time.monotonic()

    def show() -> None:
        while not ended.wait(every):
            Display().display(f"  {what}, {time.monotonic() - began:.0f} s")

    watcher = threading.Thread(target=show, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()
