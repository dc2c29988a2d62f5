# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images to try the vhd modules on, and other programs' views of the results."""

import hashlib
import json
import os
import random
import re
import struct
import subprocess

MIB = 1024 * 1024
GIB = 1024 * MIB


def call(*argv, accept=(0,)):
    """Return what a program printed."""
    process = subprocess.run(
        [str(word) if not isinstance(word, bytes) else word for word in argv],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        env=dict(os.environ, LC_ALL="C"),
    )
    text = process.stdout.decode("utf-8", "replace")
    assert process.returncode in accept, f"{argv} ended with {process.returncode}: {text}"
    return text


def raw_disk(path, size, data=((MIB, 300 * 1024), (5 * MIB + 4096, 64 * 1024)), seed=1):
    """Write a sparse raw disk with random data at each (offset, length), and return its path."""
    source = random.Random(seed)
    with open(path, "wb") as stream:
        for offset, length in data:
            stream.seek(offset)
            for start in range(0, length, MIB):
                stream.write(source.randbytes(min(MIB, length - start)))
        stream.truncate(size)
    return path


def gpt_disk(path, size, partitions=("1:2048:0",)):
    """Write a raw disk with a GUID partition table made by sgdisk, and return its path."""
    raw_disk(path, size, data=((2 * MIB, 100 * 1024),))
    call("sgdisk", *[f"--new={partition}" for partition in partitions], path)
    return path


def footer(size, disk_type=2, creator=b"qem2", geometry=(65535, 16, 255), saved_state=0, checksum=None, version=0x00010000, data_offset=0xFFFFFFFFFFFFFFFF):
    """Return a VHD footer, put together by hand after the specification."""
    octets = bytearray(512)
    struct.pack_into(">8sIIQI4sI4sQQHBBI", octets, 0, b"conectix", 2, version, data_offset, 1, creator, 0x50003, b"Wi2k", size, size, *geometry, disk_type)
    octets[68:84] = bytes(range(16))
    octets[84] = saved_state
    struct.pack_into(">I", octets, 64, ~sum(octets) & 0xFFFFFFFF if checksum is None else checksum)
    return bytes(octets)


def append(path, octets):
    """Write bytes at the end of a file."""
    with open(path, "ab") as stream:
        stream.write(octets)
    return path


def patch(path, offset, octets):
    """Write bytes into a file at an offset; a negative one counts from the end."""
    with open(path, "r+b") as stream:
        stream.seek(offset, os.SEEK_SET if offset >= 0 else os.SEEK_END)
        stream.write(octets)
    return path


def digest(path):
    """Return the SHA-256 of a file."""
    with open(path, "rb") as stream:
        value = hashlib.sha256()
        for octets in iter(lambda: stream.read(MIB), b""):
            value.update(octets)
    return value.hexdigest()


def content(path, length=-1):
    """Return the first bytes of a file, or all."""
    with open(path, "rb") as stream:
        return stream.read(length)


def qemu_size(path, image_format="vpc"):
    """Return the disk's size that qemu-img tells."""
    return json.loads(call("qemu-img", "info", "--output=json", "-f", image_format, path))["virtual-size"]


def vhdi_size(path):
    """Return the disk's size that libvhdi tells."""
    return int(re.search(r"Media size\s*:.*?(\d+)(?: bytes\)| bytes)", call("vhdiinfo", path)).group(1))


def same_content(source, source_format, vhd):
    """Assert that the disk in the VHD is that of the source, followed by zeros."""
    answer = call("qemu-img", "compare", "-f", source_format, "-F", "vpc", source, vhd)
    assert "Images are identical" in answer, answer


def gpt_is_sound(vhd, folder):
    """Assert that sgdisk finds nothing wrong with the table of the disk in a fixed VHD."""
    disk = folder / "without-footer.raw"
    call("cp", "--sparse=always", vhd, disk)
    os.truncate(disk, os.path.getsize(disk) - 512)
    answer = call("sgdisk", "--verify", disk)
    disk.unlink()
    assert "No problems found" in answer, answer


def allocated(path):
    """Return the bytes that a file takes on its disk."""
    return os.stat(path).st_blocks * 512


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


def vhdx(path, size=40 * MIB):
    """Write a VHDX image with some data."""
    call("qemu-img", "create", "-q", "-f", "vhdx", path, size)
    call("qemu-io", "-f", "vhdx", "-c", "write -P 7 1M 3M", path)
    return path


def crc32c(octets):
    """Return the CRC-32C of bytes, bit by bit after its definition."""
    crc = 0xFFFFFFFF
    for octet in octets:
        crc ^= octet
        for _bit in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF
