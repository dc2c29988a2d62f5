# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Show on the screen how far a module on the controller has come.

A module cannot print while it runs; it keeps a small file up to date (option ``progress_file``), and its action
plugin, which runs in Ansible's own process, reads that file and prints a line every few seconds.

PRIVATE: plugin_utils of this collection are not an interface.
"""

import contextlib
import json
import os
import shutil
import tempfile
import threading
import time

_FIRST, _INTERVAL = 2.0, 5.0  # seconds until the first line, and between two
_GIB = 1024 ** 3
_MIB = 1024 ** 2


@contextlib.contextmanager
def shown(name, write):
    """Give the path of a progress file, and show what the module writes there while the block runs.

    name: str, the module, for the lines.
    write: callable (str), prints a line; called from a thread of its own.
    """
    folder = tempfile.mkdtemp(prefix="imagewright-progress-")
    path = os.path.join(folder, "progress.json")
    finished = threading.Event()
    watcher = threading.Thread(target=_watch, args=(finished, path, name, write), daemon=True)
    watcher.start()
    try:
        yield path
    finally:
        finished.set()
        watcher.join()
        shutil.rmtree(folder, ignore_errors=True)


def progress_line(name, progress, seconds):
    """Return a line like ``vhd_align: disk.vhd 37 % (3.0 of 8.0 GiB, 210 MiB/s, 24 s left)``.

    progress: dict of ``dest``, ``done`` and ``total`` (bytes); seconds: float, since the work began.
    """
    done, total = progress["done"], max(progress["total"], 1)
    speed = done / seconds if seconds else 0
    left = f", {(total - done) / speed:.0f} s left" if speed else ""
    return (f"{name}: {os.path.basename(progress['dest'])} {100 * done // total} % "
            f"({done / _GIB:.1f} of {total / _GIB:.1f} GiB, {speed / _MIB:.0f} MiB/s{left})")


def _watch(finished, path, name, write):
    begin, pause, last = time.monotonic(), _FIRST, None
    while not finished.wait(pause):
        pause = _INTERVAL
        progress = _read(path)
        if progress and progress != last:
            write(progress_line(name, progress, time.monotonic() - begin))
            last = progress


def _read(path):
    """Return the module's last report (dict), or None when there is none yet."""
    try:
        with open(path, encoding="utf-8") as stream:
            return json.load(stream)
    except (OSError, ValueError):
        return None
