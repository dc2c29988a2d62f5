# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An image opened on this machine: what is seen of it, and that nothing is left, whoever ends it and however."""

import hashlib
import os
import signal
import subprocess
import time

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.opening import session
from ansible_collections.imagewright.azure.plugins.module_utils.opening.alive import is_alive

from .guests import busybox_disk, held, inside

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")


@pytest.fixture
def disk(tmp_path):
    """A disk, and the proof that this machine holds nothing of it in the end."""
    path = busybox_disk(tmp_path / "disk.raw")
    yield path
    _wait_until(lambda: held(tmp_path)[0] == [])
    assert held(tmp_path)[2] == []


@pytest.fixture
def owner():
    """A process that a session can belong to."""
    process = subprocess.Popen(["sleep", "300"])
    yield process
    process.kill()
    process.wait()


@pytest.fixture
def opened(disk, owner, run_module):
    """A session of the disk."""
    result = run_module("image_session", path=disk, owner=owner.pid)
    assert not result["failed"], result
    yield result
    run_module("image_session", path=disk, state="closed", session=result["session"])


def _wait_until(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert condition()


def test_only_those_inside_see_the_guest(opened):
    assert (opened["way"], opened["mounts"]) == ("kernel", [{"path": "/", "partition": 1, "logical_volume": "", "driver": "ext4"}])
    assert "busybox" in inside(opened["session"], f"cat {opened['root']}/etc/os-release").stdout
    assert os.listdir(opened["root"]) == []


def test_what_is_written_is_in_the_image(disk, owner, run_module):
    opened = run_module("image_session", path=disk, owner=owner.pid)
    assert inside(opened["session"], f"echo hello > {opened['root']}/etc/motd").returncode == 0

    closed = run_module("image_session", path=disk, state="closed", session=opened["session"])

    assert not closed["failed"]
    again = run_module("image_session", path=disk, owner=owner.pid)
    assert inside(again["session"], f"cat {again['root']}/etc/motd").stdout == "hello\n"
    run_module("image_session", path=disk, state="closed", session=again["session"])


def test_the_guest_gets_its_name_when_it_is_closed(disk, owner, run_module):
    opened = run_module("image_session", path=disk, owner=owner.pid)

    closed = run_module("image_session", path=disk, state="closed", session=opened["session"], dest=disk.with_suffix(".vhd"))

    assert closed["changed"] and not disk.exists() and disk.with_suffix(".vhd").exists()


def test_its_disk_is_the_only_one_and_has_the_names_that_udev_gives(opened):
    shown = inside(
        opened["session"], "ls -l /dev/disk/by-uuid; for node in /dev/*; do test -b $node && echo $node; done; blkid -p -s PART_ENTRY_NUMBER /dev/sda1"
    )

    assert [line for line in shown.stdout.splitlines() if line.startswith("/dev/")][:2] == ["/dev/sda", "/dev/sda1"]
    assert "-> ../../sda1" in shown.stdout


def test_its_programs_change_nothing_of_this_machine(opened):
    chroot = f"for name in dev proc sys; do mount --rbind /$name {opened['root']}/$name; done; chroot {opened['root']} /bin/sh -c"

    for attempt in ("echo 60 > /proc/sys/vm/swappiness", "echo 1 > /sys/module/printk/parameters/time"):
        assert "ead-only file system" in inside(opened["session"], f"{chroot} '{attempt}'").stderr
    assert str(os.getpid()) not in inside(opened["session"], f"{chroot} 'ls /proc'").stdout.split()


def test_there_is_no_network_unless_it_was_asked_for(disk, owner, run_module):
    def cards(network):
        opened = run_module("image_session", path=disk, owner=owner.pid, network=network)
        found = inside(opened["session"], "tail -n +3 /proc/net/dev").stdout
        run_module("image_session", path=disk, state="closed", session=opened["session"])
        return sorted(line.split(":")[0].strip() for line in found.splitlines())

    assert cards(False) == ["lo"]
    assert cards(True) == sorted(os.listdir("/sys/class/net"))


@pytest.mark.parametrize("killed", ["owner", "holder"])
def test_nothing_is_left_when_one_is_killed(killed, disk, owner, run_module):
    opened = run_module("image_session", path=disk, owner=owner.pid)
    inside(opened["session"], f"setsid sleep 300 < /dev/null > {opened['root']}/etc/open 2>&1 & echo $!")

    os.kill(owner.pid if killed == "owner" else int(opened["session"].split(":")[0]), signal.SIGKILL)
    if killed == "owner":
        owner.wait()

    _wait_until(lambda: not is_alive(opened["session"]))
    _wait_until(lambda: held(disk.parent)[0] == [])
    found = subprocess.Popen(["sleep", "300"])
    again = run_module("image_session", path=disk, owner=found.pid)
    assert not again["failed"], again
    assert run_module("image_session", path=disk, state="discarded", session=again["session"])["failed"] is False
    assert not disk.exists() and held(disk.parent)[1] == []
    found.kill()
    found.wait()


def test_an_owner_that_has_ended_gets_no_session(disk, run_module):
    ended = subprocess.Popen(["true"])
    ended.wait()

    result = run_module("image_session", path=disk, owner=ended.pid)

    assert result["failed"] and "cannot open" in result["msg"]


def test_a_second_run_on_the_same_image_is_refused(opened, disk, owner, run_module):
    result = run_module("image_session", path=disk, owner=owner.pid)

    assert result["failed"] and ("is still in use by" in result["msg"] or "another run is at work on it" in result["msg"])


def test_a_machine_without_the_programs_for_it_is_told(disk, owner, monkeypatch):
    monkeypatch.setattr(session.commands, "find", lambda name: None if name == "setpriv" else name)

    with pytest.raises(ImagewrightError, match="setpriv is not installed on this machine; install util-linux"):
        session.begin(str(disk), owner.pid, network=False, way="kernel")


def test_an_image_in_use_is_refused(disk, owner, run_module):
    with open(disk, "r+b"):
        result = run_module("image_session", path=disk, owner=owner.pid)

    assert result["failed"] and "still in use" in result["msg"]


def test_who_is_not_root_is_told_so(disk, owner, monkeypatch):
    before = hashlib.sha256(disk.read_bytes()).hexdigest()
    monkeypatch.setattr(session.os, "geteuid", lambda: 1000)

    with pytest.raises(ImagewrightError, match="only root may mount its file systems; run Ansible as root"):
        session.begin(str(disk), owner.pid, network=False, way="kernel")

    assert hashlib.sha256(disk.read_bytes()).hexdigest() == before


@pytest.mark.parametrize(
    ("machine", "drivers", "wrong"),
    [
        ("s390x", ["ext4"], "its programs are for x86_64 and this machine is s390x"),
        ("x86_64", ["xfs"], "has no driver for ext4; prepare the image on a machine that has, or the guest live"),
    ],
)
def test_what_this_machine_cannot_do_is_told_before_anything_is_mounted(machine, drivers, wrong, disk, monkeypatch):
    monkeypatch.setattr(session, "_drivers", lambda: drivers)

    with pytest.raises(ImagewrightError, match=wrong):
        session.look(str(disk), "kernel", machine)


def test_a_file_system_that_was_not_unmounted_is_mended_by_its_journal(disk, owner, run_module):
    opened = run_module("image_session", path=disk, owner=owner.pid)
    inside(opened["session"], f"echo hello > {opened['root']}/etc/motd; sync")
    copy = disk.with_name("dirty.raw")
    copy.write_bytes(disk.read_bytes())
    run_module("image_session", path=disk, state="closed", session=opened["session"])

    again = run_module("image_session", path=copy, owner=owner.pid)

    assert not again["failed"] and inside(again["session"], f"cat {again['root']}/etc/motd").stdout == "hello\n"
    run_module("image_session", path=copy, state="discarded", session=again["session"])


def test_a_session_that_has_ended_is_closed(disk, owner, run_module):
    opened = run_module("image_session", path=disk, owner=owner.pid)
    for _time in range(2):
        assert run_module("image_session", path=disk, state="closed", session=opened["session"])["failed"] is False


def test_a_mount_point_that_is_missing_is_named(tmp_path, owner, run_module):
    disk = busybox_disk(
        tmp_path / "disk.raw",
        files={"etc/fstab": "LABEL=root / ext4 defaults 0 1\nPARTUUID=2e8a1c7f-01 /data ext4 defaults 0 2\n"},
    )
    result = run_module("image_session", path=disk, owner=owner.pid)

    assert result["failed"] and "the guest mounts a file system at /data, and there is no such directory" in result["msg"]
    _wait_until(lambda: held(tmp_path) == ([], [], []))
