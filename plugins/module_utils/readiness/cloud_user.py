# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the default user of cloud-init's files asks for, and useradd refuses.

The name in the files does not count: Azure gives another.

PRIVATE: module_utils of this collection are not an interface.
Source: cloudinit/distros/__init__.py, add_user and create_user; useradd(8).
"""

import posixpath
import re
import time

from ansible_collections.imagewright.azure.plugins.module_utils.cloud_init import config
from ansible_collections.imagewright.azure.plugins.module_utils.core import guest_labels
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import Evidence
from ansible_collections.imagewright.azure.plugins.module_utils.ssh.sshd_access import DEFAULT_NAME

_KEYS = ("system_info", "default_user")
_PASSWD, _GROUP = "/etc/passwd", "/etc/group"


def obstacles(tree, documents):
    """Return the [Evidence] of what keeps the default user from being made, from its home, its key, its login or sudo.

    documents: as of cloud_init.config.documents.
    """
    found = []
    keys = config.value(documents, "allow_public_ssh_keys")
    if keys and keys.value is False:
        found.append(Evidence(keys.path, keys.line, "allow_public_ssh_keys is false: the key of Azure is left out"))
    expires = own_setting(documents, "expiredate")
    if expires and re.match(r"\d{4}-\d\d-\d\d$", str(expires.value)) and str(expires.value) < time.strftime("%Y-%m-%d", time.gmtime()):
        found.append(_at(expires, f"expiredate {expires.value}: the user has expired"))
    sudo = config.said(documents, *_KEYS, "sudo")
    if sudo is not None and not sudo.value:
        found.append(_at(sudo, "sudo: the user gets no rule, and without a password it may not use sudo"))
    elif sudo is not None and not isinstance(sudo.value, (str, list)):
        found.append(_at(sudo, f"sudo: {sudo.value}: it is no rule, and the user gets none"))
    snap = config.value(documents, *_KEYS, "snapuser")
    if snap:
        found.append(_at(snap, "snapuser: the user of Azure has no account of Ubuntu's, and is not made"))
    return found + _of_kinds(documents) + _of_home(tree, documents) + _of_number(tree, documents) + _of_groups(tree, documents) + _of_selinux(tree, documents)


def homeless(tree, documents):
    """Return the [Evidence] of what has useradd make no home: cloud-init makes one for the key, in which the user may not write, for it is root's."""
    settings = [(name, config.value(documents, *_KEYS, name)) for name in ("no_create_home", "system")]
    is_there = asked(documents, "homedir") or tree.is_dir(f"/home/{DEFAULT_NAME}")
    text = "cloud-init makes the home for the key alone, and as root's, so that the user may not write there"
    return [_at(setting, f"{name}: {text}") for name, setting in settings if setting and setting.value is True and not is_there]


def own_setting(documents, key):
    """Return the ConfigValue of a key for the user of Azure, None without one: that of ``user``, which older files have, counts before default_user's."""
    return config.value(documents, "user", key) or config.value(documents, *_KEYS, key)


def asked(documents, key):
    """Return the values ({str}) of a key that cloud-init's files ask for the user of Azure, in whatever way they name it.

    documents: as of cloud_init.config.documents.
    """
    named, other = config.value(documents, "users"), config.value(documents, "user")
    listed = named.value if named is not None and isinstance(named.value, list) else []
    entries = [entry for entry in listed if isinstance(entry, dict) and entry.get("name") in ("default", DEFAULT_NAME)]
    entries += [other.value] if other is not None and isinstance(other.value, dict) else []
    values = [entry.get(key) for entry in entries] + [setting.value for setting in [config.value(documents, *_KEYS, key)] if setting is not None]
    return {str(value) for value in values if value is not None}


def _of_kinds(documents):
    """Return the [Evidence] of values of another kind than a list of names, with which users-groups ends before it makes anybody.

    Source: cloudinit/distros/ug_util.py; tried with 22.4 and 25.1.
    """
    found = []
    for keys in (("groups",), (*_KEYS, "groups")):
        groups = config.said(documents, *keys)
        if groups is not None and not isinstance(groups.value, (list, dict, str)):
            found.append(_at(groups, f"groups: {_shown(groups.value)}: it is no list, and cloud-init makes nobody"))
    users = config.said(documents, "users")
    strange = [item for item in users.value if not isinstance(item, (str, dict, list))] if users is not None and isinstance(users.value, list) else []
    return found + ([_at(users, f"users: {_shown(strange[0])}: it is no user, and cloud-init makes nobody")] if strange else [])


def _shown(value):
    return "null" if value is None else value


def _of_home(tree, documents):
    """Return the [Evidence] of a home that nobody can make: below what is no directory, or where the kernel shows what it has."""
    home = own_setting(documents, "homedir")
    if home is None or not str(home.value).startswith("/"):
        return []
    path = posixpath.normpath(str(home.value))
    above = [path[: match.start()] for match in re.finditer("/", path)][1:]
    wrong = next((f"{folder} is no directory" for folder in above + [path] if tree.exists(folder) and not tree.is_dir(folder)), "")
    wrong = wrong or ("nobody makes directories there" if re.match(r"/(proc|sys)(/|$)", path) else "")
    return [_at(home, f"homedir: {home.value}: {wrong}, and useradd makes no home")] if wrong else []


def _of_number(tree, documents):
    number = own_setting(documents, "uid")
    if number is None or isinstance(number.value, bool):
        return []
    if not str(number.value).isdigit():
        return [_at(number, f"uid {number.value}: it is no number, and useradd refuses it")]
    taken = [row[0] for row in _rows(tree, _PASSWD) if len(row) > 2 and row[2].isdigit() and int(row[2]) == int(str(number.value)[:10])]
    return [_at(number, f"uid {number.value}: {taken[0]} has it, and useradd gives it to nobody else")] if taken else []


def _of_groups(tree, documents):
    """Return the [Evidence] of groups that are not there, and that nothing makes: the first one is made only together with others."""
    listed, first, makes = (config.value(documents, *_KEYS, name) for name in ("groups", "primary_group", "create_groups"))
    names = listed.value if listed is not None else []
    names = names.split(",") if isinstance(names, str) else list(names) if isinstance(names, (list, dict)) else []
    made = {row[0] for row in _rows(tree, _GROUP)} | _of_list(documents)
    wanted = [(first, str(first.value))] if first is not None and first.value and (not names or _is_off(makes)) else []
    wanted += [(listed, str(name).strip()) for name in names] if _is_off(makes) else []
    return [_at(setting, f"{name}: there is no such group, and nothing makes it") for setting, name in wanted if made and name and name not in made]


def _of_list(documents):
    """Return the names ({str}) of the groups that cloud-init makes of its list groups."""
    listed = config.value(documents, "groups")
    items = listed.value if listed is not None and isinstance(listed.value, list) else [listed.value] if listed is not None else []
    return {str(name) for item in items for name in (item if isinstance(item, dict) else [item])}


def _of_selinux(tree, documents):
    user = config.value(documents, *_KEYS, "selinux_user")
    if user is None or not user.value or guest_labels.mode_and_type(tree)[0] in ("enforcing", "permissive"):
        return []
    return [_at(user, f"selinux_user: {user.value}: SELinux is off, and useradd refuses")]


def _is_off(setting):
    return setting is not None and setting.value is False


def _rows(tree, path):
    return [line.split(":") for line in tree.read_text(path).split("\n") if line.strip()] if tree.is_file(path) else []


def _at(setting, text):
    return Evidence(setting.path, setting.line, text)
