# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module cloud_init_early: have cloud-init run modules in its first stage.

PRIVATE: module_utils of this collection are not an interface.
"""

import re

from ansible_collections.imagewright.azure.plugins.module_utils.cloud_init import stages as cloud_init_stages
from ansible_collections.imagewright.azure.plugins.module_utils.core import edits
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree

ARGUMENTS = {
    "modules": {"type": "list", "elements": "str", "default": list(cloud_init_stages.RESOURCE_DISK)},
    "path": {"type": "path", "default": cloud_init_stages.PATH},
    "backup": {"type": "bool", "default": False},
    "root": {"type": "path", "default": "/"},
}


def run(module):
    """Return the module's result after moving the modules."""
    names, path = module.params["modules"], module.params["path"]
    for name in names:
        if not re.match(r"[A-Za-z0-9_-]+\Z", name):
            raise ImagewrightError(f"cannot have cloud-init run {name!r} in its first stage: that is no module's name; correct it")
    tree = LiveTree(module.params["root"])
    if not tree.is_file(path):
        raise ImagewrightError(
            f"cannot have cloud-init run {', '.join(names)} in its first stage: there is no {path}; install cloud-init first, "
            "or give the path of its configuration"
        )
    read = cloud_init_stages.texts(tree, path)
    after, gone = cloud_init_stages.early(read, names)

    def read_back():
        if not cloud_init_stages.is_early(cloud_init_stages.stages(cloud_init_stages.texts(tree, path)), names):
            raise ImagewrightError(
                f"cannot have cloud-init run {', '.join(names)} in its first stage: {', '.join(after)} still has them elsewhere; "
                "look for another program that writes it"
            )

    result = edits.apply(
        module,
        tree,
        [edits.Edit(each, text, after[each]) for each, text in read if each in after],
        module.params["backup"],
        activate=read_back if after else None,
    )
    result["moved"] = [{"module": item.name, "path": item.path, "line": item.line, "stage": stage} for stage, item in gone]
    return result
