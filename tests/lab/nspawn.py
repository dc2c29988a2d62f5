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
import time
from pathlib import Path

from lab import debs, guests, host, images, ports
from lab.commands import run, succeeds
from lab.errors import LabError
from lab.files import locked, remove_tree
from lab.guests import Guest
from lab.layout import mapped
from lab.paths import run_dir

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
            root = mount_root(guest)
            (root / "etc/resolv.conf").write_text(host.resolv_conf(), encoding="ascii")
            _run(guest, root)
    except LabError as error:
        print(error, file=sys.stderr, flush=True)  # before release() keeps the log
        raise
    finally:
        release(guest)


def mount_root(guest: Guest) -> Path:
    """Return the directory that systemd-nspawn starts, mounted."""
    if guest.disk:
        return _mount_partition(guest)
    upper, merged = guest.directory / "tmp", guest.directory / "merged"
    upper.mkdir()
    merged.mkdir()
    run(["mount", "-t", "tmpfs", "-o", "size=75%,mode=755", "tmpfs", upper])
    for part in ("up", "work"):
        (upper / part).mkdir()
    run(["mount", "-t", "overlay", "-o", f"lowerdir={guest.lower},upperdir={upper}/up,workdir={upper}/work", "overlay", merged])
    return merged


def release(guest: Guest) -> None:
    """Give back all that a guest held, alive or not; right after any crash, and twice."""
    _kill(guest)
    for name in ("merged", "tmp", "root"):
        mount = guest.directory / name
        while os.path.ismount(mount):
            if not succeeds(["umount", "-R", mount]):
                run(["umount", "-l", "-R", mount])
    if guest.node:
        Path(guest.node).unlink(missing_ok=True)
        Path(_boot_node(guest)).unlink(missing_ok=True)
    if guest.disk and guest.offset and Path(guest.disk).exists():
        _detach_loops(guest)
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
        device = tuple(f"--bind={name}" for name in _devices(guest, Path(guest.disk)))
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


def _devices(guest: Guest, disk: Path) -> tuple:
    """Return what binds the guest's devices into it: themselves, and by the names of fstab and of udev, which is not there.

    GRUB finds a UUID by udev's name alone, and where that is missing, as it is for a logical volume here, calls the root what it is mounted from.
    """
    root, boot, volume = guest.node, images.boot_partition(disk), images.root_volume(disk)
    if volume is None:
        return root, _by_uuid(root), f"{root}:/dev/sda{images.root_partition(disk).number}"
    of_root = (root, f"{root}:{mapped(volume.group, volume.name)}", f"{root}:/dev/disk/by-id/dm-uuid-{volume.identifier}")
    of_boot = (_boot_node(guest), _by_uuid(_boot_node(guest)), f"{_boot_node(guest)}:/dev/sda{boot.number}")
    return of_root + of_boot


def _by_uuid(node: str) -> str:
    return f"{node}:/dev/disk/by-uuid/{run(['blkid', '-p', '-s', 'UUID', '-o', 'value', node]).strip()}"


def _boot_node(guest: Guest) -> str:
    return f"{guest.node}-boot"


def _mount_partition(guest: Guest) -> Path:
    """Mount the root partition of the guest's disk by a loop device at its offset.

    GRUB's 10_linux writes no entry at all for a root named /dev/loop*, and takes a name like vda1
    for a partition: the same device gets a second node with a neutral name.
    """
    partition = images.root_partition(Path(guest.disk))
    guest.offset = partition.start
    guest.node = f"/dev/labroot-{guest.name}"
    guests.save(guest)
    _loop(guest, partition, guest.node)
    mount = guest.directory / "root"
    mount.mkdir()
    volume = images.root_volume(Path(guest.disk))
    kind = _mount_volume(guest.node, mapped(volume.group, volume.name), mount) if volume else _mount_node(guest.node, mount)
    if kind == "btrfs":
        _mount_subvolumes(guest, mount)
    boot = images.boot_partition(Path(guest.disk))
    if boot:
        device = _loop(guest, boot, _boot_node(guest))
        try:
            _mount_node(_boot_node(guest), mount / "boot")
        finally:
            run(["losetup", "-d", device])  # once it is not mounted any more
    return mount


def _loop(guest: Guest, partition, node: str) -> str:
    """Return the loop device of a part of the guest's disk, which has another node too."""
    with locked(run_dir() / ".loop.lock"):
        device = run(["losetup", "--find", "--show", "--offset", partition.start, "--sizelimit", partition.size, guest.disk]).strip()
    os.mknod(node, 0o600 | 0o060000, os.stat(device).st_rdev)
    return device


def _mount_node(node: str, mount: Path) -> str:
    """Mount a device, and return the kind of its file system."""
    kind = run(["blkid", "-p", "-s", "TYPE", "-o", "value", node]).strip()
    # Another copy of the same cached disk may be mounted already.
    run(["mount", *(("-o", "nouuid") if kind == "xfs" else ()), node, mount])
    return kind


def _mount_volume(node: str, name: str, mount: Path) -> str:
    """Mount a device by device mapper's name of a logical volume, which is what the guest's tools then find; return the kind of its file system.

    The name is on this machine for that moment alone. Raises LabError: when this machine has such a volume itself
    """
    with locked(run_dir() / ".loop.lock"):
        if os.path.lexists(name):
            raise LabError(f"cannot mount the root of the guest as {name}: this machine has a volume of that name; start the guest as a machine")
        Path(name).parent.mkdir(exist_ok=True)
        os.mknod(name, 0o600 | 0o060000, os.stat(node).st_rdev)
        try:
            return _mount_node(name, mount)
        finally:
            Path(name).unlink()


def _mount_subvolumes(guest: Guest, mount: Path) -> None:
    """Mount what the guest's fstab mounts of other subvolumes: systemd does not do it in a container."""
    for line in (mount / "etc/fstab").read_text(encoding="utf-8").splitlines():
        words = line.split()
        subvolume = next((option for option in (words[3:4] or [""])[0].split(",") if option.startswith("subvol=")), "")
        if subvolume and not line.startswith("#"):
            run(["mount", "-o", subvolume, guest.node, mount / words[1].lstrip("/")])


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
    _wait_while(lambda: guests.alive(guest.worker))


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


def _detach_loops(guest: Guest) -> None:
    for device in _loops(guest):
        succeeds(["losetup", "-d", device])
    _wait_while(lambda: _loops(guest))  # until the last process of the container has gone


def _wait_while(condition, seconds: float = 5) -> None:
    deadline = time.monotonic() + seconds
    while condition() and time.monotonic() < deadline:
        time.sleep(0.05)


def _loops(guest: Guest) -> list:
    """Return the loop devices on the guest's disk at its root partition's offset."""
    listed = run(["losetup", "--noheadings", "--raw", "--output", "NAME,OFFSET", "-j", guest.disk])
    return [line.split()[0] for line in listed.splitlines() if line.split()[1:] == [str(guest.offset)]]
