# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Containers give back what they hold: in order, by their own power-off, and after a kill."""

import os
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from lab import cleanup, container, disk, guests, images, roots
from lab.errors import LabError
from lab.files import copy_sparse
from lab.live import LiveGuest
from lab.recipe import Plan, Recipe


@pytest.fixture
def image(tmp_path):
    """A private copy of a bootable disk."""
    path = tmp_path / "disk.raw"
    copy_sparse(disk.cached_disk(Plan(Recipe())), path)
    return path


def held_by(guest):
    """Return what of a guest is still there: mounts, device nodes, loop devices, directories."""
    with open("/proc/self/mounts", encoding="utf-8") as mounts:
        held = [line.split()[1] for line in mounts if str(guest.directory) in line]
    held += [path for path in [guest.node, *guest.scratch, str(guest.directory)] if path and os.path.exists(path)]
    if guest.disk:
        loops = subprocess.run(["losetup", "--noheadings", "-j", guest.disk], capture_output=True, text=True, check=True)
        held += loops.stdout.splitlines()
    return held


def wait_until(condition, seconds=15):
    """Wait until a condition holds, and fail when it does not."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to hold"
        time.sleep(0.05)


def test_what_a_kept_container_writes_is_in_the_image_and_nothing_is_left(image):
    guest = container.start(image=image, keep=True)
    LiveGuest(guest).write("/root/kept", "yes\n")
    assert held_by(guest)
    container.stop(guest)
    assert held_by(guest) == []
    again = container.start(image=image, keep=True)
    try:
        assert LiveGuest(again).read("/root/kept") == "yes\n"
    finally:
        container.stop(again, at_once=True)


def test_an_image_in_use_is_refused_by_the_lab_and_by_qemu(image):
    guest = container.start(image=image, keep=True)
    try:
        with pytest.raises(LabError, match="locked"):
            container.start(image=image, keep=True)
        told = subprocess.run(["qemu-img", "compare", "-f", "raw", image, image], capture_output=True, text=True, check=False)
        assert told.returncode != 0
        assert "lock" in told.stderr
    finally:
        container.stop(guest, at_once=True)
    with images.in_use(image):
        pass


def test_a_guest_that_powers_itself_off_leaves_nothing_behind(image):
    guest = container.start(image=image, keep=True)
    LiveGuest(guest).run("systemctl poweroff", user="root", check=False)
    container.wait(guest, 30)
    assert held_by(guest) == []


@pytest.mark.parametrize("victims", ["supervisor", "supervisor and systemd-nspawn"])
def test_cleanup_takes_back_all_of_a_killed_guest(image, victims):
    guest = container.start(image=image, keep=True)
    os.kill(guest.process[0], signal.SIGKILL)
    if "systemd-nspawn" in victims:
        os.kill(guest.worker[0], signal.SIGKILL)
    wait_until(lambda: not guests.alive(guest.process))
    assert held_by(guest)
    cleanup.cleanup(say=lambda text: None)
    assert held_by(guest) == []
    assert guest.name not in [other.name for other in guests.everyone()]


def test_several_guests_start_at_once_and_do_not_see_each_other():
    root = roots.container_root(Recipe())
    with ThreadPoolExecutor(3) as pool:
        started = list(pool.map(lambda _number: container.start(root=root), range(3)))
    try:
        assert len({guest.port for guest in started}) == 3
        LiveGuest(started[0]).write("/root/own", "")
        assert [LiveGuest(guest).exists("/root/own") for guest in started] == [True, False, False]
    finally:
        for guest in started:
            container.stop(guest, at_once=True)
    assert not (root / "root/own").exists()
    assert [held_by(guest) for guest in started] == [[], [], []]


def test_a_disk_that_is_not_there_is_named_with_a_cure(tmp_path):
    with pytest.raises(LabError, match="there is no such file.*lab build"):
        container.start(image=tmp_path / "none.raw", keep=True)
