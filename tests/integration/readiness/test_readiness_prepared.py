# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A faulty guest that was prepared: no error is left, and its VHD has the verdict that it had while it ran."""

import json

import pytest
from conftest import run_module_process
from lab import container, disk
from lab.files import copy_sparse
from lab.live import LiveGuest
from lab.recipe import Plan, Recipe

pytestmark = pytest.mark.slow

VARIABLES = {"prepare_image_kind": "specialized", "prepare_shutdown": False}


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory):
    """(findings of the running guest before and after the preparation, seconds that the rules took there, result of its VHD)."""
    folder = tmp_path_factory.mktemp("prepared")
    copy_sparse(disk.cached_disk(Plan(Recipe(), faulty=True)), folder / "disk.raw")
    record = container.start(image=folder / "disk.raw", keep=True, owned=True)
    try:
        guest = LiveGuest(record)
        before = guest.module("readiness_info", kind="specialized")
        play = guest.role("prepare", VARIABLES)
        assert not play.failed, play.output
        after = guest.module("readiness_info", kind="specialized", reports={"json": "/root/report.json"})
        seconds = json.loads(guest.read("/root/report.json"))["seconds"]
    finally:
        container.stop(record)
    made = run_module_process("vhd_align", src=str(folder / "disk.raw"), dest=str(folder / "disk.vhd"))
    assert not made["failed"], made
    return before, after, seconds, run_module_process("readiness_info", image=str(folder / "disk.vhd"), kind="specialized")


def errors(result):
    """Return the ids of what keeps the guest from being ready."""
    assert not result["failed"], result
    return [found["id"] for found in result["findings"] if found["severity"] == "error" and found["status"] in ("failed", "unknown")]


def test_no_error_is_left_on_the_guest_and_on_its_vhd(verdicts):
    before, after, _seconds, vhd = verdicts
    assert len(errors(before)) > 4 and not before["ready"]
    assert errors(after) == [] and after["ready"]
    assert errors(vhd) == [] and vhd["ready"] and vhd["generations"] == [1]


def test_the_vhd_has_the_verdict_of_the_running_guest(verdicts):
    _before, after, _seconds, vhd = verdicts
    of_vhd = {found["id"]: found for found in vhd["findings"]}
    of_files = [found for found in after["findings"] if found["status"] != "not_applicable"]
    assert len(of_files) > 60
    assert [of_vhd[found["id"]] for found in of_files] == of_files


def test_all_rules_take_less_than_three_seconds_on_the_guest(verdicts):
    assert verdicts[2] < 3
