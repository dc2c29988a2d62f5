# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Raw disks, and the sizes of any.

The number in a test's name is that of an input of which something else makes a wrong VHD in silence, or none at all:
1, 2, 10, 24 to 26, 37 and 40 here; 3 to 9, 11 to 13 and 38 in test_vhds.py; 14 to 17, 20 to 23 and 39 in
test_foreign_formats.py; 18, 19 and 29 to 32 in test_paths_and_destinations.py; 28, 33 and 34 in test_interruptions.py;
35 and 36 in test_partition_tables.py; 27, 41 and 42 in test_environment.py.
"""

import os
import struct

import pytest
from conftest import run_module_process
from integration.vhd.aligning import align, converted, refused, refused_sparse
from integration.vhd.images import GIB, MIB, append, call, content, footer, patch, qcow2, raw_disk, vhdi_size


def test_01_an_empty_file_is_refused(tmp_path):
    (tmp_path / "a.raw").touch()
    refused(tmp_path / "a.raw", "it is empty")


def test_01_a_footer_without_a_disk_is_refused(tmp_path):
    disk = append(tmp_path / "a.vhd", footer(0))
    refused(disk, "0 bytes", "give the image of a disk")
    told = run_module_process("vhd_info", path=os.fspath(disk))
    assert told["accepted"] is False and "empty" in [problem["id"] for problem in told["problem_details"]]


@pytest.mark.parametrize("image_format", ["qcow2", "vdi", "vhdx"])
def test_01_an_image_of_no_bytes_is_refused(tmp_path, image_format):
    call("qemu-img", "create", "-q", "-f", image_format, tmp_path / "a.image", "0")
    refused(tmp_path / "a.image", "0 bytes")


def test_02_a_raw_disk_of_half_a_sector_is_refused(tmp_path):
    refused(raw_disk(tmp_path / "a.raw", 1000, data=((0, 1000),)), "no multiple of 512 bytes", "set size")


def test_02_a_raw_disk_of_half_a_sector_is_padded_when_size_says_so(tmp_path):
    source = raw_disk(tmp_path / "a.raw", 1000, data=((0, 1000),))
    result = converted(source, size="20MiB")
    octets = content(result["dest"])
    assert octets[:1000] == source.read_bytes()
    assert octets[1000:-512] == bytes(20 * MIB - 1000)


@pytest.mark.parametrize("tail", [b"conectix".rjust(512, b"x"), b"conectix".ljust(512, b"x"), footer(7 * MIB, checksum=5)])
def test_10_a_raw_disk_that_happens_to_end_like_a_vhd_stays_raw(tmp_path, tail):
    disk = patch(raw_disk(tmp_path / "a.raw", 20 * MIB), -512, tail)
    result = converted(disk)
    assert result["source_format"] == "raw"
    assert content(result["dest"], 20 * MIB) == disk.read_bytes()


@pytest.mark.parametrize("size", [2**62, 64 * 1024 * GIB, 4 * 1024 * GIB + MIB])
def test_24_a_disk_that_is_too_large_is_refused_before_anything_is_written(tmp_path, size):
    disk = patch(qcow2(tmp_path / "a.qcow2"), 24, struct.pack(">Q", size))
    refused(disk, f"{size} bytes", "larger than 4396972769280 bytes (4095 GiB)", "max_size")


def test_24_a_generation_1_disk_ends_at_2_tib(tmp_path):
    disk = raw_disk(tmp_path / "a.raw", 2048 * GIB + MIB, data=())
    refused_sparse(disk, "2199024304128 bytes", "generation 1", generation="1")


def test_24_an_mbr_ends_at_2_tib_also_in_a_format_that_only_qemu_reads(tmp_path):
    raw = raw_disk(tmp_path / "a.raw", 3072 * GIB, data=())
    call("sh", "-c", "printf 'label: dos\n2048,,83\n' | sfdisk --quiet --no-tell-kernel \"$1\"", "sh", raw)
    call("qemu-img", "convert", "-f", "raw", "-O", "qcow2", raw, tmp_path / "a.qcow2")
    raw.unlink()
    refused_sparse(tmp_path / "a.qcow2", "larger than 2199023255552 bytes (2 TiB)", "MBR", "max_size")


def test_25_rounding_over_the_limit_is_refused_and_says_by_how_much(tmp_path):
    disk = raw_disk(tmp_path / "a.raw", 20 * MIB + 512)
    refused(disk, f"becomes {21 * MIB} bytes", f"{MIB // 2} bytes more than", max_size=str(20 * MIB + MIB // 2))


def test_26_a_disk_too_small_for_a_managed_disk_gets_a_warning(tmp_path):
    result = converted(raw_disk(tmp_path / "a.raw", 3 * MIB, data=((0, 4096),)))
    assert any("smaller than the 20971520 bytes" in warning for warning in result["warnings"])


def test_37_an_aligned_disk_stays_as_large_as_it_is(tmp_path):
    result = converted(raw_disk(tmp_path / "a.raw", 20 * MIB))
    assert result["virtual_size"] == 20 * MIB
    again = align(result["dest"])
    assert (again["changed"], again["method"], again["bytes_written"]) == (False, "unchanged", 0)


@pytest.mark.parametrize("size", [2041 * GIB, 4095 * GIB])
@pytest.mark.parametrize("in_place", [False, True])
def test_40_disks_above_the_limit_of_qemu_are_made(tmp_path, size, in_place):
    disk = raw_disk(tmp_path / "a.raw", size - 512)
    result = align(disk, in_place=in_place)
    assert (result["virtual_size"], result["file_size"]) == (size, size + 512)
    assert os.path.getsize(result["dest"]) == size + 512
    assert vhdi_size(result["dest"]) == size
    assert os.stat(result["dest"]).st_blocks * 512 < 2 * MIB
