# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""vhd_info: what it tells of right and of wrong images."""

import os
import pathlib

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.vhd.info import describe_image
from conftest import run_module_process
from efi_programs import efi_program
from integration.vhd.images import GIB, MIB, append, call, digest, footer, gpt_disk, patch, raw_disk

ESP, BIOS_BOOT = "1:2048:+2M", "2:0:+1M"


def info(path):
    """Return the result of vhd_info, which must leave the image as it is."""
    before = os.stat(path)
    result = run_module_process("vhd_info", path=os.fspath(path))
    assert not result["failed"], result
    assert result["changed"] is False
    assert (before.st_mtime_ns, before.st_size) == (os.stat(path).st_mtime_ns, os.stat(path).st_size)
    return result


def problem(path, *words):
    """Assert that vhd_info tells a problem with these words, and return the result."""
    result = info(path)
    assert any(all(word in text for word in words) for text in result["problems"]), result["problems"]
    return result


def bootable(path, size=64 * MIB, loader=True, boot_code=True):
    """Write a fixed VHD with GPT, EFI system partition and BIOS boot partition, and return its path."""
    folder = path.parent
    raw_disk(path, size, data=())
    call("sgdisk", "--new=1:2048:+33M", "--typecode=1:ef00", "--new=2:0:+1M", "--typecode=2:ef02", "--new=3:0:0", path)
    esp = folder / "esp.img"
    esp.write_bytes(bytes(33 * MIB))
    call("mformat", "-i", esp, "-T", str(33 * 2048), "::")
    if loader:
        (folder / "loader").write_bytes(efi_program())
        call("mmd", "-i", esp, "::/EFI", "::/EFI/BOOT")
        call("mcopy", "-i", esp, folder / "loader", "::/EFI/BOOT/BOOTX64.EFI")
    patch(path, MIB, esp.read_bytes())
    if boot_code:
        patch(path, 0, b"\xeb\x63\x90")
    return append(path, footer(size))


def test_a_right_vhd_has_no_problems(tmp_path):
    result = info(bootable(tmp_path / "a.vhd"))
    assert result["problems"] == []
    assert result["accepted"] is True
    assert (result["format"], result["disk_type"], result["checksum_ok"], result["aligned"]) == ("vpc", "fixed", True, True)
    assert (result["virtual_size"], result["file_size"], result["upload_size"]) == (64 * MIB, 64 * MIB + 512, 64 * MIB + 512)
    assert (result["generations"], result["fallback_loader"], result["boot_code"]) == ([1, 2], True, True)
    assert result["partition_table"] == "gpt"
    assert [(part["number"], part["start"]) for part in result["partitions"]] == [(1, MIB), (2, 34 * MIB), (3, 35 * MIB)]
    assert result["footer"]["creator_application"] == "qem2"


def test_generations_are_told_with_the_reason_for_the_missing_one(tmp_path):
    assert info(bootable(tmp_path / "a.vhd", boot_code=False))["generations"] == [2]
    result = info(bootable(tmp_path / "b.vhd", loader=False))
    assert (result["generations"], result["fallback_loader"]) == ([1], False)
    assert any("BOOTX64.EFI" in reason for reason in result["generation_reasons"])
    problem(bootable(tmp_path / "c.vhd", loader=False, boot_code=False), "no generation of machine boots it")


@pytest.mark.parametrize(
    ("size", "options", "words"),
    [
        (64 * MIB + 512, {}, ["no whole number of MiB", "unsupported virtual size", str(65 * MIB)]),
        (64 * MIB, {"checksum": 7}, ["checksum of its footer is wrong"]),
        (64 * MIB, {"saved_state": 1}, ["suspended"]),
        (64 * MIB, {"disk_type": 4}, ["'differencing'", "fixed VHDs only"]),
        (64 * MIB, {"data_offset": 0xFFFFFFFF}, ["data offset", "64 one bits"]),
        (64 * MIB, {"version": 0x00020000}, ["only 1.0 exists"]),
    ],
)
def test_a_footer_that_azure_refuses_is_told(tmp_path, size, options, words):
    disk = append(raw_disk(tmp_path / "a.vhd", size), footer(size, **options))
    assert problem(disk, *words)["accepted"] is False


def test_a_creator_that_misleads_qemu_is_told_and_azure_takes_it(tmp_path):
    disk = append(raw_disk(tmp_path / "a.vhd", 100 * MIB), footer(100 * MIB, creator=b"vbox", geometry=(1003, 12, 17)))
    assert problem(disk, "'vbox'", "104761344 bytes")["accepted"] is True


def test_a_footer_of_another_size_than_the_file_is_told(tmp_path):
    disk = append(raw_disk(tmp_path / "a.vhd", 64 * MIB), footer(63 * MIB))
    assert problem(disk, f"{63 * MIB} bytes", f"{64 * MIB + 512}", f"{64 * MIB} without")["accepted"] is False


def test_a_disk_larger_than_any_of_azure_is_told(file_system):
    disk = append(raw_disk(file_system("xfs") / "a.vhd", 32768 * GIB + MIB, data=()), footer(32768 * GIB + MIB))
    assert problem(disk, "larger than 35184372088832 bytes (32 TiB)", "managed disk")["accepted"] is False


def test_a_path_with_a_colon_does_not_cut_what_is_told(tmp_path):
    (tmp_path / "a: b.vhd").write_bytes(b"\x1f\x8b\x08" + bytes(2000))
    problem(tmp_path / "a: b.vhd", "it is compressed (gzip), not a disk; decompress it first")


