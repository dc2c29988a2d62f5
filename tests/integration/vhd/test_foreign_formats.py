# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images that only QEMU reads, and what is no image."""

import gzip
import lzma
import os
import struct
import zipfile

import pytest
from integration.vhd.aligning import align, converted, refused
from integration.vhd.images import MIB, call, content, crc32c, gpt_disk, patch, qcow2, raw_disk, same_content, vhdx


def test_14_a_vhdx_with_an_open_log_is_refused(tmp_path):
    disk = vhdx(tmp_path / "a.vhdx")
    for offset in (64 * 1024, 128 * 1024):
        header = bytearray(disk.read_bytes()[offset : offset + 4096])
        header[48:64] = bytes(range(1, 17))
        header[4:8] = bytes(4)
        struct.pack_into("<I", header, 4, crc32c(header))
        patch(disk, offset, header)
    refused(disk, "its log must be replayed")


def test_14_a_truncated_vhdx_is_refused(tmp_path):
    disk = vhdx(tmp_path / "a.vhdx")
    os.truncate(disk, disk.stat().st_size - 5 * MIB)
    refused(disk, "block table", "past the end of the file")


@pytest.mark.parametrize(("entry", "words"), [(1, "over the block of entry 0"), (0, "into the headers")])
def test_14_a_vhdx_with_a_block_where_another_or_a_header_is_is_refused(tmp_path, entry, words):
    disk = tmp_path / "a.vhdx"
    call("qemu-img", "create", "-q", "-f", "vhdx", "-o", "block_size=1M", disk, 40 * MIB)
    call("qemu-io", "-f", "vhdx", "-c", "write -P 7 0 3M", disk)
    table = disk.read_bytes().index(struct.pack("<QQ", 8 * MIB | 6, 9 * MIB | 6))
    patch(disk, table + 8 * entry, struct.pack("<Q", 8 * MIB * entry | 6))
    refused(disk, f"entry {entry} of its block table points to offset {8 * MIB * entry}, {words}", "take a sound copy")


@pytest.mark.parametrize("options", ["subformat=fixed", "subformat=dynamic,block_size=1M", "subformat=dynamic,block_size=256M", "log_size=8M"])
def test_14_a_vhdx_of_any_dialect_is_converted(tmp_path, options):
    raw = raw_disk(tmp_path / "a.raw", 40 * MIB)
    call("qemu-img", "convert", "-f", "raw", "-O", "vhdx", "-o", options, raw, tmp_path / "a.vhdx")
    same_content(raw, "raw", converted(tmp_path / "a.vhdx")["dest"])


def test_14_what_a_copy_takes_is_predicted_of_a_disk_in_many_pieces(tmp_path):
    pieces = 96 * 1024  # what qemu-img prints of them has 20 MiB
    (tmp_path / "a.raw").write_bytes((b"x" * 512 + bytes(512)) * pieces)
    call("qemu-img", "convert", "-S", "512", "-f", "raw", "-O", "qcow2", "-o", "cluster_size=512", tmp_path / "a.raw", tmp_path / "a.qcow2")
    (tmp_path / "a.raw").unlink()
    result = align(tmp_path / "a.qcow2", check=True)
    assert not result["failed"], result["msg"]
    assert (result["method"], result["bytes_written"], result["virtual_size"]) == ("qemu_img", pieces * 512 + 512, 96 * MIB)


QCOW2_DIALECTS = [
    "compat=0.10",
    "cluster_size=512",
    "cluster_size=2M",
    "extended_l2=on,cluster_size=128k",
    "compression_type=zstd",
    "lazy_refcounts=on",
    "refcount_bits=1",
]


@pytest.mark.parametrize(
    "options, compressed",
    [*((options, []) for options in [*QCOW2_DIALECTS, "preallocation=metadata", "preallocation=full"]), *((options, ["-c"]) for options in QCOW2_DIALECTS)],
)
def test_22_a_qcow2_of_any_dialect_is_converted(tmp_path, options, compressed):
    raw = raw_disk(tmp_path / "a.raw", 40 * MIB - 512)
    call("qemu-img", "convert", "-f", "raw", "-O", "qcow2", "-o", options, *compressed, raw, tmp_path / "a.qcow2")
    same_content(raw, "raw", converted(tmp_path / "a.qcow2")["dest"])


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
    line = octets[octets.index(b"RW 40960") :].split(b"\n")[0]
    disk.write_bytes(octets.replace(line, b'RW 40960 FLAT "/x" 0'.ljust(len(line))))
    refused(disk, "extents FLAT where one SPARSE is expected")


