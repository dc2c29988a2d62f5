# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The root of a container, mounted: an overlay over a directory, or the file systems of a disk by loop devices that have names of their own."""

import os
import time
from pathlib import Path

from lab import guests, images
from lab.commands import run, succeeds
from lab.errors import LabError
from lab.files import locked
from lab.guests import Guest
from lab.layout import mapped
from lab.paths import run_dir


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


def _mount_partition(guest: Guest) -> Path:
    """Mount the root partition of the guest's disk by a loop device at its offset.

    GRUB's 10_linux writes no entry at all for a root named /dev/loop*, and takes a name like vda1
    for a partition: the same device gets a second node with a neutral name.
    """
    disk = Path(guest.disk)
    partition, boot, volume = images.root_partition(disk), images.boot_partition(disk), images.root_volume(disk)
    guest.offset = partition.start
    guest.node = f"/dev/labroot-{guest.name}"
    guests.save(guest)
    _loop(guest, partition, guest.node)
    mount = guest.directory / "root"
    mount.mkdir()
    kind = _mount_volume(guest.node, mapped(volume.group, volume.name), mount) if volume else _mount_node(guest.node, mount)
    if kind == "btrfs":
        _mount_subvolumes(guest, mount)
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


def devices(guest: Guest) -> tuple:
    """Return what binds the guest's devices into it: themselves, and by the names of fstab and of udev, which is not there.

    GRUB finds a UUID by udev's name alone, and where that is missing, as it is for a logical volume here, calls the root what it is mounted from.
    """
    disk = Path(guest.disk)
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


def unmount(guest: Guest) -> None:
    """Give back what mount_root took, whatever of it there is."""
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


def _detach_loops(guest: Guest) -> None:
    for device in _loops(guest):
        succeeds(["losetup", "-d", device])
    wait_while(lambda: _loops(guest))  # until the last process of the container has gone


def _loops(guest: Guest) -> list:
    """Return the loop devices on the guest's disk at its root partition's offset."""
    listed = run(["losetup", "--noheadings", "--raw", "--output", "NAME,OFFSET", "-j", guest.disk])
    return [line.split()[0] for line in listed.splitlines() if line.split()[1:] == [str(guest.offset)]]


def wait_while(condition, seconds: float = 5) -> None:
    """Return when a condition does not hold any more, or after so many seconds."""
    deadline = time.monotonic() + seconds
    while condition() and time.monotonic() < deadline:
        time.sleep(0.05)
