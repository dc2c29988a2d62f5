# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The memory that a kernel command line takes for huge pages.

Source: Linux Documentation/admin-guide/mm/hugetlbpage.rst.

PRIVATE: module_utils of this collection are not an interface.
"""

import re

#: Bytes of a huge page of x86_64, and of aarch64 with pages of 4 KiB.
DEFAULT_SIZE = 2 * 1024 * 1024
_SIZE = re.compile(r"(\d+)([KMGT]?)$", re.IGNORECASE)


def size_of(text):
    """Return the bytes (int) of a size as the kernel's parameters have it, ``512M``, None when it is none."""
    match = _SIZE.match(text or "")
    return int(match.group(1)) * 1024 ** " KMGT".index(match.group(2).upper() or " ") if match else None


def default_size(parameters):
    """Return the bytes (int) of a huge page where no other size is named.

    parameters: [(name, value)], in the order of the line.
    """
    sizes = [size_of(value) for name, value in parameters if name == "default_hugepagesz"]
    return ([size for size in sizes if size] or [DEFAULT_SIZE])[-1]


def reserved(parameters):
    """Return the bytes (int) that hugepages= takes: each counts pages of the size that hugepagesz= before it names.

    parameters: [(name, value)], in the order of the line.
    """
    pages, size = {}, default_size(parameters)
    for name, value in parameters:
        if name == "hugepagesz":
            size = size_of(value) or size
        elif name == "hugepages":
            pages[size] = _count(value)
    return sum(size * count for size, count in pages.items())


def _count(value):
    """Return the number (int) of pages of ``512``, or of ``0:256,1:256``, which names nodes."""
    counts = [word.rpartition(":")[2] for word in (value or "").split(",")]
    return sum(int(count) for count in counts if count.isdigit())
