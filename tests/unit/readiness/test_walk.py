# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The path: where the machine stops, what lies behind, and what holds nobody up."""

import pytest

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.context import Context
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import Finding
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.path.walk import first_stop, walk


def finding(rule, step, status, severity="error"):
    """Return a Finding of a step."""
    return Finding(rule, "holds", "is wrong", severity, status, step, [], "reason", "fix", "source")


def statuses(findings):
    """Return {step: status} of the path."""
    return {step.step: step.status for step in walk(findings)}


def test_the_steps_come_in_the_order_of_a_boot():
    assert [step.step for step in walk([])] == [
        "firmware",
        "loader",
        "kernel",
        "command_line",
        "initramfs",
        "root",
        "system_manager",
        "first_card",
        "ssh",
        "provisioner",
        "identity",
    ]


def test_steps_behind_a_failed_one_are_not_reached_and_keep_their_findings():
    path = walk(
        [finding("R14a", "firmware", "passed"), finding("R14c", "loader", "failed"), finding("R16", "kernel", "passed"), finding("R46a", "ssh", "failed")]
    )
    assert [(step.status, step.findings) for step in path if step.status != "not_applicable"] == [
        ("passed", []),
        ("failed", ["R14c"]),
        ("not_reached", []),
        ("not_reached", ["R46a"]),
    ]


def test_a_step_that_could_not_be_decided_stops_the_path_too():
    found = statuses([finding("R16", "kernel", "unknown"), finding("R13b", "command_line", "passed")])
    assert (found["kernel"], found["command_line"]) == ("unknown", "not_reached")


def test_a_failed_error_weighs_more_than_an_unknown_one():
    assert statuses([finding("R16", "kernel", "unknown"), finding("R24", "kernel", "failed")])["kernel"] == "failed"


@pytest.mark.parametrize("severity", ["warning", "note"])
@pytest.mark.parametrize("status", ["failed", "unknown"])
def test_what_is_no_error_stops_nobody_and_is_named(severity, status):
    path = walk([finding("R33", "loader", status, severity), finding("R16", "kernel", "failed")])
    assert (path[1].status, path[1].findings, path[2].status) == ("passed", ["R33"], "failed")


def test_a_step_that_is_not_asked_or_not_seen_holds_nobody_up():
    found = statuses(
        [
            finding("R14a", "firmware", "not_applicable"),
            finding("R14c", "loader", "passed"),
            finding("R46a", "ssh", "failed"),
            finding("R49a", "identity", "not_applicable"),
        ]
    )
    assert found == dict(dict.fromkeys(found, "not_applicable"), loader="passed", ssh="failed")


def test_the_first_stop_is_named():
    assert first_stop(walk([finding("R46a", "ssh", "failed"), finding("R16", "kernel", "unknown")])).step == "kernel"
    assert first_stop(walk([finding("R16", "kernel", "passed")])) is None


def test_facts_of_a_step_are_found_once_and_their_error_is_told_to_each():
    asked = []

    def entry(context):
        asked.append(context)
        return "vmlinuz"

    def lost(unused_context):
        raise ImagewrightError("cannot read it")

    context = Context(None)
    assert [context.facts(entry), context.facts(entry), asked] == ["vmlinuz", "vmlinuz", [context]]
    for _time in range(2):
        with pytest.raises(ImagewrightError, match="cannot read it"):
            context.facts(lost)
