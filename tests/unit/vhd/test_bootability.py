# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fallback loader in an EFI system partition, and the generations that a disk boots on; file systems made by mtools."""

import os
import struct
import subprocess

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.disk import bootability, fat, partitions
from unit.image.grub_disks import bios_core, boot_sector

from efi_programs import ARM64, IA32, SIGNATURE, X64, efi_program

ESP, BIOS_BOOT, LINUX = ("C12A7328-F81F-11D2-BA4B-00A0C93EC93B", "21686148-6449-6E6F-744E-656564454649", "0x83")
KINDS = {"FAT12": (["-f", "1440"], 1440 * 2), "FAT16": (["-T", "65536"], 65536), "FAT32": (["-F", "-T", "131072"], 131072)}


def run(*argv):
    """Run a program."""
    subprocess.run(argv, check=True, capture_output=True, env=dict(os.environ, MTOOLS_SKIP_CHECK="1"))


@pytest.fixture(params=KINDS)
def esp(tmp_path, request):
    """The path of a file system of each kind, with EFI/BOOT made and many files before it."""
    options, sectors = KINDS[request.param]
    image = tmp_path / "esp.img"
    image.write_bytes(bytes(sectors * 512))
    run("mformat", "-i", str(image), *options, "::")
    run("mmd", "-i", str(image), "::/EFI", "::/EFI/debian", "::/EFI/BOOT")
    (tmp_path / "empty").touch()
    for number in range(100):  # more entries than one cluster of a directory holds
        run("mcopy", "-i", str(image), str(tmp_path / "empty"), f"::/EFI/BOOT/a rather long name {number}.txt")
    return image


def has_loader(image, name="EFI/BOOT/BOOTX64.EFI"):
    """Return whether fat.find_file finds it."""
    with open(image, "rb") as stream:
        return fat.find_file(lambda offset, length: os.pread(stream.fileno(), length, offset), name) is not None


@pytest.mark.parametrize("name", ["BOOTX64.EFI", "bootx64.efi"])
def test_a_loader_is_found_whatever_its_case(esp, tmp_path, name):
    (tmp_path / "loader").write_bytes(b"MZ")
    run("mcopy", "-i", str(esp), str(tmp_path / "loader"), f"::/EFI/BOOT/{name}")
    assert has_loader(esp)
    assert not has_loader(esp, "EFI/BOOT/BOOTAA64.EFI")


def test_a_fat32_of_few_clusters_is_read_as_the_fat32_that_it_is(tmp_path):
    # as mkfs.vfat -F 32 makes it on small partitions; mtools goes by the number of clusters and cannot fill it
    image = tmp_path / "esp.img"
    image.write_bytes(bytes(40 * 2**20))
    run("mkfs.vfat", "-F", "32", "-s", "8", str(image))
    octets = bytearray(image.read_bytes())
    reserved, copies, sectors = struct.unpack_from("<HB", octets, 14) + struct.unpack_from("<I", octets, 36)
    chains, data = reserved * 512, (reserved + copies * sectors) * 512
    for cluster, name, following in ((2, b"EFI        \x10", 3), (3, b"BOOT       \x10", 4), (4, b"BOOTX64 EFI\x20", 5)):
        struct.pack_into("<12s8xH4xH4x", octets, data + (cluster - 2) * 4096, name, 0, following)
        struct.pack_into("<I", octets, chains + cluster * 4, 0x0FFFFFFF)
    image.write_bytes(octets)
    assert has_loader(image)
    assert not has_loader(image, "EFI/BOOT/BOOTAA64.EFI")


def test_a_missing_loader_is_not_found(esp):
    assert not has_loader(esp)
    assert not has_loader(esp, "EFI/OTHER/BOOTX64.EFI")


