# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The roles that ask the verdict's own rules: guest_kernel what each kernel can do, guest_boot what its line needs."""

import pytest
from lab import container, disk
from lab.live import LiveGuest
from lab.recipe import Plan, Recipe


@pytest.fixture(scope="module")
def debian():
    """A container on the root partition of a Debian disk."""
    guest = container.start(image=disk.cached_disk(Plan(Recipe())))
    try:
        yield LiveGuest(guest)
    finally:
        container.stop(guest, at_once=True)


def test_a_ban_is_lifted_told_or_refused_as_asked(debian):
    debian.write("/etc/modprobe.d/cis.conf", "# CIS\ninstall udf /bin/false\n")
    options = {"guest_kernel_daemons": "false"}
    refused = debian.role("guest_kernel", dict(options, guest_kernel_module_bans="fail"))
    assert refused.failed and "udf is banned (R19b)" in refused.output
    assert "/etc/modprobe.d/cis.conf line 2: install udf /bin/false" in refused.output
    warned = debian.role("guest_kernel", dict(options, guest_kernel_module_bans="warn"))
    assert not warned.failed and "WARNING: udf is banned" in warned.output
    fixed = debian.role("guest_kernel", options)
    assert not fixed.failed and fixed.changed_tasks() != []
    assert debian.role("guest_kernel", options).changed_tasks() == []


def test_a_kernel_that_lacks_a_driver_stops_the_play_when_asked(debian):
    play = debian.role("guest_kernel", {"guest_kernel_daemons": "false", "guest_kernel_missing_modules": "fail"})
    assert play.failed == ("Drivers | Stop at a kernel that lacks one, or warn of it: One or more items failed" in " ".join(play.failed_tasks()))
    assert not play.failed or "/lib/modules/" in play.output


def test_rootdelay_is_taken_out_where_initramfs_tools_would_sleep(debian):
    debian.run("sed -i 's/^GRUB_CMDLINE_LINUX=.*/GRUB_CMDLINE_LINUX=\"rootdelay=300 numa=off\"/' /etc/default/grub && update-grub")
    play = debian.role("guest_boot", options=("--tags", "guest_boot_cmdline"))
    assert not play.failed, play.output
    assert "rootdelay" not in debian.read("/boot/grub/grub.cfg") and "numa=off" not in debian.read("/boot/grub/grub.cfg")
    assert debian.role("guest_boot", options=("--tags", "guest_boot_cmdline")).changed_tasks() == []
    debian.run("mv /usr/share/initramfs-tools/init /usr/share/initramfs-tools/init.away")  # as with dracut
    try:
        assert not debian.role("guest_boot", options=("--tags", "guest_boot_cmdline")).failed
        assert "rootdelay=300" in debian.read("/boot/grub/grub.cfg")
    finally:
        debian.run("mv /usr/share/initramfs-tools/init.away /usr/share/initramfs-tools/init")
