# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module guest_services_info: tell which services a guest starts at boot.

PRIVATE: module_utils of this collection are not an interface.
"""

from typing import TYPE_CHECKING, Any, Dict

from ansible_collections.imagewright.azure.plugins.module_utils.core import services
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

ARGUMENTS = {
    "names": {"type": "list", "elements": "str", "required": True},
    "root": {"type": "path", "default": "/"},
}


def run(module: "AnsibleModule") -> Dict[str, Any]:
    """Return the module's result."""
    tree = LiveTree(module.params["root"])
    return {"changed": False, "services": services.states(tree, module.params["names"])}
