# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a rule is, and how a check becomes one.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections

KINDS = ("generalized", "specialized", "before_deprovision")
PROFILES = ("azure", "marketplace")
#: Profiles of a rule that only the certification asks for.
MARKETPLACE_ONLY = ("marketplace",)

#: One thing that Azure wants.
#: id: requirement id, ``R17``, with a letter where one requirement has several rules; title: what holds when it passes; fault: what is wrong when it
#: does not; severity: error (will not boot or provision), warning or note; step: one of steps.STEPS, where the machine needs it;
#: why: str, why it matters on Azure; cure: str, what to do; source: str; check: callable, Context -> Outcome;
#: fixed_by: str, role and module that do it, "" when none does; needs: "tree", "disk" or "any", what the check reads, or "others", what the other rules met;
#: marketplace: severity in the marketplace profile, None as else; profiles: [str]; kinds: [str], kinds of image it is meant for;
#: choice: str, where the sources disagree, and what we chose.
Rule = collections.namedtuple("Rule", "id title fault severity step why cure source check fixed_by needs marketplace profiles kinds choice")


def rule(
    requirement, *, title, fault, severity, step, why, cure, source, fixed_by="", needs="tree", marketplace=None, profiles=PROFILES, kinds=KINDS, choice=""
):
    """Return a decorator that makes a check (Context -> Outcome) the Rule of a requirement; the arguments are the Rule's fields."""

    def of_check(check):
        return Rule(requirement, title, fault, severity, step, why, cure, source, check, fixed_by, needs, marketplace, profiles, kinds, choice)

    return of_check
