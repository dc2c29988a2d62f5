# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where partitions lie on the lab's disks."""

import shutil
import subprocess

import pytest
from lab.errors import LabError
from lab.layout import layout, sfdisk_script
from lab.recipe import Plan, Recipe, check_plan

MIB = 1048576


def test_a_bios_disk_with_mbr_is_one_root_from_the_first_mib_on():
    disk = layout(Plan(Recipe(), "mbr", size=1024 * MIB))
    assert [(part.role, part.number, part.start) for part in disk.parts] == [("root", 1, MIB)]
    assert disk.size == 1024 * MIB
    assert disk.parts[0].size == 1022 * MIB  # the last MiB stays free for a GPT's backup


def test_a_bios_disk_with_gpt_has_a_boot_partition_for_core_img():
    disk = layout(Plan(Recipe(), "gpt"))
    assert [(part.role, part.number, part.start) for part in disk.parts] == [("biosboot", 1, MIB), ("root", 2, 2 * MIB)]


def test_a_uefi_disk_has_an_esp_of_64_mib():
    disk = layout(Plan(Recipe(firmware="uefi"), "gpt"))
    assert [(part.role, part.start, part.size) for part in disk.parts][0] == ("esp", MIB, 64 * MIB)
    assert disk.part("root").start == 65 * MIB


def test_a_faulty_disk_ends_with_swap_and_is_no_whole_mib():
    disk = layout(Plan(Recipe(), "mbr", faulty=True, size=2048 * MIB))
    assert disk.size == 2048 * MIB + 37 * 512
    assert disk.part("swap").number == 2
    assert disk.part("swap").start == disk.part("root").start + disk.part("root").size
    assert disk.part("swap").start + disk.part("swap").size <= disk.size - 34 * 512


def test_a_logical_root_lies_behind_the_first_mib_of_its_groups_partition():
    disk = layout(Plan(Recipe(), "mbr", size=2048 * MIB, logical=True))
    assert [(part.role, part.number, part.start) for part in disk.parts] == [("boot", 1, MIB), ("lvm", 2, 513 * MIB)]
    assert disk.part("root") == ("root", 2, 514 * MIB, 1532 * MIB)  # 383 extents of 4 MiB in 1533 MiB
    assert (disk.device("boot"), disk.device("root")) == ("/dev/sda1", "/dev/mapper/rhel-root")
    assert "size=1048576, type=83, bootable\n" in sfdisk_script(disk) and "type=8e\n" in sfdisk_script(disk)


@pytest.mark.parametrize("table, firmware", [("mbr", "bios"), ("gpt", "bios"), ("gpt", "uefi")])
def test_sfdisk_takes_the_script_and_reads_the_same_partitions_back(tmp_path, table, firmware):
    sfdisk = shutil.which("sfdisk", path="/usr/sbin:/sbin:/usr/bin")
    assert sfdisk, "install the packages of tests/setup/*/packages.txt (make does)"
    disk = layout(Plan(Recipe(firmware=firmware), table, faulty=True))
    image = tmp_path / "disk.raw"
    with image.open("wb") as handle:
        handle.truncate(disk.size)
    subprocess.run([sfdisk, "--quiet", "--no-tell-kernel", "--no-reread", image], input=sfdisk_script(disk), text=True, check=True)
    columns = subprocess.run([sfdisk, "--dump", image], text=True, capture_output=True, check=True).stdout
    read = [
        [int(word.split("=")[1]) * 512 for word in line.split(": ", 1)[1].replace(" ", "").split(",")[:2]]
        for line in columns.splitlines()
        if line.startswith(str(image))
    ]
    assert read == [[part.start, part.size] for part in disk.parts]


@pytest.mark.parametrize(
    "plan, cure",
    [
        (Plan(Recipe(firmware="uefi"), "mbr"), "--table gpt"),
        (Plan(Recipe(loader="grub-legacy"), "gpt"), "--table mbr"),
        (Plan(Recipe(loader="grub-legacy", file_system="xfs"), "mbr"), "--fs ext4"),
        (Plan(Recipe(), "mbr", size=100 * MIB), "--size 1G"),
    ],
)
def test_choices_that_do_not_go_together_are_refused_with_a_cure(plan, cure):
    with pytest.raises(LabError, match=cure):
        check_plan(plan)
