# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook prepare_image on images that it cannot prepare: one clear error each, and image, directory and machine as they were."""

import hashlib
import os

import pytest
from lab import demo_image, playing

from .guests import busybox_disk, held

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")


@pytest.fixture
def unchanged(tmp_path):
    """Disks by name, and the proof that they, their directory and this machine are in the end as they were."""
    disks = [busybox_disk(tmp_path / name) for name in ("web.raw", "db.raw")]
    before = [hashlib.sha256(disk.read_bytes()).hexdigest() for disk in disks], sorted(os.listdir(tmp_path)), held(tmp_path)
    yield disks
    assert ([hashlib.sha256(disk.read_bytes()).hexdigest() for disk in disks], sorted(os.listdir(tmp_path)), held(tmp_path)) == before


def prepare(images, **variables):
    """Return the play on images ([path])."""
    return playing.playbook(demo_image.INVENTORY, demo_image.PLAYBOOK, {"image": ",".join(map(str, images)), **variables}, diff=False)


def test_an_error_in_the_middle_of_each_of_two_images_gives_all_back(unchanged):
    play = prepare(unchanged)

    assert play.failed
    failed = [task for task in play.failed_tasks() if "boot loader" in task]
    assert len(failed) == 2 and {"web.raw", "db.raw"} == {task.partition(": ")[0].rpartition("/")[2] for task in failed}, play.output


def test_an_image_in_use_is_refused_before_a_copy_is_made(unchanged):
    with open(unchanged[0], "r+b"):
        play = prepare(unchanged[:1])

    assert play.failed and "still in use" in play.output


def test_a_directory_that_cannot_be_written_is_told_before_anything_is_mounted(unchanged):
    play = prepare(unchanged[:1], image_dest="/proc/web.vhd")

    assert play.failed and "cannot write /proc/web.vhd" in " ".join(play.output.split())
