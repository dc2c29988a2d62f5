# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of an EFI system partition whose chain of clusters does not lead to their end: neither the firmware nor Linux reads them."""

import re
import struct

import pytest
from unit.image import images
from unit.image.images import MIB, run

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.disk import fat, pe
from ansible_collections.imagewright.azure.plugins.module_utils.disk.bootability import judge
from ansible_collections.imagewright.azure.plugins.module_utils.disk.partitions import read_table
from ansible_collections.imagewright.azure.plugins.module_utils.image.fat import FatFileSystem
from ansible_collections.imagewright.azure.plugins.module_utils.image.paths import find

PATH = "EFI/BOOT/BOOTX64.EFI"
END, FREE = 0xFFFF, 0


@pytest.fixture
def part(tmp_path):
    """A FAT16 file system with a loader of several clusters."""
    path = images.esp(tmp_path / "esp", 32 * MIB)
    loader = tmp_path / "loader"
    loader.write_bytes(images.LOADER + bytes(20000))
    run("mcopy", "-o", "-i", path, loader, f"::{PATH}")
    return path


def set_entry(path, which, value):
    """Change the table's entry for a cluster of the loader, counted from its first."""
    (first,) = re.findall(r"<(\d+)-\d+>", run("mshowfat", "-i", path, f"::{PATH}"))
    with open(path, "r+b") as stream:
        boot = stream.read(512)
        sector, reserved = struct.unpack_from("<H", boot, 11)[0], struct.unpack_from("<H", boot, 14)[0]
        stream.seek(reserved * sector + 2 * (int(first) + which))
        stream.write(struct.pack("<H", value))


def loader_of(stream):
    file_system = FatFileSystem(stream, "partition 1")
    return file_system.open(find(file_system, file_system.root, PATH))


@pytest.mark.parametrize(("which", "value"), [(0, END), (3, END), (0, FREE), (3, FREE), (3, 0xFFF7)])
def test_a_chain_that_ends_too_early_is_an_error(part, which, value):
    set_entry(part, which, value)
    with open(part, "rb") as stream, pytest.raises(ImagewrightError, match="chain of clusters"):
        loader_of(stream)


def test_a_whole_chain_is_read(part):
    with open(part, "rb") as stream:
        assert loader_of(stream).read() == images.LOADER + bytes(20000)


@pytest.mark.parametrize("value", [None, END, FREE])
def test_the_firmware_starts_no_loader_whose_chain_ends_too_early(tmp_path, part, value):
    if value is not None:
        set_entry(part, 4, value)
    disk = images.empty_disk(tmp_path / "disk", 34 * MIB, (1, 32, images.ESP))
    images.put(disk, part, MIB)
    content = disk.read_bytes()

    def read_at(offset, length):
        return content[offset : offset + length]

    found = judge(read_table(read_at, len(content)), read_at)
    assert (2 in found.generations) is (value is None)
    assert value is None or "chain of clusters" in found.reasons[2]
    # its header and sections can be read all the same
    assert pe.read_program(fat.find_file(lambda offset, length: read_at(MIB + offset, length), PATH).read_at).architecture == "x64"
