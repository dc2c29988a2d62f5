# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
import pytest

from ansible_collections.imagewright.azure.plugins.module_utils.disk import device_names
from ansible_collections.imagewright.azure.plugins.module_utils.disk.volumes import Logical


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("UUID=ABCD-1234", ("uuid", "abcd-1234")),
        ('UUID="ABCD-1234"', ("uuid", "abcd-1234")),
        ("LABEL=My Disk", ("label", "My Disk")),
        ("/dev/disk/by-uuid/ABCD-1234", ("uuid", "abcd-1234")),
        ("/dev/disk/by-label/my\\x20var\\x2fx", ("label", "my var/x")),
        ("/dev/disk/by-label/caf\\xc3\\xa9", ("label", "café")),
        ("PARTUUID=AB", ("partuuid", "ab")),
        ("/dev/disk/by-partlabel/a\\x20b", ("partlabel", "a b")),
        ("/dev/mapper/vg--a-root", ("mapper", "vg--a-root")),
        ("/dev/vg-a/root", ("logical", "vg-a/root")),
        ("/dev/disk/by-id/dm-uuid-LVM-abc", ("dm-uuid", "LVM-abc")),
        ("/dev/disk/by-id/dm-name-vg-root", ("mapper", "vg-root")),
        ("/dev/sda2", ("number", "2")),
        ("/dev/nvme0n1p3", ("number", "3")),
        ("/dev/mmcblk0p1", ("number", "1")),
        ("/dev/xvda1", ("number", "1")),
        ("/dev/sda", ("disk", "")),
        ("/dev/nvme0n1", ("disk", "")),
        ("/dev/zram0", ("disk", "")),
        ("/dev/md0", ("md", "md0")),
        ("/dev/md/data", ("md", "md/data")),
        ("/dev/disk/by-id/md-uuid-1:2", ("md", "1:2")),
        ("tmpfs", ("", "")),
        ("server:/share", ("", "")),
        ("/dev/disk/by-path/pci-1", ("", "")),
        ("/dev/disk/azure/resource-part1", ("", "")),
        ("/srv/image", ("", "")),
        ("", ("", "")),
    ],
)
def test_each_name_has_its_kind(source, name):
    assert device_names.parse(source) == name


def test_a_logical_volume_has_all_its_names():
    assert device_names.of_logical(Logical("my-group", "root-a", "x" * 64)) == {
        ("logical", "my-group/root-a"),
        ("mapper", "my--group-root--a"),
        ("dm-uuid", "LVM-" + "x" * 64),
    }


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("UUID=11111111-2222-3333-4444-5555555555ab", False),
        ("UUID=11111111-2222-3333-4444-5555555555AB", True),
        ('UUID="11111111-2222-3333-4444-5555555555AB"', True),
        ("/dev/disk/by-uuid/11111111-2222-3333-4444-5555555555AB", True),
        ("PARTUUID=1111ABCD-01", True),
        ("PARTUUID=1111abcd-01", False),
        ("UUID=ABCD-1234", False),  # FAT
        ("UUID=abcd-1234", True),
        ("UUID=01D5B2A6C7E8F900", False),  # NTFS
        ("UUID=01d5b2a6c7e8f900", True),
        ("LABEL=ABCD-efgh", False),
        ("/dev/disk/by-partlabel/Root", False),
        ("UUID=1d2b3c-Qx9k-LVM2", False),
        ("/dev/mapper/VG-root", False),
    ],
)
def test_letters_of_a_uuid_are_those_of_udev(source, expected):
    assert device_names.is_misspelt(source) is expected
