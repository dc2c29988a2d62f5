# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A kernel in a file that GRUB opens as a disk, and that is there: nobody looks into it."""

import pytest
from unit.readiness.guest_tree import GRUB_CFG, good_guest, write

from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.context import Context
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.path import grub_file_systems, grub_loopback
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rules import boot


@pytest.mark.parametrize("file", ["/boot/live.iso", "($root)/@/boot/live.iso", "(hd0,gpt2)/live.iso"])
def test_what_is_in_a_file_that_is_there_is_not_decided(tmp_path, file):
    root = good_guest(tmp_path / "guest")
    write(root, "/boot/live.iso", b"CD001")
    write(root, "/boot/grub/grub.cfg", GRUB_CFG.replace("  linux", f"  loopback loop {file}\n  set root=(loop)\n  linux", 1))
    context = Context(LiveTree(str(root)))
    found = grub_loopback.loop_is_there.check(context)
    assert found.status == "unknown" and [(place.line, place.text) for place in found.evidence] == [(3, f"loopback loop {file}")]
    assert grub_file_systems.kernel_is_found.check(context).status == "passed"


def test_no_kernel_in_a_file_is_called_gone(tmp_path):
    root = good_guest(tmp_path / "guest")
    write(root, "/boot/live.iso", b"CD001")
    live = (
        GRUB_CFG.replace("  linux /boot", "  loopback loop /boot/live.iso\n  root=loop\n  linux /casper")
        .replace("vmlinuz-", "live-")
        .replace("initrd /boot", "initrd /casper/live")
    )
    write(root, "/boot/grub/grub.cfg", live)
    assert boot.entries_are_whole.check(Context(LiveTree(str(root)))).status == "passed"
    write(root, "/boot/grub/grub.cfg", live.replace("loopback", "# "))
    assert boot.entries_are_whole.check(Context(LiveTree(str(root)))).status == "failed"
