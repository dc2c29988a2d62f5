# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs that are killed, that meet another, or that meet a machine."""

import contextlib
import errno
import fcntl
import json
import os
import pathlib
import signal
import subprocess
import time

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.vhd import in_place, temporary
from ansible_collections.imagewright.azure.plugins.module_utils.vhd.align import AlignRequest
from ansible_collections.imagewright.azure.plugins.module_utils.vhd.align import align as vhd_align
from integration.vhd.aligning import align, converted, refused, start_align, waited_for
from integration.vhd.images import MIB, call, digest, patch, raw_disk, same_content


def test_28_a_file_that_a_killed_run_has_left_is_removed(tmp_path):
    disk = raw_disk(tmp_path / "a.raw", 300 * MIB, data=((0, 200 * MIB),))
    run = start_align(disk)
    stale = tmp_path / ".a.vhd.imagewright-partial"
    waited_for(stale.exists)
    run.kill()
    run.wait()
    assert stale.exists() and not (tmp_path / "a.vhd").exists()
    result = converted(disk)
    assert any(os.fspath(stale) in warning for warning in result["warnings"])
    assert not stale.exists()
    same_content(disk, "raw", result["dest"])


@pytest.mark.parametrize("kind", ["symbolic link", "directory", "named pipe"])
def test_28_what_is_no_unfinished_file_is_not_removed(tmp_path, kind):
    disk = raw_disk(tmp_path / "a.raw", 20 * MIB)
    place = tmp_path / ".a.vhd.imagewright-partial"
    {"symbolic link": lambda: place.symlink_to(disk), "directory": place.mkdir, "named pipe": lambda: os.mkfifo(place)}[kind]()
    before = digest(disk)
    for check in (True, False):
        result = align(disk, check=check)
        assert result["failed"] and f"{place}, where it is prepared, is a {kind}" in result["msg"], result
    assert os.path.lexists(place) and digest(disk) == before and not (tmp_path / "a.vhd").exists()


def is_locked(path):
    """Return whether there is such a file and somebody has locked it."""
    try:
        with open(path, "rb") as stream:
            fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


@pytest.mark.parametrize("another", ["removes it", "removes it and makes its own", "has just locked it to remove it"])
def test_28_a_run_that_meets_another_before_its_file_is_locked_never_publishes_what_the_other_writes(tmp_path, monkeypatch, another):
    dest, place, flock = os.fspath(tmp_path / "a.vhd"), tmp_path / ".a.vhd.imagewright-partial", fcntl.flock
    others = []

    def meddle(descriptor, operation):
        monkeypatch.setattr(fcntl, "flock", flock)
        others.append(os.open(place, os.O_RDONLY))
        flock(others[0], operation)
        if another == "has just locked it to remove it":
            with contextlib.suppress(BlockingIOError):
                flock(descriptor, operation)
                pytest.fail("locked twice")
        place.unlink()
        os.close(others[0])
        if another == "removes it and makes its own":
            place.write_bytes(b"half")
            others[0] = os.open(place, os.O_RDONLY)
            flock(others[0], operation)
        if another == "has just locked it to remove it":
            raise BlockingIOError
        flock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", meddle)
    if another == "removes it and makes its own":
        with pytest.raises(ImagewrightError, match="is writing it at this moment"):
            temporary.open_temporary(dest)
        assert place.read_bytes() == b"half"
        os.close(others[0])
    else:
        descriptor, _stale = temporary.open_temporary(dest)
        assert os.path.samestat(os.fstat(descriptor), os.lstat(place))
        os.close(descriptor)


