# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The user whom Azure makes: that somebody makes it, with a shell that runs, and that sudo works for it.

PRIVATE: module_utils of this collection are not an interface.
"""

import posixpath
import re
import stat

from ansible_collections.imagewright.azure.plugins.module_utils.cloud_init import config
from ansible_collections.imagewright.azure.plugins.module_utils.core import programs
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
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
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.provisioner import (
    CLOUD_INIT,
    NOBODY,
    NOT_CLOUD_INIT,
    TWICE,
    WAAGENT,
    is_by_cloud_init,
    provisioner,
)
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import PROVISIONER
from ansible_collections.imagewright.azure.plugins.module_utils.sudo import sudoers, sudoers_access, sudoers_lines

_USERADD = "/etc/default/useradd"
_SHELL = re.compile(r"^\s*SHELL=[\"']?([^\"'\s#]*)")
#: Shells that let nobody in.
_CLOSED = ("nologin", "false", "true", "halt", "shutdown", "sync")
_RULES = "/etc/sudoers.d"
_SUDO = ("/usr/bin/sudo", "/usr/local/bin/sudo")


@rule(
    "R42k",
    step=PROVISIONER,
    severity=ERROR,
    fixed_by="",
    title="cloud-init makes the user and its key",
    fault="cloud-init does not make the user or its key",
    why="The user of Azure is the default one of the list users, made by the module users-groups; the module ssh writes the keys and makes the server's.",
    cure="Have `users: [default]` in /etc/cloud/cloud.cfg, and users-groups and ssh in cloud_init_modules.",
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
    users = config.value(documents, "users")
    names = users.value if users else None
    if users and not (
        isinstance(names, str)
        and "default" in names.split(",")
        or isinstance(names, dict)
        and "default" in names
        or isinstance(names, list)
        and any(name == "default" or isinstance(name, dict) and name.get("name") == "default" for name in names)
    ):
        found.append(Evidence(users.path, users.line, "users leaves out default, which is the user of Azure"))
    named = {name for listed in config.modules(documents).values() for name in listed}
    place = config.value(documents, "cloud_init_modules")
    found += [
        Evidence(place.path if place else config.PATHS[0], place.line if place else None, f"no stage runs the module {name.replace('_', '-')}")
        for name in ("users_groups", "ssh")
        if name not in named
    ]
    return failed_if(found)


@rule(
    "R40g",
    step=PROVISIONER,
    severity=ERROR,
    title="The user of Azure gets a shell that runs",
    fault="The user of Azure gets a shell that lets nobody in",
    why="sshd turns a user away whose shell is not there, and ends the session of one whose shell is nologin.",
    cure="Correct SHELL= in /etc/default/useradd, or system_info: default_user: shell: of cloud-init; or install the shell.",
    source="useradd(8); cloudinit/distros; OpenSSH auth.c, allowed_user",
)
def shell_runs(context):
    """Return failed with what gives the user a shell that is not there, cannot run, or lets nobody in."""
    tree, who = context.tree, provisioner(context.tree).who
    if who == NOBODY:
        return not_applicable("nobody provisions this guest")
    place = _of_cloud_init(context) if who in (CLOUD_INIT, TWICE) else None
    place = place or _of_useradd(context)
    if place is None:
        return passed("the system's default shell")
    shell = place.text.rpartition("=")[2].rpartition(": ")[2]
    if posixpath.basename(shell) in _CLOSED:
        return failed([place._replace(text=f"{place.text}: it lets nobody in")])
    wrong = programs.why_not(tree, shell)
    return failed_if([place._replace(text=f"{place.text}: {wrong}")] if wrong else [])


def _of_cloud_init(context):
    documents, faults = context.shared(config.documents)
    found = None if faults else config.value(documents, "system_info", "default_user", "shell")
    return Evidence(found.path, found.line, f"shell: {found.value}") if found and isinstance(found.value, str) and found.value else None


def _of_useradd(context):
    found = [(number, match.group(1)) for number, text in context.lines(_USERADD) for match in [_SHELL.match(text)] if match and match.group(1)]
    return Evidence(_USERADD, found[-1][0], f"SHELL={found[-1][1]}") if found else None


@rule(
    "R47a",
    step=PROVISIONER,
    severity=WARNING,
    fixed_by="",
    title="The user of Azure can use sudo",
    fault="sudo refuses to work",
    why="The provisioner writes a rule for the user; sudo takes none when its program or its files are not as it wants them.",
    cure="Install sudo's package again; correct the line that is named (`visudo -c`); have `@includedir /etc/sudoers.d`; "
    "`chown root:root /etc/sudoers; chmod 0440 /etc/sudoers`.",
    source="sudo.conf(5); plugins/sudoers/sudoers.c, open_sudoers; WALinuxAgent common/osutil/default.py, conf_sudoer",
)
def sudo_works(context):
    """Return failed when sudo is not setuid root, or /etc/sudoers may be written by others than root.

    It is an error when a line is none of sudo's, or when sudo does not read the directory into which the agent writes the user's rule.
    """
    tree = context.tree
    program = next((path for path in _SUDO if tree.is_file(path)), None)
    if program is None:
        return not_applicable("sudo is not installed")
    found, owned = [], tree.stat("/").uid == 0
    status = tree.stat(program)
    if not status.mode & stat.S_ISUID or owned and status.uid != 0:
        found.append(Evidence(program, None, f"mode {stat.S_IMODE(status.mode):04o}, user id {status.uid}: not setuid root"))
    for path in ("/etc/sudoers", "/etc/sudoers.d"):
        status = tree.stat(path)
        if status is not None and (status.mode & stat.S_IWOTH or owned and status.uid != 0):
            found.append(Evidence(path, None, f"mode {stat.S_IMODE(status.mode):04o}, user id {status.uid}: sudo takes no rule of it"))
    serious = _of_sudoers(context)
    return failed_if(serious + found, severity=ERROR if serious else None)


def _of_sudoers(context):
    """Return the [Evidence] of what takes sudo from everybody, or from the user whom the agent makes; an include of what is not there is R47's."""
    tree = context.tree
    if not tree.exists(sudoers.main_file(tree)):
        return []
    try:
        entries = sudoers.entries(tree)
    except ImagewrightError:
        return []
    found = [
        Evidence(path, line.number, f"{' '.join(line.clean.split())}: {cause}") for path, line in entries for cause in [sudoers_access.fault(line)] if cause
    ]
    includes = [sudoers.include_path(tree, path, included.path) for path, line in entries for included in [sudoers_lines.include(line)] if included]
    # where there is no such directory the agent makes it, and adds the include
    if provisioner(tree).who == WAAGENT and tree.is_dir(_RULES) and _RULES not in includes:
        found.append(Evidence(sudoers.main_file(tree), None, f"it does not include {_RULES}, into which the agent writes the user's rule"))
    return found


RULES = [makes_the_user, shell_runs, sudo_works]
