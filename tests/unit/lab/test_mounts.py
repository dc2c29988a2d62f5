# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a container on a disk is given of its devices, and by which names."""

from pathlib import Path

import pytest
from lab import guests, images, mounts
from lab.commands import run
from lab.errors import LabError

MIB = 1024**2
UUIDS = {"root": "0c46059f-ba46-4426-8ff2-c4f2011c18f7", "boot": "6a3f1a4e-2f1c-4f0b-9a51-0d4c1d6a7b10"}
GROUP = """ubuntu-vg {
id = "Zx0tDd-cV2H-mMqk-9QBd-x3w2-hh0k-TVb1aX"
seqno = 2
logical_volumes {

ubuntu-lv {
id = "W3nSg7-TcYH-0001-abcd-EFGH-ijkl-mnopqr"
}
}
}
"""
PARTITIONS = "label: dos\nstart=2048, size=4096, type=83\n"


@pytest.fixture(name="guest")
def fixture_guest(tmp_path):
    """A guest whose devices are files with a file system each, and whose disk has partitions of 2 MiB and 16 MiB, the first at 1 MiB."""
    for name, node in (("root", "labroot"), ("boot", "labroot-boot")):
        with (tmp_path / node).open("wb") as handle:
            handle.truncate(MIB)
        run(["mke2fs", "-q", "-F", "-U", UUIDS[name], tmp_path / node])
    with (tmp_path / "disk.raw").open("wb") as handle:
        handle.truncate(32 * MIB)
    guest = guests.Guest(name="shape", kind="container")
    guest.disk, guest.node = str(tmp_path / "disk.raw"), str(tmp_path / "labroot")
    return guest


def partitioned(guest, kind, text=""):
    """Write the partition table, the second partition of a type, with a text behind its first pages."""
    run(["sfdisk", "--quiet", guest.disk], stdin=f"{PARTITIONS}start=6144, size=32768, type={kind}\n")
    with open(guest.disk, "r+b") as handle:
        handle.seek(3 * MIB + 4608)
        handle.write(text.encode("ascii"))


def test_a_root_that_is_a_partition_has_the_names_of_the_kernel_and_of_its_uuid(guest):
    partitioned(guest, "83")
    node = guest.node
    assert mounts.devices(guest) == (node, f"{node}:/dev/disk/by-uuid/{UUIDS['root']}", f"{node}:/dev/sda2")


def test_a_root_that_is_a_logical_volume_has_its_own_names_and_boot_those_of_a_partition(guest):
    partitioned(guest, "8e", GROUP)
    node = guest.node
    assert images.root_partition(Path(guest.disk)).start == 4 * MIB
    assert mounts.devices(guest) == (
        node,
        f"{node}:/dev/mapper/ubuntu--vg-ubuntu--lv",
        f"{node}:/dev/disk/by-id/dm-uuid-LVM-Zx0tDdcV2HmMqk9QBdx3w2hh0kTVb1aXW3nSg7TcYH0001abcdEFGHijklmnopqr",
        f"{node}-boot",
        f"{node}-boot:/dev/disk/by-uuid/{UUIDS['boot']}",
        f"{node}-boot:/dev/sda1",
    )


def test_a_group_without_metadata_is_said(guest):
    partitioned(guest, "8e")
    with pytest.raises(LabError, match="cannot find a logical volume in .*disk.raw: there is no metadata of lvm2 at byte 3145728"):
        mounts.devices(guest)
