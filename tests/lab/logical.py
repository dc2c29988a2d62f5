# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A logical volume and a /boot of its own in a disk image: without a device mapper, for lvm2 writes its metadata to a loop device."""

import contextlib
from pathlib import Path

from lab.commands import run
from lab.layout import EXTENT, GROUP, VOLUME, Part, extents

QUIET = ("--driverloaded", "n", "-q")


def write_group(image: Path, part: Part, group: str = GROUP, volume: str = VOLUME) -> None:
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
