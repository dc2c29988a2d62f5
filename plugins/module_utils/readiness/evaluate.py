# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All rules on one guest: the findings, their sum and the verdict.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.readiness import budget
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import (
    ERROR,
    FAILED,
    SEVERITIES,
    STATUSES,
    UNKNOWN,
    finding,
    not_applicable,
    unknown,
)

_SPECIALIZED = "this is an image that keeps its identity (kind: specialized)"
_BEFORE = "the guest has not been deprovisioned yet; this is checked on the finished image (kind: generalized)"
_GENERALIZED = "this is an image that is provisioned again (kind: generalized)"


def evaluate(context, rules):
    """Yield the Finding of each rule as soon as it is reached, in the order of asked.

    rules: [Rule].
    """
    for rule in asked(rules, context.profile):
        yield finding(rule, _outcome(context, rule), context.profile)


def asked(rules, profile):
    """Return the rules ([Rule]) that the profile asks; one that needs what the others met comes last."""
    return sorted((rule for rule in rules if profile in rule.profiles), key=lambda rule: rule.needs == "others")


def not_reached(rules, findings, profile, kind, cause):
    """Return the findings ([Finding]) of a verdict that was ended, those of the rules that were not reached among them.

    findings: [Finding], what was reached. cause: str, which limit was met, ``it took more than 60 s of process time``.
    """
    found = {each.id: each for each in findings}
    missing = [rule for rule in asked(rules, profile) if rule.id not in found]
    reason = f"the verdict was ended when it came to {missing[0].id if missing else 'its end'}: {cause}; what it reads is too large, or damaged"
    return [found.get(rule.id) or finding(rule, _not_meant(kind, rule) or unknown(reason), profile) for rule in asked(rules, profile)]


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
    return {
        "fixed": [rule for rule in bad_before if rule not in bad_after],
        "appeared": [rule for rule in bad_after if rule not in bad_before],
        "left": [rule for rule in bad_after if rule in bad_before],
    }


def _not_meant(kind, rule):
    """Return the Outcome of a rule that is not for images of this kind, else None."""
    if kind in rule.kinds:
        return None
    return not_applicable(_GENERALIZED if kind == "generalized" else _BEFORE if kind == "before_deprovision" else _SPECIALIZED)


def _outcome(context, rule):
    not_meant = _not_meant(context.kind, rule)
    if not_meant:
        return not_meant
    if rule.needs == "disk" and context.disk is None and context.image is not None:
        return unknown(f"the disk in the image could not be read: {context.problem}")
    if rule.needs == "disk" and context.disk is None:
        return not_applicable("only files are looked at here, no disk; give the image to have it checked")
    if rule.needs in ("tree", "others") and context.tree is None:
        return unknown(f"no Linux root could be read: {context.problem}")
    if budget.seconds_left() <= 0:
        return unknown(
            f"there was no time for it: the rules before took {budget.most_seconds()} s of process time, for what they read is too large, or damaged"
        )
    try:
        with budget.step(f"check {rule.id}"):
            return rule.check(context)
    except (ImagewrightError, budget.Spent) as error:
        return unknown(str(error))
    except RecursionError:
        return unknown("this guest's files nest too deeply to be read")
    except MemoryError:
        return unknown(f"what it reads needs more than {budget.MOST_MEMORY >> 20} MiB of memory: it is too large, or damaged")
    except Exception as error:  # pylint: disable=broad-exception-caught  # one rule's fault must not take the others' verdict away
        return unknown(f"the rule itself failed, which is a fault of this collection: {type(error).__name__}: {error}; please report it")
