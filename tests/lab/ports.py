# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ports on 127.0.0.1, reserved by a file each, so that parallel runs never pick the same one."""

import os
import random
import socket
from pathlib import Path

from lab.errors import LabError
from lab.paths import run_dir

# Below the kernel's range for outgoing connections (32768 and up).
FIRST, LAST = 20000, 29999


def reserve(owner: str) -> int:
    """Return a free port and note that it belongs to owner (a guest's name) until release."""
    directory = _directory()
    for port in random.sample(range(FIRST, LAST + 1), 200):
        mark = directory / str(port)
        try:
            with mark.open("x", encoding="utf-8") as handle:
                handle.write(owner)
        except FileExistsError:
            continue
        if _free(port):
            return port
        mark.unlink()
    raise LabError(f"cannot find a free port on 127.0.0.1 between {FIRST} and {LAST}; run `lab cleanup`")


def release(owner: str) -> None:
    """Give back all ports of an owner."""
    for mark in _directory().iterdir():
        try:
            if mark.read_text(encoding="utf-8") == owner:
                mark.unlink()
        except FileNotFoundError:
            continue


def _directory() -> Path:
    path = run_dir() / ".ports"
    os.makedirs(path, exist_ok=True)
    return path


def _free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
