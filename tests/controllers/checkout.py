# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A copy of the checkout as a commit of it would be: without what git ignores, and so without anything that was installed."""

import shutil
import subprocess
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]


def copied(destination: Path) -> Path:
    """Return destination with a copy of each file that git tracks, or would track; what was there before is gone."""
    shutil.rmtree(destination, ignore_errors=True)
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.run(command, cwd=CHECKOUT, check=True, capture_output=True, text=True).stdout.split("\0"):
        source = CHECKOUT / name
        if name and source.is_file():
            (destination / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, destination / name, follow_symlinks=False)
    return destination
