# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A disk of Debian on arm64, with the command line that the preparation gives it: it boots in an emulated machine and speaks on its own serial port."""

import pytest
from lab import disk, line, shapes


@pytest.mark.slow
def test_a_disk_of_arm64_boots_to_its_login_on_ttyama0():
    plan = shapes.plan("arm64")
    check = line.booted(disk.cached_disk(plan), plan.recipe)
    assert check.error == ""
    # The kernel's first words, its command line among them, go to Azure's early console, which is memory here; that it mounts its root is said on ttyAMA0.
    assert check.report.grub and check.report.root_mounted and check.report.login
    assert {"console=ttyAMA0", "earlycon=pl011,0xeffec000"} <= set(check.state.command_line.split())
    assert check.state.multi_user and check.state.kernel.endswith("-cloud-arm64")
    assert (check.state.failed, check.state.jobs) == ([], [])
