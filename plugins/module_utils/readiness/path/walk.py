# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The path of a machine from its firmware to the first login, as far as the findings say that it comes.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections

from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, FAILED, NOT_APPLICABLE, PASSED, UNKNOWN
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import STEPS

NOT_REACHED = "not_reached"
STEP_STATUSES = (PASSED, FAILED, UNKNOWN, NOT_REACHED, NOT_APPLICABLE)

#: step: one of STEPS; status: one of STEP_STATUSES; findings: [str], ids of the step's rules that failed or are unknown, of any severity.
PathStep = collections.namedtuple("PathStep", "step status findings")


def walk(findings):
    """Return the [PathStep] of findings ([Finding]), one for each of STEPS.

    A step fails, or is unknown, by a rule of severity error: there the machine stops, and the steps behind it are not reached. Findings keep their own
    status all the same. A step none of whose rules was asked, or concerns what is looked at, is not applicable, and holds nobody up.
    """
    path, stopped = [], False
    for step in STEPS:
        own = [found for found in findings if found.step == step]
        status = _status(own)
        if stopped and status != NOT_APPLICABLE:
            status = NOT_REACHED
        stopped = stopped or status in (FAILED, UNKNOWN)
        path.append(PathStep(step, status, [found.id for found in own if found.status in (FAILED, UNKNOWN)]))
    return path


def first_stop(path):
    """Return the PathStep at which the machine stops, or may stop, None when it comes through."""
    return next((step for step in path if step.status in (FAILED, UNKNOWN)), None)


def _status(findings):
    errors = {found.status for found in findings if found.severity == ERROR}
    if FAILED in errors:
        return FAILED
    if UNKNOWN in errors:
        return UNKNOWN
    return PASSED if any(found.status != NOT_APPLICABLE for found in findings) else NOT_APPLICABLE
