# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Send ranges with several workers, and compare what arrived.

PRIVATE: module_utils of this collection are not an interface.
"""

import bisect
import concurrent.futures
import contextlib
import threading
import time
from typing import Any, Callable, Iterable, Iterator, List, Mapping, NamedTuple, Set, Tuple, TypeVar

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.progress import Progress, amount, duration, share, time_left
from ansible_collections.imagewright.azure.plugins.module_utils.disk.annotations import Span
from ansible_collections.imagewright.azure.plugins.module_utils.upload import blob as blobs
from ansible_collections.imagewright.azure.plugins.module_utils.upload import ranges
from ansible_collections.imagewright.azure.plugins.module_utils.upload.blob import Blob
from ansible_collections.imagewright.azure.plugins.module_utils.upload.ranges import Range
from ansible_collections.imagewright.azure.plugins.module_utils.upload.vhd import OpenVhd

#: Seconds after which what the workers have done is looked at.
BATCH = 0.2

_Result = TypeVar("_Result")


class Transfer(NamedTuple):
    """ranges: of all the data before the footer; sent: those that this run sent."""

    ranges: List[Range]
    sent: List[Range]


def survey(source: OpenVhd, parallel: int) -> List[Range]:
    """Return [Range] of all the data before the footer, without sending any."""
    return [item for batch in _each(source.non_zero_runs(), ranges.range_of, parallel) for item in batch]


def send(source: OpenVhd, blob: Blob, before: Mapping[Tuple[int, int], str], record: Callable[[Range], None], parallel: int, progress: Progress) -> Transfer:
    """Send every range that is not among those of before, and return the Transfer.

    source: Source; blob: Blob; before: {(offset, length): digest}; record: callable, takes each Range once it has arrived;
    parallel: int, workers; progress: Progress.
    Raises ImagewrightError: a range could not be sent, or the source changed; those that arrived are recorded.
    """

    def deliver(offset: int, content: bytes) -> Tuple[Range, bool]:
        item = ranges.range_of(offset, content)
        if before.get((item.offset, item.length)) == item.digest:
            return item, False
        blob.put(item, content)
        record(item)
        return item, True

    found, sent, sent_bytes, kept_bytes, position = [], [], 0, 0, 0
    extents, started = source.data_extents(), time.monotonic()
    for batch in _each(source.non_zero_runs(), deliver, parallel):
        for item, was_sent in batch:
            found.append(item)
            if was_sent:
                sent.append(item)
                sent_bytes += item.length
            else:
                kept_bytes += item.length
            position = max(position, item.offset + item.length)
        source.check_unchanged()
        progress.report(_line(extents, position, sent_bytes, kept_bytes, source.size, time.monotonic() - started))
    progress.report(_line(extents, source.size, sent_bytes, kept_bytes, source.size, time.monotonic() - started), always=True)
    return Transfer(sorted(found), sorted(sent))


def clear_stale(blob: Blob, items: List[Range], limit: int) -> int:
    """Make every page before limit zero that is written at the other end and not one of items ([Range]); return the number of bytes."""
    stale = ranges.subtract([(start, min(end, limit)) for start, end in blob.spans() if start < limit], ranges.spans_of(items))
    for start, end in stale:
        blob.clear(start, end)
    return ranges.length_of(stale)


def compare_spans(blob: Blob, items: List[Range], limit: int) -> None:
    """Raise ImagewrightError unless exactly the items ([Range]) are written before limit, and anything else that is written is zero."""
    written = [(start, min(end, limit)) for start, end in blob.spans() if start < limit]
    missing = ranges.subtract(ranges.spans_of(items), written)
    if missing:
        raise different(blob, missing[0][0], missing[0][1], "nothing was written there")
    for start, end in ranges.subtract(written, ranges.spans_of(items)):
        for offset in range(start, end, ranges.LARGEST_PUT):
            length = min(end - offset, ranges.LARGEST_PUT)
            if blob.get(offset, length) != bytes(length):
                raise different(blob, offset, offset + length, "there is data where the VHD has none")


def compare_content(blob: Blob, items: List[Range], parallel: int, progress: Progress) -> None:
    """Raise ImagewrightError unless the content of every one of the items ([Range]) is as its digest says."""
    total, done, started = sum(item.length for item in items), 0, time.monotonic()

    def look(item: Range) -> int:
        if ranges.digest_of(blob.get(item.offset, item.length)) != item.digest:
            raise different(blob, item.offset, item.offset + item.length, "its content is not that of the VHD")
        return item.length

    for lengths in _each(((item,) for item in items), look, parallel):
        done += sum(lengths)
        left = time_left(done, total, time.monotonic() - started)
        progress.report(f"{share(done, total)} % of {amount(total)} read back and compared" + (f", {duration(left)} left" if left else ""))


def different(blob: Blob, start: int, end: int, what: str) -> ImagewrightError:
    """Return the ImagewrightError for bytes start to end of the blob that are not those of the VHD."""
    return ImagewrightError(
        f"cannot confirm the upload to {blob.address.url}: bytes {start}-{end - 1}: {what}; "
        "find out what else writes to it, and run the task again: all of it is sent again",
        mismatch=[start, end],
    )


@contextlib.contextmanager
def lease_kept(blob: Blob) -> Iterator[None]:
    """Renew the blob's lease again and again while the block runs."""
    ended = threading.Event()

    def renew() -> None:
        while not ended.wait(blobs.LEASE / 4):
            # a lease that is lost makes the next write fail, which is where it is told
            with contextlib.suppress(ImagewrightError):
                blob.renew_lease()

    keeper = threading.Thread(target=renew, daemon=True)
    keeper.start()
    try:
        yield
    finally:
        ended.set()
        keeper.join()


