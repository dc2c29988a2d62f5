# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every kind of disk boots in QEMU, and a machine leaves the disk alone unless it runs in place."""

import hashlib

import pytest
from lab import bootcheck, cleanup, disk, machine
from lab.files import copy_sparse
from lab.live import LiveGuest
from lab.recipe import Plan, Recipe

pytestmark = pytest.mark.slow

PLANS = {
    "bookworm-bios-mbr": Plan(Recipe()),
    "bookworm-bios-gpt": Plan(Recipe(), "gpt"),
    "bookworm-uefi": Plan(Recipe(firmware="uefi"), "gpt"),
    "bookworm-grub-legacy": Plan(Recipe(loader="grub-legacy")),
    "bookworm-dracut": Plan(Recipe(initramfs="dracut")),
    "bookworm-ext3": Plan(Recipe(file_system="ext3")),
    "bookworm-xfs": Plan(Recipe(file_system="xfs")),
    "bookworm-btrfs": Plan(Recipe(file_system="btrfs")),
    "bullseye": Plan(Recipe(suite="bullseye")),
    "trixie": Plan(Recipe(suite="trixie")),
    "trixie-uefi": Plan(Recipe(suite="trixie", firmware="uefi"), "gpt"),
}


def checksum(path):
    """Return the SHA-256 of a file."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS.keys())
def test_a_clean_disk_boots_to_multi_user_and_says_so_on_the_serial_console(plan):
    check = bootcheck.boot_check(disk.cached_disk(plan), plan.recipe.firmware, timeout=600)
    report, state = check.report, check.state
    assert check.error == ""
    assert report.grub and report.kernel and report.login
    assert "console=ttyS0" in report.command_line
    assert (report.swaps, report.timed_out, report.failed_units) == ([], [], [])
    if plan.recipe.file_system.startswith("ext"):
        assert state.command_line == report.command_line
        assert state.multi_user
        assert (state.swaps, state.jobs, state.failed) == ([], [], [])


@pytest.mark.parametrize("firmware", ["bios", "uefi"])
def test_a_faulty_machine_is_live_with_its_swap_and_its_kernel_line(firmware):
    plan = Plan(Recipe(firmware=firmware), "gpt" if firmware == "uefi" else "mbr", faulty=True)
    source = disk.cached_disk(plan)
    before = checksum(source)
    guest = machine.start(source, firmware=firmware, timeout=600, owned=True)
    try:
        live = LiveGuest(guest)
        words = live.read("/proc/cmdline").split()
        assert {"quiet", "rhgb", "crashkernel=auto"} <= set(words)
        assert not [word for word in words if word.startswith("console=")]
        assert "/dev/sda" in live.read("/proc/swaps")
        assert live.output("systemctl is-system-running --wait") == "running"
        live.write("/root/written", "to the overlay\n")
    finally:
        machine.stop(guest)
    assert checksum(source) == before


def test_a_machine_in_place_keeps_what_it_writes_and_ends_by_itself(tmp_path):
    image = tmp_path / "disk.raw"
    copy_sparse(disk.cached_disk(Plan(Recipe())), image)
    guest = machine.start(image, in_place=True, timeout=600, owned=True)
    try:
        LiveGuest(guest).write("/root/kept", "yes\n")
        LiveGuest(guest).run("systemctl poweroff", check=False)
        machine.wait(guest, 120)
    finally:
        cleanup.stop(guest, at_once=True)
    again = machine.start(image, timeout=600, owned=True)
    try:
        assert LiveGuest(again).read("/root/kept") == "yes\n"
    finally:
        cleanup.stop(again, at_once=True)
