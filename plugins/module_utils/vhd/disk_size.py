# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How large the VHD becomes, and whether that is allowed.

PRIVATE: module_utils of this collection are not an interface.
Source: requirements R02, R03 and R07 of docs/requirements.md.
"""

from typing import List, Optional, Tuple

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.disk import limits
from ansible_collections.imagewright.azure.plugins.module_utils.disk.partitions import Table, end_of_partitions
from ansible_collections.imagewright.azure.plugins.module_utils.disk.problems import refusal
from ansible_collections.imagewright.azure.plugins.module_utils.disk.sizes import MIB, round_up, show_size
from ansible_collections.imagewright.azure.plugins.module_utils.image.image_file import Image

_LARGE_SECTOR = 4096
_LARGER = "make the disk smaller, or set max_size"


def new_size(image: Image, path: str, size: Optional[int], alignment: int, max_size: Optional[int], generation: Optional[int], table: Optional[Table]) -> int:
    """Return the size (int, bytes) of the finished disk.

    size: int or None, grow to at least this; alignment: int, multiple of 1 MiB; max_size: int or None.
    generation: 1, 2, or None when the disk decides; table: Table or None when it cannot be read yet.
    Raises ImagewrightError: the disk is empty, or it, or the disk rounded up, is larger than allowed.
    """
    if not image.virtual_size:
        raise refusal(path, "empty", "its disk has 0 bytes", "give the image of a disk")
    wanted = max(image.virtual_size, size or 0)
    rounded = round_up(wanted, alignment)
    limit, why = _limit(max_size, generation, table)
    if wanted > limit:
        raise refusal(path, "too_large", f"its disk of {show_size(wanted)} is larger than {show_size(limit)}, {why}", _LARGER)
    if rounded > limit:
        raise refusal(
            path,
            "too_large",
            f"its disk of {show_size(wanted)} becomes {show_size(rounded)} when rounded up, {rounded - limit} bytes more than {show_size(limit)}, {why}",
            _LARGER,
        )
    return rounded


def check_table(table: Table, path: str, size: int, max_size: Optional[int], generation: Optional[int]) -> None:
    """Check that the partition table suits a disk of this size (int, bytes) in Azure. max_size, generation: as in ``new_size``.

    Raises ImagewrightError: its sectors have 4096 bytes, its partitions end beyond the disk, or the disk is larger than such a table allows.
    """
    limit, why = _limit(max_size, generation, table)
    if size > limit:
        raise refusal(path, "too_large", f"its disk of {show_size(size)} is larger than {show_size(limit)}, {why}", _LARGER)
    if table.sector == _LARGE_SECTOR:
        raise refusal(
            path,
            "sector_size",
            "its GPT is made for sectors of 4096 bytes; Azure presents 512, where no partition would be found",
            "make the disk again with 512-byte sectors",
        )
    end = end_of_partitions(table)
    if end > size:
        raise refusal(
            path,
            "partitions_cut_off",
            f"its partitions need {show_size(end)} and the disk has {show_size(size)}: it is cut off",
            f"get the whole image, or set size to {round_up(end, MIB)} or more when the missing part is known to be empty",
        )


def size_warnings(table: Optional[Table], size: int, generation: Optional[int]) -> List[str]:
    """Return what the user should know ([str]) about a finished disk of this size in bytes."""
    warnings = []
    if size < limits.SMALLEST_MANAGED_DISK:
        warnings.append(f"the disk of {show_size(size)} is smaller than the {show_size(limits.SMALLEST_MANAGED_DISK)} that a managed disk must have; set size")
    if table and table.kind == "mbr" and size > limits.LARGEST_MBR:
        warnings.append(f"the disk has an MBR, which reaches {show_size(limits.LARGEST_MBR)} of its {show_size(size)}")
    if table and table.kind == "mbr" and generation == 2:
        warnings.append("the disk has an MBR, and a machine of generation 2 needs a GPT to boot")
    return warnings


def whole_alignment(alignment: int) -> int:
    """Return the alignment (int, bytes) when Azure takes it.

    Raises ImagewrightError: it is no multiple of 1 MiB.
    """
    if alignment < MIB or alignment % MIB:
        raise ImagewrightError(f"cannot use alignment {alignment}: Azure takes disks of whole MiB only; use 1MiB or a multiple of it")
    return alignment


def _limit(max_size: Optional[int], generation: Optional[int], table: Optional[Table]) -> Tuple[int, str]:
    if max_size:
        return max_size, "the max_size that was set"
    if generation == 1:
        return limits.LARGEST_OS_DISK[1], "the most that a disk of generation 1 may have"
    if generation is None and table and table.kind == "mbr":
        return limits.LARGEST_MBR, "the most that a disk with an MBR (generation 1) may have"
    return limits.LARGEST_OS_DISK[2], "the most that a disk of generation 2 may have"
