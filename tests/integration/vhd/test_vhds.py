# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixed and dynamic VHDs that are damaged, misleading or not what they seem."""

import os
import struct

import pytest
from conftest import run_module_process
from integration.vhd.aligning import align, converted, refused
from integration.vhd.images import MIB, append, call, content, dynamic_vhd, footer, gpt_disk, patch, qemu_size, raw_disk, table_of


def test_03_a_footer_without_its_last_byte_is_refused(tmp_path):
    disk = append(raw_disk(tmp_path / "a.vhd", 20 * MIB), footer(20 * MIB)[:-1])
    refused(disk, f"offset {20 * MIB} is cut off", "511 of 512 bytes")


def test_03_a_dynamic_vhd_without_its_last_sector_is_refused(tmp_path):
    disk = dynamic_vhd(tmp_path / "a.vhd")
    os.truncate(disk, disk.stat().st_size - 512)
    refused(disk, "begins as a dynamic VHD", "missing or cut off")


def test_04_a_footer_with_a_wrong_checksum_is_refused(tmp_path):
    disk = append(raw_disk(tmp_path / "a.vhd", 20 * MIB), footer(20 * MIB, checksum=12345))
    refused(disk, "wrong checksum", "repair_footer")


def test_04_a_footer_with_a_wrong_checksum_is_repaired_when_asked(tmp_path):
    disk = append(raw_disk(tmp_path / "a.vhd", 20 * MIB), footer(20 * MIB, checksum=12345))
    result = converted(disk, dest=os.fspath(tmp_path / "b.vhd"), repair_footer=True)
    assert qemu_size(result["dest"]) == 20 * MIB
    assert content(disk, 20 * MIB) == content(result["dest"], 20 * MIB)


def test_04_a_wrong_checksum_is_repaired_in_place(tmp_path):
    disk = append(raw_disk(tmp_path / "a.vhd", 20 * MIB), footer(20 * MIB, checksum=12345))
    assert align(disk, in_place=True, repair_footer=True)["method"] == "in_place"
    assert qemu_size(disk) == 20 * MIB
    assert align(disk, in_place=True)["method"] == "unchanged"


def test_05_a_differencing_vhd_is_refused(tmp_path):
    disk = dynamic_vhd(tmp_path / "a.vhd")
    for offset in (0, -512):
        octets = bytearray(disk.read_bytes()[offset:][:512])
        octets[60:68] = struct.pack(">II", 4, 0)
        struct.pack_into(">I", octets, 64, ~sum(octets) & 0xFFFFFFFF)
        patch(disk, offset, octets)
    refused(disk, "differencing VHD", "merge it with its parent")


def test_06_a_dynamic_vhd_that_lacks_a_sector_before_its_footer_is_refused(tmp_path):
    disk = dynamic_vhd(tmp_path / "a.vhd")
    octets = disk.read_bytes()
    disk.write_bytes(octets[:-1024] + octets[-512:])  # the end of its last block is where the footer is
    refused(disk, "entry 5 of its block table", f"past the end of the data at {len(octets) - 1024}", "get the whole image")