def test_28_a_child_that_a_killed_run_leaves_for_a_moment_is_waited_for(tmp_path):
    """kill -9 between the fork and the exec of qemu-img: the child has the lock until it has become that program."""
    dest, place = os.fspath(tmp_path / "a.vhd"), tmp_path / ".a.vhd.imagewright-partial"
    place.write_bytes(b"half")
    lock = os.open(place, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    child = subprocess.Popen(["sleep", "0.3"], pass_fds=[lock])
    os.close(lock)

    descriptor, stale = temporary.open_temporary(dest)

    assert stale and child.wait(timeout=100) == 0
    assert os.fstat(descriptor).st_size == 0 and os.path.samestat(os.fstat(descriptor), os.lstat(place))
    os.close(descriptor)


def test_28_two_runs_for_one_destination_do_not_meet(tmp_path):
    disk = raw_disk(tmp_path / "a.raw", 300 * MIB, data=((0, 200 * MIB),))
    run = start_align(disk)
    waited_for(lambda: is_locked(tmp_path / ".a.vhd.imagewright-partial"))
    run.send_signal(signal.SIGSTOP)
    try:
        result = align(disk)
        assert result["failed"] and f"(pid {run.pid})" in result["msg"] and "is writing it" in result["msg"], result
    finally:
        run.send_signal(signal.SIGCONT)
        run.communicate()
    same_content(disk, "raw", tmp_path / "a.vhd")


@pytest.fixture
def held(tmp_path):
    """A raw disk that a QEMU program holds for writing, and that program."""
    disk = raw_disk(tmp_path / "a.raw", 20 * MIB + 512)
    holder = subprocess.Popen(["qemu-io", "-f", "raw", os.fspath(disk)], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    waited_for(lambda: f":{disk.stat().st_ino} " in pathlib.Path("/proc/locks").read_text())
    yield disk, holder
    holder.communicate()


@pytest.mark.parametrize("in_place", [False, True])
def test_33_an_image_that_a_machine_holds_is_refused_and_the_machine_named(tmp_path, held, in_place):
    disk, holder = held
    refused(disk, f"qemu-io (pid {holder.pid})", "shut the machine down", dest=disk if in_place else None, in_place=in_place)


def test_33_a_machine_that_ends_in_time_is_waited_for(held):
    disk, holder = held
    run = start_align(disk, wait_released=20)
    time.sleep(1)
    assert run.poll() is None
    holder.communicate()
    result = json.loads(run.communicate(timeout=100)[0])
    assert result["changed"], result


def test_33_a_loop_device_is_named(tmp_path):
    disk = raw_disk(tmp_path / "a.raw", 20 * MIB)
    device = call("losetup", "--find", "--show", disk).strip()
    try:
        refused(disk, device)
    finally:
        call("losetup", "--detach", device)


def test_33_a_destination_that_a_machine_holds_is_not_replaced(tmp_path, held):
    other = raw_disk(tmp_path / "b.raw", 20 * MIB)
    refused(other, f"(pid {held[1].pid})", dest=held[0], overwrite=True)


def test_33_no_machine_gets_a_destination_that_is_being_replaced(tmp_path):
    disk = raw_disk(tmp_path / "a.raw", 300 * MIB, data=((0, 200 * MIB),))
    dest = raw_disk(tmp_path / "a.vhd", 20 * MIB)
    run = start_align(disk, overwrite=True)
    waited_for((tmp_path / ".a.vhd.imagewright-partial").exists)
    run.send_signal(signal.SIGSTOP)
    try:
        answer = call("qemu-io", "-f", "raw", "-c", "quit", dest, accept=(1,))
        assert "Failed to get" in answer and "lock" in answer
    finally:
        run.send_signal(signal.SIGCONT)
        run.communicate()
    same_content(disk, "raw", dest)


def test_33_no_machine_gets_an_image_that_is_being_read(tmp_path):
    disk = raw_disk(tmp_path / "a.raw", 300 * MIB, data=((0, 200 * MIB),))
    run = start_align(disk)
    waited_for((tmp_path / ".a.vhd.imagewright-partial").exists)
    run.send_signal(signal.SIGSTOP)
    try:
        answer = call("qemu-io", "-f", "raw", "-c", "quit", disk, accept=(1,))
        assert "Failed to get" in answer and "lock" in answer
        call("qemu-img", "info", "-f", "raw", disk)
    finally:
        run.send_signal(signal.SIGCONT)
        run.communicate()
    call("qemu-io", "-f", "raw", "-c", "quit", disk)


def test_34_a_source_that_changes_while_it_is_read_is_refused(tmp_path):
    disk = raw_disk(tmp_path / "a.raw", 500 * MIB, data=((0, 400 * MIB),))
    run = start_align(disk)
    waited_for((tmp_path / ".a.vhd.imagewright-partial").exists)
    run.send_signal(signal.SIGSTOP)
    patch(disk, 450 * MIB, b"new")
    run.send_signal(signal.SIGCONT)
    result = json.loads(run.communicate()[0])
    assert result["failed"] and "was changed while it was read" in result["msg"], result
    assert sorted(os.listdir(tmp_path)) == ["a.raw"]


def test_34_a_source_that_is_cut_while_it_is_read_is_refused(tmp_path):
    disk = raw_disk(tmp_path / "a.raw", 500 * MIB, data=((0, 400 * MIB),))
    run = start_align(disk)
    waited_for((tmp_path / ".a.vhd.imagewright-partial").exists)
    run.send_signal(signal.SIGSTOP)
    os.truncate(disk, 10 * MIB)
    run.send_signal(signal.SIGCONT)
    result = json.loads(run.communicate()[0])
    assert result["failed"] and result["msg"].startswith(f"cannot convert {disk}: it was changed while it was read"), result
    assert sorted(os.listdir(tmp_path)) == ["a.raw"]


def test_34_a_source_that_cannot_be_read_to_its_end_is_named(tmp_path, monkeypatch):
    disk = raw_disk(tmp_path / "a.raw", 20 * MIB)

    def fail(*_arguments):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "preadv", fail)
    with pytest.raises(ImagewrightError, match=f"cannot read {disk}: the disk reports an input/output error"):
        vhd_align(AlignRequest(os.fspath(disk), f"{tmp_path}/a.vhd", "auto", None, MIB, None, "auto", False, False, True, False, 0, False, None, False))
    assert os.listdir(tmp_path) == ["a.raw"]


def test_34_a_disk_that_was_exchanged_for_another_is_not_changed_in_place(tmp_path, monkeypatch):
    disk, other = raw_disk(tmp_path / "a.raw", 20 * MIB), raw_disk(tmp_path / "b.raw", 30 * MIB, seed=2)
    before, written_in_place = digest(other), in_place.written_in_place

    def exchange_before_writing(*arguments):
        os.replace(other, disk)
        return written_in_place(*arguments)

    monkeypatch.setattr(in_place, "written_in_place", exchange_before_writing)
    with pytest.raises(ImagewrightError, match="it was changed while it was read"):
        vhd_align(AlignRequest(os.fspath(disk), os.fspath(disk), "auto", None, MIB, None, "auto", True, False, True, False, 0, False, None, False))
    assert digest(disk) == before
