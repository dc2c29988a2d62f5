# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An image opened in libguestfs' appliance: what is seen of it, and that nothing is left, whoever ends it and however."""

import contextlib
import json
import os
import shutil
import signal
import subprocess

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.opening import appliance, appliance_holder, asking, session, session_folder
from ansible_collections.imagewright.azure.plugins.module_utils.vhd import locks
from lab import demo_image, playing

from .guests import USER, as_user, busybox_disk, emulate_where_needed, held, place_of_a_user, read, users_python_works, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.geteuid() != 0, reason="the disks are made by root")]


CLEAN = "# Defaults targetpw\nadmin ALL=(ALL) ALL\n"


@pytest.fixture(autouse=True)
def emulated(monkeypatch):
    """No /dev/kvm that hangs."""
    emulate_where_needed(monkeypatch)


@pytest.fixture
def disk(tmp_path):
    """A disk, and the proof that this machine holds nothing of it in the end."""
    path = busybox_disk(tmp_path / "disk.raw", files={"etc/sudoers": "Defaults targetpw\nadmin ALL=(ALL) ALL\n"})
    yield path
    wait_until(lambda: not (path.exists() and locks.holders(str(path))) and held(tmp_path)[0] == [])
    assert held(tmp_path)[2] == []


@contextlib.contextmanager
def an_owner():
    """Yield a process that a session can belong to."""
    process = subprocess.Popen(["sleep", "3600"])
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def owner():
    """A process that a session can belong to."""
    with an_owner() as process:
        yield process


def inside(opened, command, stdin=b""):
    """Return the answer to a shell's command in the appliance of a session."""
    return asking.ask(opened["session"].split(":", 2)[2], asking.Request(command, stdin), 600)


def test_the_guest_is_mounted_in_there_alone_and_what_is_written_is_in_the_image(disk, owner, run_module):
    opened = run_module("image_session", path=disk, owner=owner.pid, way="appliance")
    assert not opened["failed"], opened
    assert (opened["way"], opened["root"], opened["python"]) == ("appliance", "/sysroot", "/usr/bin/python3")

    assert inside(opened, "chroot /sysroot /bin/cat /etc/os-release").stdout == b"ID=busybox\nVERSION_ID=1\n"
    assert inside(opened, "cat; echo complaint >&2; exit 3", b"\0\xff\n" * 10**6) == (3, b"\0\xff\n" * 10**6, b"complaint\n", "")
    assert b"/dev/sd" in inside(opened, "readlink -f /dev/disk/by-uuid/*").stdout
    assert inside(opened, "tail -n +3 /proc/net/dev").stdout.split(b":")[0].strip() == b"lo"
    assert inside(opened, "echo hello > /sysroot/etc/motd").rc == 0
    closed = run_module("image_session", path=disk, state="closed", session=opened["session"])
    assert not closed["failed"], closed

    again = run_module("image_session", path=disk, owner=owner.pid, way="kernel")
    seen = subprocess.run(
        ["nsenter", "--target", again["session"].split(":")[0], "--mount", "cat", f"{again['root']}/etc/motd"], capture_output=True, text=True, check=True
    )
    assert seen.stdout == "hello\n"
    run_module("image_session", path=disk, state="closed", session=again["session"])


@pytest.mark.parametrize("killed", ["owner", "holder"])
def test_nothing_is_left_when_one_is_killed_and_the_next_run_is_right(killed, disk, owner, run_module):
    opened = run_module("image_session", path=disk, owner=owner.pid, way="appliance")
    assert not opened["failed"] and locks.holders(str(disk)), opened

    os.kill(owner.pid if killed == "owner" else int(opened["session"].split(":")[0]), signal.SIGKILL)
    if killed == "owner":
        owner.wait()

    wait_until(lambda: locks.holders(str(disk)) == [])
    if killed == "owner":
        wait_until(lambda: held(disk.parent) == ([], [], []))
    with an_owner() as next_one:
        again = run_module("image_session", path=disk, owner=next_one.pid, way="kernel")
        assert not again["failed"], again
        run_module("image_session", path=disk, state="discarded", session=again["session"])
    assert not disk.exists() and held(disk.parent) == ([], [], [])


