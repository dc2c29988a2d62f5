# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GUID partition tables: believed only when right, moved without touching anything else."""

import struct
import uuid
import zlib

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.disk import gpt as gpt_tables
from ansible_collections.imagewright.azure.plugins.module_utils.disk import partitions
from hypothesis import given
from hypothesis import strategies as st

LINUX = uuid.UUID("0FC63DAF-8483-4772-8E79-3D69D8477DE4")


def header(lba, alternate, entries_lba, entries, last_usable, count=128, size=128, first_usable=34):
    """Return a GPT header sector, put together by hand after the UEFI specification."""
    octets = bytearray(512)
    struct.pack_into(
        "<8sIIIIQQQQ16sQIII",
        octets,
        0,
        b"EFI PART",
        0x10000,
        92,
        0,
        0,
        lba,
        alternate,
        first_usable,
        last_usable,
        bytes(range(16)),
        entries_lba,
        count,
        size,
        zlib.crc32(entries),
    )
    struct.pack_into("<I", octets, 16, zlib.crc32(octets[:92]))
    return bytes(octets)


def disk(sectors, used=((2048, 4095),), protective=None, count=128):
    """Return a disk (bytearray) with a GPT; used: (first, last) LBA of each partition."""
    entries = b"".join(
        struct.pack("<16s16sQQQ72s", LINUX.bytes_le, bytes([number]) * 16, first, last, 0, f"part {number}".encode("utf-16-le"))
        for number, (first, last) in enumerate(used)
    ).ljust(count * 128, b"\0")
    table = count * 128 // 512
    octets = bytearray(sectors * 512)
    struct.pack_into("<B3sB3sII", octets, 446, 0, b"\0\2\0", 0xEE, b"\xff" * 3, 1, sectors - 1 if protective is None else protective)
    octets[510:512] = b"\x55\xaa"
    last_usable = sectors - table - 2
    octets[512:1024] = header(1, sectors - 1, 2, entries, last_usable, count)
    octets[1024 : 1024 + len(entries)] = entries
    octets[(sectors - 1 - table) * 512 : (sectors - 1) * 512] = entries.ljust(table * 512, b"\0")
    octets[(sectors - 1) * 512 :] = header(sectors - 1, 1, sectors - 1 - table, entries, last_usable, count)
    return octets


def reader(octets):
    """Return a read function of a disk in memory."""
    return lambda offset, length: bytes(octets[offset : offset + length])


def relocated(octets, sectors):
    """Return the disk, grown to so many sectors, with the planned writes done."""
    grown = bytearray(octets) + bytes(sectors * 512 - len(octets))
    table = partitions.read_table(reader(octets), len(octets))
    plan = partitions.plan_relocation(table, reader(grown), len(grown))
    for offset, written in plan.tail + plan.head:
        grown[offset : offset + len(written)] = written
    return grown, plan


def fields(octets, lba):
    """Return (my LBA, alternate LBA, first usable, last usable, entries' LBA) of a header whose two checksums are right."""
    sector = octets[lba * 512 : lba * 512 + 512]
    unsigned = bytes(sector[:16]) + bytes(4) + bytes(sector[20:92])
    assert struct.unpack_from("<I", sector, 16)[0] == zlib.crc32(unsigned)
    entries_lba, count, size, crc = struct.unpack_from("<QIII", sector, 72)
    assert zlib.crc32(octets[entries_lba * 512 : entries_lba * 512 + count * size]) == crc
    return (*struct.unpack_from("<QQQQ", sector, 24), entries_lba)


