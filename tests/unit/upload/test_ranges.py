# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which bytes matter, against a model that looks at every block."""

import os

from ansible_collections.imagewright.azure.plugins.module_utils.upload import ranges
from hypothesis import given, settings
from hypothesis import strategies as st

KIB = 1024
BLOCK = 64 * KIB
MIB = 1024 * KIB


def runs_of(content, extents=None):
    """Return [(offset, length)] that non_zero_runs yields for content, after looking that each run is what is there."""
    found = []
    for offset, piece in ranges.non_zero_runs(extents or [(0, len(content))], lambda start, length: content[start : start + length]):
        assert piece == content[offset : offset + len(piece)]
        found.append((offset, len(piece)))
    return found


def test_zero_blocks_are_left_out():
    content = bytes(BLOCK) + b"a" + bytes(BLOCK - 1) + bytes(3 * BLOCK) + bytes(BLOCK - 1) + b"b"

    assert runs_of(content) == [(BLOCK, BLOCK), (5 * BLOCK, BLOCK)]


def test_neighbours_become_one_run():
    assert runs_of(b"a" * (5 * BLOCK) + bytes(BLOCK)) == [(0, 5 * BLOCK)]


def test_a_run_is_cut_at_4_mib_from_its_start():
    content = bytes(BLOCK) + b"a" * (9 * MIB) + bytes(BLOCK)

    assert runs_of(content) == [(BLOCK, 4 * MIB), (BLOCK + 4 * MIB, 4 * MIB), (BLOCK + 8 * MIB, MIB)]


def test_a_short_last_block_counts():
    assert runs_of(bytes(BLOCK) + b"\0" * 511 + b"x") == [(BLOCK, 512)]
    assert runs_of(bytes(BLOCK + 512)) == []


@settings(max_examples=60, deadline=None)
@given(st.lists(st.booleans(), max_size=200), st.integers(0, 3))
def test_the_cuts_depend_on_the_content_alone(blocks, slack):
    content = b"".join((b"x" * BLOCK if full else bytes(BLOCK)) for full in blocks)
    expected, position = [], 0
    while position < len(blocks):  # the model: from each first full block, as many as follow, 64 at most
        if not blocks[position]:
            position += 1
            continue
        end = position
        while end < len(blocks) and blocks[end] and end - position < 64:
            end += 1
        expected.append((position * BLOCK, (end - position) * BLOCK))
        position = end
    full = [index for index, value in enumerate(blocks) if value]
    tight = ranges.merge([(max(index - slack, 0) * BLOCK, min(index + 1 + slack, len(blocks)) * BLOCK) for index in full])

    assert runs_of(content) == expected
    assert not full or runs_of(content, tight) == expected


def test_extents_are_whole_blocks_and_holes_are_left_out(tmp_path):
    with open(tmp_path / "disk", "w+b") as stream:
        stream.truncate(16 * MIB)
        os.pwrite(stream.fileno(), b"x" * 100, 5 * MIB + 1000)
        os.pwrite(stream.fileno(), b"x" * 100, 15 * MIB)
        os.fsync(stream.fileno())
        extents = ranges.data_extents(stream.fileno(), 16 * MIB - 512)

    assert extents == [(5 * MIB, 5 * MIB + BLOCK), (15 * MIB, 15 * MIB + BLOCK)]


def test_a_file_that_is_one_hole_has_no_extents(tmp_path):
    with open(tmp_path / "disk", "w+b") as stream:
        stream.truncate(MIB)
        assert ranges.data_extents(stream.fileno(), MIB) == []


spans = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 12)).map(lambda pair: (pair[0], sum(pair))), max_size=8)


@given(spans, spans)
def test_subtract_is_set_difference(first, second):
    def members(items):
        return {number for start, end in items for number in range(start, end)}

    result = ranges.subtract(first, second)

    assert members(result) == members(first) - members(second)
    assert result == sorted(result) and all(end < start for (_first, end), (start, _last) in zip(result, result[1:]))
    assert ranges.length_of(result) == len(members(result))


def test_the_digest_tells_places_and_content_apart():
    one = ranges.Range(0, 512, "a" * 32)

    digests = {
        ranges.digest_of_ranges(items, size)
        for items, size in (([one], 1024), ([one], 2048), ([one._replace(offset=512)], 1024), ([one._replace(digest="b" * 32)], 1024), ([], 1024))
    }

    assert len(digests) == 5


def test_the_digest_of_a_range_is_its_md5():
    """Computed with md5sum."""
    assert ranges.range_of(65536, b"x" * 512) == ranges.Range(65536, 512, "9147bc1f0f20e8ae1932e616b51240fb")


def test_the_digest_is_this_one_for_ever():
    """Computed with sha256sum; blobs that were uploaded once are recognised by it."""
    item = ranges.Range(65536, 512, "a" * 32)

    assert ranges.digest_of_ranges([item], 1048576) == "f35877d9ec02b727b87a232dc26e77389aef9d058db0c5ebbbcb5b972579cc89"
