# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the module image_session, and tell it which process its session belongs to."""

import os
from typing import Any, Dict, Optional

from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    """The module's documentation is the documentation of this action."""

    _supports_check_mode = True

    def run(self, tmp: Optional[str] = None, task_vars: Optional[Dict[str, Any]] = None) -> Dict[str, Any]:
        """Return the result (dict) of the module."""
        result = super().run(tmp, task_vars)
        arguments = dict(self._task.args)
        if arguments.get("state", "open") == "open":
            # each task runs in a process that ansible-playbook forks and that ends with the task
            arguments.setdefault("owner", os.getppid())
        result.update(self._execute_module(module_args=arguments, task_vars=task_vars))
        return result
