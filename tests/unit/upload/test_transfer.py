# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several workers: all that is read is sent once, and what goes wrong ends the work."""

import threading
import time

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.progress import Progress
from ansible_collections.imagewright.azure.plugins.module_utils.upload import transfer

BLOCK = 65536


class Source:
    """A disk of many ranges; reading one that is bad raises."""

    def __init__(self, count, bad=None):
        self.size, self.read, self._count, self._bad = count * BLOCK + 512, [], count, bad

    def data_extents(self):
        return [(0, self.size - 512)]

    def non_zero_runs(self):
        for number in range(self._count):
            if number == self._bad:
                raise ImagewrightError(f"cannot read range {number}")
            self.read.append(number * BLOCK)
            yield number * BLOCK, b"x" * 512

    def check_unchanged(self):
        pass


class Blob:
    """Takes writes, and refuses the one at an offset that is bad."""

    def __init__(self, bad=None):
        self.written, self.at_once, self._bad, self._under_way = [], 0, bad, 0
        self._lock = threading.Lock()

    def put(self, item, content):
        offset = item.offset
        with self._lock:
            self._under_way += 1
            self.at_once = max(self.at_once, self._under_way)
        time.sleep(0.002)
        with self._lock:
            self._under_way -= 1
        if offset == self._bad:
            raise ImagewrightError(f"cannot write bytes at {offset}")
        self.written.append(offset)


def send(source, blob, before=(), parallel=4):
    recorded = []
    sent = transfer.send(source, blob, dict(before), recorded.append, parallel, Progress(None))
    return sent, recorded


def test_no_more_is_read_than_the_workers_and_one_that_waits_can_take():
    source, ahead = Source(100), []

    class Slow(Blob):
        def put(self, item, content):
            ahead.append(len(source.read) - len(self.written))
            super().put(item, content)

    send(source, Slow())
    assert max(ahead) <= 4 + 1 + 1  # one more is read and waits for its turn


def test_every_range_is_sent_once_by_as_many_workers_as_asked_for():
    source, blob = Source(100), Blob()
    sent, recorded = send(source, blob)
    assert sorted(blob.written) == [number * BLOCK for number in range(100)]
    assert [item.offset for item in sent.ranges] == [number * BLOCK for number in range(100)]
    assert sorted(recorded) == sent.ranges == sent.sent
    assert blob.at_once == 4


def test_a_write_that_fails_ends_the_upload_and_the_others_are_recorded():
    source, blob, recorded = Source(1000), Blob(bad=20 * BLOCK), []
    with pytest.raises(ImagewrightError, match=f"cannot write bytes at {20 * BLOCK}"):
        transfer.send(source, blob, {}, recorded.append, 4, Progress(None))
    assert sorted(item.offset for item in recorded) == sorted(blob.written)
    assert len(source.read) < 100


def test_a_read_that_fails_ends_the_upload_after_what_is_under_way():
    source, blob, recorded = Source(100, bad=50), Blob(), []
    with pytest.raises(ImagewrightError, match="cannot read range 50"):
        transfer.send(source, blob, {}, recorded.append, 4, Progress(None))
    assert {number * BLOCK for number in range(45)} <= set(blob.written) <= {number * BLOCK for number in range(50)}
    assert sorted(item.offset for item in recorded) == sorted(blob.written)


def test_what_has_arrived_before_is_not_sent_again():
    blob = Blob()
    _sent, recorded = send(Source(10), blob)
    again = Blob()
    sent, new = send(Source(10), again, {(item.offset, item.length): item.digest for item in recorded[:7]})
    assert sorted(again.written) == sorted(item.offset for item in recorded[7:])
    assert (len(sent.ranges), len(sent.sent), len(new)) == (10, 3, 3)


def test_the_survey_tells_every_range_in_any_number_of_workers():
    found = [sorted(transfer.survey(Source(50), parallel)) for parallel in (1, 8)]
    assert found[0] == found[1]
    assert len(found[0]) == 50
