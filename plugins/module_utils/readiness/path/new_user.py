# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The user whom Azure makes: that somebody makes it, with a shell that runs and a home that it may enter.

PRIVATE: module_utils of this collection are not an interface.
"""

import posixpath
import re

from ansible_collections.imagewright.azure.plugins.module_utils.cloud_init import config
from ansible_collections.imagewright.azure.plugins.module_utils.core import programs, services, unit_files, units
from ansible_collections.imagewright.azure.plugins.module_utils.readiness import cloud_others, cloud_user, login_defs, new_shell
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import (
    ERROR,
    WARNING,
    Evidence,
    failed,
    failed_if,
    not_applicable,
    passed,
    unknown,
)
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import huge_pages
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.path import cloud_sudo, existing_home, new_account, sudo
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.provisioner import (
    NOBODY,
    NOT_CLOUD_INIT,
    WAAGENT,
    is_by_cloud_init,
    provisioner,
)
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import PROVISIONER
from ansible_collections.imagewright.azure.plugins.module_utils.ssh.sshd_access import DEFAULT_NAME
from ansible_collections.imagewright.azure.plugins.module_utils.storage.mount_lines import mount_lines

_USERADD = "/etc/default/useradd"
#: Bytes and files that a new user's home needs at least: its directories, and three files of the skeleton.
_LEAST_HOME, _LEAST_FILES = 16384, 6
#: cloud-init's modules of distributions.
_DISTRIBUTIONS = ("/usr/lib/python3*/*-packages/cloudinit/distros", "/usr/lib/python3/dist-packages/cloudinit/distros")
#: Shells that let nobody in.
_CLOSED = programs.NO_SHELLS + ("halt", "shutdown", "sync")


@rule(
    "R42k",
    step=PROVISIONER,
    severity=ERROR,
    fixed_by="",
    title="cloud-init makes the user and its key",
    fault="cloud-init does not make the user or its key",
    why="The user of Azure is the default one of the list users, made by the module users-groups; the module ssh writes the keys and makes the server's. "
    "useradd refuses a number that is taken, a group that is not there and a user of SELinux where that is off; others of the list are made before it, and "
    "with one that cannot be made cloud-init ends. The rule of sudo is written as it is.",
    cure="Have `users: [default]` in /etc/cloud/cloud.cfg, and users-groups and ssh in cloud_init_modules; take the key out of system_info: default_user.",
    source="cloudinit/config/cc_users_groups.py, cc_ssh.py",
)
def makes_the_user(context):
    """Return failed when users leaves the default one out, or a module is in no stage; unknown when nothing here reads YAML."""
    if not is_by_cloud_init(context.tree):
        return not_applicable(NOT_CLOUD_INIT)
    documents, faults = context.shared(config.documents)
    if faults:
        return unknown(faults[0].message)
    found = []
    users = config.said(documents, "users")
    names = users.value if users else None
    other = config.value(documents, "user")
    name = other.value.get("name") if other and isinstance(other.value, dict) else other.value if other else None
    if isinstance(name, str) and name not in ("default", DEFAULT_NAME):
        found.append(Evidence(other.path, other.line, f"user: {name}: it takes the place of the user of Azure, whose name is another"))
    if (
        users
        and not (other and other.value)
        and not (
            isinstance(names, str)
            and "default" in names.split(",")
            or isinstance(names, dict)
            and names.get("default", False) is not False
            or isinstance(names, list)
            and any(name == "default" or isinstance(name, dict) and name.get("name", "default") == "default" for name in names)
        )
    ):
        found.append(Evidence(users.path, users.line, "users leaves out default, which is the user of Azure"))
    lists = config.modules(documents)
    named = [name for listed in lists.values() for name in listed]
    place = config.said(documents, "cloud_init_modules")
    found += [
        Evidence(place.path if place else config.PATHS[0], place.line if place else None, f"no stage runs the module {name.replace('_', '-')}")
        for name in ("users_groups", "ssh")
        if name not in named
    ]
    found += _of_stages(documents, lists, named)
    found += cloud_user.obstacles(context.tree, documents) + _of_distribution(context.tree, documents)
    without, doubted = cloud_sudo.obstacles(context, documents)
    found += without + cloud_others.obstacles(context.tree, documents, login_defs.settings(context).get("USERGROUPS_ENAB", ("yes",))[0].lower() != "no")
    return failed_if(found + doubted + cloud_user.homeless(context.tree, documents), severity=None if found else WARNING)


def _of_stages(documents, lists, named):
    """Return the [Evidence] of a list of modules that ends its stage, and of the module ssh where it comes before the user whose key it writes.

    lists: as of config.modules; named: [str], all modules in their order. Source: cloudinit/config/modules.py; tried with 22.4.
    """
    found = []
    for key in lists:
        said = config.said(documents, key)
        items = said.value if said is not None and isinstance(said.value, list) else []
        strange = [item for item in items if item and not isinstance(item, (str, dict, list))]
        found += [Evidence(said.path, said.line, f"{key}: {item}: it is no module, and cloud-init ends with it") for item in strange[:1]]
    if {"users_groups", "ssh"} <= set(named) and named.index("ssh") < named.index("users_groups"):
        said = config.said(documents, next(key for key in lists if "ssh" in lists[key]))
        found.append(Evidence(said.path, said.line, "ssh comes before users-groups: the user whose key it writes is not there yet"))
    return found


def _of_distribution(tree, documents):
    """Return the [Evidence] of a distribution that cloud-init has no module for, and ends with."""
    named = config.said(documents, "system_info", "distro")
    if named is not None and named.value is None:
        return [Evidence(named.path, named.line, "distro: null: cloud-init knows no such distribution")]
    folders = [folder for pattern in _DISTRIBUTIONS for folder in tree.glob(pattern)]
    if not named or not isinstance(named.value, str) or not any(tree.is_file(f"{folder}/debian.py") for folder in folders):
        return []
    there = any(tree.exists(f"{folder}/{named.value.replace('-', '_')}{end}") for folder in folders for end in (".py", ""))
    return [] if there else [Evidence(named.path, named.line, f"distro: {named.value}: cloud-init knows no such distribution")]


@rule(
    "R40g",
    step=PROVISIONER,
    severity=ERROR,
    title="The user of Azure gets a shell that runs",
    fault="The user of Azure gets a shell that lets nobody in",
    why="sshd turns a user away whose shell is not there, and ends the session of one whose shell is nologin.",
    cure="Correct SHELL= in /etc/default/useradd, or system_info: default_user: shell: of cloud-init; or install the shell.",
    source="useradd(8); cloudinit/distros; WALinuxAgent common/osutil/default.py, useradd; OpenSSH auth.c, allowed_user",
)
def shell_runs(context):
    """Return failed with what gives the user a shell that is not there, cannot run, or lets nobody in."""
    tree = context.tree
    if provisioner(tree).who == NOBODY:
        return not_applicable("nobody provisions this guest")
    found = new_shell.named(context)
    if found is None:
        return passed("the system's default shell")
    shell, place = found
    if posixpath.basename(shell) in _CLOSED:
        return failed([place._replace(text=f"{place.text}: it lets nobody in")])
    wrong = programs.why_not(tree, shell)
    return failed_if([place._replace(text=f"{place.text}: {wrong}")] if wrong else [])


@rule(
    "R40h",
    step=PROVISIONER,
    severity=ERROR,
    title="A user can be made, with a home that it may enter",
    fault="No user can be made, or none that may enter its home",
    why="Whoever provisions calls useradd: it fails where a lock is left behind, a file of accounts is a link, its group is there already, no number is free, "
    "a script beside it fails or /home leads nowhere; what /etc/skel has in the place of .ssh keeps the key out; and a user that has expired, has to change a "
    "password that it does not have, or may not enter its home, is turned away with a right key.",
    cure="Remove the lock, the script, the group (groupdel), or the home that is root's; correct the ranges of numbers, PASS_MAX_DAYS, UMASK and HOME_MODE in "
    "/etc/login.defs, EXPIRE in /etc/default/useradd; make the directory for homes.",
    source="useradd(8); login.defs(5); subuid(5); lckpwdf(3); shadow lib/commonio.c",
    choice="PASS_MAX_DAYS of some days, as hardening guides have it, is right for who has a password.",
)
def user_can_be_made(context):
    """Return failed with each file or setting that keeps a new user from being made or from its home."""
    if context.kind == "specialized" or provisioner(context.tree).who == NOBODY:
        return not_applicable("nobody makes a user")
    return failed_if(new_account.obstacles(context) + _of_modes(context) + _of_homes(context))


def _of_modes(context):
    """Return the [Evidence] of a mode of new homes that keeps their user, or sshd's trust, out."""
    settings, found = login_defs.settings(context), []
    mode, place = settings.get("HOME_MODE", (None, None))
    mask, place = (None, place) if mode else settings.get("UMASK", (None, None))
    if re.fullmatch(r"[0-7]{3,4}", mode or mask or ""):
        rights = int(mode, 8) if mode else 0o777 & ~int(mask, 8)
        if rights & 0o500 != 0o500:
            found.append(place._replace(text=f"{place.text}: a user may not enter its home"))
        elif rights & existing_home.of_others(context) and existing_home.is_strict(context):
            found.append(place._replace(text=f"{place.text}: others may write to the user's home, and sshd takes no key from there (StrictModes)"))
    return found