@pytest.mark.parametrize("kind", ["monolithicSparse", "streamOptimized"])
def test_17_a_vmdk_in_one_file_is_converted(tmp_path, kind):
    raw = raw_disk(tmp_path / "a.raw", 20 * MIB)
    call("qemu-img", "convert", "-f", "raw", "-O", "vmdk", "-o", f"subformat={kind}", raw, tmp_path / "a.vmdk")
    same_content(raw, "raw", converted(tmp_path / "a.vmdk")["dest"])


def test_20_an_encrypted_qcow2_is_refused(tmp_path):
    disk = tmp_path / "a.qcow2"
    for _attempt in range(10):  # qemu-img measures how fast it encrypts, and gives up on a machine that has no time for it
        if "CPU usage" not in call(
            "qemu-img",
            "create",
            "-q",
            "-f",
            "qcow2",
            "--object",
            "secret,id=s,data=abc",
            "-o",
            "encrypt.format=luks,encrypt.key-secret=s,encrypt.iter-time=10",
            disk,
            20 * MIB,
            accept=(0, 1),
        ):
            break
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


@pytest.mark.parametrize("options", ["compat=1.1", "compat=0.10", "cluster_size=2M"])
def test_22_a_qcow2_that_is_cut_within_its_last_cluster_is_refused(tmp_path, options):
    raw = raw_disk(tmp_path / "a.raw", 40 * MIB, data=((0, 40 * MIB),))
    disk = tmp_path / "a.qcow2"
    call("qemu-img", "convert", "-f", "raw", "-O", "qcow2", "-o", options, raw, disk)
    size = disk.stat().st_size
    os.truncate(disk, size - 512)
    assert "No errors were found" in call("qemu-img", "check", "-f", "qcow2", disk)
    refused(disk, f"it is cut off: a block of its data ends at offset {size}, and the file at {size - 512}", "get the whole image")


def test_22_a_qcow2_that_is_cut_within_a_table_is_refused(tmp_path):
    disk = tmp_path / "a.qcow2"
    call("qemu-img", "create", "-q", "-f", "qcow2", disk, 2048 * MIB)
    call("qemu-io", "-f", "qcow2", "-c", "write -P 7 0 64k", "-c", "write -P 7 1G 64k", "-c", "discard 1G 64k", disk)
    table = disk.stat().st_size - 2 * 65536  # before the cluster that was discarded
    os.truncate(disk, table + 65536 - 512)
    call("qemu-img", "check", "-f", "qcow2", "-r", "leaks", disk, accept=(0, 3))
    refused(disk, f"it is cut off: its L2 table at offset {table} goes past the end of the file", "get the whole image")


@pytest.mark.parametrize("kind", ["monolithicSparse", "streamOptimized"])
def test_22_a_vmdk_that_is_cut_is_refused(tmp_path, kind):
    raw = raw_disk(tmp_path / "a.raw", 40 * MIB, data=((0, 40 * MIB),))
    call("qemu-img", "convert", "-f", "raw", "-O", "vmdk", "-o", f"subformat={kind}", raw, tmp_path / "a.vmdk")
    os.truncate(tmp_path / "a.vmdk", (tmp_path / "a.vmdk").stat().st_size - 512)
    result = align(tmp_path / "a.vmdk")
    assert result["failed"] and "get the whole image" in result["msg"], result
    assert sorted(os.listdir(tmp_path)) == ["a.raw", "a.vmdk"]


@pytest.mark.parametrize(
    ("damage", "words"),
    [("two grains in one place", "two of its blocks are in one place"), ("a table past the end", "its grain table at offset 274877906944 goes past")],
)
def test_22_a_vmdk_whose_tables_are_damaged_is_refused(tmp_path, damage, words):
    raw = raw_disk(tmp_path / "a.raw", 40 * MIB, data=((0, 40 * MIB),))
    disk = tmp_path / "a.vmdk"
    call("qemu-img", "convert", "-f", "raw", "-O", "vmdk", raw, disk)
    directory = struct.unpack_from("<Q", content(disk, 64), 56)[0] * 512
    grains = struct.unpack_from("<I", content(disk), directory)[0] * 512
    if damage == "two grains in one place":
        patch(disk, grains + 4, content(disk)[grains : grains + 4])
    else:
        patch(disk, directory, struct.pack("<I", 2**29))
    assert "No errors were found" in call("qemu-img", "check", "-f", "vmdk", disk)
    refused(disk, words)


@pytest.mark.parametrize(("bit", "words"), [(1, "not closed properly"), (2, "marked as corrupt")])
def test_23_a_dirty_or_corrupt_qcow2_is_refused(tmp_path, bit, words):
    refused(patch(qcow2(tmp_path / "a.qcow2"), 72, struct.pack(">Q", bit)), words, "qemu-img check -r all")


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
