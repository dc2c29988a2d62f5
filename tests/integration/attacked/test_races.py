# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A user of the guest swaps a directory for a link, at each operation of a module in turn: nothing behind the link is touched."""

import os
import pathlib
import shutil

import pytest
from integration.attacked.victims import Victim, guest_of
from integration.interrupted import running
from integration.interrupted.exploring import CASES, spread
from integration.interrupted.operations import Moment

#: (case, directory that is swapped): those that belong to a user, and two of the system's.
SWAPPED = [
    ("guest_generalize, accounts locked", "home/admin/.ssh"),
    ("guest_generalize, accounts locked", "home/admin"),
    ("guest_generalize, accounts locked", "root/.ansible"),
    ("guest_generalize, accounts locked", "root/.ansible/tmp"),
    ("guest_generalize, logs too", "var/log/journal"),
    ("sudoers_clean", "etc/sudoers.d"),
    ("sshd_options, drop-in", "etc/ssh/sshd_config.d"),
]


def with_swap(case, folder, victim):
    """Return the Case in which somebody puts a link to the victim's folder where the directory was, when the moment has come."""

    def prepare(operations, place):
        if case.prepare:
            case.prepare(operations, place)
        path = place / "guest" / folder

        def meddle():
            if path.is_dir() and not path.is_symlink():
                path.rename(place / "aside")
                path.symlink_to(victim.folder)

        operations.meddle = meddle

    return case._replace(prepare=prepare)


@pytest.mark.parametrize("count", [25, pytest.param(None, marks=pytest.mark.slow)])
@pytest.mark.parametrize(("name", "folder"), SWAPPED)
def test_a_directory_that_becomes_a_link_leads_nowhere(tmp_path, name, folder, count):
    victim, template = Victim(tmp_path / "victim"), guest_of(CASES[name], tmp_path)
    case = with_swap(CASES[name], folder, victim)
    copy = shutil.copytree(template, tmp_path / "first" / "place", symlinks=True)
    operations = running.run(case, copy).operations
    moments = [Moment(kind, number, "meddle", False) for kind in ("write", "read") for number in range(1, len(operations[kind]) + 1)]
    for moment in spread(moments, count, len(folder)):
        place = tmp_path / "moment"
        shutil.copytree(template, place, symlinks=True)
        ended = running.run(case, place, moment=moment)
        assert ended.state in ("done", "failed"), (moment, ended.words)
        victim.assert_untouched()
        shutil.rmtree(place)


def test_the_link_is_there_when_its_moment_has_come(tmp_path):
    victim, place = Victim(tmp_path / "victim"), guest_of(CASES["sudoers_clean"], tmp_path)
    running.run(with_swap(CASES["sudoers_clean"], "etc/sudoers.d", victim), place, moment=Moment("read", 1, "meddle", False))
    assert os.readlink(place / "guest/etc/sudoers.d") == str(victim.folder) and pathlib.Path(place / "aside/admin").exists()
