# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The swap partition of a machine that is swapping: off, wiped, and the machine boots without it."""

import pytest
from lab import disk, machine
from lab.files import copy_sparse
from lab.live import LiveGuest
from lab.recipe import Plan, Recipe

pytestmark = pytest.mark.slow

WIPE = {"guest_swap_partition": "wipe"}


@pytest.fixture(params=["mbr", "gpt"])
def swapping(request, tmp_path):
    """(machine on a disk of its own, that disk)."""
    copy = tmp_path / "disk.raw"
    copy_sparse(disk.cached_disk(Plan(Recipe(), request.param, faulty=True)), copy)
    guest = machine.start(copy, in_place=True, timeout=900, owned=True)
    try:
        yield LiveGuest(guest), copy
    finally:
        machine.stop(guest, at_once=True)


def test_the_partition_is_wiped_once_as_check_mode_said_and_the_machine_boots_without_it(swapping):
    guest, copy = swapping
    assert guest.output("swapon --show --noheadings") != ""
    predicted = guest.role("guest_swap", WIPE, check=True)
    assert guest.output("swapon --show --noheadings") != ""
    first = guest.role("guest_swap", WIPE)
    second = guest.role("guest_swap", WIPE)

    assert not (predicted.failed or first.failed or second.failed), predicted.output + first.output + second.output
    assert predicted.changed_tasks() == first.changed_tasks() and second.changed_tasks() == []
    assert guest.output("swapon --show --noheadings") == ""
    assert guest.run("blkid -c /dev/null -t TYPE=swap", check=False).stdout == ""
    assert "swap" not in guest.output("sfdisk -l | grep -i /dev/sda").lower()
    assert guest.run("findmnt --verify").returncode == 0

    machine.stop(guest.record)
    again = machine.start(copy, timeout=900, owned=True)
    try:
        booted = LiveGuest(again)
        assert booted.output("systemctl is-system-running --wait") == "running"
        assert booted.output("swapon --show --noheadings") == ""
        assert "resume=" not in booted.read("/proc/cmdline")
    finally:
        machine.stop(again, at_once=True)
