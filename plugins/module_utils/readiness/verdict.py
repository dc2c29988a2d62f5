# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A verdict as a whole, as reports and the module's result show it.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections

from ansible_collections.imagewright.azure.plugins.module_utils.readiness.evaluate import is_ready, summarize

#: subject: str, what was checked; system: str, its distribution, or ""; profile, kind, generation: as asked; ready: bool;
#: generations: [int]; findings: [Finding]; summary: {str: int}; seconds: float.
Verdict = collections.namedtuple("Verdict", "subject system profile kind generation ready generations findings summary seconds")


def verdict(subject, context, findings, system, seconds):
    """Return the Verdict of findings ([Finding]) on a Context."""
    generations = context.disk.bootability.generations if context.disk else []
    return Verdict(subject, system, context.profile, context.kind, context.generation, is_ready(findings), generations, findings,
                   summarize(findings), seconds)


def headline(found):
    """Return the verdict in one line, e.g. ``NOT READY for Azure: 2 errors, 1 warning, 3 notes``."""
    words = [f"{found.summary[name + 's']} {name}{'' if found.summary[name + 's'] == 1 else 's'}" for name in ("error", "warning", "note")]
    place = "the Azure Marketplace" if found.profile == "marketplace" else "Azure"
    return f"{'READY' if found.ready else 'NOT READY'} for {place}: {', '.join(words)}"
