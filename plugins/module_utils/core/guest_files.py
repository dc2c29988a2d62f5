# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small text files of a guest, all or none of them.

PRIVATE: module_utils of this collection are not an interface.
"""

from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Sequence

from ansible_collections.imagewright.azure.plugins.module_utils.core import edits
from ansible_collections.imagewright.azure.plugins.module_utils.core.edits import Edit
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

ARGUMENTS = {
    "present": {"type": "dict", "default": {}},
    "absent": {"type": "list", "elements": "str", "default": []},
    "backup": {"type": "bool", "default": False},
    "root": {"type": "path", "default": "/"},
}


def run(module: "AnsibleModule") -> Dict[str, Any]:
    """Return the module's result."""
    tree = LiveTree(module.params["root"])
    return edits.apply(module, tree, plan(tree, module.params["present"], module.params["absent"]), backup=module.params["backup"])


def plan(tree: LiveTree, present: Mapping[str, Any], absent: Sequence[str]) -> List[Edit]:
    """Return the edits ([Edit]) after which the files of present ({guest path: text}) are there with that text, and those of absent ([str]) are not.

    Raises ImagewrightError: a path is not absolute, or wanted in both ways.
    """
    for path in list(present) + list(absent):
        if not path.startswith("/"):
            raise ImagewrightError(f"cannot write {path!r}: it is no absolute path; begin it with /")
    both = sorted(set(present) & set(absent))
    if both:
        raise ImagewrightError(f"cannot write {both[0]}: it is named as present and as absent; take it out of one of them")
    wanted: Dict[str, Any] = {**present, **dict.fromkeys(absent)}
    return [Edit(path, edits.read(tree, path), None if text is None else str(text)) for path, text in wanted.items()]
