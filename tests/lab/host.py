# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the lab takes from the machine that it runs on: package mirror, name servers."""

import os
from pathlib import Path

from lab.commands import run
from lab.errors import LabError

QEMU_NAME_SERVER = "10.0.2.3"  # the resolver of QEMU's user networking


def mirror() -> str:
    """Return the URI of a Debian mirror: IMAGEWRIGHT_LAB_MIRROR, else what apt of this machine uses."""
    chosen = os.environ.get("IMAGEWRIGHT_LAB_MIRROR")
    if chosen:
        return chosen.rstrip("/")
    listed = run(["apt-get", "indextargets", "--format", "$(REPO_URI) $(COMPONENT)", "Created-By: Packages"])
    return first_debian_mirror(listed)


def first_debian_mirror(listed: str) -> str:
    """Return the first archive that ends in /debian and has `main`.

    listed: str, lines of "URI component", from apt-get indextargets
    Raises LabError: when there is none
    """
    for line in listed.splitlines():
        uri, _blank, component = line.strip().partition(" ")
        if component == "main" and uri.rstrip("/").endswith("/debian"):
            return uri.rstrip("/")
    raise LabError(
        "cannot find a Debian mirror in the apt configuration of this machine; set IMAGEWRIGHT_LAB_MIRROR=URI (an archive that has dists/ and pool/)"
    )


def resolv_conf() -> str:
    """Return a resolv.conf that works in a container that shares this machine's network, and in QEMU."""
    try:
        own = Path("/etc/resolv.conf").read_text(encoding="utf-8", errors="replace")
    except OSError:
        own = ""
    return guest_resolv_conf(own)


def guest_resolv_conf(own: str) -> str:
    """Return the name servers of a resolv.conf, with QEMU's behind them (for a server on loopback)."""
    servers = [line.split()[1] for line in own.splitlines() if line.startswith("nameserver ") and len(line.split()) > 1]
    return "".join(f"nameserver {server}\n" for server in [*servers[:2], QEMU_NAME_SERVER])
