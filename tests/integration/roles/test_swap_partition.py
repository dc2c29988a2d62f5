# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The swap partition of a machine that is swapping: off, wiped, and the machine boots without it."""

import subprocess
import time

import pytest
from lab import disk, machine, ssh
from lab.live import LiveGuest
from lab.recipe import Plan, Recipe

pytestmark = pytest.mark.slow

WIPE = {"guest_swap_partition": "wipe"}


@pytest.fixture(scope="module", params=["mbr", "gpt"])
def swapping(request):
    guest = machine.start(disk.cached_disk(Plan(Recipe(), request.param, faulty=True)), timeout=900, owned=True)
    try:
        yield LiveGuest(guest)
    finally:
        machine.stop(guest, at_once=True)


def rebooted(guest, seconds=600):
    """Return once the guest has booted anew."""
    question = ["cat", "/proc/sys/kernel/random/boot_id"]
    before, deadline = guest.output(question), time.monotonic() + seconds
    guest.run("systemctl reboot", check=False)
    while time.monotonic() < deadline:
        time.sleep(2)
        answer = subprocess.run(ssh.argv(guest.record, question, user="root"), capture_output=True, text=True, check=False)
        if answer.returncode == 0 and answer.stdout.strip() != before:
            return
    raise AssertionError(f"{guest.host} did not boot within {seconds} s")


def test_the_partition_is_wiped_once_as_check_mode_said_and_the_machine_boots_without_it(swapping):
    assert swapping.output("swapon --show --noheadings") != ""
    predicted = swapping.role("guest_swap", WIPE, check=True)
    assert swapping.output("swapon --show --noheadings") != ""
    first = swapping.role("guest_swap", WIPE)
    second = swapping.role("guest_swap", WIPE)

    assert not (predicted.failed or first.failed or second.failed), predicted.output + first.output + second.output
    assert predicted.changed_tasks() == first.changed_tasks() and second.changed_tasks() == []
    assert swapping.output("swapon --show --noheadings") == ""
    assert swapping.run("blkid -c /dev/null -t TYPE=swap", check=False).stdout == ""
    assert "swap" not in swapping.output("sfdisk -l | grep -i /dev/sda").lower()
    assert swapping.run("findmnt --verify").returncode == 0

    rebooted(swapping)
    assert swapping.output("swapon --show --noheadings") == ""
    assert swapping.output("systemctl --failed --no-legend --plain") == ""
    assert "resume=" not in swapping.read("/proc/cmdline")
