# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Partition tables on a disk that grows."""

import struct

import pytest
from conftest import run_module_process
from integration.vhd.aligning import align, converted, refused
from integration.vhd.images import MIB, call, content, gpt_disk, gpt_is_sound, patch, raw_disk


@pytest.mark.parametrize("missing", [3, 20, 33, 37, 2000])
@pytest.mark.parametrize("in_place", [False, True])
def test_35_a_table_moves_even_by_less_than_its_own_length(tmp_path, missing, in_place):
    disk = gpt_disk(tmp_path / "a.raw", 100 * MIB - missing * 512)
    result = align(disk, in_place=in_place)
    assert result["gpt_relocated"] is True
    assert result["virtual_size"] == 100 * MIB
    gpt_is_sound(result["dest"], tmp_path)
    assert align(disk, in_place=in_place)["method"] == "unchanged"


def broken_tables():
    """Return functions that damage the table of a disk (bytearray)."""

    def both(octets):
        octets[520] ^= 255
        octets[-504] ^= 255

    def primary(octets):
        octets[530] ^= 255

    def entries(octets):
        octets[1024 + 40] ^= 255

    def hybrid(octets):
        octets[462:478] = struct.pack("<B3sB3sII", 0, bytes(3), 0x83, bytes(3), 2048, 4096)

    return [both, primary, entries, hybrid]


@pytest.mark.parametrize("damage", broken_tables(), ids=lambda damage: damage.__name__)
def test_36_a_damaged_table_is_left_alone_with_a_warning(tmp_path, damage):
    disk = gpt_disk(tmp_path / "a.raw", 100 * MIB - 512 * 37)
    octets = bytearray(disk.read_bytes())
    damage(octets)
    disk.write_bytes(octets)
    result = converted(disk)
    assert result["gpt_relocated"] is False
    assert any("left as it is" in warning for warning in result["warnings"]), result["warnings"]
    assert content(result["dest"], 100 * MIB) == octets + bytes(512 * 37)


def test_36_a_table_for_sectors_of_4096_bytes_is_refused(tmp_path):
    disk = raw_disk(tmp_path / "a.raw", 100 * MIB - 4096, data=())
    device = call("losetup", "--find", "--show", "--sector-size", "4096", disk).strip()
    try:
        call("sgdisk", "--new=1:256:0", device)
    finally:
        call("losetup", "--detach", device)
    refused(disk, "sectors of 4096 bytes")


def over_a_gpt(disk):
    """Give a disk an MBR with one partition up to its end, as sfdisk does when it leaves an old GPT where it is."""
    call("sh", "-c", "printf 'label: dos\\n2048,,83,*\\n' | sfdisk --quiet --no-tell-kernel --wipe never \"$1\"", "sh", disk)
    return patch(disk, 0, b"\xeb\x63\x90")


@pytest.mark.parametrize("in_place", [False, True])
def test_36_an_old_gpt_beneath_an_mbr_is_not_moved_over_the_data(tmp_path, in_place):
    disk = patch(over_a_gpt(gpt_disk(tmp_path / "a.raw", 100 * MIB - 512 * 3)), -512, b"z" * 512)
    octets = disk.read_bytes()
    assert octets[512:520] == b"EFI PART"
    result = align(disk, in_place=in_place)
    assert (result["gpt_relocated"], result["generations"], result["warnings"]) == (False, [1], [])
    assert content(result["dest"], 100 * MIB) == octets + bytes(512 * 3)


def test_36_an_mbr_over_an_old_gpt_is_described_as_the_mbr_that_it_is(tmp_path):
    disk = over_a_gpt(gpt_disk(tmp_path / "a.raw", 100 * MIB))
    patch(disk, 512, bytes(512))
    assert content(disk)[-512:-504] == b"EFI PART"  # the backup is left
    told = run_module_process("vhd_info", path=disk)
    assert (told["partition_table"], told["generations"], [part["type"] for part in told["partitions"]]) == ("mbr", [1], ["0x83"])
    assert told["problems"] == ["it is a raw disk without a VHD footer; convert it with vhd_align"]
