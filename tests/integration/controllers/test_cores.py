# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role prepare on a guest with every fault, from controllers with the oldest and the newest ansible-core."""

import subprocess

import pytest
from controllers import core
from lab import container, disk
from lab.live import LiveGuest
from lab.recipe import Plan, Recipe

pytestmark = pytest.mark.slow

QUICK = {"prepare_image_kind": "generalized", "prepare_deprovision": False, "prepare_shutdown": False}


@pytest.fixture(params=core.cores("whole"), ids=lambda release: release.minor)
def release(request, monkeypatch):
    """A release of ansible-core, whose programs the lab uses for the time of the test."""
    monkeypatch.setenv("LAB_PROGRAMS", str(core.installed(request.param).programs))
    return request.param


@pytest.fixture
def faulty_guest():
    """A guest that no other release has prepared."""
    record = container.start(image=disk.cached_disk(Plan(Recipe(), faulty=True)), owned=True)
    try:
        yield LiveGuest(record)
    finally:
        container.stop(record, at_once=True)


def test_a_guest_is_prepared_as_check_mode_said_and_the_second_run_has_nothing_to_do(release, faulty_guest):
    said = subprocess.run([release.programs / "ansible-playbook", "--version"], capture_output=True, text=True, check=True).stdout
    assert said.startswith(f"ansible-playbook [core {release.version}]")
    faulty_guest.run("systemctl is-system-running --wait", check=False)

    predicted, first, second = (faulty_guest.role("prepare", QUICK, check=check, timeout=2400) for check in (True, False, False))

    assert not predicted.failed, predicted.output
    assert not first.failed, first.output
    assert predicted.changed_tasks() == first.changed_tasks()
    assert (second.failed, second.changed_tasks()) == (False, []), second.output
    assert faulty_guest.module("readiness_info")["ready"] is True
