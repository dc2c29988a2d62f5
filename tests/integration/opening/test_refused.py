# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images that cannot be prepared, side by side in one play: each gets one error that says why, and all is as it was: images, directory and machine."""

import hashlib
import json
import os
import pathlib
import subprocess

import pytest
from lab import demo_image, playing
from unit.image.images import MIB, mounted, run

from .guests import busybox_disk, held

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")

#: What a disk without a kernel has nothing for.
LEFT_OUT = ("guest_agent", "guest_boot", "guest_kernel", "guest_network", "guest_swap", "guest_time", "guest_ssh")
VARIABLES = {f"prepare_{role}": False for role in LEFT_OUT}
SUDOERS = "Defaults targetpw\nadmin ALL=(ALL) ALL\n"
#: e_machine of an ELF program for 64-bit ARM, and where it is. Source: elf(5).
AARCH64, E_MACHINE = b"\xb7\0", 18
PAGE = 4096  # bytes

#: {image: what its error says}
ERRORS = {
    "damaged": "/ is on partition 1, whose file system has errors that the kernel has found: it would be made worse; start the guest",
    "without-journal": "/ is on partition 1, whose file system has no journal and was not unmounted",
    "hibernated": "its system is hibernated, its memory is on partition 2 and has its file systems mounted",
    "full": "cannot write /etc/sudoers: no space left on the file system; free some space first",
    "of-another-architecture": "its programs are for aarch64 and this machine is x86_64",
}


def of_ext(disk, command):
    """Change the superblock of the root of a disk by debugfs, as a kernel would."""
    run("debugfs", "-w", "-R", command, f"{disk}?offset={MIB}")


def make(folder):
    """Return the images ({name: path}), made in a folder."""
    disks = {
        name: busybox_disk(folder / f"{name}.raw", files={"etc/sudoers": SUDOERS}) for name in ("damaged", "without-journal", "full", "of-another-architecture")
    }
    of_ext(disks["damaged"], "set_super_value state 3")
    of_ext(disks["without-journal"], "feature -has_journal")
    of_ext(disks["without-journal"], "set_super_value state 0")
    with mounted(disks["full"], folder / "place", f"loop,offset={MIB}"):
        subprocess.run(["dd", "if=/dev/zero", f"of={folder}/place/filler", "bs=4k", "status=none"], check=False, stderr=subprocess.DEVNULL)
    with mounted(disks["of-another-architecture"], folder / "place", f"loop,offset={MIB}"), open(folder / "place/bin/busybox", "r+b") as program:
        program.seek(E_MACHINE)
        program.write(AARCH64)
    (folder / "place").rmdir()
    two = "start=2048, size=57344, type=83, bootable\nstart=59392, size=4096, type=82\n"
    disks["hibernated"] = busybox_disk(folder / "hibernated.raw", 28 * MIB, partitions=two)
    with open(disks["hibernated"], "r+b") as stream:
        stream.seek(59392 * 512 + PAGE - 10)
        stream.write(b"S1SUSPEND\0")
    return disks


def state(folder):
    """Return the images in a folder, what this machine holds of them, and how LVM is set up, to compare. Other tests have volume groups at the same time."""
    lvm = {str(path): path.read_bytes() for path in pathlib.Path("/etc/lvm").rglob("*") if path.is_file() and path.parent.name not in ("archive", "backup")}
    images = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
    return images, held(folder), lvm


@pytest.fixture(scope="module")
def refused(tmp_path_factory):
    """(play on all the images, state before, state after)."""
    folder = tmp_path_factory.mktemp("refused")
    disks = make(folder)
    before = state(folder)
    variables = {"image": ",".join(str(path) for path in disks.values()), **VARIABLES}
    play = playing.playbook(demo_image.INVENTORY, demo_image.PLAYBOOK, variables, diff=False)
    return play, before, state(folder)


@pytest.mark.parametrize("name", ERRORS)
def test_each_gets_one_error_that_says_why(name, refused):
    failed = [" ".join(task.split()) for task in refused[0].failed_tasks() if task.partition(": ")[0].endswith(f"/{name}.raw")]

    assert len(failed) == 1, json.dumps(failed, indent=1)
    assert ERRORS[name] in failed[0]


def test_images_directory_and_machine_are_as_they_were(refused):
    _play, before, after = refused

    assert after == before


def test_an_image_that_cannot_be_written_is_refused_where_it_would_be_changed_in_place(tmp_path, run_module):
    disk = busybox_disk(tmp_path / "disk.raw")
    before = state(tmp_path)
    run("chattr", "+i", disk)
    try:
        result = run_module("image_session", path=disk, owner=os.getpid())
    finally:
        run("chattr", "-i", disk)

    assert result["failed"] and f"cannot open {disk}: not permitted; run the task as root (`become: true`) and look for an immutable flag" in result["msg"]
    assert state(tmp_path) == before
