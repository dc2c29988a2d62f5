# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A kernel's own header says whether its file is whole, and for which processor it is."""

import gzip
import struct

import pytest
from unit.kernel.kernel_files import bzimage, efi, zboot

from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import image_file

ARM64 = bytes(0x38) + b"ARM\x64" + bytes(100)
ELF = struct.pack("<4sBBBB8xHHIQQQIHHHHHH", b"\x7fELF", 2, 1, 1, 0, 2, 0x3E, 1, 0, 0, 64, 0, 64, 0, 0, 64, 2, 0) + bytes(128)


@pytest.fixture
def examine(tmp_path):
    def of(content):
        (tmp_path / "vmlinuz").write_bytes(content)
        return image_file.examine(LiveTree(str(tmp_path)), "/vmlinuz")

    return of


@pytest.mark.parametrize(
    ("content", "kind", "machine"),
    [
        (bzimage(), "bzImage", "x86_64"),
        (bzimage(flags=0), "bzImage", "i686"),
        (bzimage(protocol=0x204), "bzImage", ""),
        (bzimage(sectors=0, size=0) + bytes(2048), "bzImage", "x86_64"),  # 0 sectors mean 4
        (efi(0x8664), "EFI", "x86_64"),
        (efi(0xAA64, signature=(0x1400, 256)), "EFI", "aarch64"),
        (zboot(0xAA64), "EFI", "aarch64"),
        (ARM64, "Image", "aarch64"),
        (gzip.compress(ARM64, mtime=0), "gzip", "aarch64"),
        (ELF, "ELF", "x86_64"),
        (b"kernel", "", ""),
        (b"", "", ""),
        (b"\xfd7zXZ\0 a kernel of a kind that is not known here", "", ""),
        (b"UEFI \xff\xfe raw \n", "", ""),
        (b"\x02!L a u-boot image\n", "", ""),
    ],
)
def test_a_whole_kernel_has_no_problem(examine, content, kind, machine):
    assert examine(content) == (kind, machine, "")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (bzimage()[:-1], "it has 68095 bytes, and its own header says 68096"),
        (bzimage()[:34048], "it has 34048 bytes, and its own header says 68096"),
        (efi(0x8664)[:-1], "it has 5119 bytes, and its own header says 5120"),
        (efi(0x8664, signature=(0x1400, 256))[:-1], "it has 5375 bytes, and its own header says 5376"),
        (zboot(0x8664)[:-1], "it has 7167 bytes, and its own header says 7168"),
        (gzip.compress(ARM64, mtime=0)[:-10], "its compressed content ends too early"),
        (ELF[:-1], "it has 191 bytes, and its own header says 192"),
        (bytes(5000), "its first 4096 bytes are zeros"),
        (b"not found\n", "it is a text, not a kernel"),
        (b"<html>\n<title>404 Not Found</title>", "it is a text, not a kernel"),
        ("ä ".encode() + "ä".encode() * 3000, "it is a text, not a kernel"),
        (b"#!/bin/sh\n\0\1\2", "it is a script, not a kernel"),
    ],
)
def test_what_is_no_whole_kernel_is_told_why(examine, content, problem):
    assert examine(content).problem == problem
