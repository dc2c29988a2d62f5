# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How large the VHD becomes, and whether that is allowed.

PRIVATE: module_utils of this collection are not an interface.
Source: requirements R02, R03 and R07 of docs/requirements.md.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.disk.partitions import end_of_partitions
from ansible_collections.imagewright.azure.plugins.module_utils.disk.sizes import MIB, TIB, round_up, show_size
from ansible_collections.imagewright.azure.plugins.module_utils.image.image_file import refusal

LARGEST = {"1": 2 * TIB, "2": 4 * TIB}  # bytes of an operating system disk by generation, R07
LARGEST_UPLOAD = 32 * TIB  # bytes of any managed disk
SMALLEST_UPLOAD = 20 * MIB  # bytes of a disk that `az disk create --upload-type Upload` takes
_MBR_LIMIT = 2 * TIB  # bytes that 32-bit sector numbers reach
_LARGE_SECTOR = 4096
_LARGER = "make the disk smaller, or set max_size"


def new_size(image, path, size, alignment, max_size, generation, table):
    """Return the size (int, bytes) of the finished disk.

    size: int or None, grow to at least this; alignment: int, multiple of 1 MiB; max_size: int or None.
    generation: ``auto``, ``1`` or ``2``; table: Table or None when it cannot be read yet.
    Raises ImagewrightError: the disk is empty, or it, or the disk rounded up, is larger than allowed.
    """
    if not image.virtual_size:
        raise refusal(path, "its disk has 0 bytes", "give the image of a disk")
    wanted = max(image.virtual_size, size or 0)
    rounded = round_up(wanted, alignment)
    limit, why = _limit(max_size, generation, table)
    if wanted > limit:
        raise refusal(path, f"its disk of {show_size(wanted)} is larger than {show_size(limit)}, {why}", _LARGER)
    if rounded > limit:
        raise refusal(path, f"its disk of {show_size(wanted)} becomes {show_size(rounded)} when rounded up,"
                      f" {rounded - limit} bytes more than {show_size(limit)}, {why}", _LARGER)
    return rounded


def check_table(table, path, size, max_size, generation):
    """Check that the partition table suits a disk of this size (int, bytes) in Azure. max_size, generation: as in ``new_size``.

    Raises ImagewrightError: its sectors have 4096 bytes, its partitions end beyond the disk, or the disk is larger than such a table allows.
    """
    limit, why = _limit(max_size, generation, table)
    if size > limit:
        raise refusal(path, f"its disk of {show_size(size)} is larger than {show_size(limit)}, {why}", _LARGER)
    if table.sector == _LARGE_SECTOR:
        raise refusal(path, "its GPT is made for sectors of 4096 bytes; Azure presents 512, where no partition would be found",
                      "make the disk anew with 512-byte sectors")
    end = end_of_partitions(table)
    if end > size:
        raise refusal(path, f"its partitions need {show_size(end)} and the disk has {show_size(size)}: it is cut off",
                      f"get the whole image, or set size to {round_up(end, MIB)} or more when the missing part is known to be empty")


def size_warnings(table, size, generation):
    """Return what the user should know ([str]) about a finished disk of this size in bytes."""
    warnings = []
    if size < SMALLEST_UPLOAD:
        warnings.append(f"the disk of {show_size(size)} is smaller than the {show_size(SMALLEST_UPLOAD)} that a managed disk must have;"
                        " set size")
    if table and table.kind == "mbr" and size > _MBR_LIMIT:
        warnings.append(f"the disk has an MBR, which reaches {show_size(_MBR_LIMIT)} of its {show_size(size)}")
    if table and table.kind == "mbr" and generation == "2":
        warnings.append("the disk has an MBR, and a machine of generation 2 needs a GPT to boot")
    return warnings


def whole_alignment(alignment):
    """Return the alignment (int, bytes) when Azure takes it.

    Raises ImagewrightError: it is no multiple of 1 MiB.
    """
    if alignment < MIB or alignment % MIB:
        raise ImagewrightError(f"cannot use alignment {alignment}: Azure takes disks of whole MiB only; use 1MiB or a multiple of it")
    return alignment


def _limit(max_size, generation, table):
    if max_size:
        return max_size, "the max_size that was set"
    if generation == "1":
        return LARGEST["1"], "the most that a disk of generation 1 may have"
    if generation == "auto" and table and table.kind == "mbr":
        return _MBR_LIMIT, "the most that a disk with an MBR (generation 1) may have"
    return LARGEST["2"], "the most that a disk of generation 2 may have"
