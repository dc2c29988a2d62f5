# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdict as SARIF, which code-scanning views show beside the lines that it names.

PRIVATE: module_utils of this collection are not an interface.
Source: Static Analysis Results Interchange Format 2.1.0, OASIS.
"""

import json
import posixpath
from urllib.parse import quote

from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import (
    ERROR,
    FAILED,
    NOT_APPLICABLE,
    NOTE,
    PASSED,
    UNKNOWN,
    WARNING,
    headline,
)
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.links import COLLECTION, HOMEPAGE, VERSION, requirement
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.verdict import moment

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {ERROR: "error", WARNING: "warning", NOTE: "note"}
_KINDS = {FAILED: "fail", UNKNOWN: "open", PASSED: "pass", NOT_APPLICABLE: "notApplicable"}


def to_sarif(found):
    """Return the SARIF text (str) of a Verdict: a rule and a result for each finding; what passed is there too, with its kind.

    Paths are those of the guest, relative to the root of its file system.
    """
    driver = {
        "name": f"{COLLECTION}.readiness_info",
        "version": VERSION,
        "semanticVersion": VERSION,
        "informationUri": HOMEPAGE,
        "rules": [_rule(finding) for finding in found.findings],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": True, "endTimeUtc": moment(found.made)}],
        "originalUriBaseIds": {"GUEST": {"description": {"text": f"the root of the guest's file system: {found.subject}"}}},
        "results": [result for index, finding in enumerate(found.findings) for result in _results(index, finding)],
        "properties": {"subject": found.subject, "ready": found.ready, "path": [dict(step._asdict()) for step in found.path]},
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, sort_keys=True) + "\n"


def _rule(finding):
    return {
        "id": finding.id,
        "name": finding.id,
        "shortDescription": {"text": finding.title},
        "fullDescription": {"text": finding.fault},
        "help": {"text": f"{finding.cure}\nSource: {finding.source}"},
        "helpUri": requirement(finding.id),
        "defaultConfiguration": {"level": _LEVELS[finding.severity]},
        "properties": {"tags": [finding.step]},
    }


def _results(index, finding):
    """Return one result for each place of a finding, one without a place where it has none: viewers show the first location of a result only."""
    kind = _KINDS[finding.status]
    words = headline(finding) + (": could not be decided" if finding.status == UNKNOWN else "")
    result = {"ruleId": finding.id, "ruleIndex": index, "kind": kind, "level": _LEVELS[finding.severity] if kind == "fail" else "none"}
    places = [place for place in finding.evidence if place.path] if finding.status in (FAILED, UNKNOWN) else []
    if not places:
        return [dict(result, message={"text": f"{words}. {finding.reason}"}, partialFingerprints={"place/v1": finding.id})]
    return [
        dict(
            result,
            message={"text": f"{words}: {place.text}. {finding.reason}"},
            locations=[_location(place)],
            partialFingerprints={"place/v1": f"{finding.id}:{place.path}:{place.text}"},
        )
        for place in places
    ]


def _location(place):
    artifact = {"uri": quote(posixpath.normpath(place.path).lstrip("/") or "."), "uriBaseId": "GUEST"}
    physical = {"artifactLocation": artifact}
    if place.line:
        physical["region"] = {"startLine": place.line}
    return {"physicalLocation": physical}
