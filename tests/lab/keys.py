# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's own ssh key: made once, kept in the cache, never part of the checkout's history."""

from pathlib import Path

from lab.commands import run
from lab.files import locked
from lab.paths import cache_dir


def private_key() -> Path:
    """Return the path of the lab's private key, made when it is missing."""
    key = cache_dir() / "key" / "id_ed25519"
    if not key.exists():
        with locked(key.with_name("lock")):
            if not key.exists():
                part = key.with_name("new")
                part.unlink(missing_ok=True)
                part.with_name("new.pub").unlink(missing_ok=True)
                run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "imagewright-lab", "-f", part])
                part.with_name("new.pub").rename(key.with_name("id_ed25519.pub"))
                part.rename(key)
    return key


def public_key() -> str:
    """Return the lab's public key, one line."""
    return private_key().with_name("id_ed25519.pub").read_text(encoding="ascii")
