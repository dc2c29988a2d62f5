# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module guest_agent_info: tell what a guest has to be provisioned with.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.cloud_init import installation as cloud_init
from ansible_collections.imagewright.azure.plugins.module_utils.cloud_init import kernel_parameters
from ansible_collections.imagewright.azure.plugins.module_utils.core import services
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.waagent import installation

_COMMAND_LINE = "/proc/cmdline"

ARGUMENTS = {
    "services": {"type": "list", "elements": "str", "default": []},
    "root": {"type": "path", "default": "/"},
}


def run(module):
    """Return the module's result."""
    tree = LiveTree(module.params["root"])
    # a mounted guest's /proc, if it has one, is that of the machine it is mounted on
    command_line = tree.read_text(_COMMAND_LINE) if tree.is_running_system and tree.is_file(_COMMAND_LINE) else ""
    found = cloud_init_facts(tree, command_line)
    try:
        found["kernel_parameters"] = kernel_parameters.on_boot_entries(tree)
    except ImagewrightError as error:
        module.warn(f"what the boot entries tell cloud-init is not known: {error}")
        found["kernel_parameters"] = None
    return {
        "changed": False,
        "agent": agent_facts(tree),
        "cloud_init": found,
        "services": services.states(tree, module.params["services"]),
    }


def agent_facts(tree):
    """Return what the module tells of the agent (dict)."""
    return {
        "program": installation.program(tree),
        "version": installation.version(tree),
        "configuration": installation.conf_path(tree),
        "services": services.present(tree, installation.SERVICES),
    }


def cloud_init_facts(tree, command_line):
    """Return what the module tells of cloud-init (dict).

    command_line: str, of the running kernel, "" where none runs.
    """
    version, switches = cloud_init.version(tree), cloud_init.switches(tree, command_line)
    program = cloud_init.PROGRAM if tree.exists(cloud_init.PROGRAM) else None
    return {
        "program": program,
        "version": "{}.{}".format(*version) if version else None,
        "configuration": cloud_init.FOLDER if tree.is_dir(cloud_init.FOLDER) else None,
        "services": services.present(tree, cloud_init.SERVICES),
        "switched_off_by": switches,
        "runs": program is not None and cloud_init.enabled(tree) and not switches,
        "leftovers": cloud_init.leftovers(tree),
    }
