# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ufw: /etc/ufw, its policies in /etc/default/ufw.

Source: ufw(8), ufw-framework(8), ufw-init-functions: packets pass the chains before, user and after, then the policy.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.core import shell_variables
from ansible_collections.imagewright.azure.plugins.module_utils.network.texts import text_of
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.firewall import iptables
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.firewall.packets import MOST_RULES, ACCEPT, DROP, JUMP, Condition, Hook, PacketRule

SERVICES = ("ufw",)
SWITCH, DEFAULTS = "/etc/ufw/ufw.conf", "/etc/default/ufw"
_FILES = ("/etc/ufw/before.rules", "/etc/ufw/user.rules", "/lib/ufw/user.rules", "/etc/ufw/after.rules")


def is_on(tree):
    """Return whether ufw loads its rules once its service is started."""
    enabled = shell_variables.values(text_of(tree, SWITCH), SWITCH).get("ENABLED") if tree.is_file(SWITCH) else None
    return (enabled or "").lower() == "yes"


def hooks(tree):
    """Return the Hooks ([Hook]) that ufw loads."""
    chains = {}
    for path in _FILES:
        if tree.is_file(path):
            for name, rules in iptables.tables(path, text_of(tree, path, MOST_RULES)).get("filter", ({}, {}, {}))[1].items():
                chains.setdefault(name, []).extend(rules)
    found = []
    for chain, hook in iptables.HOOKS.items():
        policy, place = _policy(tree, chain)
        # what every before.rules of ufw begins with; a file that is missing does not take it away
        answers = PacketRule([Condition("state", False, ["established", "related"])], ACCEPT, "", place)
        jumps = [PacketRule([], JUMP, f"ufw-{part}-{hook}", place) for part in ("before", "user", "after")]
        found.append(Hook(hook, policy, dict(chains, **{chain: [answers] + jumps}), chain, place))
    return found


def _policy(tree, chain):
    """Return (ACCEPT or DROP, place) of a chain; ufw's own defaults are to let nothing in and all out."""
    text = text_of(tree, DEFAULTS) if tree.is_file(DEFAULTS) else ""
    name = f"DEFAULT_{chain}_POLICY"
    word = shell_variables.values(text, DEFAULTS).get(name)
    number = next((number for number, line in enumerate(text.split("\n"), 1) if line.strip().startswith(name + "=")), None)
    policy = word.upper() if word else "DROP" if chain == "INPUT" else "ACCEPT"
    return DROP if policy in ("DROP", "REJECT") else ACCEPT, (DEFAULTS, number, f"{name}={policy}")
