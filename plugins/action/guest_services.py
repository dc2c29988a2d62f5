# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Say which services a guest starts at boot: a running one is switched as ansible.builtin.service does it."""

from typing import Any, Dict, List, Optional, Tuple

from ansible.plugins.action import ActionBase

from ansible_collections.imagewright.azure.plugins.module_utils.core import guest_services
from ansible_collections.imagewright.azure.plugins.module_utils.core.services import DISABLED, ENABLED, MASKED
from ansible_collections.imagewright.azure.plugins.plugin_utils.other_action import run_other


class ActionModule(ActionBase):
    """The module's documentation is the documentation of this action."""

    _supports_check_mode = True

    def run(self, tmp: Optional[str] = None, task_vars: Optional[Dict[str, Any]] = None) -> Dict[str, Any]:
        """Return the result (dict)."""
        _validation, arguments = self.validate_argument_spec(guest_services.ARGUMENTS)
        result = super().run(tmp, task_vars)
        is_running, check_mode = arguments["root"] == "/", self._task.check_mode
        self._task.check_mode = check_mode or is_running
        try:
            result.update(self._execute_module(module_args=dict(self._task.args), task_vars=task_vars))
        finally:
            self._task.check_mode = check_mode
        if not is_running or result.get("failed"):
            return result
        before, after = result["before"], result["services"]
        for name in before:
            for action, options in _steps(before[name], after[name]):
                # what is masked cannot be enabled, and check mode takes no mask off
                if check_mode and before[name] == MASKED:
                    continue
                other = run_other(self, action, dict(options, name=name), task_vars)
                if other.get("failed"):
                    return other
                result["changed"] = result["changed"] or other.get("changed", False)
        return result


def _steps(before: str, after: str) -> List[Tuple[str, Dict[str, Any]]]:
    """Return [(name of an action, its options)] that bring a service of a running guest from one state to another, and stop one that is not to start."""
    if after == ENABLED and before != ENABLED:
        unmask = [("ansible.builtin.systemd_service", {"masked": False})] if before == MASKED else []
        return unmask + [("ansible.builtin.service", {"enabled": True})]
    if after == DISABLED and before in (ENABLED, DISABLED):
        return [("ansible.builtin.service", {"enabled": False, "state": "stopped"})]
    return []
