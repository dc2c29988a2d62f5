# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""System manager: what sysctl sets in the kernel.

PRIVATE: module_utils of this collection are not an interface.
"""

import posixpath
import re

from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, failed_if
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import SYSTEM_MANAGER

#: The first folder that has a file of a name counts.
_FOLDERS = ("/etc/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d", "/lib/sysctl.d")
_NO_MORE_MODULES = re.compile(r"^\s*-?\s*kernel[./]modules_disabled\s*=\s*(?!0\s*$)\S")


@rule(
    "R20c",
    step=SYSTEM_MANAGER,
    severity=ERROR,
    title="The kernel may load modules after its start",
    fault="The kernel loads no module any more once it has started",
    why="kernel.modules_disabled=1 keeps vfat, udf and the drivers of accelerated networking out: the EFI system partition is not mounted, the provisioning "
    "DVD not read.",
    cure="Remove kernel.modules_disabled from sysctl.d, or set it late, after cloud-init has finished.",
    source="Linux Documentation/admin-guide/sysctl/kernel.rst; sysctl.d(5)",
)
def modules_may_be_loaded(context):
    """Return failed with each line of sysctl.d or sysctl.conf that turns the loading of modules off: nothing turns it on again."""
    return failed_if(context.find(context.shared(_files), _NO_MORE_MODULES.match))


def _files(tree):
    """Return the paths ([str]) of the files that are read; systemd reads sysctl.conf only where sysctl.d has a link to it."""
    found = {}
    for folder in _FOLDERS:
        for path in tree.glob(folder + "/*.conf"):
            found.setdefault(posixpath.basename(path), path)
    older = [] if any(tree.is_file(path) for path in ("/usr/lib/systemd/systemd", "/lib/systemd/systemd")) else ["/etc/sysctl.conf"]
    return [path for path in sorted(found.values()) + older if tree.is_file(path)]


RULES = [modules_may_be_loaded]
