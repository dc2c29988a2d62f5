# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a file has data: its extents, as the file system tells them, and the runs of what was read that are not zeros.

PRIVATE: module_utils of this collection are not an interface.
"""

import errno
import os
from typing import Iterator, List, Tuple, Union

from ansible_collections.imagewright.azure.plugins.module_utils.disk.annotations import Span
from ansible_collections.imagewright.azure.plugins.module_utils.disk.sizes import KIB

#: Zeros of this length, at a multiple of it, are no data.
GRAIN = 64 * KIB

_ZEROS = bytes(GRAIN)


def data_extents(descriptor: int, size: int) -> Iterator[Tuple[int, int]]:
    """Yield (offset, length) of the data in a file up to size; all of it where the file system cannot tell holes."""
    offset = 0
    while offset < size:
        try:
            start = os.lseek(descriptor, offset, os.SEEK_DATA)
        except OSError as error:
            if error.errno == errno.ENXIO:  # only a hole is left
                return
            start = offset
        if start >= size:
            return
        try:
            offset = os.lseek(descriptor, start, os.SEEK_HOLE)
        except OSError:
            offset = size
        offset = size if offset <= start else min(offset, size)
        yield start, offset - start


def data_length(descriptor: int, size: int) -> int:
    """Return how many bytes (int) of a file up to size are data. Space that is set aside but was never written is none."""
    return sum(length for unused, length in data_extents(descriptor, size))


def data_end(descriptor: int, size: int) -> int:
    """Return where the last data of a file ends (int), found in logarithmic time; size where holes cannot be told."""
    low, high = 0, size  # data begins at or after low; none begins at or after high
    while high - low > GRAIN:
        middle = (low + high) // 2
        try:
            os.lseek(descriptor, middle, os.SEEK_DATA)
            low = middle
        except OSError as error:
            if error.errno != errno.ENXIO:
                return size
            high = middle
    return high


def data_runs(buffer: Union[bytes, bytearray], length: int) -> List[Span]:
    """Return [(start, end)]: the parts of a buffer's first length bytes that are not zeros, by blocks of 64 KiB."""
    runs: List[Span] = []
    for start in range(0, length, GRAIN):
        end = min(start + GRAIN, length)
        if buffer.startswith(_ZEROS if end - start == GRAIN else _ZEROS[: end - start], start):
            continue
        if runs and runs[-1][1] == start:
            runs[-1] = (runs[-1][0], end)
        else:
            runs.append((start, end))
    return runs
