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
from ansible_collections.imagewright.azure.plugins.module_utils.core import guest_labels, yaml_text
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import Evidence
from ansible_collections.imagewright.azure.plugins.module_utils.ssh.sshd_access import DEFAULT_NAME

_KEYS = ("system_info", "default_user")
PASSWD, GROUP = "/etc/passwd", "/etc/group"
#: What has cloud-init make no home, and what a user without one cannot have.
HOMELESS = ("no_create_home", "system")
NEEDS_HOME = ("ssh_authorized_keys", "ssh_import_id", "ssh_redirect_user")
_DATE = re.compile(r"\d{4}-\d\d-\d\d$")
#: (key, what useradd finds in it, why it does not take it).
_REFUSED = (
    ("gecos", r"[:\n]", "it has a colon or a line end"),
    ("passwd", r"[:\n]", "it has a colon or a line end"),
    ("shell", r"^[^/*]", "it is no whole path"),
    ("inactive", r"^(?!\s*[-+]?\d+\s*$)", "it is no number"),
)
#: (key, what its value has to be).
_OF_SSH = (("ssh_authorized_keys", (list, str)), ("ssh_keys", dict), ("ssh_publish_hostkeys", dict))


def obstacles(tree, documents):
    """Return the [Evidence] of what keeps the default user from being made, from its home, its key, its login or sudo.

    documents: as of cloud_init.config.documents.
    """
    found = []
    keys = config.said(documents, "allow_public_ssh_keys")
    if keys and not _is_true(keys.value):
        found.append(Evidence(keys.path, keys.line, f"allow_public_ssh_keys: {_shown(keys.value)}: the key of Azure is left out"))
    expires = own_setting(documents, "expiredate")
    # a date without quotes is no text, and cloud-init leaves it out
    if expires and isinstance(expires.value, str) and _DATE.match(expires.value) and expires.value < time.strftime("%Y-%m-%d", time.gmtime()):
        found.append(_at(expires, f"expiredate {expires.value}: the user has expired"))
    snap = config.value(documents, *_KEYS, "snapuser")
    if snap:
        found.append(_at(snap, "snapuser: the user of Azure has no account of Ubuntu's, and is not made"))
    system = config.said(documents, _KEYS[0])
    if system is not None and system.value is None:
        found.append(_at(system, "system_info: null: cloud-init ends with it"))
    source = config.said(documents, "datasource")
    if source is not None and not isinstance(source.value, (dict, list)):
        found.append(_at(source, f"datasource: {_shown(source.value)}: it is no mapping, and cloud-init takes no source"))

    def setting(name):
        return own_setting(documents, name)

    homeless, needs = ([each for name in names for each in [setting(name)] if each is not None and each.value] for names in (HOMELESS, NEEDS_HOME))
    if homeless and needs:
        found.append(_at(homeless[0], "no home is made, and keys beside that of Azure need one: cloud-init makes nobody"))
    return found + _of_kinds(documents) + _of_ssh(documents) + unmade(tree, documents, setting)


def unmade(tree, documents, setting):
    """Return the [Evidence] of what useradd refuses of a user. setting: callable (name of a key) -> ConfigValue or None."""
    return _of_texts(setting) + _of_home(tree, setting) + _of_number(tree, setting) + _of_groups(tree, documents, setting) + _of_selinux(tree, setting)


def homeless(tree, documents):
    """Return the [Evidence] of what has useradd make no home: cloud-init makes one for the key, in which the user may not write, for it is root's."""
    settings = [(name, config.value(documents, *_KEYS, name)) for name in HOMELESS]
    is_there = asked(documents, "homedir") or tree.is_dir(f"/home/{DEFAULT_NAME}")
    text = "cloud-init makes the home for the key alone, and as root's, so that the user may not write there"
    return [_at(setting, f"{name}: {text}") for name, setting in settings if setting and setting.value is True and not is_there]


def own_setting(documents, key):
    """Return the ConfigValue of a key for the user of Azure, None without one.

    That of ``user``, which older files have, counts before default_user's, and that before what the list users says of ``default``.
    """
    found = config.value(documents, "user", key) or config.value(documents, *_KEYS, key)
    users = config.value(documents, "users")
    if found is not None or users is None or not isinstance(users.value, list):
        return found
    for name in ("default", DEFAULT_NAME):
        for number, entry in enumerate(users.value):
            if isinstance(entry, dict) and entry.get("name", "default") == name and entry.get(key) is not None:
                return of_entry(documents, users, number, key)
    return None


def of_entry(documents, users, number, key):
    """Return the ConfigValue of a key of a mapping in the list users. users: its ConfigValue; number: int, of the mapping from 0."""
    document = dict(documents)[users.path]
    return config.ConfigValue(users.value[number][key], users.path, yaml_text.line(document, "users", number, key))


