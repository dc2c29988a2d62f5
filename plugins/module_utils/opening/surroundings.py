# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the guest's programs find around the guest's files: /dev with the guest's disk alone, /proc and /sys that cannot be written, no network.

PRIVATE: module_utils of this collection are not an interface.
"""

import contextlib
import os
import stat
from typing import Mapping

from ansible_collections.imagewright.azure.plugins.module_utils.opening import kernel
from ansible_collections.imagewright.azure.plugins.module_utils.opening.loops import Loop, device_number
from ansible_collections.imagewright.azure.plugins.module_utils.opening.plan import Plan

#: What the guest's disk is called. GRUB's 10_linux makes no entry for a root on /dev/loop, and the first disk of a machine is called so everywhere.
DISK = "/dev/sda"

_CHARACTER_DEVICES = {"null": (1, 3), "zero": (1, 5), "full": (1, 7), "random": (1, 8), "urandom": (1, 9), "tty": (5, 0)}
_LINKS = {"fd": "/proc/self/fd", "stdin": "/proc/self/fd/0", "stdout": "/proc/self/fd/1", "stderr": "/proc/self/fd/2", "ptmx": "pts/ptmx"}
#: Places through which a program that is root would change this machine and not the guest.
_PROTECTED = ("/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus", "/sys")
#: Whether this machine was started by UEFI firmware does not say anything of the guest.
_HIDDEN = ("/sys/firmware",)


def arrange(loop: Loop, plan: Plan) -> None:
    """Mount /proc, /dev and /sys of this mount namespace as the guest's programs shall find them. Raises OSError."""
    kernel.mount("proc", "/proc", "proc", kernel.NO_SETUID | kernel.NO_DEVICES | kernel.NO_PROGRAMS)
    _make_devices(loop, plan)
    for path in _PROTECTED:
        if os.path.exists(path):
            kernel.bind_read_only(path)
    for path in _HIDDEN:
        if os.path.isdir(path):
            kernel.mount("tmpfs", path, "tmpfs", kernel.READ_ONLY | kernel.NO_SETUID | kernel.NO_DEVICES | kernel.NO_PROGRAMS, "mode=755,size=0")


def device_of(number: int) -> str:
    """Return the path (str) of a partition of the guest's disk, of the disk for 0."""
    return f"{DISK}{number or ''}"


def _make_devices(loop: Loop, plan: Plan) -> None:
    disks = {number: device_number(loop, number) for number in [0] + [partition.number for partition in plan.partitions]}
    kernel.mount("tmpfs", "/dev", "tmpfs", kernel.NO_SETUID | kernel.NO_PROGRAMS, "mode=755,size=1m")
    for name, (major, minor) in _CHARACTER_DEVICES.items():
        _make_node(f"/dev/{name}", stat.S_IFCHR | 0o666, os.makedev(major, minor))
    for name, target in _LINKS.items():
        os.symlink(target, f"/dev/{name}")
    for name, kind, options in (("pts", "devpts", "newinstance,ptmxmode=0666,mode=620"), ("shm", "tmpfs", "mode=1777,size=64m")):
        os.mkdir(f"/dev/{name}")
        kernel.mount(name, f"/dev/{name}", kind, kernel.NO_SETUID | kernel.NO_PROGRAMS, options)
    for number, device in disks.items():
        _make_node(device_of(number), stat.S_IFBLK | 0o600, device)
    _link(dict.fromkeys(plan.names, 0))
    for partition in plan.partitions:
        _link(dict.fromkeys(partition.names, partition.number))


def _make_node(path: str, mode: int, device: int) -> None:
    os.mknod(path, mode, device)
    os.chmod(path, stat.S_IMODE(mode))


def _link(names: Mapping[str, int]) -> None:
    for name, number in names.items():
        folder = f"/dev/disk/{os.path.dirname(name)}"
        os.makedirs(folder, exist_ok=True)
        with contextlib.suppress(FileExistsError):  # two partitions of one label: the first has it
            os.symlink(f"../../{os.path.basename(device_of(number))}", f"{folder}/{os.path.basename(name)}")
