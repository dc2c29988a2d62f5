# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the module initrd_modules, and show that it still builds."""

from typing import Any, Dict, Optional

from ansible.plugins.action import ActionBase
from ansible_collections.imagewright.azure.plugins.plugin_utils.waiting import waiting


class ActionModule(ActionBase):
    """The module's documentation is the documentation of this action."""

    _supports_check_mode = True
    _supports_async = True

    def run(self, tmp: Optional[str] = None, task_vars: Optional[Dict[str, Any]] = None) -> Dict[str, Any]:
        """Return the result (dict) of the module."""
        result = super().run(tmp, task_vars)
        wrap_async = bool(self._task.async_val and not self._connection.has_native_async)
        with waiting(f"{(task_vars or {}).get('inventory_hostname', 'guest')}: looks into each initramfs and builds those that need it"):
            result.update(self._execute_module(task_vars=task_vars, wrap_async=wrap_async))
        if not wrap_async:
            self._remove_tmp_path(self._connection._shell.tmpdir)
        return result
