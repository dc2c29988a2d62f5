# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What login.defs, useradd's defaults and cloud-init's files give to a user whom Azure makes: settings, and groups.

PRIVATE: module_utils of this collection are not an interface.
Source: login.defs(5); useradd(8), USERGROUPS_ENAB and GROUP; cloud-init, system_info.default_user.
"""

import re

from ansible_collections.imagewright.azure.plugins.module_utils.cloud_init import config
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import Evidence
from ansible_collections.imagewright.azure.plugins.module_utils.ssh.sshd_access import DEFAULT_NAME

PATH, _USERADD = "/etc/login.defs", "/etc/default/useradd"


def settings(context):
    """Return {name: (value, Evidence)} of login.defs, the last one of each."""
    found = {}
    for number, text in context.lines(PATH):
        words = text.split()
        if len(words) > 1 and not text.lstrip().startswith("#"):
            found[words[0]] = (words[1], Evidence(PATH, number, " ".join(words)))
    return found


def groups(context):
    """Return the groups ({str}) of a user whom cloud-init or the agent makes, None where cloud-init's files cannot be read."""
    documents, faults = context.shared(config.documents)
    if faults:
        return None
    found = config.value(documents, "system_info", "default_user", "groups")
    names = found.value if found else []
    named = names.split(",") if isinstance(names, str) else names if isinstance(names, list) else []
    return {own_group(context)} | {str(name).strip() for name in named}


def own_group(context):
    """Return the name (str) of the group that useradd gives a new user as the first: one of the user's own name, or that of /etc/default/useradd.

    Where no file says so, ``users``.
    """
    known = settings(context)
    if known and known.get("USERGROUPS_ENAB", ("yes",))[0].lower() != "no":
        return DEFAULT_NAME
    given = [text.partition("=")[2].strip() for _number, text in context.lines(_USERADD) if re.match(r"\s*GROUP=", text)]
    names = {words[2]: words[0] for words in (text.split(":") for _number, text in context.lines("/etc/group")) if len(words) > 2}
    return names.get(given[-1], given[-1]) if given and given[-1] else "users"
