# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Facts of a disk, written by hand, that every rule finds right; tests then replace one of them."""

from unit.readiness.guest_tree import UUID

from ansible_collections.imagewright.azure.plugins.module_utils.disk.volumes import Volume
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.disk_facts import DiskFacts
from ansible_collections.imagewright.azure.plugins.module_utils.disk.boot_facts import whole
from ansible_collections.imagewright.azure.plugins.module_utils.disk.bootability import Bootability
from ansible_collections.imagewright.azure.plugins.module_utils.disk.partitions import Partition, Table

MIB, GIB = 2**20, 2**30
LINUX = "0FC63DAF-8483-4772-8E79-3D69D8477DE4"
ESP = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"
BIOS_BOOT = "21686148-6449-6E6F-744E-656564454649"
SWAP = "0657FD6D-A4AB-43C4-84E5-0933C84B4F4F"
PATH = "/images/web.vhd"

PARTITIONS = [
    Partition(1, BIOS_BOOT, MIB, MIB, False, ""),
    Partition(2, ESP, 2 * MIB, 100 * MIB, False, "EFI"),
    Partition(3, LINUX, 102 * MIB, 8 * GIB - 103 * MIB, False, "root"),
]


def volumes(*holds):
    """Return a Volume for each of the partitions."""
    return [Volume(f"partition {partition.number}", kind, None, None, partition, None) for partition, kind in zip(PARTITIONS, holds)]


TABLE = Table("gpt", PARTITIONS, True, None, None, 512, bytes(512))
GOOD_DISK = DiskFacts(
    PATH,
    "vpc",
    8 * GIB,
    TABLE,
    Bootability([1, 2], True, {}),
    volumes("empty", "fat", "ext"),
    [],
    [],
    {("uuid", UUID), ("uuid", "abcd-1234")},
    [],
    whole("GRUB 2", "/boot/grub on partition 3"),
    whole("GRUB 2", "/boot/grub/grub.cfg on partition 3"),
)

#: What vhd_info says of a right fixed VHD.
GOOD_IMAGE = {
    "path": PATH,
    "format": "vpc",
    "disk_type": "fixed",
    "accepted": True,
    "problems": [],
    "problem_details": [],
    "checksum_ok": True,
    "virtual_size": 8 * GIB,
    "file_size": 8 * GIB + 512,
}
