# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SARIF: what the standard demands, and what a view of code scanning makes of it."""

import json
import re

from ansible_collections.imagewright.azure.plugins.module_utils.readiness.evaluate import is_ready, summarize
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import Evidence, Finding
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.path.walk import walk
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.report_sarif import to_sarif
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.verdict import Verdict

FINDINGS = [
    Finding(
        "R13a",
        "It holds",
        "It is wrong",
        "error",
        "failed",
        "system_manager",
        [Evidence("/etc/fstab", 3, "/dev/sda1 / ext4"), Evidence("/etc/my file%", None, "here")],
        "reason",
        "fix",
        "fstab(5)",
    ),
    Finding("R10", "No LVM", "LVM", "warning", "unknown", "root", [], "cannot be told", "fix", "source"),
    Finding("R09", "Free", "Not free", "note", "failed", "firmware", [], "reason", "fix", "source"),
    Finding("R16", "64-bit", "32-bit", "error", "passed", "kernel", [Evidence("/bin/sh", None, "x86_64")], "reason", "fix", "source"),
    Finding("R53", "Kept", "Lost", "error", "not_applicable", "identity", [], "no such image", "fix", "source"),
]


def sarif():
    """Return the report as it is read back."""
    return json.loads(
        to_sarif(
            Verdict(
                "/images/web.vhd",
                "Debian",
                1795965871.0,
                None,
                "azure",
                "generalized",
                "auto",
                is_ready(FINDINGS),
                [1],
                FINDINGS,
                walk(FINDINGS),
                summarize(FINDINGS),
                1.0,
            )
        )
    )


def test_the_file_has_what_the_standard_demands():
    log = sarif()
    assert log["version"] == "2.1.0" and log["$schema"].endswith("sarif-schema-2.1.0.json") and set(log) == {"$schema", "version", "runs"}
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"] == "imagewright.azure.readiness_info" and re.match(r"\d+\.\d+\.\d+$", driver["semanticVersion"])
    assert driver["informationUri"].startswith("https://") and run["columnKind"] in ("utf16CodeUnits", "unicodeCodePoints")
    assert [set(invocation) >= {"executionSuccessful"} for invocation in run["invocations"]] == [True]
    assert run["invocations"][0]["endTimeUtc"] == "2026-11-29T15:24:31Z"
    ids = [rule["id"] for rule in driver["rules"]]
    assert len(set(ids)) == len(ids)
    for rule in driver["rules"]:
        assert rule["shortDescription"]["text"] and rule["fullDescription"]["text"] and rule["helpUri"].startswith("https://")
        assert rule["defaultConfiguration"]["level"] in ("none", "note", "warning", "error")
    for result in run["results"]:
        assert ids[result["ruleIndex"]] == result["ruleId"] and result["message"]["text"]
        assert result["kind"] in ("notApplicable", "pass", "fail", "review", "open", "informational")
        # the standard: a kind other than fail has the level none
        assert result["level"] in ("error", "warning", "note") if result["kind"] == "fail" else result["level"] == "none"
        for location in result.get("locations", []):
            artifact = location["physicalLocation"]["artifactLocation"]
            assert not artifact["uri"].startswith("/") and re.match(r"[A-Za-z0-9_.~/%+-]+$", artifact["uri"])
            assert artifact["uriBaseId"] in run["originalUriBaseIds"]
            assert location["physicalLocation"].get("region", {"startLine": 1})["startLine"] >= 1


def test_each_place_of_a_fault_is_a_result():
    results = [result for result in sarif()["runs"][0]["results"] if result["ruleId"] == "R13a"]
    places = [result["locations"][0]["physicalLocation"] for result in results]
    assert places == [
        {"artifactLocation": {"uri": "etc/fstab", "uriBaseId": "GUEST"}, "region": {"startLine": 3}},
        {"artifactLocation": {"uri": "etc/my%20file%25", "uriBaseId": "GUEST"}},
    ]
    assert results[0]["message"]["text"] == "It is wrong: /dev/sda1 / ext4. reason"
    assert len({json.dumps(result["partialFingerprints"]) for result in results}) == 2


def test_statuses_become_kinds_and_severities_levels():
    found = {(result["ruleId"], result["kind"], result["level"]) for result in sarif()["runs"][0]["results"]}
    assert found == {("R13a", "fail", "error"), ("R10", "open", "none"), ("R09", "fail", "note"), ("R16", "pass", "none"), ("R53", "notApplicable", "none")}


def test_the_path_is_in_it():
    path = sarif()["runs"][0]["properties"]["path"]
    assert [step["status"] for step in path[:7]] == ["passed", "not_applicable", "passed", "not_applicable", "not_applicable", "passed", "failed"]
