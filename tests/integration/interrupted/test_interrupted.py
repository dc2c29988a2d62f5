# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every module that writes, stopped or failing at each of its file operations: whatever happens, the next run finishes."""

import json
import os
import subprocess
import sys

import conftest
import pytest
from integration.interrupted.exploring import BEGINNING, CASES, END, PAGE, spread

#: Moments of each guest that `make test` tries; `make test-all` tries every one.
SAMPLE = 10

#: {case: what is known to be wrong}; a case that is right again fails here, so that it is taken out.
KNOWN = {}


@pytest.fixture(scope="module")
def explore():
    """Return a function that has another process explore a case: (name, count) -> dict."""
    paths = os.pathsep.join([str(conftest.CHECKOUT / "tests"), str(conftest.COLLECTIONS)])
    process = subprocess.Popen(
        [sys.executable, "-m", "integration.interrupted.exploring"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=dict(os.environ, PYTHONPATH=paths),
    )

    def ask(name, count=None):
        process.stdin.write(json.dumps([name, count]) + "\n")
        process.stdin.flush()
        return json.loads(process.stdout.readline())

    yield ask
    process.stdin.close()
    assert process.wait(timeout=60) == 0


def cases():
    """Return a parameter for each case, marked where it is known to be wrong."""
    return [pytest.param(name, marks=pytest.mark.xfail(strict=True, reason=KNOWN[name]) if name in KNOWN else ()) for name in CASES]


def assert_right(explored):
    """Assert that nothing went wrong at any moment."""
    assert "undisturbed" not in explored, explored["undisturbed"]
    shown = [f"{moment}: {'; '.join(problems)}" for moment, problems in explored["bad"]]
    assert shown == [], f"{len(shown)} of {explored['moments']} moments are bad:\n" + "\n".join(shown[:20])


@pytest.mark.parametrize("name", cases())
def test_a_run_that_is_disturbed_leaves_every_file_whole_and_the_next_one_finishes(explore, name):
    assert_right(explore(name, SAMPLE))


@pytest.mark.slow
@pytest.mark.parametrize("name", cases())
def test_a_run_that_is_disturbed_at_any_moment_leaves_every_file_whole_and_the_next_one_finishes(explore, name):
    assert_right(explore(name))


def test_every_module_that_writes_is_disturbed():
    reading = {"check_names", "guest_agent_info", "guest_facts", "guest_survey", "guest_power_off", "show", "vhd_info"}
    # the guest's own programs write, in an image that is thrown away when they are disturbed; and what is mounted is tested in integration/opening
    in_images = {"guest_agent_source", "guest_labels", "guest_packages", "guest_services", "image_session"}
    modules = {path.stem for path in (conftest.CHECKOUT / "plugins/modules").glob("*.py")}
    assert {case.module for case in CASES.values()} == modules - reading - in_images


def test_the_page_has_figures_of_every_module_and_none_is_bad():
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.read_text().split(BEGINNING)[1].split(END)[0].strip().splitlines()[2:]]
    assert [row[0] for row in rows] == [f"`{module}`" for module in sorted({case.module for case in CASES.values()})] + ["all"]
    assert {row[-1] for row in rows} == {"0"}


def test_a_sample_is_spread_over_the_run():
    assert spread(list(range(100)), 100, 1) == list(range(100))
    drawn = spread(list(range(100)), 10, 1)
    assert [number // 10 for number in drawn] == list(range(10)) and drawn == spread(list(range(100)), 10, 1) != spread(list(range(100)), 10, 2)