def _of_homes(context):
    tree, base, found = context.tree, "/home", []
    for number, text in context.lines(_USERADD):
        name, equals, value = text.strip().partition("=")
        value = value.strip("\"'")
        if equals and name == "HOME" and value.startswith("/"):
            base = value
        if equals and name == "HOME" and provisioner(tree).who == WAAGENT and tree.resolve(base) != tree.resolve("/home"):
            found.append(Evidence(_USERADD, number, f"{text.strip()}: the agent writes the user's key to /home, where Azure says, and sshd looks here"))
    lines = context.shared(mount_lines)
    found += [Evidence(line.path, line.line, f"{line.text}: no home can be made") for line in lines if line.mount_point == base and "ro" in line.options]
    found += [Evidence(line.path, line.line, f"{line.text}: {cause}") for line in lines if line.mount_point == base for cause in [_of_memory(line)] if cause]
    found += _of_automounter(context, base) + existing_home.obstacles(context, base)
    mounted = any(line.mount_point != "/" and tree.resolve(base).startswith(line.mount_point.rstrip("/") + "/") for line in lines)
    if tree.lstat(base) is not None and not tree.is_dir(base) and not mounted:
        found.append(Evidence(base, None, f"leads to {tree.resolve(base)}, which is not there" if tree.is_symlink(base) else "is no directory"))
    return found


