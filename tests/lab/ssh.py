# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reach a guest over ssh on 127.0.0.1 with the lab's key."""

import socket
import subprocess
import time

from lab.errors import LabError
from lab.guests import Guest

OPTIONS = (
    "-F",
    "none",
    "-o",
    "StrictHostKeyChecking=no",
    "-o",
    "UserKnownHostsFile=/dev/null",
    "-o",
    "LogLevel=ERROR",
    "-o",
    "BatchMode=yes",
    "-o",
    "IdentitiesOnly=yes",
)
SHARED = ("-o", "ControlMaster=auto", "-o", "ControlPersist=60s")


def argv(guest: Guest, command=(), user: str = "", shared: bool = False, connect_timeout: int = 30) -> list:
    """Return the ssh command line for a guest.

    command: words, quoted by the caller where the guest's shell must not split them
    shared: use one connection for several commands (its socket lies in the guest's directory)
    """
    control = (*SHARED, "-o", f"ControlPath={guest.directory}/ssh-%r") if shared else ()
    return [
        "ssh",
        *OPTIONS,
        *control,
        "-o",
        f"ConnectTimeout={connect_timeout}",
        "-i",
        guest.key,
        "-p",
        str(guest.port),
        f"{user or guest.user}@127.0.0.1",
        *command,
    ]


def wait_for_login(guest: Guest, deadline: float, still_running, user: str = "") -> None:
    """Return when a login succeeds.

    deadline: float, of time.monotonic()
    still_running: function; raises LabError when the guest has ended or has no hope
    Raises LabError: when the deadline passes
    """
    last_error = "no answer"
    while time.monotonic() < deadline:
        still_running()
        if not has_banner(guest.port):
            time.sleep(0.05)
            continue
        left = max(1, int(deadline - time.monotonic()))
        try:
            done = subprocess.run(
                argv(guest, ["true"], user=user, connect_timeout=min(60, left)),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=left,
                check=False,
            )
        except subprocess.TimeoutExpired:
            break
        if done.returncode == 0:
            return
        last_error = done.stderr.strip().splitlines()[-1] if done.stderr.strip() else f"exit code {done.returncode}"
        time.sleep(0.2)
    raise LabError(f"cannot log in to {guest.name} on 127.0.0.1:{guest.port}: {last_error}; see {guest.console}")


def has_banner(port: int) -> bool:
    """Return whether an ssh server speaks on a port (QEMU accepts connections before its guest does)."""
    try:
        with socket.create_connection(("127.0.0.1", port), 4) as connection:
            connection.settimeout(4)
            return connection.recv(4) == b"SSH-"
    except OSError:
        return False
