# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of planted faults."""

from lab.faults import before_includes, faults, fstab, locate
from lab.layout import layout
from lab.recipe import Plan, Recipe

DISK = layout(Plan(Recipe(), "mbr", faulty=True))
UEFI_DISK = layout(Plan(Recipe(firmware="uefi"), "gpt", faulty=True))


def test_each_fault_has_a_name_of_its_own():
    names = [fault.name for fault in faults(DISK)]
    assert len(names) == len(set(names))


def test_every_fault_that_issue_2_lists_is_planted():
    requirements = {fault.requirement for fault in faults(DISK)}
    assert requirements == {"R02", "R12", "R13", "R17", "R19", "R27", "R30", "R33", "R35", "R46", "R47", "R50"}


def test_fstab_names_partitions_as_the_kernel_does():
    assert fstab(DISK, "ext4") == "/dev/sda1 / ext4 errors=remount-ro 0 1\n/dev/sda2 none swap sw 0 0\n"
    assert fstab(UEFI_DISK, "xfs") == ("/dev/sda2 / xfs defaults 0 1\n/dev/sda1 /boot/efi vfat umask=0077 0 1\n/dev/sda3 none swap sw 0 0\n")


def test_sudo_rules_go_in_front_of_includes():
    assert before_includes("a\n@includedir /etc/sudoers.d\n", "b\n") == "a\nb\n@includedir /etc/sudoers.d\n"
    assert before_includes("a\n#includedir /etc/sudoers.d\n", "b\n") == "a\nb\n#includedir /etc/sudoers.d\n"
    assert before_includes("a\n", "b\n") == "a\nb\n"


def test_a_fault_is_found_by_its_line_and_not_in_a_comment():
    targetpw = next(fault for fault in faults(DISK) if fault.name == "targetpw")
    assert locate(lambda path: "# Defaults targetpw\nDefaults targetpw\n", targetpw) == 2
    assert locate(lambda path: "Defaults env_reset\n", targetpw) == 0


def test_a_fault_of_a_file_that_is_gone_is_not_found():
    def no_file(path):
        raise FileNotFoundError(path)

    assert [locate(no_file, fault) for fault in faults(DISK)] == [0] * len(faults(DISK))
