# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdict on disks in the shape of other distributions, as they are built: what is planted is found, and nothing else is."""

import pytest
from lab import disk, line, shapes

#: What no guest has before it is prepared: a VHD, the agent, NVMe's time and drivers, the rules for virtual functions, Hyper-V's clock;
#: the agent told not to provision; and the name servers of this machine, which the lab gives to its guests.
NOT_PLANTED = {"R01", "R18a", "R18b", "R36", "R40a", "R43", "R53", "R55a", "R72"}
#: Every shape's: size, swap, initramfs (two), kernel line (two), MAC address (two), provisioning DVD, sshd, sudo.
EVERYWHERE = {"R02", "R12b", "R17a", "R17b", "R19b", "R27a", "R30a", "R34d", "R35", "R46c", "R47"}
PLANTED = {
    "ubuntu": EVERYWHERE | {"R34b"},  # its card is found by its MAC address
    "ubuntu-lvm": EVERYWHERE | {"R34b"},
    "rhel9": EVERYWHERE | {"R12a", "R13a"},  # a swap partition, and /dev/sda in fstab
    "rhel9-lvm": EVERYWHERE | {"R12a", "R13a"},  # /boot by its partition's name
    "rhel8": EVERYWHERE | {"R12a", "R13a"},
    "suse": EVERYWHERE | {"R12a", "R13a"},
    "arm64": (EVERYWHERE | {"R12a", "R13a"}) - {"R34d"},  # a udev rule alone has the MAC address
}
#: What a shape has by what it is: a logical volume, two packages of which each sets the resource disk up, cloud-init's and the agent's, and
#: a Debian without a service that keeps the time.
BY_ITSELF = {"arm64": {"R55c"}, "ubuntu-lvm": {"R10"}, "rhel9-lvm": {"R10", "R44"}, "rhel8": {"R10", "R44"}}


@pytest.mark.parametrize("name", ["ubuntu", *(pytest.param(other, marks=pytest.mark.slow) for other in sorted(PLANTED) if other != "ubuntu")])
def test_every_planted_fault_is_found_on_the_disk_and_nothing_else(name):
    judged = line.judge(disk.cached_disk(shapes.plan(name, faulty=True)))
    found = {finding["id"] for finding in judged["findings"] if finding["status"] == "failed" and finding["severity"] != "note"}
    assert found - NOT_PLANTED == PLANTED[name] | BY_ITSELF.get(name, set())


@pytest.mark.parametrize("name", ["ubuntu", *(pytest.param(other, marks=pytest.mark.slow) for other in sorted(PLANTED) if other != "ubuntu")])
def test_a_disk_without_faults_of_the_same_shape_lacks_only_what_the_preparation_brings(name):
    judged = line.judge(disk.cached_disk(shapes.plan(name)))
    bad = {finding["id"] for finding in judged["findings"] if finding["status"] in ("failed", "unknown") and finding["severity"] != "note"}
    generator = shapes.named(name).PLAN.recipe.initramfs
    assert bad - NOT_PLANTED - BUILT_IN == BY_ITSELF.get(name, set()) | LEFT_OUT.get(generator, set())


#: Settings that the preparation writes and that no distribution has from the start; Ubuntu's cloud images give the serial console to the
#: entries that start by themselves, and not to those of the recovery mode.
BUILT_IN = {"R27a", "R46c"}
#: dracut takes the driver of Hyper-V's disk into an image for any machine, and that of its network card not.
LEFT_OUT = {"dracut": {"R17b"}}


def test_what_ubuntus_installer_leaves_to_cloud_init_is_found_in_what_shall_be_generalized():
    verdicts = [line.judge(disk.cached_disk(shapes.plan("ubuntu", faulty=faulty)), "generalized") for faulty in (True, False)]
    faulty, good = ({finding["id"] for finding in judged["findings"] if finding["status"] == "failed"} for judged in verdicts)
    assert {"R42a", "R42c"} <= faulty
    assert not {"R42a", "R42c"} & good
