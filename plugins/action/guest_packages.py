# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Install packages in a guest: a running one is asked for names as ansible.builtin.package asks it; files of the controller are brought to the module."""

from typing import Any, Dict, Optional

from ansible.plugins.action import ActionBase

from ansible_collections.imagewright.azure.plugins.module_utils.core import guest_packages
from ansible_collections.imagewright.azure.plugins.plugin_utils.brought_files import brought
from ansible_collections.imagewright.azure.plugins.plugin_utils.other_action import run_other
from ansible_collections.imagewright.azure.plugins.plugin_utils.waiting import waiting


class ActionModule(ActionBase):
    """The module's documentation is the documentation of this action."""

    _supports_check_mode = True

    def run(self, tmp: Optional[str] = None, task_vars: Optional[Dict[str, Any]] = None) -> Dict[str, Any]:
        """Return the result (dict)."""
        _validation, arguments = self.validate_argument_spec(guest_packages.ARGUMENTS)
        names = arguments["names"]
        with waiting(f"{(task_vars or {}).get('inventory_hostname', 'guest')}: installs {', '.join(names) or 'package files'}"):
            if arguments["root"] == "/" and not arguments["files"]:
                return run_other(self, "ansible.builtin.package", {"name": names, "state": "present"}, task_vars)
            result = super().run(tmp, task_vars)
            with brought(self, arguments["files"], "install") as files:
                result.update(self._execute_module(module_args={**self._task.args, "files": files}, task_vars=task_vars))
        return result
