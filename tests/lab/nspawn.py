# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inside of a container's life: mount its root, run systemd-nspawn, give everything back.

This runs in the guest's supervisor, a process of its own, so that a guest that powers itself off
leaves no mount, loop device or lock behind.
"""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

from lab import debs, guests, host, images, mounts, ports
from lab.commands import run
from lab.errors import LabError
from lab.files import remove_tree
from lab.guests import Guest

# A container has no hardware, and shares this machine's network.
MASKED_UNITS = (
    "systemd-networkd-wait-online.service",
    "systemd-networkd.service",
    "systemd-networkd.socket",
    "networking.service",
    "NetworkManager.service",
    "NetworkManager-wait-online.service",
    "firewalld.service",
    "ufw.service",
    "systemd-udevd.service",
    "systemd-timesyncd.service",
    "e2scrub_reap.service",
)
MARK = "IMAGEWRIGHT_LAB_GUEST"  # in the environment of a container's first process

# The swap areas of this machine are none of the guest's business: it sees none, and may call swapoff.
NO_SWAPS_UNIT = """[Unit]
DefaultDependencies=no
Before=basic.target
[Service]
Type=oneshot
ExecStart=/bin/mount --bind -o ro /run/lab/swaps /proc/swaps
"""
NO_SWAPS = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
SSH_UNIT = """[Service]
ExecStart=
ExecStart=/usr/sbin/sshd -D -o Port={port} -o ListenAddress=127.0.0.1
"""


def supervise(name: str) -> None:
    """Run a claimed container until it is off, then release all that it held."""
    guest = guests.load(name)
    guest.process = guests.identity(os.getpid())
    guests.save(guest)
    try:
        with _disk_locked(guest):
            root = mounts.mount_root(guest)
            (root / "etc/resolv.conf").write_text(host.resolv_conf(), encoding="ascii")
            _run(guest, root)
    except LabError as error:
        print(error, file=sys.stderr, flush=True)  # before release() keeps the log
        raise
    finally:
        release(guest)


def release(guest: Guest) -> None:
    """Give back all that a guest held, alive or not; right after any crash, and twice."""
    _kill(guest)
    mounts.unmount(guest)
    if guest.settings.get("archives"):
        debs.harvest(guest.settings["suite"], Path(guest.settings["archives"]))
    for scratch in guest.scratch:
        remove_tree(Path(scratch))
    ports.release(guest.name)
    guests.keep_logs(guest)
    remove_tree(guest.directory)


def arguments(guest: Guest, root: Path) -> list:
    """Return the command line of systemd-nspawn."""
    own_unit = () if Path("/run/systemd/system").is_dir() else ("--keep-unit",)
    device = ()
    if guest.node:
        device = tuple(f"--bind={name}" for name in mounts.devices(guest))
    archives = guest.settings.get("archives")
    return [
        "systemd-nspawn",
        "--quiet",
        "-D",
        str(root),
        "--register=no",
        *own_unit,
        "--boot",
        "--console=pipe",
        "--system-call-filter=@swap",
        f"--bind-ro={guest.directory}/swaps:/run/lab/swaps",
        f"--bind-ro={guest.directory}/swaps.service:/run/systemd/system/lab-swaps.service",
        "--resolv-conf=off",
        "--timezone=off",
        "--link-journal=no",
        f"--setenv={MARK}={guest.name}",
        f"--hostname={guest.settings['hostname']}",
        f"--machine=lab-{guest.name}",
        f"--bind-ro={guest.directory}/ssh.conf:/run/systemd/system/ssh.service.d/lab.conf",
        *((f"--bind={archives}:/var/cache/apt/archives",) if archives else ()),
        *device,
        "systemd.wants=lab-swaps.service",
        *(f"systemd.mask={unit}" for unit in MASKED_UNITS),
    ]


def _run(guest: Guest, root: Path) -> None:
    lent = {"ssh.conf": SSH_UNIT.format(port=guest.port), "swaps": NO_SWAPS, "swaps.service": NO_SWAPS_UNIT}
    for name, text in lent.items():
        (guest.directory / name).write_text(text, encoding="ascii")
    with guest.console.open("ab") as console:
        # systemd 258 and later refuse cgroup v1, which this machine may still have.
        worker = subprocess.Popen(
            arguments(guest, root),
            stdin=subprocess.DEVNULL,
            stdout=console,
            stderr=console,
            start_new_session=True,
            env={**os.environ, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"},
        )
    guest.worker = guests.identity(worker.pid)
    guests.save(guest)
    signal.signal(signal.SIGTERM, lambda *_ignored: worker.send_signal(signal.SIGTERM))  # a clean power-off
    signal.signal(signal.SIGUSR1, lambda *_ignored: _kill(guest))  # the power button, held
    worker.wait()


@contextlib.contextmanager
def _disk_locked(guest: Guest):
    if not guest.disk:
        yield
        return
    with images.in_use(Path(guest.disk)):
        yield


def _kill(guest: Guest) -> None:
    """End systemd-nspawn at once: with its first process the whole container is gone."""
    for pid in _first_processes(guest):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    if not guests.alive(guest.worker) or guest.process[0] == os.getpid():
        return  # a supervisor sees its own child end
    with contextlib.suppress(ProcessLookupError):
        os.kill(guest.worker[0], signal.SIGKILL)
    mounts.wait_while(lambda: guests.alive(guest.worker))


def shell(guest: Guest, script: str) -> str:
    """Return what a shell of root's says in a running container, which ssh may not reach any more."""
    return run(["nsenter", "--target", _first_processes(guest)[0], "--all", "--root", "--wd", "sh", "-c", script])


def _first_processes(guest: Guest) -> list:
    """Return the pids of the container's init, found by its environment: it outlives a killed systemd-nspawn."""
    mark = f"{MARK}={guest.name}".encode()
    found = []
    for environment in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if mark in environment.read_bytes().split(b"\0"):
                found.append(int(environment.parent.name))
    return found