def test_a_deleted_loader_is_not_found(esp, tmp_path):
    (tmp_path / "loader").write_bytes(b"MZ")
    run("mcopy", "-i", str(esp), str(tmp_path / "loader"), "::/EFI/BOOT/BOOTX64.EFI")
    run("mdel", "-i", str(esp), "::/EFI/BOOT/BOOTX64.EFI")
    assert not has_loader(esp)


@pytest.mark.parametrize("octets", [b"", bytes(512), bytes(510) + b"\x55\xaa", b"\xff" * 510 + b"\x55\xaa", b"hsqs" * 200])
def test_what_is_no_fat_is_told(octets):
    with pytest.raises(fat.FatError):
        fat.find_file(lambda offset, length: octets[offset : offset + length], "EFI/BOOT/BOOTX64.EFI")


def test_a_directory_that_is_a_loop_ends(esp):
    with open(esp, "r+b") as stream:
        octets = bytearray(stream.read())
        reserved, copies = struct.unpack_from("<HB", octets, 14)
        for start in range(reserved * 512, reserved * 512 + 600):  # every early cluster follows itself or a neighbour
            octets[start] = 3
        stream.seek(0)
        stream.write(octets)
    assert copies
    try:
        assert has_loader(esp) in (True, False)
    except fat.FatError as error:
        assert "without end" in str(error)


def table(kind, types, boot_code=True, active=False, damage=None):
    """Return a partition table with partitions of these types."""
    parts = [partitions.Partition(number + 1, name, (number + 1) * 2**20, 2**20, active, "") for number, name in enumerate(types)]
    return partitions.Table(kind, parts, boot_code, None, damage, 512, b"")


def hybrid(types):
    """Return a table as above, its GPT sound, and the MBR with a protective entry and another one."""
    mbr = bytearray(512)
    for at, kind, first in ((446, 0xEE, 1), (462, 0x83, 2048)):
        struct.pack_into("<B3sB3sII", mbr, at, 0, bytes(3), kind, bytes(3), first, 2047)
    mbr[510:] = b"\x55\xaa"
    return table("gpt", types, damage="it is a hybrid table")._replace(gpt=object(), mbr=bytes(mbr))


def nothing(offset, length):
    """Read a disk of zeros."""
    return bytes(length)


@pytest.mark.parametrize(
    ("disk", "generations", "reason"),
    [
        (table("mbr", [LINUX]), [1], "generation 2 needs a GPT"),
        (table("mbr", [LINUX], boot_code=False), [], "no"),
        (table("gpt", [BIOS_BOOT, LINUX]), [1], "EFI system partition"),
        (table("gpt", [LINUX]), [], "BIOS boot partition"),
        (table("gpt", [LINUX], active=True), [1], "EFI system partition"),
        (table("gpt", [ESP, LINUX], boot_code=False), [2], "boot code"),
        (table("gpt", [BIOS_BOOT, ESP, LINUX]), [1, 2], ""),
        (table("gpt", [BIOS_BOOT, ESP], damage="its checksum is wrong"), [1], "its checksum is wrong"),
        (table("none", []), [], "partition table"),
        (hybrid([ESP, LINUX]), [1, 2], ""),
        (hybrid([LINUX]), [1], "EFI system partition"),
    ],
)
def test_generations_follow_from_table_boot_code_and_esp(monkeypatch, disk, generations, reason):
    loader = efi_program()
    monkeypatch.setattr(fat, "find_file", lambda read_at, path: fat.FatFile(len(loader), lambda offset, length: loader[offset : offset + length]))
    verdict = bootability.judge(disk, nothing)
    assert verdict.generations == generations
    assert reason in "; ".join(verdict.reasons.values())


def with_loader(esp, octets, name="BOOTX64.EFI"):
    """Return the verdict on a disk whose ESP has this loader."""
    (esp.parent / "loader").write_bytes(octets)
    run("mcopy", "-i", str(esp), str(esp.parent / "loader"), f"::/EFI/BOOT/{name}")
    content = bytes(2**20) + esp.read_bytes()
    return bootability.judge(table("gpt", [ESP], boot_code=False), lambda offset, length: content[offset : offset + length])