def test_06_a_dynamic_vhd_with_a_block_past_the_end_is_refused(tmp_path):
    disk = dynamic_vhd(tmp_path / "a.vhd")
    offset, _entries = table_of(disk)
    patch(disk, offset + 3 * 4, struct.pack(">I", disk.stat().st_size // 512))
    refused(disk, "entry 3 of its block table", "past the end of the data")


def test_07_a_dynamic_vhd_with_two_blocks_in_one_place_is_refused(tmp_path):
    disk = dynamic_vhd(tmp_path / "a.vhd")
    offset, entries = table_of(disk)
    patch(disk, offset + 2 * 4, struct.pack(">I", entries[5]))
    refused(disk, "entries 2 and 5 of its block table point to the same place")


def test_07_a_dynamic_vhd_with_a_block_in_its_headers_is_refused(tmp_path):
    disk = dynamic_vhd(tmp_path / "a.vhd")
    offset, _entries = table_of(disk)
    patch(disk, offset + 2 * 4, struct.pack(">I", 1))
    refused(disk, "entry 2 of its block table points to offset 512, into the headers")


def test_08_a_dynamic_vhd_without_its_head_is_refused_and_never_raw(tmp_path):
    disk = patch(dynamic_vhd(tmp_path / "a.vhd"), 0, bytes(512))
    refused(disk, "dynamic VHD whose copy of the footer at the start is damaged")
    refused(disk, "dynamic VHD", format="vpc")


def test_08_a_dynamic_vhd_whose_two_footers_differ_is_refused(tmp_path):
    disk = dynamic_vhd(tmp_path / "a.vhd")
    patch(disk, 0, footer(19 * MIB, disk_type=3, data_offset=512))
    refused(disk, f"{20 * MIB} bytes", f"{19 * MIB} bytes", "take a sound copy")


@pytest.mark.parametrize("inside", ["qcow2", "vhdx", "vdi", "vmdk", "vpc"])
def test_09_a_footer_behind_an_image_that_is_not_raw_is_refused(tmp_path, inside):
    disk = tmp_path / "a.vhd"
    call("qemu-img", "create", "-q", "-f", inside, disk, 20 * MIB)
    os.truncate(disk, -(-disk.stat().st_size // MIB) * MIB)
    size = disk.stat().st_size
    append(disk, footer(size))
    refused(disk, f"a VHD footer behind a whole {inside} image", f"truncate -s {size}")
    refused(disk, "dest is the same file", dest=disk, format="vpc", size="64MiB")
    told = run_module_process("vhd_info", path=disk)
    assert any(f"a whole {inside} image" in problem for problem in told["problems"]), told["problems"]
    assert align(disk, format="vpc")["method"] == "unchanged"


def test_09_a_fixed_vhd_of_half_a_sector_is_refused_unless_size_pads_it(tmp_path):
    disk = append(raw_disk(tmp_path / "a.vhd", 20 * MIB + 100), footer(20 * MIB + 100))
    refused(disk, f"{20 * MIB + 100} bytes", "no multiple of 512 bytes", "set size")
    result = converted(disk, dest=os.fspath(tmp_path / "b.vhd"), size="21MiB")
    assert content(result["dest"], 21 * MIB) == disk.read_bytes()[: 20 * MIB + 100] + bytes(MIB - 100)


def test_09_a_fixed_vhd_called_raw_does_not_carry_its_footer_into_the_disk(tmp_path):
    disk = append(raw_disk(tmp_path / "a.vhd", 20 * MIB + 512), footer(20 * MIB + 512))
    result = converted(disk, dest=os.fspath(tmp_path / "b.vhd"), format="raw")
    assert result["virtual_size"] == 21 * MIB
    assert content(result["dest"], 21 * MIB) == disk.read_bytes()[: 20 * MIB + 512] + bytes(MIB - 512)


@pytest.mark.parametrize("creator", [b"vpc ", b"qemu", b"vbox"])
def test_11_a_vhd_whose_geometry_is_too_small_keeps_its_tail(tmp_path, creator):
    disk = append(patch(raw_disk(tmp_path / "a.vhd", 100 * MIB), 100 * MIB - 512, b"z" * 512), footer(100 * MIB, creator=creator, geometry=(1003, 12, 17)))
    assert qemu_size(disk) == 104761344
    result = converted(disk, dest=os.fspath(tmp_path / "b.vhd"))
    assert qemu_size(result["dest"]) == result["virtual_size"] == 100 * MIB
    assert content(result["dest"], 100 * MIB)[-512:] == b"z" * 512
    assert any("104761344 bytes" in warning for warning in result["warnings"])


@pytest.mark.parametrize("size", [19 * MIB, 21 * MIB, 0, 2**62])
def test_12_a_footer_of_another_size_than_the_file_is_refused(tmp_path, size):
    disk = append(raw_disk(tmp_path / "a.vhd", 20 * MIB), footer(size))
    refused(disk, f"{size} bytes", f"{20 * MIB + 512}", f"{20 * MIB} without the footer")


def test_13_a_suspended_machine_is_refused(tmp_path):
    refused(append(raw_disk(tmp_path / "a.vhd", 20 * MIB), footer(20 * MIB, saved_state=1)), "suspended", "shut it down")


@pytest.mark.parametrize("behind", [1, 100, 512, 4096, MIB, 64 * MIB, 512 * MIB])
def test_38_bytes_behind_the_footer_are_refused_and_the_footer_found(tmp_path, behind):
    disk = append(raw_disk(tmp_path / "a.vhd", 20 * MIB), footer(20 * MIB))
    os.truncate(disk, 20 * MIB + 512 + behind)
    refused(disk, f"footer was found at offset {20 * MIB}", f"{behind} bytes behind it")


def test_38_bytes_behind_the_footer_of_an_unaligned_disk_with_a_table_are_found(tmp_path):
    size = 20 * MIB + 7 * 512
    disk = append(gpt_disk(tmp_path / "a.vhd", size), footer(size))
    append(disk, b"x" * 300 * MIB)
    refused(disk, f"footer was found at offset {size}")
