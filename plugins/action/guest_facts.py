# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Learn which system a guest is: a running one is asked by ansible.builtin.setup, once in a play."""

from typing import Any, Dict, List, Optional

from ansible.plugins.action import ActionBase

#: What the roles read of a guest.
_NEEDED = ("architecture", "distribution", "distribution_major_version", "distribution_version", "kernel", "os_family")


class ActionModule(ActionBase):
    """The module's documentation is the documentation of this action."""

    _supports_check_mode = True

    def run(self, tmp: Optional[str] = None, task_vars: Optional[Dict[str, Any]] = None) -> Dict[str, Any]:
        """Return the result (dict): ansible_facts are those that were missing, and the names of the system."""
        root = self._task.args.get("root") or "/"
        known = (task_vars or {}).get("ansible_facts", {})
        learned: Dict[str, Any] = super().run(tmp, task_vars)
        if known.get("guest_root", "/") != root or any(name not in known for name in _NEEDED):
            asked = {"module_name": "ansible.builtin.setup", "module_args": {"gather_subset": ["min"]}} if root == "/" else {}
            learned.update(self._execute_module(task_vars=task_vars, **asked))
        if learned.get("failed") or learned.get("unreachable"):
            return learned
        found = learned.get("ansible_facts", {})
        facts = dict(known, **{name.replace("ansible_", "", 1) if name.startswith("ansible_") else name: value for name, value in found.items()})
        return dict(learned, changed=False, ansible_facts=dict(found, guest_root=root, guest_system_names=system_names(facts)))


def system_names(facts: Dict[str, Any]) -> List[str]:
    """Return the names under which a role's __<role>_distributions has values for a guest; what a later one says counts.

    facts: dict, as Ansible has them: os_family Debian, distribution Ubuntu, distribution_major_version 24.
    """
    major = facts["distribution_major_version"]
    names = ["default"]
    for name in (facts["os_family"], facts["distribution"]):
        names += [each for each in (name, f"{name}_{major}") if each not in names]
    return names
