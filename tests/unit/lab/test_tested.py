# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/tested.md says what the tests ran, and no more."""

import importlib.util
import re
from pathlib import Path

import pytest
from lab import line, record, shapes
from lab.demo_proofs import Proof

CHECKOUT = Path(__file__).parents[3]


@pytest.fixture(name="generator")
def fixture_generator():
    """docs/generate_tested.py as a module."""
    specification = importlib.util.spec_from_file_location("generate_tested", CHECKOUT / "docs/generate_tested.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def result(failed=()):
    """Return a result of the line as tests/lab/tested.json holds it."""
    return {
        "proofs": 30,
        "failed": dict.fromkeys(failed, "on"),
        "date": "2026-11-28",
        "suite": "forky",
        "guest": "container",
        "ansible_core": "2.19.1",
        "versions": {},
        "seconds": {},
    }


def test_both_pages_are_as_they_are_generated(generator):
    results = record.read()
    readme = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    assert (CHECKOUT / "docs/tested.md").read_text(encoding="utf-8") == generator.document(results), "run make docs"
    assert generator.with_table(readme, generator.readme_table(results)) == readme, "run make docs"


def test_every_shape_that_a_row_names_is_one_of_the_lab(generator):
    named = {name for row in generator.DISTRIBUTIONS for name in row.shapes}
    assert named == set(shapes.SHAPES) - {"arm64"}  # which is Debian itself


def test_every_recorded_tree_that_a_row_names_is_there(generator):
    assert [name for row in generator.DISTRIBUTIONS for name in row.trees if not (generator.TREES / name).is_dir()] == []


def test_the_old_releases_that_the_rows_name_are_those_on_whose_trees_all_roles_run(generator):
    named = [name for row in generator.DISTRIBUTIONS for name in row.old]
    played = re.findall(r'"([^"]+)": old_releases\.', (CHECKOUT / generator.OLD_RELEASES).read_text(encoding="utf-8"))
    assert sorted(named) == sorted(played)


def test_what_was_not_built_is_named_with_a_reason_and_with_what_there_is(generator):
    places = [word for row in generator.NOT_BUILT for word in row[2].split("`")[1::2]]
    assert [place for place in places if "/" in place and not (CHECKOUT / place).exists()] == []
    trees = {word for row in generator.NOT_BUILT if row[2].startswith("recorded tree") for word in row[2].split("`")[1::2]}
    assert [name for name in trees if not (generator.TREES / name).is_dir()] == []
    assert all(what and why and instead for what, why, instead in generator.NOT_BUILT)


def test_a_shape_whose_proofs_did_not_all_hold_is_not_called_booted(generator):
    row = next(row for row in generator.DISTRIBUTIONS if "ubuntu" in row.shapes)
    assert generator.proof(row, {"ubuntu": result()}).startswith("shaped like it (`ubuntu`), booted: 30 proofs, 2026-11-28")
    assert generator.proof(row, {"ubuntu": result(["swap"])}).startswith("shaped like it (`ubuntu`), 29 of 30 proofs, 2026-11-28; not: swap")
    assert "shaped" not in generator.proof(row, {})


def test_a_proof_that_did_not_hold_is_named_with_what_was_seen(generator):
    assert "* not held: swap: on\n" in generator.document({"ubuntu": result(["swap"])})
    assert "not held" not in generator.document({"ubuntu": result()})


def test_the_python_of_a_guest_decides_which_ansible_drives_it(generator):
    assert generator.cores((3, 6)) == "2.16"
    assert generator.cores((3, 9)) == "2.16 to 2.21"
    assert generator.cores((3, 13)) == "2.18 to 2.21"
    assert generator.cores(None).startswith("none live")
    assert generator.driving((3, 6)) == "2.16"
    assert generator.driving(((3, 10), (3, 12))) == "2.16 to 2.21"
    assert generator.driving(((3, 10), (3, 14))) == "2.16 to 2.21; the newest guests 2.20 to 2.21"


def test_a_walk_is_kept_in_place_of_the_one_before(tmp_path):
    walked = line.Line([Proof("swap", "R12", "", "on", False), Proof("boot", "", "", "yes", True)], [["Boot", 12.4]], {"dracut": "112"}, "container")
    place = tmp_path / "tested.json"
    record.keep("suse", walked, place)
    record.keep("suse", walked._replace(kind="vm"), place)
    kept = record.read(place)
    assert list(kept) == ["suse"]
    assert (kept["suse"]["guest"], kept["suse"]["suite"], kept["suse"]["failed"], kept["suse"]["seconds"]) == ("vm", "forky", {"swap": "on"}, {"Boot": 12})
