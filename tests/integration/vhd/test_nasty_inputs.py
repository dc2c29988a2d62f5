# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every input of which something else makes a wrong VHD in silence, or no VHD at all, one test each."""

import contextlib
import fcntl
import gzip
import json
import lzma
import os
import pathlib
import signal
import stat
import struct
import subprocess
import sys
import time
import zipfile

import pytest
from conftest import COLLECTIONS, RUNNER, run_module_process
from ansible_collections.imagewright.azure.plugins.module_utils.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.vhd import destination
from ansible_collections.imagewright.azure.plugins.module_utils.vhd.align import Request
from ansible_collections.imagewright.azure.plugins.module_utils.vhd.align import align as vhd_align
from integration.vhd.images import (
    GIB,
    MIB,
    append,
    call,
    content,
    digest,
    footer,
    gpt_disk,
    gpt_is_sound,
    patch,
    qemu_size,
    raw_disk,
    same_content,
    vhdi_size,
)

CHUNK = 512 + 2 * MIB  # bytes of a dynamic VHD's block with its bitmap


def align(src, **options):
    """Return the result of vhd_align, its warnings as plain text (ansible-core 2.19 wraps them)."""
    result = run_module_process("vhd_align", src=os.fspath(src), **options)
    result["warnings"] = [json.dumps(warning) for warning in result.get("warnings", [])]
    return result


def converted(src, **options):
    """Return the result of vhd_align, which must succeed and leave the source as it was."""
    before = digest(src)
    result = align(src, **options)
    assert not result["failed"], result["msg"]
    assert digest(src) == before
    assert os.path.getsize(result["dest"]) == result["file_size"] == result["virtual_size"] + 512
    return result


def refused(src, *words, dest=None, **options):
    """Return the message of vhd_align, which must fail with these words and leave source and destination as they were."""
    dest = os.fspath(dest or os.path.splitext(src)[0] + ".out.vhd")
    before = digest(src) if os.path.isfile(src) else None
    there = sorted(os.listdir(os.path.dirname(dest))) if os.path.isdir(os.path.dirname(dest)) else None
    for check in (True, False):
        result = align(src, dest=dest, check=check, **options)
        assert result["failed"], result
        missing = [word for word in words if word not in result["msg"]]
        assert not missing, result["msg"]
        assert "Traceback" not in json.dumps(result)
        assert there is None or sorted(os.listdir(os.path.dirname(dest))) == there
    assert before is None or digest(src) == before
    return result["msg"]


def dynamic_vhd(path, size=20 * MIB, at=(0, 5)):
    """Write a dynamic VHD with data in the given blocks of 2 MiB."""
    writes = [word for block in at for word in ("-c", f"write -P {block + 1} {block * 2}M 64k")]
    call("qemu-img", "create", "-q", "-f", "vpc", "-o", "force_size=on", path, size)
    call("qemu-io", "-f", "vpc", *writes, path)
    return path


def table_of(path):
    """Return (offset of the block table, its entries) of a dynamic VHD."""
    octets = path.read_bytes()
    offset, _version, count = struct.unpack_from(">QII", octets, 512 + 16)
    return offset, list(struct.unpack_from(f">{count}I", octets, offset))


def qcow2(path, size=20 * MIB, *options):
    """Write a qcow2 image with some data."""
    call("qemu-img", "create", "-q", "-f", "qcow2", *options, path, size)
    call("qemu-io", "-f", "qcow2", "-c", "write -P 7 1M 3M", path)
    return path


def crc32c(octets):
    """Return the CRC-32C of bytes, bit by bit after its definition."""
    crc = 0xFFFFFFFF
    for octet in octets:
        crc ^= octet
        for _bit in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def waited_for(condition, seconds=30):
    """Wait until the condition holds, and return its value."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.002)
    raise AssertionError("it did not happen")


def start_align(src, **options):
    """Return a process that runs vhd_align; ``communicate`` gives its result as JSON."""
    process = subprocess.Popen([sys.executable, "-c", RUNNER, "vhd_align"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, env=dict(os.environ, PYTHONPATH=str(COLLECTIONS)))
    process.stdin.write(json.dumps({"ANSIBLE_MODULE_ARGS": dict(options, src=os.fspath(src))}).encode())
    process.stdin.close()
    process.stdin = None
    return process


@pytest.fixture
def small_file_system(tmp_path):
    """A file system of 12 MiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    call("mount", "-t", "tmpfs", "-o", "size=12m", "none", folder)
    yield folder
    call("umount", folder)


