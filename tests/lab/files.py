# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Publish built files whole or not at all, and let one builder build at a time."""

import contextlib
import fcntl
import os
import shutil
import subprocess
from pathlib import Path

from lab.commands import run

HOLES = ("cp", "--sparse=always", "--reflink=auto", "--no-preserve=ownership")


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
