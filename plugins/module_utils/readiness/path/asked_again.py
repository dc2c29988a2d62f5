# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of the way in, asked once more of the image with some files changed: what fails then, and did not before, the change breaks.

PRIVATE: module_utils of this collection are not an interface.
"""

import re

from ansible_collections.imagewright.azure.plugins.module_utils.core.edited_tree import EditedTree
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.context import Context
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, FAILED
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.path import login, new_user, ssh, sudo
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rules import firewall, network

#: What written files may break.
ASKED = ssh.RULES + login.RULES + sudo.RULES + firewall.RULES + [rule for rule in new_user.RULES if rule.id in ("R40g", "R40h")] + [network.dhcp]
#: Where files of the way in lie; of others no question is asked again.
OF_THE_WAY_IN = re.compile(
    r"/etc/(ssh|pam\.d|security|sudoers|nologin|hosts\.(allow|deny)|nftables|iptables|sysconfig|ufw|default|firewalld|login\.defs|profile|bash|skel|shells|"
    r"netplan|network|systemd/network|NetworkManager|nsswitch|passwd|shadow|group)|/usr/lib/systemd|/etc/systemd/system"
)


def with_edits(context, edits):
    """Return the Context of the same guest with edits ([Edit]) made."""
    tree = EditedTree(context.tree, edits)
    return Context(tree, context.disk, context.profile, context.generation, context.kind, context.problem, context.image)


def failing(asked, context):
    """Return the [Evidence] of a rule that fails as an error, [] when it holds or cannot be decided."""
    try:
        outcome = asked.check(context)
    except ImagewrightError:
        return []
    return outcome.evidence if outcome.status == FAILED and (outcome.severity or asked.severity) == ERROR else []