def asked(documents, key):
    """Return the values ({str}) of a key that cloud-init's files ask for the user of Azure, in whatever way they name it.

    documents: as of cloud_init.config.documents.
    """
    named, other = config.value(documents, "users"), config.value(documents, "user")
    listed = named.value if named is not None and isinstance(named.value, list) else []
    entries = [entry for entry in listed if isinstance(entry, dict) and entry.get("name", "default") in ("default", DEFAULT_NAME)]
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
    listed = config.value(documents, "groups")
    items = listed.value if listed is not None and isinstance(listed.value, list) else [listed.value] if listed is not None else []
    members = [(name, of) for item in items if isinstance(item, dict) for name, of in item.items() if not isinstance(of, (list, str))]
    found += [_at(listed, f"groups: {name}: {_shown(of)}: it is no list of members, and cloud-init makes nobody") for name, of in members[:1]]
    users = config.said(documents, "users")
    strange = []
    if users is not None and isinstance(users.value, list):
        strange = [item for item in users.value if not isinstance(item, (str, dict, list))]
    elif users is not None and isinstance(users.value, dict):
        strange = [of for of in users.value.values() if not isinstance(of, (bool, int, float, str, dict))]
    return found + ([_at(users, f"users: {_shown(strange[0])}: it is no user, and cloud-init makes nobody")] if strange else [])


def _shown(value):
    return "null" if value is None else value


def _of_ssh(documents):
    """Return the [Evidence] of values with which the module ssh ends before it has written the key. Source: cloudinit/config/cc_ssh.py; tried with 22.4."""
    found = []
    for name, kind in _OF_SSH:
        said = config.said(documents, name)
        if said is not None and not isinstance(said.value, kind):
            found.append(_at(said, f"{name}: {_shown(said.value)}: the module ssh ends with it, before it writes the key of Azure"))
    return found


def _of_texts(setting):
    """Return the [Evidence] of texts that useradd does not take. Source: useradd.c of shadow 4.13, tried with it."""
    found = []
    for name, pattern, cause in _REFUSED:
        said = setting(name)
        if said is not None and isinstance(said.value, str) and said.value and re.search(pattern, said.value):
            found.append(_at(said, f"{name}: {said.value if name != 'passwd' else '...'}: {cause}, and useradd refuses it"))
    groups = setting("groups")
    listed = groups.value if groups is not None and isinstance(groups.value, list) else []
    strange = [name for name in listed if not isinstance(name, str)]
    return found + ([_at(groups, f"groups: {_shown(strange[0])}: it is no text, and cloud-init makes nobody")] if strange else [])


def _of_home(tree, setting):
    """Return the [Evidence] of a home that nobody can make: below what is no directory, or where the kernel shows what it has."""
    home = setting("homedir")
    if home is None or not str(home.value).startswith("/"):
        return []
    path = posixpath.normpath(str(home.value))
    above = [path[: match.start()] for match in re.finditer("/", path)][1:]
    wrong = next((f"{folder} is no directory" for folder in above + [path] if tree.exists(folder) and not tree.is_dir(folder)), "")
    wrong = wrong or ("nobody makes directories there" if re.match(r"/(proc|sys)(/|$)", path) else "")
    return [_at(home, f"homedir: {home.value}: {wrong}, and useradd makes no home")] if wrong else []


def _of_number(tree, setting):
    number = setting("uid")
    if number is None or isinstance(number.value, bool):
        return []
    if not str(number.value).isdigit():
        return [_at(number, f"uid {number.value}: it is no number, and useradd refuses it")]
    taken = [row[0] for row in rows(tree, PASSWD) if len(row) > 2 and row[2].isdigit() and int(row[2]) == int(str(number.value)[:10])]
    return [_at(number, f"uid {number.value}: {taken[0]} has it, and useradd gives it to nobody else")] if taken else []


def _of_groups(tree, documents, setting):
    """Return the [Evidence] of groups that are not there, and that nothing makes: the first one is made only together with others."""
    listed, first, makes = (setting(name) for name in ("groups", "primary_group", "create_groups"))
    names = listed.value if listed is not None else []
    names = names.split(",") if isinstance(names, str) else list(names) if isinstance(names, (list, dict)) else []
    made = {row[0] for row in rows(tree, GROUP)} | groups_made(documents)
    wanted = [(first, str(first.value))] if first is not None and first.value and (not names or _is_off(makes)) else []
    wanted += [(listed, str(name).strip()) for name in names if _is_off(makes) or re.search(r"\s", str(name).strip())]
    return [_at(place, f"{name}: there is no such group, and nothing makes it") for place, name in wanted if made and name and name not in made]


def groups_made(documents):
    """Return the names ({str}) of the groups that cloud-init makes of its list groups."""
    listed = config.value(documents, "groups")
    items = listed.value if listed is not None and isinstance(listed.value, list) else [listed.value] if listed is not None else []
    return {str(name) for item in items for name in (item if isinstance(item, dict) else [item])}


def _of_selinux(tree, setting):
    user = setting("selinux_user")
    if user is None or not user.value or guest_labels.mode_and_type(tree)[0] in ("enforcing", "permissive"):
        return []
    return [_at(user, f"selinux_user: {user.value}: SELinux is off, and useradd refuses")]


def _is_true(said):
    """Return whether a value is a true one. Source: cloudinit/util.py, translate_bool."""
    return said is True or str(said).lower().strip() in ("true", "1", "on", "yes")


def _is_off(setting):
    return setting is not None and setting.value is False


def rows(tree, path):
    """Return the rows ([[str]]) of a file such as /etc/passwd."""
    return [line.split(":") for line in tree.read_text(path).split("\n") if line.strip()] if tree.is_file(path) else []


def _at(setting, text):
    return Evidence(setting.path, setting.line, text)
