# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdict as a short table for a terminal.

PRIVATE: module_utils of this collection are not an interface.
"""

import textwrap

from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, FAILED, NOT_APPLICABLE, PASSED, SEVERITIES, headline as told
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.path.walk import NOT_REACHED, STEP_STATUSES, first_stop
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.verdict import headline, open_findings

_MOST_PLACES = 3
_WIDTH = 120  # characters of a line of ids


def to_table(found):
    """Return the lines ([str]) of a Verdict: the verdict, the path, what is wrong with its places and, of errors, its fix, and how much is right."""
    single, groups = open_findings(found)
    lines = [f"{found.subject}: {headline(found)}", _path(found)]
    for severity in SEVERITIES:
        for finding in single:
            lines += _row(finding) if finding.severity == severity else []
    for group in groups:
        lines += _together(group)
    summary = found.summary
    lines.append(
        f"{summary['passed']} passed, {summary['not_applicable']} not applicable"
        + (f"; boots on generation {' and '.join(map(str, found.generations))}" if found.generations else "")
    )
    return lines


def to_brief(found):
    """Return the lines ([str]) of a Verdict for a screen: the verdict, and one line for each thing that is wrong, with its first place."""
    single, groups = open_findings(found)
    lines = [f"{found.subject}: {headline(found)}"]
    for severity in SEVERITIES:
        lines += [_row(finding)[0] + _first_place(finding) for finding in single if finding.severity == severity]
    return lines + [_together(group)[0] for group in groups]


def _first_place(finding):
    """Return where a finding is, as the end of a line (str), "" where there is no file."""
    places = [place for place in finding.evidence if place.path]
    if not places:
        return ""
    more = f" and {len(places) - 1} more" if len(places) > 1 else ""
    return f": {places[0].path}" + (f":{places[0].line}" if places[0].line else "") + more


def to_difference(difference, before, after):
    """Return the lines ([str]) of what changed between two lists of findings.

    difference: {fixed, appeared, left}: as evaluate.difference; before, after: [dict].
    """
    findings = {finding["id"]: finding for finding in list(before) + list(after)}
    lines = []
    for name, sign in (("fixed", "+"), ("appeared", "!"), ("left", "-")):
        lines.append(f"{name}: {len(difference[name])}")
        lines += [f"  {sign} {rule:<5} {_told(findings.get(rule, {}), name == 'fixed')}" for rule in difference[name]]
    return lines


def _told(finding, holds):
    """Return what holds, or what is wrong (str), of a finding as the module returned it, perhaps an earlier release of it."""
    return finding.get("title", "") if holds or finding.get("status") != FAILED else finding.get("fault") or finding.get("title", "")


def _path(found):
    """Return the path in one line: the steps that are passed, the one that stops the machine with its rules, and those behind it."""
    names = {step: [each.step.replace("_", " ") for each in found.path if each.status == step] for step in STEP_STATUSES}
    stop = first_stop(found.path)
    parts = [" > ".join(names[PASSED] + ([] if stop is None else [f"{stop.step.replace('_', ' ').upper()} {stop.status}: {_stopping(found, stop)}"]))]
    parts += [f"{status.replace('_', ' ')}: {', '.join(names[status])}" for status in (NOT_REACHED, NOT_APPLICABLE) if names[status]]
    return f"{'PATH':<9} " + "; ".join(part for part in parts if part)


def _stopping(found, stop):
    """Return the ids of the errors at which the machine stops, e.g. ``R13a, R13c and 2 more``."""
    ids = [each.id for each in found.findings if each.step == stop.step and each.severity == ERROR and each.status == stop.status]
    return ", ".join(ids[:_MOST_PLACES]) + (f" and {len(ids) - _MOST_PLACES} more" if len(ids) > _MOST_PLACES else "")


def _together(findings):
    """Return the lines of findings that are undecided for the same reason, by severity."""
    lines = [f"{'UNKNOWN':<9} {len(findings)} rules could not be decided: {findings[0].reason[:200]}"]
    for severity in SEVERITIES:
        ids = " ".join(finding.id for finding in findings if finding.severity == severity)
        lines += textwrap.wrap(f"{severity}: {ids}", _WIDTH, initial_indent=" " * 16, subsequent_indent=" " * 18) if ids else []
    return lines


def _row(finding):
    mark = finding.severity.upper() if finding.status == FAILED else f"{finding.severity.upper()}?"
    lines = [f"{mark:<9} {finding.id:<5} {told(finding)}"]
    for place in finding.evidence[:_MOST_PLACES]:
        where = place.path + (f":{place.line}" if place.line else "")
        lines.append(f"{'':<15} {where}{': ' if where else ''}{place.text[:160]}")
    if not finding.evidence:
        lines.append(f"{'':<15} {finding.reason[:200]}")
    if len(finding.evidence) > _MOST_PLACES:
        lines.append(f"{'':<15} and {len(finding.evidence) - _MOST_PLACES} more")
    if finding.severity == ERROR and finding.status == FAILED:
        lines += textwrap.wrap(f"fix: {finding.cure}", _WIDTH, initial_indent=" " * 16, subsequent_indent=" " * 18, break_long_words=False)
    return lines