def test_bytes_behind_the_footer_are_told_with_its_place(tmp_path):
    disk = append(append(raw_disk(tmp_path / "a.vhd", 64 * MIB), footer(64 * MIB)), bytes(4096))
    assert problem(disk, f"offset {64 * MIB}", "4096 bytes follow", "conectix")["accepted"] is False


def test_a_partition_in_the_first_mebibyte_is_told(tmp_path):
    disk = raw_disk(tmp_path / "a.vhd", 64 * MIB)
    call("sgdisk", "--set-alignment=1", "--new=1:63:0", disk)
    problem(append(disk, footer(64 * MIB)), "within the first MiB")


def test_a_table_for_sectors_of_4096_bytes_is_told_and_not_said_to_be_cut_off(tmp_path):
    disk = raw_disk(tmp_path / "a.raw", 64 * MIB, data=())
    device = call("losetup", "--find", "--show", "--sector-size", "4096", disk).strip()
    try:
        call("sgdisk", "--new=1:256:0", device)
    finally:
        call("losetup", "--detach", device)
    assert not any("cut off" in text for text in problem(disk, "sectors of 4096 bytes")["problems"])


def test_a_stale_or_damaged_table_is_told(tmp_path):
    disk = gpt_disk(tmp_path / "a.vhd", 63 * MIB)
    os.truncate(disk, 64 * MIB)
    problem(append(disk, footer(64 * MIB)), "backup of its partition table is not at the end")
    disk = patch(gpt_disk(tmp_path / "b.vhd", 64 * MIB), 530, b"\xff")
    problem(append(disk, footer(64 * MIB)), "partition table is damaged")
    disk = gpt_disk(tmp_path / "c.vhd", 70 * MIB)
    os.truncate(disk, 64 * MIB)
    problem(append(disk, footer(64 * MIB)), "it is cut off")


@pytest.mark.parametrize("image_format", ["qcow2", "vdi", "vhdx", "vmdk"])
def test_other_formats_are_described_as_far_as_their_headers_tell(tmp_path, image_format):
    raw = gpt_disk(tmp_path / "a.raw", 64 * MIB)
    disk = tmp_path / "a.image"
    call("qemu-img", "convert", "-f", "raw", "-O", image_format, raw, disk)
    result = problem(disk, image_format, "fixed VHDs only", "vhd_align")
    assert (result["format"], result["virtual_size"], result["upload_size"]) == (image_format, 64 * MIB, 64 * MIB + 512)
    assert (result["accepted"], result["generations"], result["footer"]) == (False, None, None)


def test_the_disk_in_a_dynamic_vhd_is_read(tmp_path):
    raw = gpt_disk(tmp_path / "a.raw", 64 * MIB)
    call("qemu-img", "convert", "-f", "raw", "-O", "vpc", "-o", "force_size=on", raw, tmp_path / "a.vhd")
    result = problem(tmp_path / "a.vhd", "dynamic VHD", "vhd_align")
    assert (result["disk_type"], result["partition_table"], len(result["partitions"])) == ("dynamic", "gpt", 1)


def test_a_raw_disk_is_told_to_need_a_footer(tmp_path):
    assert problem(raw_disk(tmp_path / "a.vhd", 64 * MIB), "without a VHD footer", "vhd_align")["format"] == "raw"


def test_what_is_no_disk_is_told(tmp_path):
    (tmp_path / "a.vhd").write_bytes(b"\x1f\x8b\x08" + bytes(2000))
    assert problem(tmp_path / "a.vhd", "compressed (gzip)")["accepted"] is False


def test_a_name_that_the_marketplace_refuses_is_told(tmp_path):
    problem(bootable(tmp_path / "50%.vhd"), "'%'")


@pytest.mark.parametrize("name", ["missing", "folder", "empty"])
def test_what_cannot_be_read_is_an_error(tmp_path, name):
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty").touch()
    result = run_module_process("vhd_info", path=os.fspath(tmp_path / name))
    assert result["failed"]
    assert os.fspath(tmp_path / name) in result["msg"]


def octets_read(work):
    """Return how many octets this process reads, of files and pipes, while the work is done."""

    def so_far():
        return int(dict(line.split(": ") for line in pathlib.Path("/proc/self/io").read_text().splitlines())["rchar"])

    before = so_far()
    work()
    return so_far() - before


@pytest.mark.parametrize("size", [64 * MIB, 4095 * GIB])
def test_the_size_of_the_disk_costs_no_reading(tmp_path, size):
    disk = raw_disk(tmp_path / "a.vhd", size, data=[(number * size // 500 // 4096 * 4096, 4096) for number in range(500)])
    append(disk, footer(size))
    before = digest(disk) if size < GIB else None
    assert octets_read(lambda: describe_image(os.fspath(disk))) < 2 * MIB
    assert before is None or digest(disk) == before


@pytest.mark.parametrize(("image_format", "size"), [("vpc", "2040G"), ("vhdx", "64T"), ("qcow2", "64T"), ("vdi", "64T")])
def test_the_size_of_a_foreign_format_costs_little_reading(tmp_path, image_format, size):
    disk = tmp_path / "a.image"
    call("qemu-img", "create", "-q", "-f", image_format, disk, size)
    assert octets_read(lambda: describe_image(os.fspath(disk))) < 16 * MIB  # a table of blocks of 64 TiB has 8
