# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How rules are asked: one that fails, loops or takes too long leaves the others their verdict."""

import time

import pytest

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.readiness import budget, evaluate
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.context import Context
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, passed
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree


def sleep(unused_context):
    """Take longer than any rule may."""
    time.sleep(20)
    return passed()


def refuse(unused_context):
    """Raise the error of a file that cannot be read."""
    raise ImagewrightError("cannot read /etc/fstab: it is damaged")


def nest(context):
    """Never end."""
    return nest(context)


def fault(unused_context):
    """Raise what no rule should."""
    raise KeyError("name")


def ask(tmp_path, *checks):
    """Return the findings of rules with these checks."""
    return list(evaluate.evaluate(Context(LiveTree(str(tmp_path))), rules_of(checks)))


def rules_of(checks, **more):
    """Return rules with these checks."""
    return [
        rule(f"R{number}", title="title", fault="fault", severity=ERROR, step="root", why="why", cure="cure", source="source", **more)(check)
        for number, check in enumerate(checks)
    ]


@pytest.mark.parametrize(("check", "words"), [(refuse, "cannot read /etc/fstab"), (nest, "nest too deeply"), (fault, "fault of this collection: KeyError")])
def test_a_rule_that_cannot_tell_is_unknown_and_the_next_is_asked(tmp_path, check, words):
    found = ask(tmp_path, check, lambda unused: passed("fine"))
    assert [each.status for each in found] == ["unknown", "passed"]
    assert words in found[0].reason and not evaluate.is_ready(found)


def test_a_rule_that_takes_too_long_is_unknown(tmp_path, monkeypatch):
    monkeypatch.setattr(budget, "_MOST_WAITING_OF_STEP", 0.2)
    started = time.monotonic()
    found = ask(tmp_path, sleep, lambda unused: passed())
    assert [each.status for each in found] == ["unknown", "passed"] and time.monotonic() - started < 5
    assert "cannot check R0 within" in found[0].reason


def test_all_rules_together_have_an_end(tmp_path, monkeypatch):
    monkeypatch.setattr(budget, "seconds_left", lambda: 0.0)
    found = ask(tmp_path, *[sleep] * 30)
    assert {each.status for each in found} == {"unknown"} and "there was no time" in found[-1].reason


def test_what_was_not_reached_is_unknown_with_the_cause(tmp_path):
    rules = rules_of([lambda unused: passed(), sleep, sleep])
    rules.append(rules_of([sleep], kinds=("specialized",))[0]._replace(id="R3"))
    reached = list(evaluate.evaluate(Context(LiveTree(str(tmp_path))), rules[:1]))
    found = evaluate.not_reached(rules, reached, "azure", "generalized", "it took more than 60 s of process time")
    assert [each.status for each in found] == ["passed", "unknown", "unknown", "not_applicable"]
    assert found[1].reason == found[2].reason and found[1].reason.startswith("the verdict was ended when it came to R1: it took more than 60 s")
    assert not evaluate.is_ready(found)


@pytest.mark.parametrize("error", [budget.Spent("cannot check R0 within 25 s"), MemoryError(), RecursionError()])
def test_what_was_too_much_for_one_rule_is_not_read_again_for_the_next(tmp_path, error):
    read = []

    def reader(unused_tree):
        read.append(1)
        raise error

    found = ask(tmp_path, *[lambda context: context.shared(reader)] * 3)
    assert {each.status for each in found} == {"unknown"} and len(read) == 1


def test_what_rules_share_is_read_once_and_its_error_told_to_each(tmp_path):
    read = []

    def reader(unused_tree):
        read.append(1)
        raise ImagewrightError("cannot read it")

    found = ask(tmp_path, *[lambda context: context.shared(reader)] * 3)
    assert [each.reason for each in found] == ["cannot read it"] * 3 and len(read) == 1
