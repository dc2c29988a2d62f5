# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Facts about a disk image: its Linux partition, and a lock that says that a guest uses it."""

import contextlib
import fcntl
import json
import struct
from pathlib import Path
from typing import NamedTuple

from lab import logical
from lab.commands import run
from lab.errors import LabError
from lab.layout import FIRST_EXTENT

LOGICAL_TYPES = ("8E", "E6D6D379-F507-44C2-A23C-238F2A3DF928")
LINUX_TYPES = ("83", "0FC63DAF-8483-4772-8E79-3D69D8477DE4")


class Partition(NamedTuple):
    """A partition: start and size in bytes, number as the kernel counts."""

    number: int
    start: int
    size: int


def root_partition(image: Path) -> Partition:
    """Return the largest Linux partition of a raw image, or where the one volume of its volume group lies. Raises LabError: when there is neither."""
    groups, linux = _partitions(image, LOGICAL_TYPES), _partitions(image, LINUX_TYPES)
    if groups:
        return Partition(groups[0].number, groups[0].start + FIRST_EXTENT, groups[0].size - FIRST_EXTENT)
    if not linux:
        raise LabError(f"cannot find the root partition of {image}: its partition table has no Linux partition")
    return max(linux, key=lambda part: part.size)


def boot_partition(image: Path):
    """Return the partition of /boot of a raw image whose root is a logical volume; None of any other."""
    return next(iter(_partitions(image, LINUX_TYPES)), None) if _partitions(image, LOGICAL_TYPES) else None


def _partitions(image: Path, types: tuple) -> list:
    table = json.loads(run(["sfdisk", "--json", image]))["partitiontable"]
    sector = int(table.get("sectorsize", 512))
    return [
        Partition(int(part["node"][len(str(image)) :].lstrip("p")), part["start"] * sector, part["size"] * sector)
        for part in table["partitions"]
        if part["type"].upper() in types
    ]


def root_volume(image: Path):
    """Return the logical.Volume that is the root of a raw image, or None when its root is a partition."""
    groups = _partitions(image, LOGICAL_TYPES)
    return logical.read_volume(image, groups[0].start) if groups else None


def image_format(image: Path) -> str:
    """Return qemu's name of an image's format: raw, qcow2 or vpc (told by suffix for a fixed VHD)."""
    if not image.is_file():
        raise LabError(f"cannot use the disk {image}: there is no such file; `lab build --out {image}` makes one")
    if image.suffix in (".vhd", ".vpc"):
        return "vpc"
    return json.loads(run(["qemu-img", "info", "-U", "--output=json", image]))["format"]


def require_raw(image: Path) -> None:
    """Raise LabError: when an image is not raw, and so cannot be mounted in place."""
    if image_format(image) != "raw":
        raise LabError(f"cannot run a container on {image}: only raw disks can be mounted; convert it with qemu-img convert -O raw, or start it as a machine")


@contextlib.contextmanager
def in_use(image: Path):
    """Hold a lock on the whole image, as QEMU would: qemu-img and others see that a guest runs on it.

    Raises LabError: when somebody else holds one
    """
    whole_file = struct.pack("hhxxxxqqixxxx", fcntl.F_WRLCK, 0, 0, 0, 0)
    with image.open("r+b") as handle:
        try:
            fcntl.fcntl(handle, fcntl.F_OFD_SETLK, whole_file)
        except OSError:
            raise LabError(f"cannot use {image}: another guest or program has it locked; stop that first") from None
        yield
