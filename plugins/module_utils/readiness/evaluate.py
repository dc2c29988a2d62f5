# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All rules on one guest: the findings, their sum and the verdict.

PRIVATE: module_utils of this collection are not an interface.
"""

import time

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import (
    ERROR, FAILED, SEVERITIES, STATUSES, UNKNOWN, finding, not_applicable, unknown)
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.time_limit import time_limit

# a damaged file system, or one made to hold the verdict up, must not do so for ever
_MOST_SECONDS = 120  # of one rule
_MOST_SECONDS_OF_ALL = 300

_SPECIALIZED = "this is an image that keeps its identity (kind: specialized)"
_BEFORE = "the guest has not been deprovisioned yet; this is checked on the finished image (kind: generalized)"
_GENERALIZED = "this is an image that is provisioned anew (kind: generalized)"


def evaluate(context, rules):
    """Return the findings ([Finding]) of the rules, in their order.

    rules: [Rule].
    """
    end = time.monotonic() + _MOST_SECONDS_OF_ALL
    return [finding(rule, _outcome(context, rule, end - time.monotonic()), context.profile) for rule in rules if context.profile in rule.profiles]


def is_ready(findings):
    """Return whether no rule of severity error failed or is unknown."""
    return not any(found.severity == ERROR and found.status in (FAILED, UNKNOWN) for found in findings)


def summarize(findings):
    """Return {status: count, "errors": n, "warnings": n, "notes": n}; the last three count failed and unknown rules."""
    counts = {status: sum(found.status == status for found in findings) for status in STATUSES}
    open_findings = [found for found in findings if found.status in (FAILED, UNKNOWN)]
    counts.update({severity + "s": sum(found.severity == severity for found in open_findings) for severity in SEVERITIES})
    return counts


def difference(before, after):
    """Return {fixed, appeared, left}: ids of what failed before and not now, now and not before, and both.

    before, after: [dict], findings as the module returns them.
    """
    bad_before = [found["id"] for found in before if found["status"] in (FAILED, UNKNOWN)]
    bad_after = [found["id"] for found in after if found["status"] in (FAILED, UNKNOWN)]
    return {"fixed": [rule for rule in bad_before if rule not in bad_after],
            "appeared": [rule for rule in bad_after if rule not in bad_before],
            "left": [rule for rule in bad_after if rule in bad_before]}


def _outcome(context, rule, seconds_left):
    if context.kind not in rule.kinds:
        return not_applicable(_GENERALIZED if context.kind == "generalized" else _BEFORE if context.kind == "before_deprovision" else _SPECIALIZED)
    if rule.needs == "disk" and context.disk is None and context.image is not None:
        return unknown(f"the disk in the image could not be read: {context.problem}")
    if rule.needs == "disk" and context.disk is None:
        return not_applicable("only files are looked at here, no disk; give the image to have it checked")
    if rule.needs == "tree" and context.tree is None:
        return unknown(f"no Linux root could be read: {context.problem}")
    if seconds_left <= 0:
        return unknown(f"there was no time for it: the rules before took {_MOST_SECONDS_OF_ALL} s, for what they read is too large, or damaged")
    try:
        with time_limit(min(_MOST_SECONDS, seconds_left), f"check {rule.id}"):
            return rule.check(context)
    except ImagewrightError as error:
        return unknown(str(error))
    except RecursionError:
        return unknown("this guest's files nest too deeply to be read")
    except Exception as error:  # pylint: disable=broad-exception-caught  # one rule's fault must not take the others' verdict away
        return unknown(f"the rule itself failed, which is a fault of this collection: {type(error).__name__}: {error}; please report it")
