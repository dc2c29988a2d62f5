# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A user of the guest plants links and leftovers of names that can be foreseen: nothing that they lead to is touched."""

import fcntl
import os

import pytest
from integration.attacked.victims import Victim, guest_of
from integration.interrupted import running
from integration.interrupted.exploring import CASES

#: Where any user may write.
PUBLIC = ("tmp", "var/tmp", "run", "home/admin/.ssh")

#: A case of each module that writes.
ONE_EACH = list({case.module: name for name, case in CASES.items()}.values())


def names(process):
    """Return names ([str]) of temporary places that somebody could foresee for a process of this number (str)."""
    return [f"imagewright-{process}", f".imagewright-{process}", f"imagewright-initramfs-{process}", f"imagewright-sshd-{process}"]


def plant(place, process, make):
    """Have make(path) put something at each name that could be foreseen: in public directories, and beside every file of the guest."""
    root = place / "guest"
    for folder in PUBLIC:
        (root / folder).mkdir(parents=True, exist_ok=True)
    beside = [path.parent / f".{path.name}.imagewright-{process}" for path in sorted(root.rglob("*")) if path.is_file() and not path.is_symlink()]
    for path in beside + [root / folder / name for folder in PUBLIC for name in names(process)] + [place / "tmp" / name for name in names(process)]:
        make(path)


def with_planted(case, make):
    """Return the Case whose process finds what somebody planted, who knew its number."""

    def prepare(operations, place):
        if case.prepare:
            case.prepare(operations, place)
        for process in (os.getpid(), os.getpid() + 1):
            plant(place, str(process), make)

    return case._replace(prepare=prepare)


@pytest.mark.parametrize("name", ONE_EACH)
def test_a_planted_link_leads_nowhere(tmp_path, name):
    place, victim = guest_of(CASES[name], tmp_path), Victim(tmp_path / "victim")
    case = with_planted(CASES[name], lambda path: path.exists() or path.symlink_to(victim.folder))
    ended = running.run(case, place)
    assert ended.state in ("done", "failed"), ended.words
    victim.assert_untouched()
    assert ended.state == "done", ended.words


@pytest.mark.parametrize("process", ["1", "99999999999999999999", "0123456789abcdef"])
@pytest.mark.parametrize("name", ["sudoers_clean", "waagent_conf", "initrd_modules, initramfs-tools", "swap_off, all of it"])
def test_what_is_named_like_ours_and_belongs_to_somebody_else_stays(tmp_path, name, process):
    """1: a number of a living stranger; 20 digits: of no process at all."""
    place, planted = guest_of(CASES[name], tmp_path), []

    def make(path):
        path.write_bytes(b"theirs")
        os.chown(path, 4321, 4321)
        planted.append(path)

    plant(place, process, make)
    assert running.run(CASES[name], place).state == "done"
    assert [path for path in planted if not path.exists() or path.read_bytes() != b"theirs"] == []


@pytest.mark.parametrize("name", ["sudoers_clean", "waagent_conf", "fstab_clean"])
def test_what_a_living_run_writes_stays_and_what_a_killed_one_left_goes(tmp_path, name):
    place = guest_of(CASES[name], tmp_path)
    edited = {"sudoers_clean": "etc/sudoers", "waagent_conf": "etc/waagent.conf", "fstab_clean": "etc/fstab"}[name]
    path = place / "guest" / edited
    living, killed = path.parent / f".{path.name}.imagewright-0123456789abcdef", path.parent / f".{path.name}.imagewright-fedcba9876543210"
    for leftover in (living, killed):
        leftover.write_bytes(b"half")
    with open(living, "rb") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        assert running.run(CASES[name], place).state == "done"
    assert living.exists() and not killed.exists()
