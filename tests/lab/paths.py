# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the lab keeps things.

cache  what can be built again: base tarballs, roots, disks, .debs, the lab's key
run    what lives as long as a guest: its record, console log and mount points
"""

import os
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]


def cache_dir() -> Path:
    """Return the cache directory, made when it is missing."""
    return _made(Path(os.environ.get("IMAGEWRIGHT_LAB_CACHE") or CHECKOUT / ".cache" / "lab"))


def run_dir() -> Path:
    """Return the directory of the guests' records.

    It is short, because an ssh control socket has 108 characters for its whole path, and it is
    shared by all checkouts, so that ports and names of parallel runs do not collide.
    """
    default = "/run/imagewright-lab" if os.geteuid() == 0 else f"/tmp/imagewright-lab-{os.geteuid()}"
    return _made(Path(os.environ.get("IMAGEWRIGHT_LAB_RUN") or default))


def _made(path: Path) -> Path:
    path = path.absolute()
    path.mkdir(mode=0o755, parents=True, exist_ok=True)
    return path
