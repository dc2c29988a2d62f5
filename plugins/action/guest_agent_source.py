# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Install the agent from a source archive of the controller, which is brought to the module."""

import os
from typing import Any, Dict, Optional

from ansible.plugins.action import ActionBase

from ansible_collections.imagewright.azure.plugins.module_utils.waagent import guest_agent_source
from ansible_collections.imagewright.azure.plugins.plugin_utils.brought_files import brought


class ActionModule(ActionBase):
    """The module's documentation is the documentation of this action."""

    _supports_check_mode = True

    def run(self, tmp: Optional[str] = None, task_vars: Optional[Dict[str, Any]] = None) -> Dict[str, Any]:
        """Return the result (dict) of the module."""
        result = super().run(tmp, task_vars)
        _validation, arguments = self.validate_argument_spec(guest_agent_source.ARGUMENTS)
        archive = arguments["src"]
        # the module says what is wrong with one that is not there, if it is needed at all
        with brought(self, [archive] if os.path.isfile(archive) else [], "install the agent from") as copies:
            result.update(self._execute_module(module_args={**self._task.args, "src": copies[0] if copies else archive}, task_vars=task_vars))
        return result
