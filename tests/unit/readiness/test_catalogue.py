# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The catalogue: its document is fresh, its choice of rules is as asked."""

import importlib
import importlib.util
import pathlib
import re

import pytest

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.catalogue import all_rules, select
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.evaluate import difference
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.process import REQUIREMENTS
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import STEPS

CHECKOUT = pathlib.Path(__file__).resolve().parents[3]
DOCS = CHECKOUT / "docs"


def test_the_document_is_what_the_rules_say():
    specification = importlib.util.spec_from_file_location("generate_requirements", DOCS / "generate_requirements.py")
    generator = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(generator)
    assert (DOCS / "requirements.md").read_text(encoding="utf-8") == generator.document(), "run docs/generate_requirements.py"


def test_every_requirement_is_in_the_document():
    listed = {int(each.id[1:3]) for each in all_rules() + REQUIREMENTS}
    assert set(range(58)) <= listed


def test_the_check_of_a_rule_says_what_it_returns():
    assert [rule.id for rule in all_rules() if not (rule.check.__doc__ or "").startswith("Return ")] == []


def test_what_is_wrong_is_told_in_other_words_than_what_holds():
    rules = all_rules()
    assert [rule.id for rule in rules if rule.fault == rule.title or rule.fault.endswith(".")] == []
    assert len({rule.fault for rule in rules}) == len(rules)


def test_every_rule_belongs_to_a_step_and_rules_of_a_step_to_it():
    assert [rule.id for rule in all_rules() if rule.step not in STEPS] == []
    for step in STEPS:
        module = importlib.import_module("ansible_collections.imagewright.azure.plugins.module_utils.readiness.path." + step)
        assert [rule.id for rule in module.RULES if rule.step != step] == []
        assert [rule.id for rule in module.RULES if rule not in all_rules()] == []


def test_what_is_said_to_fix_it_is_a_role_or_a_module_of_this_collection():
    known = {path.stem for path in (CHECKOUT / "plugins/modules").glob("*.py")} | {path.name for path in (CHECKOUT / "roles").iterdir()}
    fixes = {(rule.id, fix.split()[0]) for rule in all_rules() for fix in rule.fixed_by.split(";") if fix.strip()}
    assert len(fixes) > 80
    assert [fix for fix in fixes if fix[1] not in known] == []


def test_a_role_that_is_said_to_fix_it_has_the_requirement_among_its_tags():
    lacking = []
    for rule in all_rules():
        for role in [fix.split()[0] for fix in rule.fixed_by.split(";") if fix.strip().startswith("guest_")]:
            tasks = "".join(path.read_text() for path in (CHECKOUT / "roles" / role).rglob("*.yml"))
            lacking += [] if re.search(rf"\b{rule.id[:3]}\b", tasks) else [(rule.id, role)]
    assert lacking == []


def test_rules_come_by_the_number_of_their_requirement():
    ids = [rule.id for rule in all_rules()]
    assert ids.index("R00") < ids.index("R09") < ids.index("R12a") < ids.index("R12b") < ids.index("R56")


def test_an_id_of_a_requirement_means_all_its_rules():
    assert [rule.id for rule in select(all_rules(), include=["R12"])] == ["R12a", "R12b", "R12c", "R12d"]
    assert [rule.id for rule in select(all_rules(), include=["R12"], exclude=["R12b"])] == ["R12a", "R12c", "R12d"]


def test_r1_does_not_mean_r10():
    with pytest.raises(ImagewrightError, match="'R1'"):
        select(all_rules(), include=["R1"])


def test_the_difference_names_what_is_fixed_new_and_left():
    before = [{"id": "R01", "status": "failed"}, {"id": "R02", "status": "unknown"}, {"id": "R07", "status": "passed"}]
    after = [{"id": "R01", "status": "passed"}, {"id": "R02", "status": "failed"}, {"id": "R07", "status": "failed"}]
    assert difference(before, after) == {"fixed": ["R01"], "appeared": ["R07"], "left": ["R02"]}
