# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module modprobe_allow: lift what keeps kernel modules from being loaded.

PRIVATE: module_utils of this collection are not an interface.
"""

import posixpath
import re

from ansible_collections.imagewright.azure.plugins.module_utils.core import edits
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import modprobe

ARGUMENTS = {
    "modules": {"type": "list", "elements": "str", "default": list(modprobe.NEEDED)},
    "backup": {"type": "bool", "default": False},
    "root": {"type": "path", "default": "/"},
}


def plan(tree, bans):
    """Return the edits ([edits.Edit]) that lift the bans ([modprobe.Ban])."""
    planned = []
    for path in dict.fromkeys(ban.path for ban in bans):
        text = tree.read_text(path)
        allowed = modprobe.without(text, [ban.module for ban in bans])
        if posixpath.dirname(path) == modprobe.ADMIN_FOLDER:
            planned.append(edits.Edit(path, text, allowed))
        else:
            planned.append(edits.Edit(posixpath.join(modprobe.ADMIN_FOLDER, posixpath.basename(path)), None, allowed))
    return planned


def run(module):
    """Return the module's result after lifting the bans."""
    names = module.params["modules"]
    for name in names:
        if not re.match(r"[A-Za-z0-9_-]+\Z", name):
            raise ImagewrightError(f"cannot allow the module {name!r}: that is no module's name; correct it")
    tree = LiveTree(module.params["root"])
    bans = _bans(tree, names)
    planned = plan(tree, bans)

    def read_back():
        left = _bans(tree, names)
        if left:
            raise ImagewrightError(
                f"cannot allow the module {left[0].module}: {left[0].path} line {left[0].line} still bans it: {left[0].text!r}; "
                "look for another program that writes it"
            )

    result = edits.apply(module, tree, planned, module.params["backup"], activate=read_back if planned else None)
    result.update(
        overrides=[edit.path for edit in planned if edit.before is None],
        bans=[{"path": ban.path, "line": ban.line, "text": ban.text, "module": ban.module} for ban in bans],
    )
    return result


def _bans(tree, names):
    return [ban for name in names for ban in modprobe.bans(tree, name)]
