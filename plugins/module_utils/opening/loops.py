# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The disk in an image as a block device with its partitions, for as long as somebody holds it open.

PRIVATE: module_utils of this collection are not an interface.
Source: linux/loop.h, linux/blkpg.h.
"""

import ctypes
import errno
import fcntl
import os
import struct
import time
from typing import NamedTuple, Sequence

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError, from_os_error
from ansible_collections.imagewright.azure.plugins.module_utils.opening.plan import MappedPartition

_LOOP_CTL_GET_FREE, _LOOP_SET_FD, _LOOP_CLR_FD, _LOOP_SET_STATUS64, _LOOP_CONFIGURE = 0x4C82, 0x4C00, 0x4C01, 0x4C04, 0x4C0A
_AUTOCLEAR, _PARTSCAN = 4, 8
_INFO = "=5Q4I64s64s32s2Q"  # struct loop_info64
_BLKPG, _ADD_PARTITION = 0x1269, 1
_TRIES = 64  # others may take the device that was free


class Loop(NamedTuple):
    """A loop device. path: str, ``/dev/loop3``; descriptor: int: the device goes with the last one that has it open, file systems included."""

    path: str
    descriptor: int


def attach(descriptor: int, size: int, name: str) -> Loop:
    """Return the Loop of the first size bytes of an open file; it detaches by itself once nobody uses it.

    descriptor: int, open for reading and writing; name: str, shown by losetup.
    Raises ImagewrightError: there is no loop device to be had.
    """
    try:
        control = os.open("/dev/loop-control", os.O_RDWR | os.O_CLOEXEC)
    except OSError as error:
        raise from_os_error("get a loop device", error) from error
    try:
        for _unused in range(_TRIES):
            number = fcntl.ioctl(control, _LOOP_CTL_GET_FREE)
            device = os.open(f"/dev/loop{number}", os.O_RDWR | os.O_CLOEXEC)
            try:
                _configure(device, descriptor, size, name)
                return Loop(f"/dev/loop{number}", device)
            except OSError as error:
                os.close(device)
                if error.errno != errno.EBUSY:
                    raise
    except OSError as error:
        raise from_os_error("get a loop device", error) from error
    finally:
        os.close(control)
    raise ImagewrightError("cannot get a loop device: each that was free was taken by another program at once; try again")


def add_partitions(loop: Loop, partitions: Sequence[MappedPartition]) -> None:
    """Give a loop device its partitions, where the kernel has not found them by itself.

    Raises ImagewrightError: the kernel does not take one.
    """
    for partition in partitions:
        names = ctypes.create_string_buffer(struct.pack("=qqi64s64s4x", partition.start, partition.size, partition.number, b"", b""))
        argument = struct.pack("iiiP" if struct.calcsize("P") == 4 else "iii4xP", _ADD_PARTITION, 0, len(names) - 1, ctypes.addressof(names))
        try:
            fcntl.ioctl(loop.descriptor, _BLKPG, argument)
        except OSError as error:
            if error.errno != errno.EBUSY:  # it is there already
                raise from_os_error(f"make partition {partition.number} of {loop.path}", error) from error


def device_number(loop: Loop, number: int) -> int:
    """Return the device number (int) of a partition, of the whole device for 0."""
    name = os.path.basename(loop.path)
    try:
        with open(f"/sys/block/{name}/dev" if number == 0 else f"/sys/block/{name}/{name}p{number}/dev", encoding="ascii") as stream:
            major, minor = stream.read().split(":")
    except OSError as error:
        raise from_os_error(f"find partition {number} of {loop.path}", error) from error
    return os.makedev(int(major), int(minor))


def is_attached(loop: Loop) -> bool:
    """Return whether the loop device still has a file."""
    return os.path.exists(f"/sys/block/{os.path.basename(loop.path)}/loop/backing_file")


def detach(loop: Loop, patience: float = 10) -> bool:
    """Close a loop device and return whether it is free within patience seconds."""
    os.close(loop.descriptor)
    deadline = time.monotonic() + patience
    while is_attached(loop) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not is_attached(loop)


def _configure(device: int, descriptor: int, size: int, name: str) -> None:
    shown = os.fsencode(name)[:63]
    info = struct.pack(_INFO, 0, 0, 0, 0, size, 0, 0, 0, _AUTOCLEAR | _PARTSCAN, shown, b"", b"", 0, 0)
    try:
        fcntl.ioctl(device, _LOOP_CONFIGURE, struct.pack("=2I", descriptor, 0) + info + bytes(64))
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTTY):
            raise
        # Linux before 5.8
        fcntl.ioctl(device, _LOOP_SET_FD, descriptor)
        try:
            fcntl.ioctl(device, _LOOP_SET_STATUS64, info)
        except OSError:
            fcntl.ioctl(device, _LOOP_CLR_FD)
            raise
