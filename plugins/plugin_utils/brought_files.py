# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of the controller, brought to where a module runs.

PRIVATE: plugin_utils of this collection are not an interface.
"""

import contextlib
import os
from typing import Iterator, List, Sequence

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase


@contextlib.contextmanager
def brought(action: ActionBase, paths: Sequence[str], what: str) -> Iterator[List[str]]:
    """Yield the paths ([str]) that copies of files of the controller have where the module runs; they are removed in the end.

    paths: [str]; what: str, ``install``, for the error. Raises AnsibleActionFail: there is no such file.
    """
    for path in paths:
        if not os.path.isfile(path):
            raise AnsibleActionFail(f"cannot {what} {path}: there is no such file on the controller; check the path")
    if not paths:
        yield []
        return
    folder = action._make_tmp_path()
    shell = action._connection._shell
    try:
        copies = [shell.join_path(folder, os.path.basename(path)) for path in paths]
        for path, copy in zip(paths, copies):
            action._transfer_file(path, copy)
        yield copies
    finally:
        action._remove_tmp_path(folder)
