# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run an action of Ansible's own in place of the one of a task.

PRIVATE: plugin_utils of this collection are not an interface.
"""

from typing import Any, Dict, Optional

from ansible.plugins.action import ActionBase


def run_other(action: ActionBase, name: str, arguments: Dict[str, Any], task_vars: Optional[Dict[str, Any]]) -> Dict[str, Any]:
    """Return the result (dict) of another action.

    action: ActionBase, whose task, connection and settings it gets; name: str, ``ansible.builtin.package``; arguments: dict.
    """
    task = action._task.copy()
    task.args = arguments
    other = action._shared_loader_obj.action_loader.get(
        name,
        task=task,
        connection=action._connection,
        play_context=action._play_context,
        loader=action._loader,
        templar=action._templar,
        shared_loader_obj=action._shared_loader_obj,
    )
    return other.run(task_vars=task_vars)
