# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A logical volume and a /boot of its own in a disk image: without a device mapper, for lvm2 writes its metadata to a loop device."""

import contextlib
import re
from pathlib import Path
from typing import NamedTuple

from lab.commands import run
from lab.errors import LabError
from lab.layout import EXTENT, FIRST_EXTENT, Part, extents

QUIET = ("--driverloaded", "n", "-q")
#: lvm2's text, between a physical volume's label and its first extent: the group, then its first volume.
METADATA = re.compile(r'([\w.+-]+) \{\nid = "([\w-]+)"\nseqno = .*?logical_volumes \{\s+([\w.+-]+) \{\nid = "([\w-]+)"', re.DOTALL)


class Volume(NamedTuple):
    """A logical volume; identifier: what udev has behind dm-uuid-."""

    group: str
    name: str
    identifier: str


def write_group(image: Path, part: Part, group: str, volume: str) -> None:
    """Write a volume group with one linear volume that fills it: the volume's bytes lie in one piece, from the first extent on."""
    loop = run(["losetup", "--find", "--show", "--offset", part.start, "--sizelimit", part.size, image]).strip()
    try:
        run(["pvcreate", *QUIET, loop])
        run(["vgcreate", *QUIET, "-s", f"{EXTENT}b", group, loop])
        run(["lvcreate", *QUIET, "-an", "-Zn", "-Wn", "-n", volume, "-l", extents(part), group])
    finally:
        run(["losetup", "--detach", loop])
        for left in [Path("/etc/lvm/backup", group), *Path("/etc/lvm/archive").glob(f"{group}_*")]:
            left.unlink(missing_ok=True)


def read_volume(image: Path, start: int) -> Volume:
    """Return the one volume of a group whose physical volume begins at a byte of a raw image. Raises LabError: there is none."""
    with image.open("rb") as handle:
        handle.seek(start)
        text = handle.read(FIRST_EXTENT).decode("latin-1")
    found = METADATA.search(text)
    if not found:
        raise LabError(f"cannot find a logical volume in {image}: there is no metadata of lvm2 at byte {start}")
    group, group_id, volume, volume_id = found.groups()
    return Volume(group, volume, "LVM-" + (group_id + volume_id).replace("-", ""))


@contextlib.contextmanager
def boot_apart(root: Path):
    """Have the files of a tree's /boot in a directory beside it, which is given, while the tree's own is empty."""
    files = root.with_name("boot")
    (root / "boot").rename(files)
    (root / "boot").mkdir()
    try:
        yield files
    finally:
        (root / "boot").rmdir()
        files.rename(root / "boot")
