# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run vhd_align, and show its progress when it runs on the controller."""

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.imagewright.azure.plugins.plugin_utils.progress import shown

_LOCAL_CONNECTIONS = ("local", "ansible.builtin.local")


class ActionModule(ActionBase):
    """The action plugin of vhd_align; all of its work is the module's."""

    _supports_async = True
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        """Return the module's result."""
        result = super().run(tmp, task_vars)
        if self._task.check_mode or self._task.async_val or self._task.args.get("progress_file") or not self._is_local():
            result.update(self._execute_module(task_vars=task_vars, wrap_async=self._task.async_val))
            return result
        with shown("vhd_align", _show) as path:
            arguments = dict(self._task.args, progress_file=path)
            result.update(self._execute_module(module_args=arguments, task_vars=task_vars))
        return result

    def _is_local(self):
        """Return whether the module's files are ours to read."""
        return self._connection.transport in _LOCAL_CONNECTIONS


def _show(line):
    # standard error: what a callback prints on standard output, JSON for instance, stays as it is
    Display().display(line, stderr=True)