@given(growth=st.integers(1, 5000), used=st.lists(st.integers(0, 30), unique=True, max_size=20))
def test_the_backup_moves_to_any_new_end_and_nothing_else_changes(growth, used):
    before = disk(8192, [(2048 + index * 100, 2048 + index * 100 + 99) for index in used])
    after, plan = relocated(before, 8192 + growth)
    end = 8192 + growth - 1

    assert fields(after, 1) == (1, end, 34, end - 33, 2)
    assert fields(after, end) == (end, 1, 34, end - 33, end - 32)
    assert after[1024 : 1024 + 16384] == before[1024 : 1024 + 16384] == after[(end - 32) * 512 : end * 512]
    assert struct.unpack_from("<I", after, 446 + 12)[0] == end
    assert after[:446] + after[462:512] == before[:446] + before[462:512]
    assert after[34 * 512 : (8192 - 33) * 512] == before[34 * 512 : (8192 - 33) * 512]
    again, second_plan = relocated(after, 8192 + growth)
    assert (again, second_plan.tail, second_plan.head) == (after, [], [])


@given(growth=st.integers(1, 5000), done=st.integers(0, 3))
def test_a_stop_between_any_two_writes_leaves_a_primary_that_is_right(growth, done):
    before = disk(8192)
    grown = bytearray(before) + bytes(growth * 512)
    plan = partitions.plan_relocation(partitions.read_table(reader(before), len(before)), reader(grown), len(grown))
    for offset, written in (plan.tail + plan.head)[:done]:
        grown[offset : offset + len(written)] = written
    fields(grown, 1)
    if done > 2:
        fields(grown, 8192 + growth - 1)


@given(octets=st.binary(min_size=512, max_size=512))
def test_random_bytes_are_never_a_table(octets):
    with pytest.raises(gpt_tables.GptError):
        gpt_tables.read_gpt(reader(bytes(512) + b"EFI PART" + octets[8:] + bytes(20000)), 1)


@pytest.mark.parametrize("position", [512, 520, 528, 536, 544, 552, 560, 600, 1024, 1024 + 16383])
def test_a_flipped_bit_in_header_or_entries_is_noticed(position):
    octets = disk(8192)
    octets[position] ^= 1
    table = partitions.read_table(reader(octets), len(octets))
    assert table.gpt is None
    assert table.damage


def test_partitions_are_listed_with_bytes_and_names():
    table = partitions.read_table(reader(disk(8192, [(2048, 2049), (4096, 8000)])), 8192 * 512)
    assert table.kind == "gpt"
    assert [(part.number, part.start, part.size, part.name) for part in table.partitions] == [(1, 1048576, 1024, "part 0"), (2, 2097152, 3905 * 512, "part 1")]
    assert table.partitions[0].type == "0FC63DAF-8483-4772-8E79-3D69D8477DE4"


def test_a_protective_entry_for_any_size_is_kept():
    after, plan = relocated(disk(8192, protective=0xFFFFFFFF), 9000)
    assert struct.unpack_from("<I", after, 458)[0] == 0xFFFFFFFF
    assert [offset for offset, _octets in plan.head] == [512]


def test_a_table_of_another_length_moves_as_well():
    after, _plan = relocated(disk(8192, count=256), 9000)
    assert fields(after, 8999)[1:] == (1, 34, 8999 - 65, 8999 - 64)


def test_a_hybrid_table_is_left_alone():
    octets = disk(8192)
    struct.pack_into("<B3sB3sII", octets, 462, 0, bytes(3), 0x83, bytes(3), 2048, 2048)
    _after, plan = relocated(octets, 9000)
    assert (plan.tail, plan.head) == ([], [])
    assert "hybrid" in plan.warnings[0]


def test_a_missing_backup_at_the_right_place_is_told_and_left():
    octets = disk(8192)
    octets[-512:] = bytes(512)
    _after, plan = relocated(octets, 8192)
    assert (plan.tail, plan.head) == ([], [])
    assert "damaged" in plan.warnings[0]


def test_the_least_size_is_that_of_the_last_partition_and_the_backup():
    table = partitions.read_table(reader(disk(8192, [(2048, 4095)])), 8192 * 512)
    assert partitions.end_of_partitions(table) == (4096 + 33) * 512
