# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""meta/runtime.yml states the oldest ansible-core, and what else names a release agrees with it: pages, tests, the execution environment."""

import pathlib
import re

import yaml
from controllers.core import cores

CHECKOUT = pathlib.Path(__file__).resolve().parents[3]
OLDEST = re.match(r">=(\d+\.\d+)\.0$", yaml.safe_load((CHECKOUT / "meta/runtime.yml").read_text())["requires_ansible"]).group(1)
OURS = re.search(r"^ansible-core==(\d+\.\d+)\.", (CHECKOUT / "tests/setup/demo/requirements.txt").read_text(), re.MULTILINE).group(1)


def number(minor):
    return tuple(map(int, minor.split(".")))


def test_the_oldest_release_the_newest_and_that_of_the_set_up_are_tested():
    minors = [core.minor for core in cores()]

    assert minors == sorted(minors, key=number) and OURS not in minors
    assert [core.minor for core in cores("whole")] == [OLDEST, minors[-1]] == [minors[0], minors[-1]]
    assert number(OLDEST) < number(OURS) < number(minors[-1])


def test_every_release_between_is_tested():
    tested = {number(core.minor) for core in cores()} | {number(OURS)}

    assert tested == {(2, minor) for minor in range(number(OLDEST)[1], max(tested)[1] + 1)}


def test_pages_and_examples_name_the_oldest_release_that_runtime_yml_allows():
    texts = {path: path.read_text(encoding="utf-8") for pattern in ("README.md", "docs/*.md", "roles/*/README.md") for path in CHECKOUT.glob(pattern)}
    named = {(path.name, minor) for path, text in texts.items() for minor in re.findall(r"ansible-core (\d+\.\d+)(?: or later|, the oldest)", text)}

    assert ("README.md", OLDEST) in named
    assert {minor for _name, minor in named} == {OLDEST}
    assert f"ansible-core>={OLDEST}\n" in (CHECKOUT / "examples/awx/execution-environment.yml").read_text()


def test_the_page_of_old_guests_ends_with_the_newest_release_that_is_tested():
    rows = re.findall(r"^\| ((?:\d+\.\d+(?:, )?)+) \|", (CHECKOUT / "docs/old_guests.md").read_text(), re.MULTILINE)
    minors = [minor for row in rows for minor in row.split(", ")]

    assert (minors[0], minors[-1]) == (OLDEST, cores()[-1].minor)


def test_the_table_of_what_was_tested_knows_these_releases():
    matrix = re.findall(r'^    \("(\d+\.\d+)", \(3, ', (CHECKOUT / "docs/generate_tested.py").read_text(encoding="utf-8"), re.MULTILINE)

    assert sorted([*(core.minor for core in cores()), OURS], key=number) == matrix
