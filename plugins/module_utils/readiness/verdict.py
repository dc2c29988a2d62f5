# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A verdict as a whole, as reports and the module's result show it.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import time

from ansible_collections.imagewright.azure.plugins.module_utils.core.display import printable
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.evaluate import is_ready, summarize
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import FAILED, SEVERITIES, UNKNOWN
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.path.walk import walk

#: One image. size: int, bytes of the file; modified: float, s since the epoch.
ImageFile = collections.namedtuple("ImageFile", "size modified")

#: subject: str, what was checked; system: str, its distribution, or ""; made: float, s since the epoch; image: ImageFile, or None;
#: profile, kind, generation: as asked; ready: bool;
#: generations: [int]; findings: [Finding]; path: [path.walk.PathStep]; summary: {str: int}; seconds: float.
Verdict = collections.namedtuple("Verdict", "subject system made image profile kind generation ready generations findings path summary seconds")

_FEWEST_TOGETHER = 3


def verdict(question, opened, findings, seconds, image=None):
    """Return the Verdict of findings ([Finding]) on a Question and what was Opened for it, made now.

    seconds: float, how long it took; image: ImageFile, or None.
    """
    return Verdict(
        printable(opened.subject),
        printable(opened.system),
        time.time(),
        image,
        question.profile,
        opened.kind,
        question.generation,
        is_ready(findings),
        opened.generations,
        findings,
        walk(findings),
        summarize(findings),
        seconds,
    )


def headline(found):
    """Return the verdict in one line, e.g. ``NOT READY for Azure: 2 errors, 1 warning, 3 notes; 4 rules could not be decided``."""
    words = [_counted(failures(found, severity), severity) for severity in SEVERITIES]
    place = "the Azure Marketplace" if found.profile == "marketplace" else "Azure"
    undecided = found.summary[UNKNOWN]
    tail = f"; {_counted(undecided, 'rule')} could not be decided" if undecided else ""
    return f"{'READY' if found.ready else 'NOT READY'} for {place}: {', '.join(words)}{tail}"


def moment(seconds):
    """Return a time as people and programs read it, in UTC: ``2026-11-28T15:24:31Z``.

    seconds: float, since the epoch.
    """
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def failures(found, severity):
    """Return how many rules of the severity failed; those that could not be decided are not among them."""
    return sum(finding.status == FAILED and finding.severity == severity for finding in found.findings)


def open_findings(found):
    """Return ([Finding], [[Finding]]): what failed or could not be decided, and apart, what is undecided for one and the same reason.

    A disk without a Linux system leaves most rules undecided: that is one thing to tell, not ninety.
    """
    single, same = [], collections.OrderedDict()
    for finding in found.findings:
        if finding.status == UNKNOWN and not finding.evidence:
            same.setdefault(finding.reason, []).append(finding)
        elif finding.status in (FAILED, UNKNOWN):
            single.append(finding)
    groups = [group for group in same.values() if len(group) >= _FEWEST_TOGETHER]
    alone = [finding for group in same.values() if len(group) < _FEWEST_TOGETHER for finding in group]
    return sorted(single + alone, key=found.findings.index), groups


def _counted(number, word):
    return f"{number} {word}{'' if number == 1 else 's'}"
