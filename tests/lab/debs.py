# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cache of Debian packages: lent to guests, filled by them, so that nothing is downloaded twice."""

import os
import shutil
from pathlib import Path

from lab.paths import cache_dir


def archive(suite: str) -> Path:
    """Return the directory that keeps the .debs of a suite."""
    path = cache_dir() / "debs" / suite
    path.mkdir(parents=True, exist_ok=True)
    return path


def lend(suite: str, directory: Path) -> None:
    """Make a directory of hard links to the cached .debs; apt locks it, so each guest needs its own.

    apt compares size and checksum of what it finds there with its index before it uses it.
    """
    (directory / "partial").mkdir(parents=True)
    for package in archive(suite).glob("*.deb"):
        os.link(package, directory / package.name)


def harvest(suite: str, directory: Path) -> None:
    """Keep the packages that a guest has downloaded."""
    for package in directory.glob("*.deb"):
        kept = archive(suite) / package.name
        if not kept.exists():
            part = kept.with_name(f".{package.name}.{os.getpid()}")
            shutil.copyfile(package, part)
            part.rename(kept)
