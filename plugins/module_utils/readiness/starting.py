# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a service starts on Azure, as the Outcome of a rule.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.core import services, unit_files, units
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import Evidence, failed, passed

#: What is told when none of several services starts: the one that was meant to, before one that is merely there.
_TOLD_FIRST = (units.FAILS, units.SKIPPED, units.MASKED, units.DISABLED, units.MISSING)


def service_outcome(tree, names):
    """Return passed when one of several services (or names of one) starts at the next boot on Azure, else failed with why not.

    One of which that cannot be told is taken to start, as a service that others start.
    names: [str], as of services.state.
    """
    known = unit_files.Units(tree)
    answers = [services.will_start(known, [name]) for name in names]
    if any(answer.state in (units.STARTS, units.UNKNOWN) for answer in answers):
        return passed()
    answer = min(answers, key=lambda answer: _TOLD_FIRST.index(answer.state))
    evidence = [Evidence(cause.path or "/etc/systemd/system", cause.line, cause.text) for cause in answer.causes]
    detail = f"It is masked: `systemctl unmask {answer.unit.name}`, then enable it." if answer.state == units.MASKED else ""
    if answer.state == units.MISSING:
        evidence = [Evidence("/etc/systemd/system", None, f"none of {', '.join(names)} is there")]
    return failed(evidence or [Evidence("/etc/systemd/system", None, f"{answer.unit.name}: {answer.state}")], detail)
