# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which mounts are a part of the guest's own disk, by the text of /proc/self/mountinfo."""

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.storage import mounts

ROOT = "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
VAR = "30 22 8:2 / /var rw shared:2 - xfs /dev/sda2 rw\n"
NFS = "31 22 0:44 / /home rw shared:3 - nfs4 files.example.org:/home rw,vers=4.2\n"
BIND = "32 30 8:1 /srv/shared /var/lib/cloud/data rw - ext4 /dev/sda1 rw\n"
AGAIN = "33 22 8:2 / /mnt/again rw - xfs /dev/sda2 rw\n"
DATA = "34 22 8:17 / /data\\040of\\040all rw - ext4 /dev/sdb1 rw\n"
MEMORY = "35 30 0:45 / /var/tmp rw - tmpfs tmpfs rw\n"


@pytest.fixture(autouse=True)
def disks(monkeypatch):
    """Let partitions 8:1 and 8:2 be on the disk sda, 8:17 on sdb."""
    monkeypatch.setattr(mounts, "_disks_of", lambda mount: frozenset({"8:1": ["sda"], "8:2": ["sda"], "8:17": ["sdb"]}.get(mount.device, [])))


def test_a_line_is_read_with_its_escapes():
    assert mounts.parse(DATA) == [mounts.Mount("/data of all", "/", "8:17", "/dev/sdb1", "ext4", "/")]


def test_a_partition_of_the_same_disk_is_a_part_of_the_guest():
    assert mounts.foreign(mounts.parse(ROOT + VAR), "/") == {}


def test_the_memory_of_run_is_a_part_of_the_guest():
    assert mounts.foreign(mounts.parse(ROOT + "36 22 0:46 / /run rw - tmpfs tmpfs rw\n"), "/") == {}


@pytest.mark.parametrize("line, point", [(NFS, "/home"), (BIND, "/var/lib/cloud/data"), (AGAIN, "/mnt/again"), (DATA, "/data of all"), (MEMORY, "/var/tmp")])
def test_a_network_another_disk_memory_and_a_second_place_are_not(line, point):
    assert list(mounts.foreign(mounts.parse(ROOT + VAR + line), "/")) == [point]


def test_the_paths_are_those_below_the_root():
    text = ROOT + "40 22 8:17 / /mnt/guest rw - ext4 /dev/sdb1 rw\n41 40 8:17 /data /mnt/guest/home rw - ext4 /dev/sdb1 rw\n" + NFS

    assert list(mounts.foreign(mounts.parse(text), "/mnt/guest")) == ["/home"]
    assert mounts.foreign(mounts.parse(text), "/mnt/guest")["/home"].root == "/data"


def test_below_a_directory_that_is_no_mount_point_everything_is_foreign():
    assert list(mounts.foreign(mounts.parse(ROOT + "41 22 8:2 / /srv/tree/var rw - xfs /dev/sda2 rw\n"), "/srv/tree")) == ["/var"]


def test_a_subvolume_is_a_part_of_the_guest_and_a_directory_of_it_mounted_elsewhere_is_not(monkeypatch):
    monkeypatch.setattr(mounts, "_disks_of", lambda mount: frozenset(["sda"]))
    text = (
        "22 1 0:30 /@ / rw - btrfs /dev/sda2 rw,subvolid=256,subvol=/@\n"
        "23 22 0:30 /@home /home rw - btrfs /dev/sda2 rw,subvolid=257,subvol=/@home\n"
        "24 22 0:30 /@home/shared /root rw - btrfs /dev/sda2 rw,subvolid=257,subvol=/@home\n"
    )

    assert list(mounts.foreign(mounts.parse(text), "/")) == ["/root"]


def test_data_sets_of_the_roots_pool_are_a_part_of_the_guest():
    text = "22 1 0:30 / / rw - zfs rpool/ROOT/debian rw\n23 22 0:31 / /home rw - zfs rpool/home rw\n24 22 0:32 / /srv rw - zfs tank/srv rw\n"

    assert list(mounts.foreign(mounts.parse(text), "/")) == ["/srv"]


def test_the_mounts_of_this_machine_can_be_read():
    assert "/" in {mount.point for mount in mounts.mounts()} or mounts.mounts()