@pytest.fixture
def without_qemu_img(tmp_path):
    """An interpreter for which qemu-img is another file: a function (content or None) -> path."""
    def make(content):
        fake = tmp_path / "fake-qemu-img"
        fake.write_text(content or "")
        fake.chmod(0o755 if content else 0o644)
        wrapper = tmp_path / "python-without-qemu-img"
        wrapper.write_text("#!/bin/sh\nexec unshare --mount sh -c 'mount --bind "
                           f"{fake} /usr/bin/qemu-img && exec \"$@\"' sh {sys.executable} \"$@\"\n")
        wrapper.chmod(0o755)
        return os.fspath(wrapper)
    return make


def test_01_an_empty_file_is_refused(tmp_path):
    (tmp_path / "a.raw").touch()
    refused(tmp_path / "a.raw", "it is empty")


def test_01_a_footer_without_a_disk_is_refused(tmp_path):
    disk = append(tmp_path / "a.vhd", footer(0))
    refused(disk, "0 bytes", "give the image of a disk")
    told = run_module_process("vhd_info", path=os.fspath(disk))
    assert told["accepted"] is False and "its disk has 0 bytes: there is nothing but a footer" in told["problems"]


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


def test_06_a_dynamic_vhd_with_a_block_past_the_end_is_refused(tmp_path):
    disk = dynamic_vhd(tmp_path / "a.vhd")
    offset, _entries = table_of(disk)
    patch(disk, offset + 3 * 4, struct.pack(">I", disk.stat().st_size // 512))
    refused(disk, "entry 3 of its block table", "past the end of the file")


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


def test_09_a_fixed_vhd_called_raw_does_not_carry_its_footer_into_the_disk(tmp_path):
    disk = append(raw_disk(tmp_path / "a.vhd", 20 * MIB + 512), footer(20 * MIB + 512))
    result = converted(disk, dest=os.fspath(tmp_path / "b.vhd"), format="raw")
    assert result["virtual_size"] == 21 * MIB
    assert content(result["dest"], 21 * MIB) == disk.read_bytes()[:20 * MIB + 512] + bytes(MIB - 512)


@pytest.mark.parametrize("tail", [b"conectix".rjust(512, b"x"), b"conectix".ljust(512, b"x"), footer(7 * MIB, checksum=5)])
def test_10_a_raw_disk_that_happens_to_end_like_a_vhd_stays_raw(tmp_path, tail):
    disk = patch(raw_disk(tmp_path / "a.raw", 20 * MIB), -512, tail)
    result = converted(disk)
    assert result["source_format"] == "raw"
    assert content(result["dest"], 20 * MIB) == disk.read_bytes()


@pytest.mark.parametrize("creator", [b"vpc ", b"qemu", b"vbox"])
def test_11_a_vhd_whose_geometry_is_too_small_keeps_its_tail(tmp_path, creator):
    disk = append(patch(raw_disk(tmp_path / "a.vhd", 100 * MIB), 100 * MIB - 512, b"z" * 512),
                  footer(100 * MIB, creator=creator, geometry=(1003, 12, 17)))
    assert qemu_size(disk) == 104761344
    result = converted(disk, dest=os.fspath(tmp_path / "b.vhd"))
    assert qemu_size(result["dest"]) == result["virtual_size"] == 100 * MIB
    assert content(result["dest"], 100 * MIB)[-512:] == b"z" * 512
    assert any("104761344 bytes" in warning for warning in result["warnings"])


@pytest.mark.parametrize("size", [19 * MIB, 21 * MIB, 0, 2 ** 62])
def test_12_a_footer_of_another_size_than_the_file_is_refused(tmp_path, size):
    disk = append(raw_disk(tmp_path / "a.vhd", 20 * MIB), footer(size))
    refused(disk, f"{size} bytes", f"{20 * MIB + 512}", f"{20 * MIB} without the footer")


def test_13_a_suspended_machine_is_refused(tmp_path):
    refused(append(raw_disk(tmp_path / "a.vhd", 20 * MIB), footer(20 * MIB, saved_state=1)), "suspended", "shut it down")


def vhdx(path, size=40 * MIB):
    call("qemu-img", "create", "-q", "-f", "vhdx", path, size)
    call("qemu-io", "-f", "vhdx", "-c", "write -P 7 1M 3M", path)
    return path


def test_14_a_vhdx_with_an_open_log_is_refused(tmp_path):
    disk = vhdx(tmp_path / "a.vhdx")
    for offset in (64 * 1024, 128 * 1024):
        header = bytearray(disk.read_bytes()[offset:offset + 4096])
        header[48:64] = bytes(range(1, 17))
        header[4:8] = bytes(4)
        struct.pack_into("<I", header, 4, crc32c(header))
        patch(disk, offset, header)
    refused(disk, "its log must be replayed")


def test_14_a_truncated_vhdx_is_refused(tmp_path):
    disk = vhdx(tmp_path / "a.vhdx")
    os.truncate(disk, disk.stat().st_size - 5 * MIB)
    refused(disk, "block table", "past the end of the file")


def test_14_a_sound_vhdx_is_converted(tmp_path):
    disk = vhdx(tmp_path / "a.vhdx")
    same_content(disk, "vhdx", converted(disk)["dest"])


def test_15_a_backing_file_is_never_read(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("root:$6$secret")
    disk = tmp_path / "a.qcow2"
    call("qemu-img", "create", "-q", "-f", "qcow2", "-b", secret, "-F", "raw", disk, 20 * MIB)
    refused(disk, "backing file", os.fspath(secret))


def test_16_an_external_data_file_is_never_read(tmp_path):
    raw_disk(tmp_path / "secret", 20 * MIB)
    disk = tmp_path / "a.qcow2"
    call("qemu-img", "create", "-q", "-f", "qcow2", "-o", f"data_file={tmp_path}/secret,data_file_raw=on", disk, 20 * MIB)
    refused(disk, "external data file")


@pytest.mark.parametrize("kind", ["monolithicFlat", "twoGbMaxExtentFlat", "twoGbMaxExtentSparse"])
def test_17_a_vmdk_with_its_data_elsewhere_is_refused(tmp_path, kind):
    disk = tmp_path / "a.vmdk"
    call("qemu-img", "create", "-q", "-f", "vmdk", "-o", f"subformat={kind}", disk, 20 * MIB)
    refused(disk, "in other files, which are never read")


def test_17_a_sparse_vmdk_whose_descriptor_names_a_flat_extent_is_refused(tmp_path):
    disk = tmp_path / "a.vmdk"
    call("qemu-img", "create", "-q", "-f", "vmdk", disk, 20 * MIB)
    octets = disk.read_bytes()
    line = octets[octets.index(b"RW 40960"):].split(b"\n")[0]
    disk.write_bytes(octets.replace(line, b'RW 40960 FLAT "/x" 0'.ljust(len(line))))
    refused(disk, "extents FLAT where one SPARSE is expected")


@pytest.mark.parametrize("kind", ["monolithicSparse", "streamOptimized"])
def test_17_a_vmdk_in_one_file_is_converted(tmp_path, kind):
    raw = raw_disk(tmp_path / "a.raw", 20 * MIB)
    call("qemu-img", "convert", "-f", "raw", "-O", "vmdk", "-o", f"subformat={kind}", raw, tmp_path / "a.vmdk")
    same_content(raw, "raw", converted(tmp_path / "a.vmdk")["dest"])


NAMES = ["json:{\"driver\":\"null-co\"}", "nbd:localhost:1", "http:x", "a:b.raw", "-x.raw", "a,b,,c.raw", "a\nb.raw", "with spaces.raw",
         "ü.raw", "fd:3", "a'b\"c$(d).raw"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("image_format", ["raw", "qcow2"])
def test_18_and_19_a_name_is_a_path_and_nothing_else(tmp_path, name, image_format):
    raw = raw_disk(tmp_path / "plain", 20 * MIB)
    disk = tmp_path / name
    if image_format == "raw":
        disk.write_bytes(raw.read_bytes())
    else:
        call("qemu-img", "convert", "-f", "raw", "-O", "qcow2", raw, tmp_path / "plain.qcow2")
        os.rename(tmp_path / "plain.qcow2", disk)
    result = align(disk, dest=os.fspath(tmp_path / name) + ".vhd")
    assert not result["failed"], result["msg"]
    os.rename(os.fspath(disk) + ".vhd", tmp_path / "result.vhd")
    same_content(raw, "raw", tmp_path / "result.vhd")


@pytest.mark.parametrize("image_format", ["raw", "qcow2"])
def test_19_a_name_that_is_no_utf_8_works(tmp_path, image_format):
    # only the engine is asked: Ansible itself passes no such text to a module
    raw = raw_disk(tmp_path / "plain", 20 * MIB)
    name = os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe.raw")
    call("qemu-img", "convert", "-f", "raw", "-O", image_format, raw, tmp_path / "image")
    os.rename(tmp_path / "image", name)
    request = Request(name, name + ".vhd", "auto", None, MIB, None, "auto", False, False, True, False, 0, False, None, False)
    assert vhd_align(request)["changed"]
    os.rename(name + ".vhd", tmp_path / "result.vhd")
    same_content(raw, "raw", tmp_path / "result.vhd")


def test_20_an_encrypted_qcow2_is_refused(tmp_path):
    disk = tmp_path / "a.qcow2"
    call("qemu-img", "create", "-q", "-f", "qcow2", "--object", "secret,id=s,data=abc", "-o",
         "encrypt.format=luks,encrypt.key-secret=s,encrypt.iter-time=10", disk, 20 * MIB)
    refused(disk, "it is encrypted")


def test_20_an_encrypted_whole_disk_is_refused_unless_it_is_called_raw(tmp_path):
    disk = patch(raw_disk(tmp_path / "a.raw", 20 * MIB), 0, b"LUKS\xba\xbe\0\2")
    refused(disk, "encrypted (LUKS)", "format: raw")
    assert converted(disk, format="raw")["source_format"] == "raw"


def test_20_encryption_inside_a_partition_is_fine(tmp_path):
    disk = patch(gpt_disk(tmp_path / "a.raw", 20 * MIB), MIB, b"LUKS\xba\xbe\0\2")
    assert converted(disk)["changed"]


def test_21_internal_snapshots_are_left_behind_with_a_warning(tmp_path):
    disk = qcow2(tmp_path / "a.qcow2")
    call("qemu-img", "snapshot", "-c", "before", disk)
    call("qemu-io", "-f", "qcow2", "-c", "write -P 9 2M 64k", disk)
    result = converted(disk)
    assert any("1 internal snapshot" in warning for warning in result["warnings"])
    same_content(disk, "qcow2", result["dest"])


def test_22_a_truncated_qcow2_is_refused(tmp_path):
    disk = qcow2(tmp_path / "a.qcow2")
    os.truncate(disk, disk.stat().st_size - 2 * MIB)
    refused(disk, "finds it damaged", "take a sound copy")


@pytest.mark.parametrize(("bit", "words"), [(1, "not closed properly"), (2, "marked as corrupt")])
def test_23_a_dirty_or_corrupt_qcow2_is_refused(tmp_path, bit, words):
    refused(patch(qcow2(tmp_path / "a.qcow2"), 72, struct.pack(">Q", bit)), words, "qemu-img check -r all")


@pytest.mark.parametrize("size", [2 ** 62, 64 * 1024 * GIB, 4 * 1024 * GIB + MIB])
def test_24_a_disk_that_is_too_large_is_refused_before_anything_is_written(tmp_path, size):
    disk = patch(qcow2(tmp_path / "a.qcow2"), 24, struct.pack(">Q", size))
    refused(disk, f"{size} bytes", "larger than 4398046511104 bytes (4 TiB)", "max_size")


def test_24_a_generation_1_disk_ends_at_2_tib(tmp_path):
    disk = raw_disk(tmp_path / "a.raw", 2048 * GIB + MIB, data=())
    refused_sparse(disk, "2199024304128 bytes", "generation 1", generation="1")


def refused_sparse(disk, *words, **options):
    """As refused, without hashing a disk of terabytes."""
    before = disk.stat()
    result = align(disk, dest=os.fspath(disk) + ".out.vhd", **options)
    assert result["failed"]
    assert all(word in result["msg"] for word in words), result["msg"]
    assert (before.st_size, before.st_mtime_ns, before.st_blocks) == (disk.stat().st_size, disk.stat().st_mtime_ns, disk.stat().st_blocks)
    assert os.listdir(disk.parent) == [disk.name]


def test_25_rounding_over_the_limit_is_refused_and_says_by_how_much(tmp_path):
    disk = raw_disk(tmp_path / "a.raw", 20 * MIB + 512)
    refused(disk, f"becomes {21 * MIB} bytes", f"{MIB // 2} bytes more than", max_size=str(20 * MIB + MIB // 2))


def test_26_a_disk_too_small_for_a_managed_disk_gets_a_warning(tmp_path):
    result = converted(raw_disk(tmp_path / "a.raw", 3 * MIB, data=((0, 4096),)))
    assert any("smaller than the 20971520 bytes" in warning for warning in result["warnings"])


def test_27_a_destination_without_space_is_refused_before_the_copy(tmp_path, small_file_system):
    disk = raw_disk(tmp_path / "a.raw", 40 * MIB, data=((0, 20 * MIB),))
    refused(disk, "its data needs", "free", dest=small_file_system / "a.vhd")
    assert list(small_file_system.iterdir()) == []


def test_27_a_destination_that_runs_full_leaves_nothing_behind(tmp_path, small_file_system):
    raw = tmp_path / "a.raw"
    raw.write_bytes(b"compressible" * (20 * MIB // 12) + bytes(8))
    call("qemu-img", "convert", "-c", "-f", "raw", "-O", "qcow2", raw, tmp_path / "a.qcow2")
    result = align(tmp_path / "a.qcow2", dest=os.fspath(small_file_system / "a.vhd"))
    assert result["failed"] and "no space left" in result["msg"], result
    assert list(small_file_system.iterdir()) == []


def test_28_a_file_that_a_killed_run_has_left_is_removed(tmp_path):
    disk = raw_disk(tmp_path / "a.raw", 300 * MIB, data=((0, 200 * MIB),))
    run = start_align(disk)
    stale = tmp_path / ".a.vhd.imagewright-partial"
    waited_for(stale.exists)
    run.kill()
    run.wait()
    assert stale.exists() and not (tmp_path / "a.vhd").exists()
    result = converted(disk)
    assert any(os.fspath(stale) in warning for warning in result["warnings"])
    assert not stale.exists()
    same_content(disk, "raw", result["dest"])


@pytest.mark.parametrize("kind", ["symbolic link", "directory", "named pipe"])
def test_28_what_is_no_unfinished_file_is_not_removed(tmp_path, kind):
    disk = raw_disk(tmp_path / "a.raw", 20 * MIB)
    place = tmp_path / ".a.vhd.imagewright-partial"
    {"symbolic link": lambda: place.symlink_to(disk), "directory": place.mkdir, "named pipe": lambda: os.mkfifo(place)}[kind]()
    before = digest(disk)
    result = align(disk)
    assert result["failed"] and f"{place}, where it is prepared, is a {kind}" in result["msg"], result
    assert os.path.lexists(place) and digest(disk) == before and not (tmp_path / "a.vhd").exists()


def is_locked(path):
    """Return whether there is such a file and somebody has locked it."""
    try:
        with open(path, "rb") as stream:
            fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


@pytest.mark.parametrize("another", ["removes it", "removes it and makes its own", "has just locked it to remove it"])
def test_28_a_run_that_meets_another_before_its_file_is_locked_never_publishes_what_the_other_writes(tmp_path, monkeypatch, another):
    dest, place, flock = os.fspath(tmp_path / "a.vhd"), tmp_path / ".a.vhd.imagewright-partial", fcntl.flock
    others = []

    def meddle(descriptor, operation):
        monkeypatch.setattr(fcntl, "flock", flock)
        others.append(os.open(place, os.O_RDONLY))
        flock(others[0], operation)
        if another == "has just locked it to remove it":
            with contextlib.suppress(BlockingIOError):
                flock(descriptor, operation)
                pytest.fail("locked twice")
        place.unlink()
        os.close(others[0])
        if another == "removes it and makes its own":
            place.write_bytes(b"half")
            others[0] = os.open(place, os.O_RDONLY)
            flock(others[0], operation)
        if another == "has just locked it to remove it":
            raise BlockingIOError
        flock(descriptor, operation)
    monkeypatch.setattr(fcntl, "flock", meddle)
    if another == "removes it and makes its own":
        with pytest.raises(ImagewrightError, match="is writing it at this moment"):
            destination.open_temporary(dest)
        assert place.read_bytes() == b"half"
        os.close(others[0])
    else:
        descriptor, _stale = destination.open_temporary(dest)
        assert os.path.samestat(os.fstat(descriptor), os.lstat(place))
        os.close(descriptor)


def test_28_two_runs_for_one_destination_do_not_meet(tmp_path):
    disk = raw_disk(tmp_path / "a.raw", 300 * MIB, data=((0, 200 * MIB),))
    run = start_align(disk)
    waited_for(lambda: is_locked(tmp_path / ".a.vhd.imagewright-partial"))
    run.send_signal(signal.SIGSTOP)
    try:
        result = align(disk)
        assert result["failed"] and f"(pid {run.pid})" in result["msg"] and "is writing it" in result["msg"], result
    finally:
        run.send_signal(signal.SIGCONT)
        run.communicate()
    same_content(disk, "raw", tmp_path / "a.vhd")


@pytest.mark.parametrize("form", ["same", "dotted", "hard link", "symbolic link"])
def test_29_source_and_destination_that_are_one_file_are_refused(tmp_path, form):
    disk = raw_disk(tmp_path / "a.raw", 20 * MIB + 512)
    os.link(disk, tmp_path / "hard")
    os.symlink(disk, tmp_path / "soft")
    src = tmp_path / "soft" if form == "symbolic link" else disk
    dest = {"same": disk, "dotted": f"{tmp_path}/./x/../a.raw", "hard link": tmp_path / "hard", "symbolic link": disk}[form]
    refused(src, "dest is the same file", "in_place: true", dest=dest)


def test_29_the_same_file_is_changed_when_in_place_allows_it(tmp_path):
    disk = raw_disk(tmp_path / "a.raw", 20 * MIB + 512)
    octets = disk.read_bytes()
    result = align(disk, dest=os.fspath(disk), in_place=True)
    assert (result["method"], result["virtual_size"]) == ("in_place", 21 * MIB)
    assert disk.read_bytes()[:-512] == octets + bytes(MIB - 512)


@pytest.mark.parametrize("target", ["victim", "nothing", "a.raw"])
def test_30_a_destination_that_is_a_symbolic_link_is_refused(tmp_path, target):
    disk = raw_disk(tmp_path / "a.raw", 20 * MIB)
    (tmp_path / "victim").write_text("precious")
    os.symlink(tmp_path / target, tmp_path / "link.vhd")
    refused(disk, "symbolic link", dest=tmp_path / "link.vhd", overwrite=True)
    assert (tmp_path / "victim").read_text() == "precious"
    assert not (tmp_path / "nothing").exists()


def test_31_a_destination_that_is_no_file_is_refused(tmp_path):
    disk = raw_disk(tmp_path / "a.raw", 20 * MIB)
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    os.mknod(tmp_path / "device", 0o600 | stat.S_IFBLK, os.makedev(7, 250))
    for name, what in (("folder", "a directory"), ("pipe", "a named pipe"), ("device", "a block device")):
        refused(disk, what, dest=tmp_path / name, overwrite=True)
    refused(disk, "there is no directory", dest=tmp_path / "missing" / "a.vhd")
    refused(disk, "ends with a slash", "the VHD itself", dest=f"{tmp_path}/vhds/")


def test_31_a_source_that_is_no_file_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    os.mknod(tmp_path / "device", 0o600 | stat.S_IFCHR, os.makedev(1, 5))
    for source in (tmp_path / "pipe", tmp_path / "device", tmp_path):
        refused(source, "no regular file", dest=tmp_path / "a.vhd")
    refused(tmp_path / "missing", "there is no such file")


@pytest.fixture
def immutable():
    """A function that makes a path immutable until the end of the test."""
    paths = []

    def make(path):
        call("chattr", "+i", path)
        paths.append(path)
    yield make
    for path in paths:
        call("chattr", "-i", path)


def test_32_an_immutable_destination_or_directory_is_refused_before_the_copy(tmp_path, immutable):
    disk = raw_disk(tmp_path / "a.raw", 20 * MIB)
    (tmp_path / "old.vhd").write_text("old")
    immutable(tmp_path / "old.vhd")
    refused(disk, "immutable", "chattr -i", dest=tmp_path / "old.vhd", overwrite=True)
    (tmp_path / "folder").mkdir()
    immutable(tmp_path / "folder")
    refused(disk, "immutable", "chattr -i", dest=tmp_path / "folder" / "a.vhd")


def test_32_an_immutable_disk_is_not_changed_in_place(tmp_path, immutable):
    disk = raw_disk(tmp_path / "a.raw", 20 * MIB)
    immutable(disk)
    refused(disk, f"cannot change {disk}", "immutable", dest=disk, in_place=True)


def test_32_a_read_only_file_system_is_refused(tmp_path, small_file_system):
    disk = raw_disk(tmp_path / "a.raw", 20 * MIB)
    call("mount", "-o", "remount,ro", small_file_system)
    refused(disk, "read-only", dest=small_file_system / "a.vhd")


def test_32_another_users_directory_is_refused(tmp_path):
    disk = raw_disk(tmp_path / "a.raw", 20 * MIB)
    nobody = tmp_path / "python-as-nobody"
    nobody.write_text(f"#!/bin/sh\nexec setpriv --reuid 65534 --regid 65534 --clear-groups {sys.executable} \"$@\"\n")
    for path in (tmp_path, *[parent for parent in tmp_path.parents if os.fspath(parent).startswith("/tmp/pytest")], nobody):
        path.chmod(0o755)
    refused(disk, "permission denied", python=os.fspath(nobody))


@pytest.fixture
def held(tmp_path):
    """A raw disk that a QEMU program holds for writing, and that program."""
    disk = raw_disk(tmp_path / "a.raw", 20 * MIB + 512)
    holder = subprocess.Popen(["qemu-io", "-f", "raw", os.fspath(disk)], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    waited_for(lambda: f":{disk.stat().st_ino} " in pathlib.Path("/proc/locks").read_text())
    yield disk, holder
    holder.communicate()


@pytest.mark.parametrize("in_place", [False, True])
def test_33_an_image_that_a_machine_holds_is_refused_and_the_machine_named(tmp_path, held, in_place):
    disk, holder = held
    refused(disk, f"qemu-io (pid {holder.pid})", "shut the machine down", dest=disk if in_place else None, in_place=in_place)


def test_33_a_machine_that_ends_in_time_is_waited_for(held):
    disk, holder = held
    run = start_align(disk, wait_released=20)
    time.sleep(1)
    assert run.poll() is None
    holder.communicate()
    result = json.loads(run.communicate(timeout=20)[0])
    assert result["changed"], result


def test_33_a_loop_device_is_named(tmp_path):
    disk = raw_disk(tmp_path / "a.raw", 20 * MIB)
    device = call("losetup", "--find", "--show", disk).strip()
    try:
        refused(disk, device)
    finally:
        call("losetup", "--detach", device)


def test_33_a_destination_that_a_machine_holds_is_not_replaced(tmp_path, held):
    other = raw_disk(tmp_path / "b.raw", 20 * MIB)
    refused(other, f"(pid {held[1].pid})", dest=held[0], overwrite=True)


def test_33_no_machine_gets_an_image_that_is_being_read(tmp_path):
    disk = raw_disk(tmp_path / "a.raw", 300 * MIB, data=((0, 200 * MIB),))
    run = start_align(disk)
    waited_for((tmp_path / ".a.vhd.imagewright-partial").exists)
    run.send_signal(signal.SIGSTOP)
    try:
        answer = call("qemu-io", "-f", "raw", "-c", "quit", disk, accept=(1,))
        assert "Failed to get" in answer and "lock" in answer
        call("qemu-img", "info", "-f", "raw", disk)
    finally:
        run.send_signal(signal.SIGCONT)
        run.communicate()
    call("qemu-io", "-f", "raw", "-c", "quit", disk)


def test_34_a_source_that_changes_while_it_is_read_is_refused(tmp_path):
    disk = raw_disk(tmp_path / "a.raw", 500 * MIB, data=((0, 400 * MIB),))
    run = start_align(disk)
    waited_for((tmp_path / ".a.vhd.imagewright-partial").exists)
    run.send_signal(signal.SIGSTOP)
    patch(disk, 450 * MIB, b"new")
    run.send_signal(signal.SIGCONT)
    result = json.loads(run.communicate()[0])
    assert result["failed"] and "was changed while it was read" in result["msg"], result
    assert sorted(os.listdir(tmp_path)) == ["a.raw"]


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


def test_37_an_aligned_disk_stays_as_large_as_it_is(tmp_path):
    result = converted(raw_disk(tmp_path / "a.raw", 20 * MIB))
    assert result["virtual_size"] == 20 * MIB
    again = align(result["dest"])
    assert (again["changed"], again["method"], again["bytes_written"]) == (False, "unchanged", 0)


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


def test_39_content_counts_and_not_the_name(tmp_path):
    raw = raw_disk(tmp_path / "a.raw", 20 * MIB)
    for image_format in ("qcow2", "vhdx", "vdi"):
        disk = tmp_path / f"{image_format}.vhd"
        call("qemu-img", "convert", "-f", "raw", "-O", image_format, raw, disk)
        result = converted(disk, dest=os.fspath(tmp_path / f"{image_format}.out.vhd"))
        assert result["source_format"] == image_format
        same_content(raw, "raw", result["dest"])


def test_39_compressed_files_archives_and_install_media_are_refused(tmp_path):
    octets = os.urandom(70000)
    files = {"gz": gzip.compress(octets), "xz": lzma.compress(octets), "zst": b"\x28\xb5\x2f\xfd" + octets, "bz2": b"BZh9" + octets}
    for name, packed in files.items():
        (tmp_path / f"{name}.vhd").write_bytes(packed)
        refused(tmp_path / f"{name}.vhd", "compressed", "decompress it first")
    with zipfile.ZipFile(tmp_path / "zip.vhd", "w") as archive:
        archive.writestr("disk", octets)
    refused(tmp_path / "zip.vhd", "archive (zip)", "extract")
    call("tar", "-C", tmp_path, "-cf", tmp_path / "ova.raw", "gz.vhd")
    refused(tmp_path / "ova.raw", "archive (tar or OVA)")
    refused(patch(raw_disk(tmp_path / "iso.raw", 20 * MIB), 32769, b"CD001"), "ISO 9660")


def test_39_a_format_that_was_said_wrong_is_refused(tmp_path):
    refused(qcow2(tmp_path / "a.qcow2"), "as raw", "its content is qcow2", format="raw")
    refused(raw_disk(tmp_path / "a.raw", 20 * MIB), "as qcow2", "its content is raw", format="qcow2")


@pytest.mark.parametrize("size", [2041 * GIB, 4095 * GIB])
@pytest.mark.parametrize("in_place", [False, True])
def test_40_disks_above_the_limit_of_qemu_are_made(tmp_path, size, in_place):
    disk = raw_disk(tmp_path / "a.raw", size - 512)
    result = align(disk, in_place=in_place)
    assert (result["virtual_size"], result["file_size"]) == (size, size + 512)
    assert os.path.getsize(result["dest"]) == size + 512
    assert vhdi_size(result["dest"]) == size
    assert os.stat(result["dest"]).st_blocks * 512 < 2 * MIB


def test_41_a_file_system_with_a_lower_limit_refuses_before_the_copy(tmp_path):
    disk = raw_disk(tmp_path / "a.raw", 300 * MIB, data=((0, 100 * MIB),))
    limited = tmp_path / "python-limited"
    limited.write_text(f"#!/bin/sh\nulimit -f {200 * 1024 * 2}\nexec {sys.executable} \"$@\"\n")
    limited.chmod(0o755)
    begin = time.monotonic()
    result = align(disk, python=os.fspath(limited))
    assert result["failed"] and "does not take files of this size" in result["msg"], result
    assert time.monotonic() - begin < 5
    assert sorted(os.listdir(tmp_path)) == ["a.raw", "python-limited"]


def test_42_raw_and_vhd_images_need_no_qemu_img(tmp_path, without_qemu_img):
    python = without_qemu_img(None)
    raw = raw_disk(tmp_path / "a.raw", 20 * MIB)
    assert align(raw, python=python)["method"] == "sparse_copy"
    disk = dynamic_vhd(tmp_path / "d.vhd")
    result = align(disk, dest=os.fspath(tmp_path / "e.vhd"), python=python)
    assert result["method"] == "sparse_copy"
    same_content(disk, "vpc", result["dest"])


def test_42_other_images_without_qemu_img_are_refused_and_the_package_named(tmp_path, without_qemu_img):
    refused(qcow2(tmp_path / "a.qcow2"), "qemu-utils on Debian", python=without_qemu_img(None))


def test_42_an_old_qemu_img_is_refused_for_what_it_cannot_do(tmp_path, without_qemu_img):
    old = without_qemu_img("#!/bin/sh\necho 'qemu-img version 2.5.0, Copyright (c) 2004-2008 Somebody'\necho '  convert [-c] [-p]'\n")
    refused(qcow2(tmp_path / "a.qcow2"), "2.5.0", "version 5.0 or later", python=old)
    assert align(raw_disk(tmp_path / "b.raw", 20 * MIB), python=old)["method"] == "sparse_copy"


@pytest.mark.parametrize("image_format", ["raw", "qcow2", "vdi", "vhdx", "vmdk", "vpc"])
def test_42_check_mode_writes_nothing_and_tells_method_and_sizes(tmp_path, image_format):
    raw = raw_disk(tmp_path / "a.img", 20 * MIB + 512 * 3)
    disk = raw
    if image_format != "raw":
        disk = tmp_path / f"a.{image_format}"
        call("qemu-img", "convert", "-f", "raw", "-O", image_format, raw, disk)
    dest = os.fspath(tmp_path / "result.vhd")
    before = sorted(os.listdir(tmp_path)), os.stat(tmp_path).st_mtime_ns
    foretold = align(disk, dest=dest, check=True)
    assert (sorted(os.listdir(tmp_path)), os.stat(tmp_path).st_mtime_ns) == before
    done = align(disk, dest=dest)
    for key in ("changed", "method", "source_virtual_size", "virtual_size", "file_size", "footer", "diff"):
        assert foretold[key] == done[key], key
    assert done["bytes_written"] <= foretold["bytes_written"]


@pytest.mark.parametrize(("option", "value", "words"), [
    ("src", "", "src is empty"), ("wait_released", -1, "wait_released is negative"), ("max_size", "0", "no disk is that small"),
    ("size", "-5", "not a size"), ("alignment", "1.5MiB", "whole MiB only"),
])
def test_options_that_make_no_sense_are_refused(tmp_path, option, value, words):
    options = dict({"src": os.fspath(raw_disk(tmp_path / "a.raw", 20 * MIB))}, **{option: value})
    result = run_module_process("vhd_align", **options)
    assert result["failed"] and words in result["msg"], result
    assert os.listdir(tmp_path) == ["a.raw"]
