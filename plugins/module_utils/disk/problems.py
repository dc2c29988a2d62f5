# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be wrong with a disk image, as values: code asks for the id, people read the sentence.

PRIVATE: module_utils of this collection are not an interface.
"""

from typing import Dict, Iterable, List, NamedTuple

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError


class Problem(NamedTuple):
    """One thing that is wrong. id: a key of MEANINGS; cause: what was found, with its numbers; fix: what to do, "" where nothing helps."""

    id: str
    cause: str
    fix: str


#: What each id stands for; vhd_info returns these ids.
MEANINGS = {
    # the file is no image that can be taken
    "empty": "the file, or the disk in it, has no bytes",
    "not_a_disk": "the file is a text, or has neither partition table nor file system and is no whole disk",
    "compressed": "the file is compressed",
    "archive": "the file is an archive that may hold a disk",
    "installation_medium": "the file is an ISO 9660 image",
    "encrypted": "the disk is encrypted as a whole",
    "unknown_format": "the format, its version or a feature is one that cannot be read",
    "needs_other_file": "data is in another file: a backing file, a parent, an extent",
    "cut_off": "the file ends before its data does",
    "damaged": "headers or tables contradict each other",
    "not_closed": "the file was not closed properly",
    "suspended": "the disk belongs to a machine that is suspended",
    "other_format": "the file is an image, and of another format than a fixed VHD",
    "image_inside": "the disk of the VHD is itself an image",
    # the footer of a VHD
    "footer_missing": "there is no VHD footer",
    "footer_misplaced": "there is a VHD footer, and not at the end of the file",
    "footer_checksum": "the checksum of the footer is wrong",
    "footer_size": "the size in the footer is not that of the file",
    "footer_data_offset": "the data offset in the footer is not that of a fixed VHD",
    "footer_version": "the footer is of another version than 1.0",
    "footer_type": "the disk type in the footer is not fixed",
    "geometry": "readers compute another size from the footer's geometry",
    # sizes
    "not_whole_sectors": "the disk is no whole number of sectors of 512 bytes",
    "not_whole_mebibytes": "the disk is no whole number of MiB",
    "too_small": "the disk is smaller than a managed disk may be",
    "too_large": "the disk is larger than a managed disk may be",
    "too_large_to_boot": "the disk is larger than an operating system disk of its generation may be",
    # what is on the disk
    "file_name": "the marketplace refuses the file's name",
    "sector_size": "the partition table is made for sectors of 4096 bytes",
    "table_damaged": "the partition table is damaged",
    "table_unusual": "the partition table is sound, and the MBR beside it is unusual",
    "table_backup_misplaced": "the backup of the partition table is not at the end of the disk",
    "table_backup_damaged": "the backup of the partition table is damaged",
    "partitions_cut_off": "partitions end behind the end of the disk",
    "first_mebibyte": "a partition begins within the first MiB",
    "no_generation": "no generation of virtual machine boots the disk",
    "other_generation": "the wanted generation of virtual machine does not boot the disk",
}

#: The ids that tell of the footer of a VHD, or that it is missing.
OF_THE_FOOTER = frozenset(
    ("footer_missing", "footer_misplaced", "footer_checksum", "footer_size", "footer_data_offset", "footer_version", "footer_type", "suspended")
)


class Refusal(ImagewrightError):
    """A disk image that is not to be taken, and why (``problem``)."""

    def __init__(self, path: str, problem: Problem, doing: str = "convert") -> None:
        super().__init__(f"cannot {doing} {path}: {sentence(problem)}")
        self.path = path
        self.problem = problem

    def when(self, doing: str) -> "Refusal":
        """Return the Refusal of the same image, said of another thing that was to be done with it, e.g. ``read``."""
        return Refusal(self.path, self.problem, doing)


def found(problem_id: str, cause: str, fix: str = "") -> Problem:
    """Return the Problem of an id that is known.

    Raises KeyError: MEANINGS has no such id.
    """
    if problem_id not in MEANINGS:
        raise KeyError(problem_id)
    return Problem(problem_id, cause, fix)


def refusal(path: str, problem_id: str, cause: str, fix: str) -> Refusal:
    """Return the Refusal of an image that is not to be converted."""
    return Refusal(path, found(problem_id, cause, fix))


def sentence(problem: Problem) -> str:
    """Return what people read (str) of a Problem."""
    return f"{problem.cause}; {problem.fix}" if problem.fix else problem.cause


def described(problems: Iterable[Problem]) -> List[Dict[str, str]]:
    """Return Problems as a module returns them ([dict] of id, cause, fix)."""
    return [dict(problem._asdict()) for problem in problems]
