# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Containers with a booted systemd: a guest in seconds, on an overlay or on a disk's own partition."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from lab import debs, guests, images, keys, nspawn, ports, ssh, tree
from lab.commands import last_lines, require_programs, require_root
from lab.errors import LabError
from lab.files import copy_sparse, roomy_scratch
from lab.guests import Guest
from lab.paths import CHECKOUT, cache_dir


def start(
    root: Path = None, image: Path = None, keep: bool = False, name: str = "", suite: str = "bookworm", timeout: float = 60, owned: bool = False
) -> Guest:
    """Return a running container that takes ssh logins.

    root: a directory that stays as it is: the container writes to an overlay in memory
    image: a raw disk: the container runs on a copy of it, or with keep on the disk itself
    suite: whose .debs the container may take from the cache
    timeout: float, seconds until the login
    owned: the guest must not outlive this process: `lab cleanup` takes it when this one is killed
    """
    require_root("start a container")
    require_programs("systemd-nspawn", "losetup", "sfdisk", "ssh")
    if image:
        images.require_raw(image)
    guest = guests.claim(name or guests.new_name("container"), "container", owned)
    try:
        guest.user, guest.key = tree.USER, str(keys.private_key())
        guest.port = ports.reserve(guest.name)
        guest.settings = {"hostname": tree.HOST_NAME, "archives": str(_lend_packages(guest, suite)), "suite": suite}
        if image:
            guest.disk = str(image.absolute() if keep else _private_copy(guest, image))
        else:
            guest.lower = str(root)
        guests.save(guest)
    except BaseException:
        nspawn.release(guest)
        raise
    _start_supervisor(guest)
    return _wait_until_up(guest, time.monotonic() + timeout)


def stop(guest: Guest, at_once: bool = False, timeout: float = 30) -> None:
    """Power a container off, in order or at once, and return when all that it held is given back."""
    if guests.alive(guest.process):
        os.kill(guest.process[0], signal.SIGUSR1 if at_once else signal.SIGTERM)
        try:
            wait(guest, timeout)
            return
        except LabError:
            pass
    if guests.alive(guest.process):
        os.kill(guest.process[0], signal.SIGKILL)
    if guest.directory.exists():
        nspawn.release(guests.load(guest.name))


def wait(guest: Guest, timeout: float) -> None:
    """Return when a container is off and released. Raises LabError: when it is still on after timeout (s)."""
    deadline = time.monotonic() + timeout
    while guests.alive(guest.process) or guest.directory.exists():
        if not guests.alive(guest.process) and guest.directory.exists():
            nspawn.release(guests.load(guest.name))
        if time.monotonic() > deadline:
            raise LabError(f"cannot wait for {guest.name}: still on after {timeout:.0f} s; see {guest.console}")
        time.sleep(0.05)


def _lend_packages(guest: Guest, suite: str) -> Path:
    directory = cache_dir() / "lent" / guest.name
    guest.scratch.append(str(directory))
    guests.save(guest)
    debs.lend(suite, directory)
    return directory


def _private_copy(guest: Guest, image: Path) -> Path:
    """Return a copy of a raw disk that dies with the guest."""
    size = image.stat().st_blocks * 512
    scratch = roomy_scratch(cache_dir(), size) / f"imagewright-lab-{guest.name}"
    guest.scratch.append(str(scratch))
    guests.save(guest)
    scratch.mkdir()
    copy_sparse(image, scratch / "disk.raw")
    return scratch / "disk.raw"


def _start_supervisor(guest: Guest) -> None:
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT / "tests")}
    with (guest.directory / "supervisor.log").open("ab") as log:
        supervisor = subprocess.Popen(
            [sys.executable, "-m", "lab", "container", "supervise", guest.name],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    guest.process = guests.identity(supervisor.pid)


def _wait_until_up(guest: Guest, deadline: float) -> Guest:
    def still_running():
        if not guests.alive(guest.process):
            wait(guest, 10)
            log = guests.last_words(guest.name)
            said = log.read_text(encoding="utf-8") if log.exists() else ""
            raise LabError(f"cannot start {guest.name}: the container ended: {last_lines(said)}")

    try:
        ssh.wait_for_login(guest, deadline, still_running)
    except BaseException:
        stop(guest, at_once=True)
        raise
    return guests.load(guest.name)
