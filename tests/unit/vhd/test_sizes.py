# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sizes as people write them, and the sizes that Azure takes."""

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.vhd import disk_size
from ansible_collections.imagewright.azure.plugins.module_utils.image.image_file import Image
from ansible_collections.imagewright.azure.plugins.module_utils.disk.sizes import parse_size, round_up, show_size

MIB = 1024**2
GIB = 1024**3
TIB = 1024**4


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("30GiB", 32212254720),
        ("30G", 32212254720),
        ("30 GB", 32212254720),
        ("30gib", 32212254720),
        ("1.5K", 1536),
        ("512", 512),
        (512, 512),
        ("20971520B", 20971520),
        ("2T", 2 * TIB),
        ("0.5 MiB", 524288),
    ],
)
def test_sizes_are_read_as_people_write_them(text, size):
    assert parse_size(text, "size") == size


@pytest.mark.parametrize("text", ["", "GiB", "-1", "1e9", "30GiBB", "30XB", "0x20", "1,5G", "1.0001K"])
def test_what_is_no_size_is_refused_and_the_option_named(text):
    with pytest.raises(ImagewrightError, match="cannot use max_size"):
        parse_size(text, "max_size")


# requirement R03: a size that is aligned stays; the documented ((size / MB) + 1) * MB would add a MiB
@pytest.mark.parametrize(
    ("size", "rounded"),
    [
        (0, 0),
        (1, MIB),
        (MIB - 1, MIB),
        (MIB, MIB),
        (MIB + 1, 2 * MIB),
        (21474836480, 21474836480),
        (21475270656, 21475885056),
    ],
)
def test_sizes_are_rounded_up_only_when_needed(size, rounded):
    assert round_up(size, MIB) == rounded


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (511, "511 bytes"),
        (8 * 1024**3, "8589934592 bytes (8 GiB)"),
        (21475270656, "21475270656 bytes (about 20 GiB)"),
        (4095 * GIB, "4396972769280 bytes (4095 GiB)"),
        (4095 * GIB + 512, "4396972769792 bytes (about 4 TiB)"),
        (8589936640, "8589936640 bytes (about 8 GiB)"),
    ],
)
def test_sizes_are_shown_in_bytes_and_for_people(size, text):
    assert show_size(size) == text


def new_size(virtual_size, **options):
    """Return the new size of a raw disk without a known partition table."""
    values = {"size": None, "alignment": MIB, "max_size": None, "generation": None, "table": None, **options}
    return disk_size.new_size(Image("raw", virtual_size, None, None, []), "/x.raw", **values)


def test_a_disk_grows_to_the_size_asked_for_and_never_shrinks():
    assert new_size(5 * MIB, size=20 * MIB + 1) == 21 * MIB
    assert new_size(50 * MIB, size=20 * MIB) == 50 * MIB


def test_a_disk_may_be_as_large_as_its_generation_takes_and_no_larger():
    assert new_size(2 * TIB, generation=1) == 2 * TIB
    assert new_size(4095 * GIB) == 4095 * GIB
    with pytest.raises(ImagewrightError, match="generation 1"):
        new_size(2 * TIB + 1, generation=1)
    with pytest.raises(ImagewrightError, match="generation 2"):
        new_size(4095 * GIB + 1)


def test_a_limit_that_is_set_replaces_that_of_the_generation():
    assert new_size(8 * TIB, max_size=9 * TIB) == 8 * TIB
    with pytest.raises(ImagewrightError, match="524288 bytes more than"):
        new_size(20 * MIB + 1, max_size=20 * MIB + MIB // 2)


@pytest.mark.parametrize("alignment", [0, 512, MIB + 512, MIB // 2])
def test_an_alignment_that_azure_would_not_take_is_refused(alignment):
    with pytest.raises(ImagewrightError, match="whole MiB"):
        disk_size.whole_alignment(alignment)
