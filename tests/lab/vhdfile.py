# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A second opinion on a finished VHD: its footer by hand, its files by debugfs, nothing mounted."""

import struct
from pathlib import Path
from typing import NamedTuple

from lab import images
from lab.commands import run
from lab.errors import LabError

FOOTER = 512  # bytes, at the end of a fixed VHD
MIB = 1024 * 1024


class Footer(NamedTuple):
    """The fields that Azure looks at; sizes in bytes."""

    cookie: bytes
    current_size: int
    disk_type: int
    checksum_ok: bool
    file_size: int


def footer(vhd: Path) -> Footer:
    """Return the footer of a VHD. Source: Virtual Hard Disk Image Format Specification, 2006."""
    size = vhd.stat().st_size
    with vhd.open("rb") as handle:
        handle.seek(size - FOOTER)
        block = handle.read(FOOTER)
    stored = struct.unpack_from(">I", block, 64)[0]
    computed = ~(sum(block) - sum(block[64:68])) & 0xFFFFFFFF
    return Footer(block[:8], struct.unpack_from(">Q", block, 48)[0], struct.unpack_from(">I", block, 60)[0], stored == computed, size)


def wrong(vhd: Path) -> list:
    """Return what Azure would refuse in a VHD, as sentences; nothing is good."""
    read = footer(vhd)
    checks = (
        (read.cookie == b"conectix", "the file does not end with a VHD footer"),
        (read.disk_type == 2, f"the disk type is {read.disk_type}, not 2 (fixed)"),
        (read.checksum_ok, "the footer's checksum is wrong"),
        (read.current_size % MIB == 0, f"the size {read.current_size} is no whole number of MiB"),
        (read.file_size == read.current_size + FOOTER, f"the file has {read.file_size} bytes, not {read.current_size} and a footer"),
    )
    return [sentence for good, sentence in checks if not good]


def read_file(disk: Path, path: str) -> bytes:
    """Return a file of the root file system (ext) of a raw disk or fixed VHD. Raises FileNotFoundError: when it is not there."""
    listed = _debugfs(disk, f'stat "{path}"')
    if "File not found" in listed or "Inode:" not in listed:
        raise FileNotFoundError(path)
    return _debugfs(disk, f'cat "{path}"').encode()


def list_directory(disk: Path, path: str) -> list:
    """Return the names in a directory of the root file system (ext)."""
    return [line.split("/")[5] for line in _debugfs(disk, f'ls -p "{path}"').splitlines() if line.count("/") >= 7]


def _debugfs(disk: Path, request: str) -> str:
    start = images.root_partition(disk).start
    try:
        return run(["debugfs", "-R", request, f"{disk}?offset={start}"])
    except LabError as error:
        raise LabError(f"cannot read {disk}: {error}") from None
