# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Show the progress of a module of this collection while ansible-playbook waits for it.

PRIVATE: plugin_utils of this collection are not an interface.
"""

import os
import shutil
import tempfile
import threading
from typing import Any, Dict, Optional

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

#: Seconds between two looks into the progress file.
POLL = 0.3


class ProgressAction(ActionBase):
    """Runs the module of the task; on the controller itself its progress lines are shown as they come.

    A module that runs elsewhere, asynchronously, or with a ``progress_file`` of its own runs as any other module.
    """

    _supports_check_mode = True
    _supports_async = True

    def run(self, tmp: Optional[str] = None, task_vars: Optional[Dict[str, Any]] = None) -> Dict[str, Any]:
        """Return the result (dict) of the module."""
        result = super().run(tmp, task_vars)
        if result.get("skipped"):
            return result
        wrap_async = bool(self._task.async_val and not self._connection.has_native_async)
        arguments = dict(self._task.args)
        here = self._connection.transport == "local"
        if wrap_async or not here or arguments.get("progress_file"):
            result.update(self._execute_module(module_args=arguments, task_vars=task_vars, wrap_async=wrap_async))
        else:
            result.update(self._execute_shown(arguments, task_vars))
        if not wrap_async:
            self._remove_tmp_path(self._connection._shell.tmpdir)
        return result

    def _execute_shown(self, arguments: Dict[str, Any], task_vars: Optional[Dict[str, Any]]) -> Dict[str, Any]:
        folder = tempfile.mkdtemp(prefix="imagewright-progress-")
        path = os.path.join(folder, "progress")
        ended = threading.Event()
        with open(path, "w"):
            pass
        # `become` may run the module as somebody else, who has to write here
        os.chmod(folder, 0o711)
        os.chmod(path, 0o666)
        watcher = threading.Thread(target=_show, args=(path, ended), daemon=True)
        watcher.start()
        try:
            return self._execute_module(module_args=dict(arguments, progress_file=path), task_vars=task_vars)
        finally:
            ended.set()
            watcher.join()
            shutil.rmtree(folder, ignore_errors=True)


def _show(path: str, ended: threading.Event) -> None:
    """Show the lines that are appended to path until ended is set, whole lines only."""
    display = Display()
    pending = ""
    with open(path, errors="replace") as stream:
        while True:
            last = ended.wait(POLL)
            pending += stream.read()
            *lines, pending = pending.split("\n")
            for line in lines:
                display.display(f"  {line}")
            if last:
                return