def test_a_file_system_that_the_appliance_cannot_mount_is_one_error(tmp_path, owner, run_module):
    disk = busybox_disk(tmp_path / "disk.raw", files={"etc/fstab": "LABEL=root / ext4 defaults 0 1\nPARTUUID=2e8a1c7f-01 /data ext4 defaults 0 2\n"})

    result = run_module("image_session", path=disk, owner=owner.pid, way="appliance")

    assert result["failed"] and "the guest mounts a file system at /data, and there is no such directory" in result["msg"]
    wait_until(lambda: locks.holders(str(disk)) == [])
    assert held(tmp_path) == ([], [], [])


def test_a_machine_whose_packages_bring_no_python_is_told(disk, owner, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(appliance, "_PACKAGES", ())

    with pytest.raises(ImagewrightError, match="none of them brings /usr/bin/python3; install python3 with this machine's package manager"):
        session.begin(str(disk), owner.pid, network=False, way="appliance")

    wait_until(lambda: locks.holders(str(disk)) == [])
    assert held(tmp_path) == ([], [], [])
    shutil.rmtree(tmp_path / "cache")


@pytest.mark.skipif(not users_python_works(), reason="this Python is for root alone")
def test_who_is_not_root_opens_an_image_too(owner):
    with place_of_a_user() as home:
        disk = busybox_disk(home / "disk.raw")
        os.chown(disk, USER, USER)
        program = (
            "from ansible_collections.imagewright.azure.plugins.module_utils.opening import session, asking\n"
            f"opened = session.begin({str(disk)!r}, {owner.pid}, False)\n"
            "answer = asking.ask(opened.name.split(':', 2)[2], asking.Request('cat /sysroot/etc/os-release', b''))\n"
            f"print(opened.way, answer.stdout, session.end({str(disk)!r}, opened.name))"
        )

        done = as_user(home, program)

        assert done.stdout == "appliance b'ID=busybox\\nVERSION_ID=1\\n' []\n", done.stderr
        assert sorted(path.name for path in home.iterdir()) == ["bin", "cache", "disk.raw"]


def variables(disk, way):
    """Return the playbook's variables for a disk that has no kernel."""
    left_out = ("guest_agent", "guest_boot", "guest_kernel", "guest_network", "guest_swap", "guest_time")
    return {"image": str(disk), "image_way": way, **{f"prepare_{role}": False for role in left_out}}


def clean_sudoers(disk, way):
    """Return the play that prepares a disk, as far as its sudoers go."""
    tags = ("--tags", "guest_sudoers")
    return playing.playbook(demo_image.INVENTORY, demo_image.PLAYBOOK, variables(disk, way), diff=False, options=tags, timeout=1800)


def test_the_playbook_works_in_it_as_with_mounts(disk, tmp_path):
    play = clean_sudoers(disk, "appliance")

    assert not play.failed, play.output
    assert "opened in libguestfs' appliance, without network" in " ".join(play.output.split())
    assert read(tmp_path / "disk.vhd", "/etc/sudoers") == CLEAN


@pytest.mark.parametrize("way", ["kernel", "appliance"])
def test_a_playbook_that_is_killed_in_the_middle_leaves_nothing_and_the_next_one_is_right(way, disk, tmp_path):
    copy = tmp_path / "disk.vhd.preparing"
    argv = [playing.program("ansible-playbook"), "-i", "localhost,", demo_image.PLAYBOOK, "--extra-vars", json.dumps(variables(disk, way))]
    with subprocess.Popen(argv, env=playing.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as play:
        wait_until(lambda: os.path.exists(os.path.join(session_folder.folder_of(str(copy)), appliance_holder.SOCKET)), 600)
        play.kill()

    wait_until(lambda: locks.holders(str(copy)) == [] and held(tmp_path) == ([], [], []))
    assert not clean_sudoers(disk, "kernel").failed
    assert sorted(path.name for path in tmp_path.iterdir()) == ["disk.raw", "disk.vhd"] and read(tmp_path / "disk.vhd", "/etc/sudoers") == CLEAN
