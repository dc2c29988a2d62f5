# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images that cannot be prepared, side by side in one play: each gets one error that says why, and all is as it was: images, directory and machine.

So it is with mounts of this machine's kernel and in libguestfs' appliance.
"""

import contextlib
import hashlib
import json
import os
import pathlib
import subprocess

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.opening import appliance, session
from lab import demo_image, disk as disk_cache, playing
from lab.recipe import Plan, Recipe
from unit.image.images import MIB, mounted, run

from .guests import as_user, busybox_disk, emulate_where_needed, held, place_of_a_user, users_python_works, wait_until

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
    "encrypted": "partition 1 holds an encrypted LUKS volume",
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
    disks["encrypted"] = busybox_disk(folder / "encrypted.raw")
    with open(disks["encrypted"], "r+b") as stream:
        stream.seek(MIB)
        stream.write(b"LUKS\xba\xbe\0\x02" + bytes(8184))
    return disks


def state(folder):
    """Return the images in a folder, what this machine holds of them, and how LVM is set up, to compare. Other tests have volume groups at the same time."""
    lvm = {str(path): path.read_bytes() for path in pathlib.Path("/etc/lvm").rglob("*") if path.is_file() and path.parent.name not in ("archive", "backup")}
    images = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
    return images, held(folder), lvm


def emulators(folder):
    """Return the numbers ([int]) of the emulators that have an image of a folder."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            words = path.read_bytes().split(b"\0")
            found += [int(path.parent.name)] if b"qemu" in words[0] and any(f"{folder}/".encode() in word for word in words[1:]) else []
    return found


@pytest.fixture(scope="module", params=["kernel", pytest.param("appliance", marks=pytest.mark.slow)])
def refused(request, tmp_path_factory):
    """(play on all the images, state before, state after)."""
    folder = tmp_path_factory.mktemp("refused")
    disks = make(folder)
    before = state(folder)
    variables = {"image": ",".join(str(path) for path in disks.values()), "image_way": request.param, **VARIABLES}
    with pytest.MonkeyPatch.context() as monkeypatch:
        emulate_where_needed(monkeypatch)
        play = playing.playbook(demo_image.INVENTORY, demo_image.PLAYBOOK, variables, diff=False, timeout=1800)
    wait_until(lambda: not emulators(folder))
    return play, before, state(folder)


@pytest.mark.parametrize("name", ERRORS)
def test_each_gets_one_error_that_says_why(name, refused):
    failed = [" ".join(task.split()) for task in refused[0].failed_tasks() if task.partition(": ")[0].endswith(f"/{name}.raw")]

    assert len(failed) == 1, json.dumps(failed, indent=1)
    assert ERRORS[name] in failed[0]


def test_images_directory_and_machine_are_as_they_were(refused):
    _play, before, after = refused

    assert after == before


@pytest.mark.parametrize("way", ["kernel", "appliance"])
def test_an_image_that_cannot_be_written_is_refused_where_it_would_be_changed_in_place(way, tmp_path, run_module):
    disk = busybox_disk(tmp_path / "disk.raw")
    before = state(tmp_path)
    run("chattr", "+i", disk)
    try:
        result = run_module("image_session", path=disk, owner=os.getpid(), way=way)
    finally:
        run("chattr", "-i", disk)

    assert result["failed"] and f"cannot open {disk}: not permitted; run the task as root (`become: true`) and look for an immutable flag" in result["msg"]
    assert state(tmp_path) == before


@pytest.mark.parametrize("way", ["kernel", "appliance"])
def test_an_image_in_use_is_refused(way, tmp_path, run_module):
    disk = busybox_disk(tmp_path / "disk.raw")
    before = state(tmp_path)

    with open(disk, "r+b"):
        result = run_module("image_session", path=disk, owner=os.getpid(), way=way)

    assert result["failed"] and "still in use" in result["msg"]
    assert not emulators(tmp_path) and state(tmp_path) == before


@pytest.mark.parametrize(("way", "user"), [("appliance", 0), ("auto", 1000)])
def test_without_libguestfs_it_is_told_what_to_install(way, user, tmp_path, monkeypatch):
    disk = busybox_disk(tmp_path / "disk.raw")
    before = state(tmp_path)
    monkeypatch.setattr(appliance.commands, "find", lambda name: None if name == "guestfish" else name)
    monkeypatch.setattr(session.os, "geteuid", lambda: user)

    with pytest.raises(ImagewrightError) as refusal:
        session.begin(str(disk), os.getpid(), network=False, way=way)

    monkeypatch.undo()
    reason = "only root may mount its file systems; run Ansible as root; or install" if user else "guestfish is not installed on this machine; install"
    assert str(refusal.value) == f"cannot open {disk}: {reason} libguestfs (guestfish), which opens it in a small virtual machine"
    assert state(tmp_path) == before


@pytest.mark.slow
@pytest.mark.skipif(not users_python_works(), reason="this Python is for root alone")
def test_a_user_whose_own_the_image_is_not_is_told_so():
    with place_of_a_user() as home:
        disk = busybox_disk(home / "disk.raw")
        disk.chmod(0o644)
        before = state(home)
        program = (
            "from ansible_collections.imagewright.azure.plugins.module_utils.opening import session\n"
            f"session.begin({str(disk)!r}, {os.getpid()}, False, 'appliance')"
        )

        done = as_user(home, program)

        assert f"cannot open {disk}: permission denied; run the task as root" in done.stderr.splitlines()[-1]
        (home / "bin/ansible-playbook").unlink()
        (home / "bin").rmdir()
        assert state(home) == before


@pytest.mark.slow
def test_a_package_manager_without_network_in_the_appliance_is_one_error(tmp_path, monkeypatch):
    emulate_where_needed(monkeypatch)
    image = tmp_path / "disk.raw"
    plan = Plan(Recipe(), faulty=True)
    subprocess.run(["cp", "--sparse=always", disk_cache.cached_disk(plan), image], check=True)
    before = state(tmp_path)
    variables = {"image": str(image), "image_way": "appliance", **demo_image.KIND, "image_network": False}

    play = playing.playbook(demo_image.INVENTORY, demo_image.PLAYBOOK, variables, diff=False, timeout=3600)

    assert sum(counts["failures"] for counts in play.hosts.values()) == 1, play.output
    error = play.failed_tasks()[-1]
    assert "cannot install the package waagent" in error and "image_network=true" in error and "guest_agent_package_files" in error
    wait_until(lambda: not emulators(tmp_path))
    assert state(tmp_path) == before
