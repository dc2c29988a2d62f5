# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A guest whose SELinux enforces Debian's policy, prepared as a disk image: what was written has labels, and the result boots enforcing and lets one in."""

import pytest
from lab import demo_image, disk, line, machine
from lab.live import LiveGuest
from lab.recipe import Plan, Recipe

PLAN = Plan(Recipe(include=("selinux-policy-default", "policycoreutils", "selinux-utils")), faulty=True, size=3 * 1024**3)
#: As selinux-activate(8) does it; all files get their labels here, where a first boot would give them and start once more. The preparation makes the menu.
ACTIVATE = """set -e
sed -i 's/^SELINUX=.*/SELINUX=enforcing/' /etc/selinux/config
sed -i 's/^GRUB_CMDLINE_LINUX="/&security=selinux selinux=1 /' /etc/default/grub
setfiles -F -e /proc -e /sys -e /dev -e /run /etc/selinux/default/contexts/files/file_contexts /
"""
#: Paths without a label. "?" is what find says of those.
UNLABELLED = r"find / -xdev \( -context '*unlabeled_t*' -o -context '\?' \) -not -path '/proc*' -not -path '/sys*'"


@pytest.mark.slow
def test_an_enforcing_guest_boots_enforcing_and_every_file_that_was_written_has_a_label(tmp_path):
    raw, vhd = tmp_path / "disk.raw", tmp_path / "disk.vhd"
    disk.build(PLAN, raw)
    demo_image.change(raw, ACTIVATE)
    assert demo_image.prepare(raw, vhd, {"prepare_image_kind": "specialized"}).changed
    judged = line.judge(vhd)
    assert (judged.get("ready"), line.what_is_wrong(judged)) == (True, "no verdict")
    guest = machine.start(vhd, timeout=line.BOOT_TIME, owned=True)
    try:
        live = LiveGuest(guest)
        assert live.output(["getenforce"]) == "Enforcing"
        assert live.output(UNLABELLED, timeout=line.BOOT_TIME) == ""
        assert "console=ttyS0,115200n8" in live.read("/proc/cmdline")
        assert live.output(["sudo", "-n", "id", "-u"], user="admin") == "0"
    finally:
        machine.stop(guest, at_once=True)
