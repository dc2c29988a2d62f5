# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags and check mode of the playbook prepare_image: the copy is made, opened and closed in any case, and in it the tasks of the tags alone do their work."""

import os

import pytest
from lab import demo_image, playing

from .guests import busybox_disk, held, read

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")

SUDOERS = "Defaults targetpw\nALL ALL=(ALL) ALL\nadmin ALL=(ALL) ALL\n"
#: What a disk without a kernel has nothing for.
LEFT_OUT = ("guest_agent", "guest_boot", "guest_kernel", "guest_network", "guest_swap", "guest_time")
VARIABLES = {f"prepare_{role}": False for role in LEFT_OUT}


@pytest.fixture
def disk(tmp_path):
    """A disk whose sudoers and sshd_config are not as Azure wants them."""
    return busybox_disk(tmp_path / "disk.raw", files={"etc/sudoers": SUDOERS, "etc/ssh/sshd_config": "ClientAliveInterval 0\n"})


def prepare(disk, *options, check=False):
    variables = {"image": str(disk), **VARIABLES}
    return playing.playbook(demo_image.INVENTORY, demo_image.PLAYBOOK, variables, check, diff=check, options=options)


def test_tasks_of_a_tag_alone_are_done_in_the_copy_and_it_becomes_the_vhd(disk, tmp_path):
    play = prepare(disk, "--tags", "guest_sudoers")

    assert not play.failed, play.output
    assert "specialized image, NOT READY" in play.output
    assert read(tmp_path / "disk.vhd", "/etc/sudoers") == "# Defaults targetpw\n# ALL ALL=(ALL) ALL\nadmin ALL=(ALL) ALL\n"
    assert read(tmp_path / "disk.vhd", "/etc/ssh/sshd_config") == "ClientAliveInterval 0\n"
    assert held(tmp_path) == ([], [], [])


def test_a_requirement_is_a_tag_and_check_mode_shows_its_change_alone(disk, tmp_path):
    play = prepare(disk, "--tags", "R47", check=True)

    assert not play.failed, play.output
    assert "+# Defaults targetpw" in play.output and "ClientAliveInterval" not in play.output
    assert sorted(os.listdir(tmp_path)) == ["disk.raw"] and held(tmp_path) == ([], [], [])
