# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records of guests, ports and published files: what parallel and killed runs must not spoil."""

import multiprocessing
import os
import signal
import socket
import time

import pytest
from lab import cleanup, guests, ports
from lab.errors import LabError
from lab.files import UNUSED_FOR, cached, published


@pytest.fixture(autouse=True)
def _own_run_directory(tmp_path, monkeypatch):
    monkeypatch.setenv("IMAGEWRIGHT_LAB_RUN", str(tmp_path / "run"))


def test_a_record_comes_back_as_it_was_written():
    guest = guests.claim("web-1", "container")
    guest.port, guest.settings = 2222, {"suite": "bookworm"}
    guests.save(guest)
    assert guests.load("web-1") == guest


def test_a_taken_name_is_refused_with_a_cure():
    guests.claim("web", "machine")
    with pytest.raises(LabError, match="lab machine stop web|lab cleanup"):
        guests.claim("web", "machine")


@pytest.mark.parametrize("name", ["", "Web", "../web", "1web", "a" * 33, "a b"])
def test_a_name_that_is_no_plain_word_is_refused(name):
    with pytest.raises(LabError, match="cannot name a guest"):
        guests.claim(name, "container")


def test_a_name_that_nobody_has_is_told_with_those_that_run():
    guests.claim("web", "container")
    with pytest.raises(LabError, match="running guests: web"):
        guests.load("db")


def test_cleanup_leaves_a_guest_that_is_being_started():
    guest = guests.claim("web", "container")
    cleanup.cleanup()
    assert guests.load("web") == guest


def test_cleanup_takes_a_guest_whose_start_was_killed():
    starter = multiprocessing.get_context("fork").Process(target=guests.claim, args=("web", "container"))
    starter.start()
    starter.join()
    cleanup.cleanup()
    assert guests.everyone() == []


def test_a_process_is_known_by_pid_and_start_time():
    own = guests.identity(os.getpid())
    assert guests.alive(own)
    assert not guests.alive([own[0], own[1] + 1])
    assert not guests.alive([])


def test_two_owners_never_get_the_same_port_and_release_gives_back():
    held = {ports.reserve("a") for _each in range(20)}
    assert len(held) == 20
    ports.release("a")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", held.pop()))


def _publish_and_hang(path):
    with published(path) as part:
        part.write_text("half")
        time.sleep(60)


def test_a_killed_builder_leaves_no_half_file_and_the_next_one_tidies_up(tmp_path):
    path = tmp_path / "base.tar"
    builder = multiprocessing.get_context("fork").Process(target=_publish_and_hang, args=(path,))
    builder.start()
    deadline = time.monotonic() + 100
    while not list(tmp_path.glob("base.tar.part-*")) and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(builder.pid, signal.SIGKILL)
    builder.join()
    assert not path.exists()
    with published(path) as part:
        part.write_text("whole")
    assert path.read_text() == "whole"
    assert list(tmp_path.iterdir()) == [path]


def test_a_builder_that_fails_publishes_nothing(tmp_path):
    path = tmp_path / "disk.raw"
    with pytest.raises(LabError), published(path) as part:
        part.write_text("half")
        raise LabError("no room")
    assert list(tmp_path.iterdir()) == []


def test_what_is_cached_is_built_once(tmp_path):
    built = []

    def build(part):
        built.append(part)
        part.write_text("content")

    for _each in range(2):
        assert cached(tmp_path / "base.tar", build).read_text() == "content"
    assert len(built) == 1


def test_a_new_build_drops_what_nobody_has_asked_for_in_a_week_and_is_not_in_use(tmp_path):
    for name in ("old", "used", "new"):
        (tmp_path / name).mkdir()
        age = 0 if name == "new" else UNUSED_FOR + 60
        os.utime(tmp_path / name, (time.time() - age, time.time() - age))
    cached(tmp_path / "next", lambda part: part.write_text(""), in_use={str(tmp_path / "used")})
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir() and path.name != "run") == ["new", "used"]
