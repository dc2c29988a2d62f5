# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Show lines to the person who runs a playbook, as they are."""

from typing import Any, Dict, Optional

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display


class ActionModule(ActionBase):
    """The module's documentation is the documentation of this action."""

    _supports_check_mode = True
    _requires_connection = False
    _VALID_ARGS = frozenset({"lines"})

    def run(self, tmp: Optional[str] = None, task_vars: Optional[Dict[str, Any]] = None) -> Dict[str, Any]:
        """Return the result (dict); the lines are shown on the way, for every callback shows results in a form of its own."""
        result = super().run(tmp, task_vars)
        lines = self._task.args.get("lines") or []
        display = Display()
        for line in [lines] if isinstance(lines, str) else lines:
            display.display(str(line))
        return dict(result, changed=False)
