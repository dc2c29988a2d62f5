# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Damaged headers of any format: an answer or a refusal, and never a traceback or an endless loop."""

import os

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.disk import partitions
from ansible_collections.imagewright.azure.plugins.module_utils.image import formats
from ansible_collections.imagewright.azure.plugins.module_utils.vhd.info import describe_image
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from integration.vhd.images import MIB, append, call, content, footer, gpt_disk

#: Where the formats keep what is parsed: from the start, or (negative) from the end of the file.
PLACES = {
    "raw": [(0, 2048)],
    "fixed": [(-512, 512), (0, 2048)],
    "vpc": [(0, 2048), (-512, 512)],
    "qcow2": [(0, 112)],
    "vdi": [(0, 512)],
    "vmdk": [(0, 1024)],
    "vhdx": [(0, 64), (65536, 128), (131072, 128), (196608, 128), (2097152, 128), (2162688, 64)],
}


@pytest.fixture(scope="module")
def originals(tmp_path_factory):
    """A directory with an image of each format."""
    folder = tmp_path_factory.mktemp("originals")
    raw = gpt_disk(folder / "raw", 4 * MIB)
    for name in ("vpc", "qcow2", "vdi", "vmdk", "vhdx"):
        call("qemu-img", "convert", "-f", "raw", "-O", name, raw, folder / name)
    append(gpt_disk(folder / "fixed", 4 * MIB), footer(4 * MIB))
    return folder


@pytest.mark.parametrize("name", PLACES)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damage_is_answered_or_refused(originals, tmp_path, name, data):
    octets = bytearray(content(originals / name))
    whole = len(octets)
    for _number in range(data.draw(st.integers(1, 4))):
        start, length = data.draw(st.sampled_from(PLACES[name]))
        at = (start if start >= 0 else len(octets) + start) + data.draw(st.integers(0, length - 1))
        damage = data.draw(st.one_of(st.binary(min_size=1, max_size=8), st.sampled_from([b"\xff" * 8, bytes(8), b"\x7f" * 4])))
        octets[at : at + len(damage)] = damage
    del octets[data.draw(st.one_of(st.just(whole), st.integers(1, whole))) :]
    path = tmp_path / "damaged"
    path.write_bytes(octets)
    result = describe_image(os.fspath(path))
    assert isinstance(result["accepted"], bool)
    assert result["problems"] or result["accepted"]
    try:
        image = formats.read_image(lambda offset, size: bytes(octets[offset : offset + size]), len(octets), "damaged")
        assert image.virtual_size >= 0
    except ImagewrightError as error:
        assert str(error).startswith("cannot convert damaged: ") and "; " in str(error)


@pytest.mark.parametrize("name", PLACES)
def test_an_image_that_ends_within_its_first_sector_is_refused_or_a_raw_disk(originals, name):
    octets = content(originals / name)
    for size in range(1, 512):
        try:
            image = formats.read_image(lambda offset, length, size=size: octets[:size][offset : offset + length], size, "cut")
            assert image.format == "raw" and image.virtual_size == size
        except ImagewrightError as error:
            assert str(error).startswith("cannot convert cut: ")


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_partition_tables_are_read_in_bounded_time(originals, data):
    octets = bytearray(content(originals / "raw"))
    for _number in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.one_of(st.integers(440, 600), st.integers(1024, 1300)))
        octets[at] = data.draw(st.integers(0, 255))

    def read_at(offset, size):
        return bytes(octets[offset : offset + size])

    table = partitions.read_table(read_at, len(octets))
    plan = partitions.plan_relocation(table, read_at, 5 * MIB)
    assert table.kind in ("gpt", "mbr", "none")
    assert all(offset >= 0 and offset + len(written) <= 5 * MIB for offset, written in plan.tail + plan.head)
