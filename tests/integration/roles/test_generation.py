# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The generation of virtual machine that a machine's own disk boots on, told by guest_kernel."""

import pytest
from lab import disk, machine
from lab.live import LiveGuest
from lab.recipe import Plan, Recipe

pytestmark = pytest.mark.slow

TAGS = ("--tags", "R14")


@pytest.fixture(scope="module")
def bios():
    """A machine on an MBR disk with BIOS boot code, which generation 2 does not start."""
    guest = machine.start(disk.cached_disk(Plan(Recipe())), timeout=900, owned=True)
    try:
        yield LiveGuest(guest)
    finally:
        machine.stop(guest, at_once=True)


def test_a_disk_with_bios_boot_code_is_no_disk_for_generation_2(bios):
    play = bios.role("guest_kernel", {"guest_kernel_generation": "2", "guest_kernel_wrong_generation": "fail"}, options=TAGS)

    (message,) = play.failed_tasks()
    assert "does not boot on generation 2" in message and "EFI" in message

    warned = bios.role("guest_kernel", {"guest_kernel_generation": "2"}, options=TAGS)
    assert not warned.failed and "WARNING: the disk of" in warned.output


@pytest.mark.parametrize("generation", ["auto", "1"])
def test_it_is_one_for_generation_1(bios, generation):
    play = bios.role("guest_kernel", {"guest_kernel_generation": generation, "guest_kernel_wrong_generation": "fail"}, options=TAGS)

    assert not play.failed and "skipped=" in play.output