@pytest.mark.parametrize(
    ("name", "octets", "architecture", "secure_boot"),
    [
        ("BOOTX64.EFI", efi_program(), "x64", False),
        ("BOOTX64.EFI", efi_program(signature=SIGNATURE), "x64", True),
        ("BOOTAA64.EFI", efi_program(ARM64, signature=SIGNATURE), "Arm64", True),
        ("BOOTX64.EFI", efi_program(content=bytes(range(256)) * 5000), "x64", False),  # over many clusters
    ],
)
def test_the_loader_tells_the_processor_and_whether_secure_boot_takes_it(esp, name, octets, architecture, secure_boot):
    verdict = with_loader(esp, octets, name)
    assert verdict == ([2], True, {1: "generation 1 needs boot code in the first sector, and there is none"}, architecture, secure_boot)


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        (b"", "BOOTX64.EFI is empty"),
        (b"set root=hd0\n" * 20, "BOOTX64.EFI is no EFI program"),
        (b"MZ" + bytes(62), "BOOTX64.EFI begins as a program of DOS and is no EFI program"),
        (efi_program(ARM64), "BOOTX64.EFI is for the processor Arm64"),
        (efi_program(IA32), "BOOTX64.EFI is for the processor IA32"),
        (efi_program()[:0x450], "BOOTX64.EFI is cut off"),
    ],
)
def test_a_file_that_is_no_loader_of_its_processor_does_not_boot(esp, octets, reason):
    verdict = with_loader(esp, octets)
    assert (verdict.generations, verdict.fallback_loader, verdict.architecture) == ([], False, None)
    assert any(reason in told for told in verdict.reasons.values()), verdict.reasons


def test_a_sound_loader_beside_one_that_is_none_boots(esp):
    (esp.parent / "text").write_bytes(b"a text")
    run("mcopy", "-i", str(esp), str(esp.parent / "text"), "::/EFI/BOOT/BOOTX64.EFI")
    assert with_loader(esp, efi_program(ARM64), "BOOTAA64.EFI")[0] == [2]


def test_the_loader_may_be_in_any_of_several_esps(tmp_path, esp):
    (tmp_path / "loader").write_bytes(efi_program(X64))
    run("mcopy", "-i", str(esp), str(tmp_path / "loader"), "::/EFI/BOOT/BOOTX64.EFI")
    content = bytes(2 * 2**20) + esp.read_bytes()  # the first ESP is the mebibyte before
    verdict = bootability.judge(table("gpt", [ESP, ESP]), lambda offset, length: content[offset : offset + length])
    assert (verdict.generations, verdict.fallback_loader) == ([2], True)


def test_grub_that_finds_its_core_by_block_lists_needs_no_bios_boot_partition():
    first, _body = bios_core("(,gpt1)/boot/grub")
    disk = table("gpt", [LINUX])._replace(mbr=boot_sector(4100))
    content = bytes(4100 * 512) + first

    assert bootability.judge(disk, lambda offset, length: content[offset : offset + length]).generations == [1]
    assert bootability.judge(disk, nothing).generations == []


def test_an_esp_without_a_file_system_does_not_boot_generation_2():
    verdict = bootability.judge(table("gpt", [ESP]), nothing)
    assert (verdict.generations, verdict.fallback_loader) == ([], None)
    assert any("needs a FAT file system in the EFI system partition (partition 1)" in reason for reason in verdict.reasons.values())


def test_an_esp_without_the_loader_does_not_boot_generation_2(esp):
    content = bytes(2**20) + esp.read_bytes()
    verdict = bootability.judge(table("gpt", [ESP]), lambda offset, length: content[offset : offset + length])
    assert (verdict.generations, verdict.fallback_loader) == ([], False)
    assert any("EFI/BOOT/BOOTX64.EFI" in reason for reason in verdict.reasons.values())
