# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""kill -9 while real file systems copy: a destination is absent or whole.

What happens at each operation, and to a disk that is changed in place, is in tests/integration/interrupted. The engine runs in a forked
process, so that the moments fall into its work and not into the start of an interpreter.
"""

import os
import random
import signal
import time

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.vhd.align import AlignRequest, align
from integration.vhd.images import MIB, call, raw_disk, same_content

SIZE = 64 * MIB - 512 * 5


def request(src, dest):
    """Return what is asked of the engine."""
    return AlignRequest(os.fspath(src), os.fspath(dest), "auto", None, MIB, None, "auto", False, False, True, False, 0, False, None, False)


def run_and_kill(wanted, seconds=None):
    """Run the engine in a process of its own, kill it after some seconds, and return its wait status."""
    pid = os.fork()
    if pid == 0:
        try:
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
    raw = raw_disk(folder / "a.raw", SIZE, data=tuple((number * 2 * MIB, MIB) for number in range(30)))
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
