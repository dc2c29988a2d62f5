# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shell that the user of Azure gets: from cloud-init's files, from the agent that names one, or from useradd's defaults.

PRIVATE: module_utils of this collection are not an interface.
Source: useradd(8), SHELL; cloudinit/distros/__init__.py, add_user; WALinuxAgent common/osutil/default.py, useradd.
"""

import re

from ansible_collections.imagewright.azure.plugins.module_utils.cloud_init import config
from ansible_collections.imagewright.azure.plugins.module_utils.readiness import cloud_user
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import Evidence
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.provisioner import CLOUD_INIT, TWICE, WAAGENT, provisioner

_USERADD = "/etc/default/useradd"
_SHELL = re.compile(r"^\s*SHELL=[\"']?([^\"'\s#]*)")
#: The agent's module that calls useradd, and how it does.
_AGENTS = ("/usr/lib/python3*/*-packages/azurelinuxagent/common/osutil/default.py",)
_AGENTS_SHELL = '"-s", "/bin/bash"'
_USUAL = ("/bin/bash", "/bin/sh")


def named(context):
    """Return (path (str) of the shell, Evidence of what names it), None where nothing does."""
    who = provisioner(context.tree).who
    found = _of_cloud_init(context) if who in (CLOUD_INIT, TWICE) else None
    return found or (_of_agent(context) if who == WAAGENT else None) or _of_useradd(context)


def path(context):
    """Return the path (str) of the shell, the system's usual one where nothing names it, None where cloud-init's files name several."""
    if provisioner(context.tree).who in (CLOUD_INIT, TWICE):
        documents, faults = context.shared(config.documents)
        if faults or not config.value(documents, "user", "shell") and len(cloud_user.asked(documents, "shell")) > 1:
            return None
    found = named(context)
    return found[0] if found else next((each for each in _USUAL if context.tree.exists(each)), _USUAL[0])


def _of_cloud_init(context):
    documents, faults = context.shared(config.documents)
    found = None if faults else cloud_user.own_setting(documents, "shell")
    if found is None or not isinstance(found.value, str) or not found.value:
        return None
    return found.value, Evidence(found.path, found.line, f"shell: {found.value}")


def _of_agent(context):
    """Return what the agent itself names: since 2.9 it calls useradd with a shell."""
    paths = [each for pattern in _AGENTS for each in context.tree.glob(pattern)]
    text = context.tree.read_text(paths[0]) if paths else ""
    if _AGENTS_SHELL not in text or context.tree.exists("/sbin/apk"):
        return None
    return "/bin/bash", Evidence(paths[0], text[: text.index(_AGENTS_SHELL)].count("\n") + 1, "useradd -s=/bin/bash")


def _of_useradd(context):
    found = [(number, match.group(1)) for number, text in context.lines(_USERADD) for match in [_SHELL.match(text)] if match and match.group(1)]
    return (found[-1][1], Evidence(_USERADD, found[-1][0], f"SHELL={found[-1][1]}")) if found else None
