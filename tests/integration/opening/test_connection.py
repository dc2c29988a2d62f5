# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks beside an opened image, in a play: what they may do, and what is left when the play is killed."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from lab import playing

from .guests import busybox_disk, held

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")

INSIDE = {"ansible_connection": "imagewright.azure.opened_image", "imagewright_image_session": "{{ opened.session }}"}


@pytest.fixture
def disk(tmp_path):
    return busybox_disk(tmp_path / "disk.raw", files={"etc/ssh/sshd_config": "Port 22\n"})


def write_play(folder, disk, tasks):
    """Return the path of a play that opens the disk, does the tasks inside, and closes it."""
    closing = {"path": str(disk), "session": "{{ opened.session }}", "state": "closed"}
    tasks = [
        {"name": "Open it", "imagewright.azure.image_session": {"path": str(disk)}, "register": "opened"},
        *({**task, "vars": INSIDE} for task in tasks),
        {"name": "Close it", "imagewright.azure.image_session": closing},
    ]
    path = folder / "play.yml"
    path.write_text(json.dumps([{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": tasks}]))
    return path


def test_modules_work_on_the_guest_with_root_and_programs_of_it_run(tmp_path, disk):
    tasks = [
        {"name": "Set", "imagewright.azure.sshd_options": {"root": "{{ opened.root }}", "options": {"ClientAliveInterval": 180}}},
        {"name": "Run", "ansible.builtin.command": "chroot {{ opened.root }} /bin/cat /etc/ssh/sshd_config"},
        {"name": "Copy", "ansible.builtin.copy": {"content": "hello", "dest": "{{ opened.root }}/etc/motd"}},
        {"name": "Raw", "ansible.builtin.raw": "cat {{ opened.root }}/etc/motd"},
    ]

    play = playing.playbook('{"all": {}}', write_play(tmp_path, disk, tasks), diff=False)

    assert not play.failed, play.output
    results = {event["task"]: event["result"] for event in play.tasks}
    assert "ClientAliveInterval 180" in results["Run"]["stdout"] and results["Raw"]["stdout"] == "hello"


def test_they_cannot_load_modules_or_set_the_clock_of_this_machine(tmp_path, disk):
    tasks = [{"name": "Ask", "ansible.builtin.command": "sh -c 'grep CapBnd /proc/self/status; date -s @0 2>&1; true'"}]

    play = playing.playbook('{"all": {}}', write_play(tmp_path, disk, tasks), diff=False)

    lines = next(event["result"]["stdout_lines"] for event in play.tasks if event["task"] == "Ask")
    # sys_module is 16, sys_rawio 17, sys_boot 22, sys_time 25 (capabilities of linux/capability.h)
    assert not int(lines[0].split()[1], 16) & (1 << 16 | 1 << 17 | 1 << 22 | 1 << 25)
    assert "cannot set date" in " ".join(lines)
    assert time.time() > 10**9


def test_a_session_that_has_ended_is_told(tmp_path, disk):
    tasks = [
        {"name": "End it", "ansible.builtin.raw": "true", "vars": {}},
        {"name": "Run", "ansible.builtin.raw": "true"},
    ]
    path = write_play(tmp_path, disk, tasks)
    path.write_text(path.read_text().replace('"{{ opened.session }}"}}, {"name": "Run"', '"4194304:1"}}, {"name": "Run"'))

    play = playing.playbook('{"all": {}}', path, diff=False)

    assert (
        play.failed
        and "the process that held it open (4194304:1) has ended, and nothing of it is mounted any more; run the play again" in play.output.replace("\n", " ")
    )


def test_a_play_that_is_killed_leaves_nothing(tmp_path, disk):
    seconds = str(10**6 + os.getpid())
    path = write_play(tmp_path, disk, [{"name": "Wait", "ansible.builtin.command": f"chroot {{{{ opened.root }}}} /bin/sh -c 'exec sleep {seconds}'"}])
    program = Path(sys.executable).with_name("ansible-playbook")
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(playing.COLLECTIONS), "ANSIBLE_HOME": str(tmp_path / "home")}
    play = subprocess.Popen([program, path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment, start_new_session=True)
    try:
        _wait_until(lambda: str(disk) in held(tmp_path)[0] and _sleepers(seconds))
    finally:
        play.send_signal(signal.SIGKILL)
        play.wait()

    _wait_until(lambda: held(tmp_path) == ([], [], []))
    assert _sleepers(seconds) == []


def _sleepers(seconds):
    """Return the processes ([pid]) of the guest's sleep of so many seconds."""
    listed = subprocess.run(["ps", "-eo", "pid=,stat=,args="], capture_output=True, text=True, check=True).stdout
    return [line.split()[0] for line in listed.splitlines() if line.split()[2:] == ["sleep", seconds] and not line.split()[1].startswith("Z")]


def _wait_until(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert condition()
