# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Say which services a guest starts at boot: a running one is asked as ansible.builtin.service asks it."""

from typing import Any, Dict, Optional

from ansible.plugins.action import ActionBase

from ansible_collections.imagewright.azure.plugins.module_utils.core import guest_services
from ansible_collections.imagewright.azure.plugins.plugin_utils.other_action import run_other


class ActionModule(ActionBase):
    """The module's documentation is the documentation of this action."""

    _supports_check_mode = True

    def run(self, tmp: Optional[str] = None, task_vars: Optional[Dict[str, Any]] = None) -> Dict[str, Any]:
        """Return the result (dict)."""
        _validation, arguments = self.validate_argument_spec(guest_services.ARGUMENTS)
        if arguments["root"] != "/":
            result = super().run(tmp, task_vars)
            result.update(self._execute_module(module_args=dict(self._task.args), task_vars=task_vars))
            return result
        wanted = [{"name": name, "enabled": True} for name in arguments["enabled"]]
        wanted += [{"name": name, "enabled": False, "state": "stopped"} for name in arguments["disabled"]]
        changed = False
        for service in wanted:
            result = run_other(self, "ansible.builtin.service", service, task_vars)
            if result.get("failed"):
                return result
            changed = changed or result.get("changed", False)
        return {"changed": changed}
