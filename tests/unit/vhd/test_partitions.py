# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Partition tables of the MBR kind, and what is none."""

import struct
import zlib

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.disk import partitions

SECTORS = 8192


def mbr(*entries, code=b"", signature=b"\x55\xaa"):
    """Return a disk (bytearray) with MBR entries (status, type, first LBA, sectors)."""
    octets = bytearray(SECTORS * 512)
    octets[: len(code)] = code
    for index, (status, kind, first, sectors) in enumerate(entries):
        struct.pack_into("<B3sB3sII", octets, 446 + 16 * index, status, bytes(3), kind, bytes(3), first, sectors)
    octets[510:512] = signature
    return octets


def table_of(octets):
    """Return the Table of a disk in memory."""
    return partitions.read_table(lambda offset, length: bytes(octets[offset : offset + length]), len(octets))


def test_primary_partitions_are_listed():
    table = table_of(mbr((0x80, 0x83, 2048, 4096), (0, 0x82, 6144, 1024), code=b"\xeb\x63"))
    assert (table.kind, table.boot_code, table.gpt, table.damage) == ("mbr", True, None, None)
    assert [tuple(partition) for partition in table.partitions] == [
        (1, "0x83", 1048576, 2097152, True, "", "00000000-01"),
        (2, "0x82", 3145728, 524288, False, "", "00000000-02"),
    ]


def test_logical_partitions_are_followed():
    octets = mbr((0, 0x83, 63, 100), (0, 0x05, 1000, 5000))
    struct.pack_into("<B3sB3sII", octets, 1000 * 512 + 446, 0, bytes(3), 0x83, bytes(3), 63, 500)
    struct.pack_into("<B3sB3sII", octets, 1000 * 512 + 462, 0, bytes(3), 0x05, bytes(3), 2000, 1000)
    octets[1000 * 512 + 510 : 1000 * 512 + 512] = b"\x55\xaa"
    struct.pack_into("<B3sB3sII", octets, 3000 * 512 + 446, 0, bytes(3), 0x82, bytes(3), 63, 200)
    octets[3000 * 512 + 510 : 3000 * 512 + 512] = b"\x55\xaa"
    found = [(partition.number, partition.start // 512, partition.size // 512) for partition in table_of(octets).partitions]
    assert found == [(1, 63, 100), (2, 1000, 5000), (5, 1063, 500), (6, 3063, 200)]


def test_logical_partitions_whose_chain_goes_backwards_are_followed():
    octets = mbr((0, 0x05, 1000, 5000))

    def link(lba, start, following):
        struct.pack_into("<B3sB3sII", octets, lba * 512 + 446, 0, bytes(3), 0x83, bytes(3), start, 500)
        if following:
            struct.pack_into("<B3sB3sII", octets, lba * 512 + 462, 0, bytes(3), 0x05, bytes(3), following - 1000, 600)
        octets[lba * 512 + 510 : lba * 512 + 512] = b"\x55\xaa"

    link(1000, 2000, 4000)
    link(4000, 63, 1100)  # made after the one behind it was deleted
    link(1100, 63, 0)
    found = [(partition.number, partition.start // 512) for partition in table_of(octets).partitions]
    assert found == [(1, 1000), (5, 3000), (6, 4063), (7, 1163)]


def test_a_chain_of_logical_partitions_that_turns_back_ends():
    octets = mbr((0, 0x05, 1000, 5000))
    struct.pack_into("<B3sB3sII", octets, 1000 * 512 + 446, 0, bytes(3), 0x83, bytes(3), 63, 500)
    struct.pack_into("<B3sB3sII", octets, 1000 * 512 + 462, 0, bytes(3), 0x05, bytes(3), 0, 1000)
    octets[1000 * 512 + 510 : 1000 * 512 + 512] = b"\x55\xaa"
    assert len(table_of(octets).partitions) == 2


@pytest.mark.parametrize(
    "octets",
    [
        bytearray(SECTORS * 512),
        mbr((0x80, 0x83, 2048, 4096), signature=b"\0\0"),
        mbr((0x12, 0x83, 2048, 4096)),
        mbr((0, 0, 0, 0)),
    ],
    ids=["zeros", "no signature", "code in the table's place", "no partition"],
)
def test_what_is_no_table_is_none(octets):
    assert table_of(octets).kind == "none"


def test_a_protective_entry_without_a_gpt_is_a_damaged_gpt():
    table = table_of(mbr((0, 0xEE, 1, SECTORS - 1)))
    assert (table.kind, table.partitions) == ("gpt", [])
    assert "no GPT header at sector 1" in table.damage


def test_the_end_of_the_partitions_is_the_least_size():
    assert partitions.end_of_partitions(table_of(mbr((0, 0x83, 2048, 100000)))) == (2048 + 100000) * 512


def test_an_mbr_needs_no_writes_when_the_disk_grows():
    octets = mbr((0, 0x83, 2048, 4096))
    plan = partitions.plan_relocation(table_of(octets), None, 2 * len(octets))
    assert (plan.tail, plan.head, plan.warnings) == ([], [], [])


def with_gpt(octets):
    """Return the disk (bytearray) with an empty GPT at its start, put together by hand after the specification."""
    entries = bytes(128 * 128)
    header = bytearray(
        struct.pack("<8sIIIIQQQQ16sQIII", b"EFI PART", 0x10000, 92, 0, 0, 1, SECTORS - 1, 34, SECTORS - 34, bytes(16), 2, 128, 128, zlib.crc32(entries))
    )
    struct.pack_into("<I", header, 16, zlib.crc32(header))
    octets[512 : 512 + 92] = header
    octets[1024 : 1024 + len(entries)] = entries
    return octets


def test_an_mbr_that_protects_no_gpt_is_the_table_whatever_an_earlier_use_has_left_beneath():
    table = table_of(with_gpt(mbr((0x80, 0x83, 2048, 4096), code=b"\xeb\x63")))
    assert (table.kind, table.gpt, table.damage) == ("mbr", None, None)
    assert [(part.number, part.type) for part in table.partitions] == [(1, "0x83")]


@pytest.mark.parametrize("entries", [[], [(0, 0xEE, 63, SECTORS - 63)]], ids=["no entry", "an entry that begins elsewhere"])
def test_a_gpt_that_no_mbr_protects_is_left_alone(entries):
    table = table_of(with_gpt(mbr(*entries)))
    assert (table.kind, table.damage) == ("gpt", "the MBR does not protect it, and so no system looks for it")
    assert partitions.plan_relocation(table, None, SECTORS * 1024).tail == []


def test_a_hybrid_table_is_a_gpt_that_is_left_alone():
    table = table_of(with_gpt(mbr((0, 0xEE, 1, 2047), (0x80, 0x83, 2048, 4096))))
    assert table.kind == "gpt" and "hybrid" in table.damage and partitions.is_hybrid(table)
    assert not partitions.is_hybrid(table_of(with_gpt(mbr((0, 0xEE, 1, SECTORS - 1)))))
