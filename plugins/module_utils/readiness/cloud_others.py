# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The other users of cloud-init's list: each is made before the user of Azure, and with the first that cannot be made the module ends.

PRIVATE: module_utils of this collection are not an interface.
Source: cloudinit/config/cc_users_groups.py; cloudinit/distros/ug_util.py; useradd(8); tried with 22.4 and shadow 4.13.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.cloud_init import config
from ansible_collections.imagewright.azure.plugins.module_utils.core import yaml_text
from ansible_collections.imagewright.azure.plugins.module_utils.readiness import cloud_user
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import Evidence
from ansible_collections.imagewright.azure.plugins.module_utils.ssh.sshd_access import DEFAULT_NAME

_USERADD = "/usr/sbin/useradd"
_OWN = ("default", DEFAULT_NAME)
#: What keeps useradd from making a group of the user's name.
_NO_GROUP = ("no_user_group", "primary_group")
_ENDS = "cloud-init ends with it, before it makes the user of Azure"


def obstacles(tree, documents, has_own_groups):
    """Return the [Evidence] of each user with whom cloud-init ends before it makes the one of Azure.

    documents: as of cloud_init.config.documents; has_own_groups: bool, whether a new user gets a group of its own name (USERGROUPS_ENAB).
    """
    users = config.value(documents, "users")
    if users is None or not isinstance(users.value, list) or not tree.is_file(_USERADD):
        return []
    found, known = [], {row[0] for row in cloud_user.rows(tree, cloud_user.PASSWD)}
    groups = {row[0] for row in cloud_user.rows(tree, cloud_user.GROUP)} | cloud_user.groups_made(documents)
    for number, entry in _entries(users.value):
        name = entry.get("name", "default")
        if name in _OWN:
            continue
        line = yaml_text.line(dict(documents)[users.path], "users", number)
        causes = _of_settings(entry) if isinstance(name, str) and name else [f"{name!r} is no name"]
        if name not in known:
            causes += _of_group(entry, name, groups, has_own_groups)
            if isinstance(users.value[number], dict):
                found += [
                    each._replace(text=f"{name}: {each.text}: {_ENDS}") for each in cloud_user.unmade(tree, documents, _setting(documents, users, number))
                ]
        found += [Evidence(users.path, line, f"{name}: {cause}: {_ENDS}") for cause in causes]
        groups |= {str(name)} | _names(entry.get("groups"))
    return found


def _entries(listed):
    """Return [(number, mapping)] of the users, each as a mapping."""
    found = []
    for number, item in enumerate(listed):
        if isinstance(item, dict):
            found.append((number, item))
        elif isinstance(item, str):
            found += [(number, {"name": name}) for name in item.strip().split(",") if name]
    return found


def _setting(documents, users, number):
    """Return a callable (name of a key) -> ConfigValue or None, of a mapping in the list."""

    def setting(key):
        return None if users.value[number].get(key) is None else cloud_user.of_entry(documents, users, number, key)

    return setting


def _of_settings(entry):
    """Return why (str) cloud-init itself takes the settings of a user for wrong."""
    causes = []
    homeless = next((name for name in cloud_user.HOMELESS if entry.get(name)), None)
    needs = next((name for name in cloud_user.NEEDS_HOME if entry.get(name)), None)
    if homeless and needs:
        causes.append(f"{homeless} makes no home, and {needs} needs one")
    redirected = entry.get("ssh_redirect_user")
    if redirected and (redirected not in (True, "default") or "ssh_authorized_keys" in entry or "ssh_import_id" in entry):
        causes.append("ssh_redirect_user is true or default, and has no keys beside it")
    if entry.get("sudo") and not isinstance(entry["sudo"], (str, list)):
        causes.append(f"sudo: {entry['sudo']} is no rule")
    if "ssh_authorized_keys" in entry and entry["ssh_authorized_keys"] is None:
        causes.append("ssh_authorized_keys is null")
    if entry.get("snapuser"):
        causes.append("snapuser has no account of Ubuntu's")
    return causes


def _of_group(entry, name, groups, has_own_groups):
    """Return why (str) useradd makes no group of the user's name."""
    if not has_own_groups or name not in groups | _names(entry.get("groups")) or any(entry.get(key) for key in _NO_GROUP):
        return []
    return [f"useradd makes no user {name} where a group {name} is there already (primary_group: {name}, or no_user_group: true)"]


def _names(groups):
    """Return the names ({str}) of groups as cloud-init takes them: a text, a list or a mapping."""
    listed = groups.split(",") if isinstance(groups, str) else groups if isinstance(groups, (list, dict)) else ()
    return {str(name).strip() for name in listed}