def _each(arguments: Iterable[Tuple[Any, ...]], work: Callable[..., _Result], parallel: int) -> Iterator[List[_Result]]:
    """Yield lists of what work returns for each tuple of arguments, as it comes, several times a second, with parallel workers.

    The arguments are taken in this thread, and one more than there are workers at most: what is read in many threads stays in the
    memory of each. After an error nothing more is begun; it is raised when all that was under way has ended.
    """
    waiting: Set[concurrent.futures.Future[_Result]] = set()
    results: List[_Result] = []
    due = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(parallel) as pool:
        try:
            for argument in arguments:
                waiting.add(pool.submit(work, *argument))
                if len(waiting) > parallel:
                    done, waiting = concurrent.futures.wait(waiting, return_when=concurrent.futures.FIRST_COMPLETED)
                    results += [future.result() for future in done]
                if time.monotonic() > due:
                    yield results
                    results, due = [], time.monotonic() + BATCH
            results += [future.result() for future in concurrent.futures.as_completed(waiting)]
        finally:
            for future in waiting:
                future.cancel()
    yield results


def _line(extents: List[Span], position: int, sent: int, kept: int, size: int, seconds: float) -> str:
    """Return the line of progress: share of the data that was looked at, bytes sent and skipped, rate, time left.

    position: int, how far the file was looked at; sent, kept: int, bytes of this run and of one before.
    """
    total, done = ranges.length_of(extents), _data_before(extents, position)
    left = time_left(done, total, seconds) if position < size else None
    rate = amount(sent / seconds) if seconds > 0 else "0 B"
    return f"{share(done, total)} %: {amount(sent)} sent, {amount(max(position - sent, kept))} skipped of {amount(size)}, {rate}/s" + (
        f", {duration(left)} left" if left is not None else ""
    )


def _data_before(extents: List[Span], position: int) -> int:
    """Return how many bytes of the extents lie before position."""
    index = bisect.bisect_right(extents, (position,))
    before = ranges.length_of(extents[:index])
    if index and extents[index - 1][1] > position:
        before -= extents[index - 1][1] - position
    return before
