# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Publish built files whole or not at all, and let one builder build at a time."""

import contextlib
import fcntl
import os
import shutil
import subprocess
import time
from pathlib import Path

from lab.commands import run

UNUSED_FOR = 7 * 24 * 3600  # seconds
HOLES = ("cp", "--sparse=always", "--reflink=auto", "--no-preserve=ownership")


def cached(path: Path, build, in_use=()) -> Path:
    """Return path, built when it is missing: by one builder at a time, and there as a whole or not at all.

    build: function, writes the file or directory whose temporary path it is given
    in_use: paths beside it that must stay however old they are
    """
    if not path.exists():
        with locked(path.with_suffix(".lock")):
            if not path.exists():
                with published(path) as part:
                    build(part)
                _forget_unused(path, in_use)
    os.utime(path)
    return path


def _forget_unused(path: Path, in_use) -> None:
    """Remove what lies beside path and was not asked for in UNUSED_FOR seconds."""
    for other in path.parent.iterdir():
        old = time.time() - other.stat().st_mtime > UNUSED_FOR
        if old and other != path and str(other) not in in_use and ".part-" not in other.name:
            remove_tree(other)


@contextlib.contextmanager
def locked(path: Path):
    """Hold an exclusive lock on a file; a second process waits."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def published(path: Path):
    """Give a temporary name beside path, and rename it to path when the block ends well.

    To be used under a lock: what killed builders left behind is removed first.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    for leftover in path.parent.glob(f"{path.name}.part-*"):
        remove_tree(leftover)
    part = path.with_name(f"{path.name}.part-{os.getpid()}")
    try:
        yield part
        if part.is_file():
            _sync(part)
        else:
            subprocess.run(["sync", "-f", str(part)], check=False)
        os.rename(part, path)
    finally:
        if part.exists():
            remove_tree(part)


def copy_sparse(source: Path, destination: Path) -> None:
    """Copy a disk image and keep its holes."""
    run([*HOLES, source, destination])


def remove_tree(path: Path) -> None:
    """Remove a file or a directory, but nothing that is mounted in it."""
    if path.is_dir() and not path.is_symlink():
        run(["rm", "-rf", "--one-file-system", path])
    else:
        path.unlink(missing_ok=True)


def roomy_scratch(cache: Path, needed: int) -> Path:
    """Return a directory for temporary trees: memory where that leaves room, else the cache.

    needed: int, bytes
    """
    memory = Path("/dev/shm")
    if memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 3 * needed:
        return memory
    scratch = cache / "scratch"
    scratch.mkdir(parents=True, exist_ok=True)
    return scratch


def _sync(path: Path) -> None:
    with path.open("rb") as handle:
        os.fsync(handle.fileno())
