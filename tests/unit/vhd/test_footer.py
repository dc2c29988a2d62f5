# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The VHD footer: its bytes as the specification wants them, and who reads which size from it."""

import struct
import uuid

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.disk import footer as footers
from hypothesis import given
from hypothesis import strategies as st

GIB = 1024**3
IDENTITY = uuid.UUID("00112233-4455-6677-8899-aabbccddeeff")


def test_every_field_is_where_the_specification_puts_it():
    octets = footers.fixed_footer(8 * GIB, IDENTITY, 1000000000)

    assert len(octets) == 512
    assert octets[0:8] == b"conectix"
    assert octets[8:12] == bytes.fromhex("00000002")
    assert octets[12:16] == bytes.fromhex("00010000")
    assert octets[16:24] == b"\xff" * 8
    assert octets[24:28] == struct.pack(">I", 1000000000 - 946684800)
    assert octets[28:32] == b"qem2"
    assert octets[32:36] == bytes.fromhex("00050003")
    assert octets[36:40] == b"Wi2k"
    assert octets[40:48] == octets[48:56] == bytes.fromhex("0000000200000000")
    assert octets[56:60] == bytes.fromhex("ffff10ff")
    assert octets[60:64] == bytes.fromhex("00000002")
    assert octets[68:84] == IDENTITY.bytes
    assert octets[84:] == bytes(428)


def test_the_checksum_is_the_complement_of_the_sum_of_the_other_bytes():
    octets = footers.fixed_footer(8 * GIB, IDENTITY, 1000000000)
    total = sum(octets[:64]) + sum(octets[68:])
    assert struct.unpack(">I", octets[64:68])[0] == 0xFFFFFFFF - total


@pytest.mark.parametrize("position", [0, 8, 47, 63, 64, 67, 68, 84, 511])
def test_a_flipped_bit_anywhere_is_noticed(position):
    octets = bytearray(footers.fixed_footer(8 * GIB, IDENTITY, 1000000000))
    octets[position] ^= 1
    assert not footers.checksum_is_right(bytes(octets))


def test_a_time_before_2000_becomes_2000():
    assert footers.fixed_footer(GIB, IDENTITY, 5)[24:28] == bytes(4)


@given(size=st.integers(0, 2**63 - 1), time=st.integers(946684800, 946684800 + 2**32 - 1), identity=st.uuids())
def test_what_is_packed_is_parsed(size, time, identity):
    footer = footers.parse_footer(footers.fixed_footer(size, identity, time))
    assert (footer.current_size, footer.original_size, footer.disk_type) == (size, size, 2)
    assert (footer.timestamp, footer.unique_id) == (time - 946684800, identity)


@given(octets=st.binary(min_size=504, max_size=504))
def test_any_footer_survives_parsing_and_packing_but_for_reserved_bytes_and_checksum(octets):
    octets = b"conectix" + octets
    packed = footers.pack_footer(footers.parse_footer(octets))
    assert packed[:64] == octets[:64]
    assert packed[68:85] == octets[68:85]
    assert footers.checksum_is_right(packed)


@pytest.mark.parametrize("octets", [b"", b"conectix", b"x" * 512, b"conectix" + bytes(503), b"conectix" + bytes(505)])
def test_what_is_no_footer_is_none(octets):
    assert footers.parse_footer(octets) is None


# sizes that QEMU 7.2 was seen to read from a disk of 100 MiB
@pytest.mark.parametrize(
    ("creator", "geometry", "size"),
    [
        (b"vpc ", (1003, 12, 17), 104761344),
        (b"qemu", (1003, 12, 17), 104761344),
        (b"\0\0\0\0", (1003, 12, 17), 104761344),
        (b"d2v\0", (1003, 12, 17), 104761344),
        (b"vbox", (0, 0, 0), 0),
        (b"wa\0\0", (65535, 16, 255), 104857600),
        (b"qem2", (1003, 12, 17), 104857600),
        (b"win ", (0, 0, 0), 104857600),
        (b"d2v ", (1003, 12, 17), 104857600),
        (b"tap\0", (1003, 12, 17), 104857600),
        (b"CTXS", (0, 0, 0), 104857600),
    ],
)
def test_the_creator_decides_which_size_qemu_reads(creator, geometry, size):
    footer = footers.parse_footer(footers.fixed_footer(104857600, IDENTITY, 0))
    cylinders, heads, sectors = geometry
    footer = footer._replace(creator_application=creator, cylinders=cylinders, heads=heads, sectors_per_track=sectors)
    assert footers.qemu_size(footer) == size


def test_the_description_has_plain_values_only():
    described = footers.describe_footer(footers.parse_footer(footers.fixed_footer(GIB, IDENTITY, 946684800 + 86400)))
    assert described["created"] == "2000-01-02T00:00:00Z"
    assert described["creator_application"] == "qem2"
    assert described["disk_type"] == "fixed"
    assert described["unique_id"] == "00112233-4455-6677-8899-aabbccddeeff"
    assert described["geometry"] == {"cylinders": 65535, "heads": 16, "sectors_per_track": 255}
