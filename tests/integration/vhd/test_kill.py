# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""kill -9 at any moment: a destination is absent or whole, and a disk that is changed in place stays readable.

The engine runs in a forked process, so that the moments fall into its work and not into the start of an interpreter.
"""

import os
import random
import shutil
import signal
import struct
import time
import zlib

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.vhd.align import Request, align
from integration.vhd.images import MIB, append, call, content, footer, gpt_disk, gpt_is_sound, raw_disk, same_content

SIZE = 8 * MIB - 512 * 5  # of a disk that is changed in place
COPIED_SIZE = 64 * MIB - 512 * 5


def request(src, dest=None, in_place=False):
    """Return what is asked of the engine."""
    return Request(os.fspath(src), os.fspath(dest or src), "auto", None, MIB, None, "auto", in_place, False, True, False, 0, False, None, False)


def run_and_kill(wanted, seconds=None, prepare=None):
    """Run the engine in a process of its own; kill it after some seconds, or let prepare arrange when it kills itself.

    Returns the process' wait status.
    """
    pid = os.fork()
    if pid == 0:
        try:
            if prepare:
                prepare()
            align(wanted)
            os._exit(0)
        except BaseException:  # the parent judges by the status
            os._exit(1)
    if seconds is not None:
        time.sleep(seconds)
        os.kill(pid, signal.SIGKILL)
    return os.waitpid(pid, 0)[1]


def duration_of(wanted):
    """Return the seconds that a whole run takes."""
    begin = time.monotonic()
    assert run_and_kill(wanted) == 0
    return time.monotonic() - begin


def moments(wanted, restore, count):
    """Yield count random seconds, one from each of as many parts of the time that a run takes; restore is called after the trial run."""
    # the least, since other work on the machine makes it longer: else all moments may lie behind the end
    needed = min(duration_of(wanted) for _trial in range(3) if restore() is None)
    restore()
    source = random.Random(count)
    for number in range(count):
        yield source.uniform(number, number + 1) / count * needed * 1.05


COPIES = {"sparse_copy": "ext4", "reflink": "xfs", "qemu_img": "ext4", "dynamic": "ext4"}


def source_for(method, folder):
    """Return (path, format) of an image that is converted by the method."""
    raw = raw_disk(folder / "a.raw", COPIED_SIZE, data=tuple((number * 2 * MIB, MIB) for number in range(30)))
    if method == "qemu_img":
        call("qemu-img", "convert", "-f", "raw", "-O", "qcow2", raw, folder / "a.qcow2")
        return folder / "a.qcow2", "qcow2"
    if method == "dynamic":
        call("qemu-img", "convert", "-f", "raw", "-O", "vpc", "-o", "force_size=on", raw, folder / "d.vhd")
        return folder / "d.vhd", "vpc"
    return raw, "raw"


@pytest.mark.parametrize("count", [10, pytest.param(100, marks=pytest.mark.slow)])
@pytest.mark.parametrize("method", COPIES)
def test_a_killed_copy_leaves_no_destination_or_a_whole_one(file_system, method, count):
    folder = file_system(COPIES[method])
    src, image_format = source_for(method, folder)
    dest = folder / "result.vhd"
    wanted = request(src, dest)
    outcomes = set()

    def restore():
        dest.unlink(missing_ok=True)
    for seconds in moments(wanted, restore, count):
        run_and_kill(wanted, seconds)
        outcomes.add(dest.exists())
        if dest.exists():
            same_content(src, image_format, dest)
            assert align(wanted)["method"] == "unchanged"
        dest.unlink(missing_ok=True)
    assert False in outcomes
    assert align(wanted)["changed"]
    same_content(src, image_format, dest)
    assert [name for name in os.listdir(folder) if "partial" in name] == []


@pytest.mark.parametrize("count", [20, pytest.param(100, marks=pytest.mark.slow)])
@pytest.mark.parametrize("kind", ["raw", "fixed VHD"])
def test_a_disk_that_a_kill_met_while_it_was_changed_is_readable(tmp_path, kind, count):
    original = disk_for(kind, tmp_path / "original")
    disk = tmp_path / "a.disk"

    def restore():
        shutil.copyfile(original, disk)
    wanted = request(disk, in_place=True)
    for seconds in moments(wanted, restore, count):
        restore()
        run_and_kill(wanted, seconds)
        assert_readable(disk, original, kind)
        align(wanted)
        assert_finished(disk, original, tmp_path)


# the number of calls that change the file or make it durable, see in_place.py; one more than there are proves the end
@pytest.mark.parametrize("half", [False, True])
@pytest.mark.parametrize("step", range(1, 12))
@pytest.mark.parametrize("kind", ["raw", "fixed VHD"])
def test_a_kill_at_any_step_of_a_change_leaves_a_readable_disk(tmp_path, kind, step, half):
    original = disk_for(kind, tmp_path / "original")
    disk = tmp_path / "a.disk"
    shutil.copyfile(original, disk)
    status = run_and_kill(request(disk, in_place=True), prepare=lambda: die_at(step, half))
    assert (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL) or (status == 0 and step > 7)
    assert_readable(disk, original, kind)
    align(request(disk, in_place=True))
    assert_finished(disk, original, tmp_path)


def disk_for(kind, path):
    """Write a disk with a GPT whose end is not at a whole MiB, as raw disk or fixed VHD, and return its path."""
    gpt_disk(path, SIZE)
    return append(path, footer(SIZE)) if kind == "fixed VHD" else path


def die_at(step, half):
    """Let this process be killed at its step-th write or fsync; half: only after half of the write is done."""
    calls = {"left": step}

    def counted(name):
        original = getattr(os, name)

        def call_or_die(*arguments):
            calls["left"] -= 1
            if calls["left"] == 0:
                if half and name == "pwrite":
                    descriptor, octets, offset = arguments
                    original(descriptor, bytes(octets)[:len(octets) // 1024 * 512], offset)
                os.kill(os.getpid(), signal.SIGKILL)
            return original(*arguments)
        setattr(os, name, call_or_die)
    for name in ("pwrite", "fsync", "ftruncate"):
        counted(name)


def assert_readable(disk, original, kind):
    """Assert that all data is there, that the primary table is right, and that a VHD is still one."""
    now, then = content(disk), content(original, SIZE)
    assert now[2048:SIZE - 33 * 512] == then[2048:SIZE - 33 * 512]
    header = bytearray(now[512:512 + 92])
    stored = struct.unpack_from("<I", header, 16)[0]
    header[16:20] = bytes(4)
    assert zlib.crc32(header) == stored
    assert zlib.crc32(now[1024:1024 + 16384]) == struct.unpack_from("<I", header, 88)[0]
    if kind == "fixed VHD":
        assert now[-512:-504] == b"conectix"
        assert struct.unpack_from(">Q", now, len(now) - 464)[0] == len(now) - 512
    else:
        assert len(now) % 512 == 0


def assert_finished(disk, original, folder):
    """Assert that the disk is the right VHD of the original."""
    assert os.path.getsize(disk) == 8 * MIB + 512
    assert content(disk)[2048:SIZE - 33 * 512] == content(original)[2048:SIZE - 33 * 512]
    gpt_is_sound(disk, folder)
    assert align(request(disk, in_place=True))["method"] == "unchanged"
