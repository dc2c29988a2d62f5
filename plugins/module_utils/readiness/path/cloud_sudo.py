# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rule of sudo that cloud-init writes for the user of Azure: it writes what its files say, and asks nobody whether sudo takes it.

PRIVATE: module_utils of this collection are not an interface.
Source: cloudinit/distros/__init__.py, write_sudo_rules; sudoers(5); tried with 22.4 and sudo 1.9.13.
"""

import re

from ansible_collections.imagewright.azure.plugins.module_utils.cloud_init import config
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.readiness import cloud_user, login_defs
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import Evidence
from ansible_collections.imagewright.azure.plugins.module_utils.ssh.sshd_access import DEFAULT_NAME
from ansible_collections.imagewright.azure.plugins.module_utils.sudo import sudoers, sudoers_access, sudoers_aliases, sudoers_lines, sudoers_privileges

_KEYS = ("system_info", "default_user")
_ALIAS = re.compile(r"[A-Z][A-Z0-9_]*$")
#: Words in the place of a command that are none, and no alias.
_WORDS = ("ALL",)


def obstacles(context, documents):
    """Return ([Evidence] of what gives the user of Azure no rule, or none that sudo takes, [Evidence] of one that asks for a password, or lets not do all).

    documents: as of cloud_init.config.documents.
    """
    entries = _entries(context.tree)
    if entries is None or _is_given(context, entries):
        return [], []
    said = cloud_user.own_setting(documents, "sudo") or config.said(documents, *_KEYS, "sudo")
    if said is None:
        user = config.said(documents, *_KEYS)
        shown = "default_user has no sudo" if user is not None and user.value is not None else "default_user: null"
        return ([_at(user, f"{shown}: the user gets no rule, and without a password it may not use sudo")] if user is not None else []), []
    if not said.value:
        return [_at(said, "sudo: the user gets no rule, and without a password it may not use sudo")], []
    if not isinstance(said.value, (str, list)):
        return [_at(said, f"sudo: {said.value}: it is no rule, and the user gets none")], []
    rules = said.value if isinstance(said.value, list) else [said.value]
    own = [(said.path, line) for rule in rules for line in sudoers_lines.lines(f"{DEFAULT_NAME} {rule}\n") if line.clean.strip()]
    wrong = [(line, cause) for _path, line in own for cause in [_fault(line, sudoers_aliases.aliases(entries + own))] if cause]
    if wrong:
        return [_at(said, f"sudo: {_rule(line)}: {cause}, and sudo does not take it") for line, cause in wrong], []
    granted = [grant for grant in sudoers_access.grants(own + entries) if grant.user == DEFAULT_NAME]
    if granted and not granted[-1].password:
        return [], []
    cause = "it asks for a password, which who has a key alone cannot give" if granted else "it does not let the user do everything as root"
    return [], [_at(said, f"sudo: {_rule(own[-1][1])}: {cause}")]


def _entries(tree):
    """Return the entries of sudoers that are there, None where they cannot be read."""
    try:
        return sudoers.entries(tree) if tree.exists(sudoers.main_file(tree)) else []
    except ImagewrightError:
        return None


def _is_given(context, entries):
    """Return whether the image's own sudoers let the user do everything without a password."""
    words = {"ALL", DEFAULT_NAME} | {f"%{name}" for name in login_defs.groups(context) or ()}
    granted = [grant for grant in sudoers_access.grants(entries) if grant.user in words]
    return bool(granted) and not granted[-1].password


def _fault(line, aliases):
    """Return why (str) sudo does not take a rule, "" when nothing is known against it."""
    cause = sudoers_privileges.fault(line)
    if cause:
        return cause
    words = [privilege.command for privilege in sudoers_privileges.privileges(line)]
    unknown = [word for word in words if _ALIAS.match(word) and word not in _WORDS and ("Cmnd", word) not in aliases]
    return f"{unknown[0]} is no command, and no alias" if unknown else ""


def _rule(line):
    return " ".join(line.clean.split())[len(DEFAULT_NAME) :].strip()


def _at(setting, text):
    return Evidence(setting.path, setting.line, text)