def _of_memory(line):
    """Return why no home can be made in a file system in memory (MountLine), or entered, "" when it can. Source: tmpfs(5)."""
    options = dict(option.partition("=")[::2] for option in line.options) if line.kind in ("tmpfs", "ramfs") else {}
    mode, size, inodes = (options.get(name, "") for name in ("mode", "size", "nr_inodes"))
    if re.fullmatch(r"[0-7]{1,4}", mode) and not int(mode, 8) & 0o001:
        return "nobody but root may enter it"
    # 0 is no limit
    is_small = any(0 < (huge_pages.size_of(text) or 0) < least for text, least in ((size, _LEAST_HOME), (inodes, _LEAST_FILES)))
    return "it has no room for a home" if is_small else ""


def _of_automounter(context, base):
    """Return the [Evidence] of the lines by which autofs holds the directory for homes: nobody may make a directory in it."""
    tree, known = context.tree, context.shared(unit_files.Units)
    if services.will_start(known, ["autofs"]).state not in (units.STARTS, units.UNKNOWN):
        return []
    paths = [path for path in ("/etc/auto.master", "/etc/autofs/auto.master") if tree.is_file(path)] + tree.glob("/etc/auto.master.d/*.autofs")
    return [
        Evidence(path, number, f"{' '.join(text.split())}: autofs holds {base}, and no home can be made there")
        for path in paths
        for number, text in context.lines(path)
        if text.split()[:1] == [base] and not {"null", "-null"} & set(text.split()[1:2])
    ]


RULES = [makes_the_user, shell_runs, user_can_be_made] + sudo.RULES
