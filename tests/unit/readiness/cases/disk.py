# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of the disk and the image file."""

from unit.readiness.cases.common import bad_table
from unit.readiness.disks import GIB, LINUX, MIB, PARTITIONS, SWAP, volumes

from ansible_collections.imagewright.azure.plugins.module_utils.disk.boot_facts import broken
from ansible_collections.imagewright.azure.plugins.module_utils.disk.bootability import Bootability
from ansible_collections.imagewright.azure.plugins.module_utils.disk.partitions import Partition
from ansible_collections.imagewright.azure.plugins.module_utils.image.assembly import Unwritten


def problem(problem_id, cause):
    """Return what vhd_info tells of one thing that is wrong."""
    return [{"id": problem_id, "cause": cause, "fix": ""}]


#: (rule, changes of the disk's facts, changes of the image's, text of the first evidence)
BROKEN_DISKS = [
    ("R00", {"mount_problems": ["/boot (UUID=1) cannot be read: damaged"]}, {}, "/boot (UUID=1)"),
    ("R00b", {"left_out": ["partition 3 holds an ext2/3/4 file system that nothing mounts"]}, {}, "partition 3 holds"),
    ("R01", {}, {"disk_type": "dynamic", "accepted": False}, "a dynamic VHD"),
    ("R01", {}, {"format": "raw", "disk_type": None, "accepted": False}, "without a VHD footer"),
    ("R01", {}, {"checksum_ok": False, "accepted": False, "problem_details": problem("footer_checksum", "the checksum of its footer is wrong")}, "checksum"),
    ("R02", {}, {"virtual_size": 21475270656, "file_size": 21475270656 + 512}, "bytes over a whole MiB"),
    ("R02", {}, {"file_size": 8 * GIB + 1024}, "is not virtual size"),
    ("R02b", {}, {"path": "/images/100%.vhd"}, "100%.vhd"),
    ("R04", {}, {"problem_details": problem("geometry", "its creator 'qemu' makes QEMU compute the size from the geometry: 1")}, "from the geometry"),
    ("R07", {"virtual_size": 1024 * GIB}, {}, "1099511627776 bytes"),
    ("R07", {"virtual_size": 10 * MIB}, {}, "10 MiB"),
    ("R09", bad_table(partitions=[Partition(1, LINUX, 63 * 512, GIB, False, "")]), {}, "starts at sector 63"),
    ("R10", {"volumes": volumes("empty", "fat", "lvm")}, {}, "LVM"),
    ("R11", {"volumes": volumes("empty", "fat", "ext") + [volumes("ext", "ext", "xfs")[2]._replace(name="partition 4")]}, {}, "partition 3"),
    ("R12a", bad_table(partitions=PARTITIONS + [Partition(4, SWAP, 8 * GIB, MIB, False, "")]), {}, "partition 4 is of the type swap"),
    ("R12a", {"volumes": volumes("empty", "fat", "swap")}, {}, "partition 3 holds swap space"),
    ("R14a", {"bootability": Bootability([], None, {1: "generation 1 needs boot code"})}, {}, "generation 1 needs boot code"),
    ("R14b", bad_table(damage="the GPT header at sector 1 has a wrong checksum"), {}, "wrong checksum"),
    ("R14b", bad_table(sector=4096), {}, "4096"),
    ("R14b", {"virtual_size": 4 * GIB}, {}, "partition 3 ends at byte"),
    ("R15", {"bootability": Bootability([1], False, {2: "generation 2 needs EFI/BOOT/BOOTX64.EFI"})}, {}, "generation 2 needs EFI"),
    (
        "R58",
        {"bios": broken("sector 2048", "its GRUB core looks for its files in (hd1,msdos1)/boot/grub, which is not on this disk")},
        {},
        "sector 2048: its GRUB core looks for its files in (hd1,msdos1)",
    ),
    (
        "R59",
        {"efi": broken("/EFI/debian/grub.cfg:1", "it looks for a file system with the UUID 1, and none of this disk has it")},
        {},
        "it looks for a file system with the UUID 1",
    ),
    ("R52", {"unclean": [("partition 3", "ext")]}, {}, "partition 3 holds an ext2/3/4 file system that is still marked as in use"),
    ("R52", {"unclean": [("partition 3", "xfs")], "undecided": [("partition 2", "xfs")]}, {}, "partition 3 holds an XFS file system whose log"),
    ("R52", {"unclean": [("partition 3", "btrfs")]}, {}, "whose log tree has not been replayed"),
    ("R52b", {"faulty": [("partition 3", "ext")]}, {}, "partition 3 holds an ext2/3/4 file system that says so"),
    ("R52c", {"unwritten": [Unwritten("/", "partition 3", "ext", "a bitmap has another checksum", "remount-ro")]}, {}, "a bitmap has another checksum"),
    ("R52c", {"unwritten": [Unwritten("/", "partition 3", "ext", "a descriptor has another checksum", "")]}, {}, "a descriptor has another checksum"),
]
