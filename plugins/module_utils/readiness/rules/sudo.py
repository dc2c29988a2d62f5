# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""sudo: the user that Azure makes can become root, and not everybody can.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import WARNING, Evidence, failed, not_applicable, passed
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import PROVISIONER
from ansible_collections.imagewright.azure.plugins.module_utils.sudo import sudoers


def _matches(tree):
    return sudoers.matches(tree)


@rule(
    "R47",
    step=PROVISIONER,
    severity=WARNING,
    fixed_by="guest_sudoers; sudoers_clean",
    title="sudo asks for the user's own password, and only of those who may",
    fault="sudo asks for another password than the user's own, or of everybody",
    why="Defaults targetpw asks for root's password, which nobody knows on Azure: the user that is provisioned cannot use sudo. Together with it goes ALL "
    "ALL=(ALL) ALL, which alone would make everybody root.",
    cure="Run the role guest_sudoers (sudoers_clean).",
    source="Microsoft: suse-create-upload-vhd; guide of 2015",
    choice="The guide of 2015 has the step, those of 2017 and today dropped it, SUSE's page keeps it as important: kept, as a pair.",
)
def own_password(context):
    """Return failed with each Defaults targetpw and ALL ALL=(ALL) ALL of sudoers and what it includes."""
    if not context.tree.exists(sudoers.main_file(context.tree)):
        return not_applicable("sudo is not configured")
    found = context.shared(_matches)
    if not found:
        return passed()
    alone = {match.rule for match in found} == {"all_all"}
    return failed(
        [Evidence(match.path, match.line, match.text) for match in found],
        "Without targetpw the second line lets every user become root with a password of their own." if alone else "",
    )


RULES = [own_password]
