# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the check of a rule answers, and the finding that becomes of it.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections

from ansible_collections.imagewright.azure.plugins.module_utils.core.display import printable

ERROR, WARNING, NOTE = "error", "warning", "note"
SEVERITIES = (ERROR, WARNING, NOTE)
PASSED, FAILED, NOT_APPLICABLE, UNKNOWN = "passed", "failed", "not_applicable", "unknown"
STATUSES = (FAILED, UNKNOWN, PASSED, NOT_APPLICABLE)

#: A place that shows it. path: str, guest's path, or the image's; line: int from 1, or None; text: str.
Evidence = collections.namedtuple("Evidence", "path line text")
Evidence.__new__.__defaults__ = (None, "")

#: A check's answer. status: one of STATUSES; evidence: [Evidence]; detail: str, what was found, one sentence or "";
#: severity: another than the rule's, or None.
Outcome = collections.namedtuple("Outcome", "status evidence detail severity")

#: One line of the verdict, with the keys of the module's result; title and fault: what holds, and what is wrong; step: one of steps.STEPS.
Finding = collections.namedtuple("Finding", "id title fault severity status step evidence reason cure source")

_MOST_EVIDENCE = 50
_MOST_TEXT = 400  # characters of one line
_MOST_PATH = 1000  # characters
_MOST_REASON = 2000  # characters


def passed(detail="", evidence=()):
    """Return the Outcome of a rule that holds."""
    return Outcome(PASSED, list(evidence), detail, None)


def failed(evidence, detail="", severity=None):
    """Return the Outcome of a rule that does not hold.

    evidence: [Evidence], where it shows.
    """
    return Outcome(FAILED, list(evidence), detail, severity)


def not_applicable(detail):
    """Return the Outcome of a rule that does not concern this guest; detail says why."""
    return Outcome(NOT_APPLICABLE, [], detail, None)


def unknown(detail, evidence=(), severity=None):
    """Return the Outcome of a rule that could not be decided; detail says why. It never counts as passed."""
    return Outcome(UNKNOWN, list(evidence), detail, severity)


def failed_if(evidence, detail="", severity=None):
    """Return failed when there is evidence, else passed."""
    evidence = list(evidence)
    return failed(evidence, detail, severity) if evidence else passed()


def finding(rule, outcome, profile):
    """Return the Finding of a rule's Outcome.

    profile: str, ``azure`` or ``marketplace``.
    """
    severity = outcome.severity or (profile == "marketplace" and rule.marketplace) or rule.severity
    reason = outcome.detail or rule.why
    if outcome.status == FAILED and outcome.detail:
        reason = f"{outcome.detail} {rule.why}"
    evidence = [Evidence(printable(place.path, _MOST_PATH), place.line, printable(place.text, _MOST_TEXT)) for place in outcome.evidence[:_MOST_EVIDENCE]]
    left_out = len(outcome.evidence) - len(evidence)
    if left_out > 0:
        evidence.append(Evidence("", None, f"and {left_out} more"))
    return Finding(rule.id, rule.title, rule.fault, severity, outcome.status, rule.step, evidence, printable(reason, _MOST_REASON), rule.cure, rule.source)


def headline(found):
    """Return what a Finding says in one sentence (str): what is wrong when it failed, else what holds, or would if it could be decided."""
    return found.fault if found.status == FAILED else found.title


def as_dict(found):
    """Return a Finding as the dict of the module's result."""
    return dict(found._asdict(), evidence=[dict(place._asdict()) for place in found.evidence])
