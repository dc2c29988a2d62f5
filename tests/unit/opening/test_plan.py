# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is mounted where when an image is opened, and what is refused, on disks of a few bytes."""

import io
import struct
from types import SimpleNamespace

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.disk.volumes import Logical
from ansible_collections.imagewright.azure.plugins.module_utils.opening import plan

GIB = 1024**3


def ext_superblock(state=1, compatible=4):
    """Return the first 4 KiB of an ext file system: s_state 1 is unmounted, 2 has errors; s_feature_compat 4 has a journal."""
    octets = bytearray(4096)
    struct.pack_into("<H", octets, 1024 + 0x38, 0xEF53)
    struct.pack_into("<H", octets, 1024 + 0x3A, state)
    struct.pack_into("<I", octets, 1024 + 0x5C, compatible)
    return bytes(octets)


def volume(number, holds, octets=b"", logical=None):
    partition = None if number == 0 or logical else SimpleNamespace(number=number, start=number * GIB, size=GIB)
    name = f"logical volume {logical}" if logical else f"partition {number}"
    return SimpleNamespace(name=name, holds=holds, stream=io.BytesIO(octets), partition=partition, logical=logical)


def opened(volume, names=()):
    return SimpleNamespace(volume=volume, names=set(names))


def mounted(path, volume, kind=None, root=None):
    return SimpleNamespace(path=path, volume=volume, file_system=SimpleNamespace(kind=kind or volume.holds), root=root)


def tree(mounts, others=(), problems=()):
    volumes = [opened(mount.volume) for mount in mounts] + list(others)
    return SimpleNamespace(mounts=mounts, mount_problems=list(problems), disk=SimpleNamespace(volumes=volumes, content=SimpleNamespace(size=10 * GIB)))


def test_the_root_comes_first_and_what_lies_in_another_after_it():
    root, boot, efi = volume(3, "ext", ext_superblock()), volume(2, "xfs"), volume(1, "fat")

    found = plan.plan(tree([mounted("/", root), mounted("/boot/efi", efi), mounted("/boot", boot)]), "disk.vhd")

    assert found.places == [("/", 3, "ext4", "", ""), ("/boot", 2, "xfs", "nouuid", ""), ("/boot/efi", 1, "vfat", "", "")]
    assert [(partition.number, partition.start, partition.size) for partition in found.partitions] == [(3, 3 * GIB, GIB), (1, GIB, GIB), (2, 2 * GIB, GIB)]


def test_a_subvolume_is_mounted_by_its_number():
    system = volume(1, "btrfs")

    found = plan.plan(tree([mounted("/", system, root=(256, 256)), mounted("/home", system, root=(257, 256))]), "disk.vhd")

    assert [(place.path, place.options) for place in found.places] == [("/", "subvolid=256"), ("/home", "subvolid=257")]


def test_the_links_are_those_that_udev_makes():
    esp = opened(volume(1, "fat"), [("uuid", "1a2b-3c4d"), ("partuuid", "d9f9f9bf-01"), ("number", "1"), ("label", "a/b")])
    swap = opened(volume(2, "swap", bytes(70000)), [("uuid", "bdacef45-7778-4d06-aaba-c26e1ec9e70e")])

    found = plan.plan(tree([mounted("/", volume(3, "xfs"))], [esp, swap]), "disk.vhd")

    assert {partition.number: partition.names for partition in found.partitions} == {
        1: ["by-partuuid/d9f9f9bf-01", "by-uuid/1A2B-3C4D"],
        2: ["by-uuid/bdacef45-7778-4d06-aaba-c26e1ec9e70e"],
        3: [],
    }


def test_a_disk_without_partitions_is_mounted_as_a_whole():
    whole = volume(0, "ext", ext_superblock())

    assert plan.plan(tree([mounted("/", whole)]), "disk.vhd").places == [("/", 0, "ext4", "", "")]


@pytest.mark.parametrize("page", [4096, 65536])
@pytest.mark.parametrize("signature", [b"S1SUSPEND\0", b"LINHIB0001"])
def test_a_hibernated_system_is_refused(page, signature):
    swap = volume(2, "empty", bytes(page - 10) + signature + bytes(4096))

    with pytest.raises(ImagewrightError, match="its system is hibernated, its memory is on partition 2 .* start the guest and shut it down"):
        plan.plan(tree([mounted("/", volume(1, "xfs"))], [opened(swap)]), "disk.vhd")


def test_swap_space_in_use_is_no_hibernated_system():
    swap = volume(2, "swap", bytes(4086) + b"SWAPSPACE2" + b"S1SUSPEND\0" + bytes(4096))

    assert plan.plan(tree([mounted("/", volume(1, "xfs"))], [opened(swap)]), "disk.vhd").places


@pytest.mark.parametrize(
    ("state", "compatible", "wrong"),
    [
        (2, 4, "whose file system has errors that the kernel has found"),
        (3, 0, "whose file system has errors that the kernel has found"),
        (0, 0, "has no journal and was not unmounted"),
    ],
)
def test_a_damaged_file_system_is_refused(state, compatible, wrong):
    damaged = volume(1, "ext", ext_superblock(state, compatible))

    with pytest.raises(ImagewrightError, match=f"/ is on partition 1, .*{wrong}.*run e2fsck on a copy"):
        plan.plan(tree([mounted("/", damaged)]), "disk.vhd")


@pytest.mark.parametrize(("state", "compatible"), [(0, 4), (1, 4), (1, 0)])
def test_one_that_its_journal_mends_or_that_was_unmounted_is_taken(state, compatible):
    assert plan.plan(tree([mounted("/", volume(1, "ext", ext_superblock(state, compatible)))]), "disk.vhd").places


def test_a_logical_volume_is_named():
    var = volume(2, "xfs", logical=Logical("rocky", "var", "pUxNZ4"))

    assert plan.plan(tree([mounted("/", volume(1, "xfs")), mounted("/var", var)]), "disk.vhd").places[1] == ("/var", 0, "xfs", "nouuid", "rocky/var")


def test_a_system_that_cannot_be_put_together_is_refused():
    with pytest.raises(ImagewrightError, match="cannot open disk.vhd: /boot .UUID=1. is gone; only a system"):
        plan.plan(tree([mounted("/", volume(1, "xfs"))], problems=["/boot (UUID=1) is gone"]), "disk.vhd")


def test_drivers_that_the_kernel_lacks_are_named():
    found = plan.plan(tree([mounted("/", volume(2, "ext", ext_superblock())), mounted("/boot/efi", volume(1, "fat"))]), "disk.vhd")

    assert plan.missing_drivers(found, ["ext4", "xfs"]) == ["vfat"]
    assert plan.missing_drivers(found, ["ext4", "vfat"]) == []


@pytest.mark.parametrize(
    ("guest", "own", "foreign"), [("aarch64", "x86_64", "aarch64"), ("i686", "x86_64", None), ("x86_64", "aarch64", "x86_64"), ("ppc64le", "ppc64le", None)]
)
def test_programs_of_another_architecture_do_not_run(guest, own, foreign, monkeypatch):
    monkeypatch.setattr(plan.machine, "architecture", lambda _tree: (guest, "/bin/sh"))

    assert plan.foreign_machine(None, own) == foreign
