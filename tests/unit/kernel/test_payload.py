# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The compressed kernel in a kernel's file is found by the header, and unpacked to its end."""

import io
import random
import struct

import pytest
from unit.initramfs.images import COMPRESS
from unit.kernel.kernel_files import bzimage, efi, packed, packed_zboot, uki, zboot

from ansible_collections.imagewright.azure.plugins.module_utils.core import commands
from ansible_collections.imagewright.azure.plugins.module_utils.initramfs import compression
from ansible_collections.imagewright.azure.plugins.module_utils.initramfs.compression import CannotVerify
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import payload

#: What a kernel may unpack to: pieces that come again in no order, so that a damage of what lz4 has, which keeps no checksum, changes its length.
_DICE = random.Random(7)
_PIECES = [bytes(_DICE.randrange(256) for _octet in range(length)) for length in range(4, 40)]
CONTENT = b"".join(_DICE.choice(_PIECES) for _time in range(12000))
KINDS = sorted(set(COMPRESS) - {"none"})
ZBOOT_NAMES = {"xz": "xzkern", "zstd": "zstd22"}


def problem(octets):
    stream = io.BytesIO(octets)
    found = payload.payload(stream)
    return None if found is None else payload.problem(stream, found, "/boot/vmlinuz")


def kernel(kind):
    """Return a bzImage with CONTENT compressed in a way (str)."""
    return packed(COMPRESS[kind](CONTENT), None if kind == "gzip" else len(CONTENT))


def damaged(octets, place=12000, count=4096):
    return octets[:place] + bytes(count) + octets[place + count :]


@pytest.mark.parametrize("kind", KINDS)
def test_a_kernel_that_can_be_unpacked_has_no_problem(kind):
    assert problem(kernel(kind)) == ""
    assert problem(kernel(kind) + b"a signature behind it") == ""
    assert problem(packed_zboot(COMPRESS[kind](CONTENT), ZBOOT_NAMES.get(kind, kind))) == ""
    assert problem(uki(osrel=b"ID=debian\n", linux=kernel(kind), initrd=b"070701")) == ""


@pytest.mark.parametrize("kind", KINDS)
def test_a_kernel_that_is_damaged_within_has_one(kind):
    assert "damaged" in problem(damaged(kernel(kind)))
    assert "damaged" in problem(damaged(uki(linux=kernel(kind)), 0x1000 + 12000))


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"lz4"}))
def test_a_compressed_efi_kernel_that_is_damaged_within_has_one(kind):
    assert "damaged" in problem(damaged(packed_zboot(COMPRESS[kind](CONTENT), ZBOOT_NAMES.get(kind, kind))))


def test_zeros_in_place_of_what_is_compressed_are_named():
    assert problem(damaged(kernel("xz"), 5 * 512 + 64)) == "the compressed kernel in it, at byte 2624, begins with zeros"
    assert problem(damaged(packed_zboot(COMPRESS["gzip"](CONTENT), "gzip"), 0x1400)) == "the compressed kernel in it, at byte 5120, begins with zeros"


def test_another_compression_than_the_header_names_is_a_damage():
    assert problem(packed_zboot(b"\1" * 5000, "zstd22")) == "the compressed kernel in it, at byte 5120, is not the zstd that its header says"


def test_a_size_that_the_kernel_does_not_unpack_to_is_a_damage():
    assert problem(packed(COMPRESS["xz"](bytes(5000)), 4999)).endswith("is damaged: it unpacks to 5000 bytes, and is to have 4999")


@pytest.mark.parametrize(
    "octets",
    [
        bzimage(),  # says nothing of a payload
        packed(COMPRESS["gzip"](CONTENT), protocol=0x207),
        efi(0xAA64),
        uki(osrel=b"ID=debian\n"),
        b"kernel",
        b"",
    ],
)
def test_a_file_that_says_nothing_of_a_compressed_kernel_has_none(octets):
    assert problem(octets) is None


def test_what_is_of_no_known_compression_is_left_alone():
    assert problem(packed(b"\x7fELF" + b"\1" * 5000)) == ""
    assert problem(packed(b"\x99\x98\x97 of our own" * 500)) == ""
    assert problem(zboot(0x8664)) == ""


def test_a_compression_that_nothing_here_can_read_is_told_as_such(monkeypatch):
    monkeypatch.setattr(commands, "find", lambda name, root="/": None)
    monkeypatch.setattr(compression, "_PACKAGES", {})
    for kind in ("zstd", "lz4", "lzo"):
        with pytest.raises(CannotVerify):
            problem(kernel(kind))


def test_a_kernel_that_unpacks_without_end_is_not_unpacked(monkeypatch):
    monkeypatch.setattr(payload, "_MOST_UNPACKED", 100000)
    with pytest.raises(CannotVerify, match="more than 0 MiB"):
        problem(kernel("xz"))


def test_lengths_beyond_the_file_are_a_damage():
    octets = bytearray(kernel("xz"))
    struct.pack_into("<II", octets, 0x248, 64, 1 << 30)
    assert "damaged" in problem(bytes(octets)[:12000])
