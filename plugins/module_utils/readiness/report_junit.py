# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdict as JUnit XML: a case for each rule, so that any CI shows it.

PRIVATE: module_utils of this collection are not an interface.
"""

import re
from xml.sax.saxutils import escape, quoteattr

from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, FAILED, NOT_APPLICABLE, UNKNOWN, headline
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.verdict import moment

#: Characters that XML 1.0 has no way to write.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_junit(found):
    """Return the XML text (str) of a Verdict.

    Failed rules of severity error are failures, those that could not be decided errors; of lower severity they pass, with what was found as their
    output, so that the suite fails exactly when the guest is not ready.
    """
    cases = [_case(finding) for finding in found.findings]
    failures, errors = (sum(finding.severity == ERROR and finding.status == status for finding in found.findings) for status in (FAILED, UNKNOWN))
    skipped = sum(finding.status == NOT_APPLICABLE for finding in found.findings)
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            f'<testsuites name="readiness for Azure" tests="{len(cases)}" failures="{failures}" errors="{errors}">',
            f'<testsuite name={_attribute(found.subject)} tests="{len(cases)}" failures="{failures}" errors="{errors}" skipped="{skipped}" '
            f'time="{found.seconds:.3f}" timestamp="{moment(found.made)[:-1]}">',
        ]
        + cases
        + ["</testsuite>", "</testsuites>", ""]
    )


def _case(finding):
    opening = f'<testcase classname="readiness.{finding.severity}" name={_attribute(finding.id + " " + finding.title)} time="0">'
    if finding.status == NOT_APPLICABLE:
        return f"{opening}<skipped message={_attribute(finding.reason)}/></testcase>"
    if finding.status not in (FAILED, UNKNOWN):
        return opening[:-1] + "/>"
    text = escape(_clean(_text(finding)))
    if finding.severity == ERROR:
        element = "failure" if finding.status == FAILED else "error"
        return f'{opening}<{element} type="{finding.status}" message={_attribute(headline(finding))}>{text}</{element}></testcase>'
    return f"{opening}<system-out>{finding.severity}, {finding.status}: {text}</system-out></testcase>"


def _text(finding):
    what = headline(finding) + (": could not be decided" if finding.status == UNKNOWN else "")
    places = [f"{place.path}{':' + str(place.line) if place.line else ''}: {place.text}" for place in finding.evidence]
    return "\n".join([what, finding.reason] + places + [f"Fix: {finding.cure}", f"Source: {finding.source}"])


def _attribute(text):
    return quoteattr(_clean(text))


def _clean(text):
    return _NOT_XML.sub("?", text)
