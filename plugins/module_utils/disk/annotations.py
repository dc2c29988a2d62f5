# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of types that functions of several packages share.

PRIVATE: module_utils of this collection are not an interface.
"""

from typing import Callable, List, Tuple, Union

#: (offset, length) -> bytes of a file or a disk, shorter at its end.
ReadAt = Callable[[int, int], bytes]

#: (start, end) in bytes.
Span = Tuple[int, int]

#: (offset in the source, offset in the target, length) of what is to be copied.
Chunk = Tuple[int, int, int]

#: [(offset, bytes)] that are to be written.
Writes = List[Tuple[int, bytes]]

#: What can be written.
Buffer = Union[bytes, bytearray, memoryview]
