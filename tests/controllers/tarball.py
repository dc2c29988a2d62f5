# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection as a user gets it: the tarball of this checkout, and a directory into which it is installed."""

import os
import subprocess
import sys
from pathlib import Path

from lab.paths import CHECKOUT


def built(folder: Path) -> Path:
    """Return the tarball, built in a folder."""
    _galaxy(folder, "build", CHECKOUT, "--output-path", folder)
    (tarball,) = folder.glob("imagewright-azure-*.tar.gz")
    return tarball


def installed(folder: Path) -> Path:
    """Return folder, a directory of collections with this one in it."""
    _galaxy(folder, "install", built(folder), "--collections-path", folder)
    return folder


def _galaxy(folder: Path, *words) -> None:
    environment = {**os.environ, "ANSIBLE_HOME": str(folder / "home")}
    program = Path(sys.executable).parent / "ansible-galaxy"
    subprocess.run([program, "collection", *words], cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=True)
