#!/usr/bin/python
# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Take from a guest what belongs to this one machine, so that its disk can become an image for many."""

DOCUMENTATION = r"""
module: guest_generalize
short_description: Take from a guest all that belongs to this one machine
version_added: 1.0.0
description:
  - Runs C(waagent -force -deprovision) and takes away what it leaves behind - machine id, SSH host keys, state of cloud-init and of the
    network managers, DHCP leases, random seed, histories of commands, files of Ansible itself, the images that
    M(imagewright.azure.initrd_modules) replaced and kept, and the logs when they are asked for.
  - Then nobody can log in with what was there before. What tells former passwords (C(/etc/shadow-), C(/etc/security/opasswd), the answers that
    an installer was given) goes too, unless O(accounts=keep). The passwords of all accounts are removed and so are their keys, or the accounts
    of people are deleted, except those of O(keep_accounts).
  - B(What is deleted is gone.) Use it on a machine whose disk becomes an image, as the last task over the connection. A new connection is
    not possible afterwards, for the SSH host keys are gone. In check mode it lists all that would be deleted.
  - It stops, with a warning, at what is mounted and is not the guest's own disk (homes on a server, a directory that is mounted at a second
    place), follows no link that a user made, and leaves every file with which an account of O(keep_accounts) logs in, also where another
    account has the same home or keys. Where it cannot tell keys from other things in a file, it refuses before anything is deleted.
  - Reads back what it did, and fails when an account could still be used or something is left.
options:
  agent:
    description: Run the Azure agent's own deprovisioning first, where the agent is installed. With another O(root) than V(/) it never runs.
    type: bool
    default: true
  agent_user:
    description: Let the agent delete the account that Azure made of this machine (C(-deprovision+user)).
    type: bool
    default: false
  accounts:
    description:
      - What becomes of the accounts.
      - V(lock) removes passwords and keys of all accounts, the system's among them.
      - V(remove) deletes the accounts of people with their home directories as well.
      - V(keep) leaves all of them usable.
    type: str
    choices: [lock, remove, keep]
    default: lock
  keep_accounts:
    description: Names of accounts whose password and keys stay.
    type: list
    elements: str
    default: []
  logs:
    description: Also delete rotated logs and the journal, and empty the other logs.
    type: bool
    default: false
  power_off:
    description: Power the guest off three seconds after the module has ended well.
    type: bool
    default: false
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
  - imagewright.azure.guest
author: imagewright.azure contributors (@imagewright)
"""

EXAMPLES = r"""
- name: Generalize the guest and power it off
  imagewright.azure.guest_generalize:
    power_off: true

- name: Delete the accounts of people but that of the operators, and all logs
  imagewright.azure.guest_generalize:
    accounts: remove
    keep_accounts: [operator]
    logs: true

- name: Generalize a guest that is mounted below a directory
  imagewright.azure.guest_generalize:
    root: /mnt/guest
"""

RETURN = r"""
removed:
  description: What was deleted or emptied, and why. In check mode what would be.
  type: list
  elements: dict
  returned: success
  contains:
    path: {description: The file or directory., type: str}
    action: {description: V(delete) or V(empty)., type: str}
    reason: {description: What it is., type: str}
  sample: [{path: /etc/machine-id, action: empty, reason: machine id}]
accounts:
  description: Accounts that could be used before, and what became of them.
  type: list
  elements: dict
  returned: success
  contains:
    name: {description: The account., type: str}
    action: {description: 'V(lock), V(remove) or V(keep).', type: str}
    password: {description: Whether a password let it in., type: bool}
    key_files: {description: Files with its keys., type: list, elements: str}
  sample: [{name: admin, action: lock, password: true, key_files: [/home/admin/.ssh/authorized_keys]}]
agent:
  description: The command that was run, or would be, of the Azure agent; null without an agent.
  type: list
  elements: str
  returned: success
  sample: [waagent, -force, -deprovision]
"""

import collections
import os
import posixpath
import re

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.imagewright.azure.plugins.module_utils.core import commands, edits, power
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError, finish
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.generalize import accounts, agent, limits, logins, removal, sessions, traces
from ansible_collections.imagewright.azure.plugins.module_utils.ssh import sshd_config
from ansible_collections.imagewright.azure.plugins.module_utils.storage import mounts
from ansible_collections.imagewright.azure.plugins.module_utils.waagent import conf, installation

HOST_NAME = "localhost.localdomain\n"  # what the agent sets, R49
HOST_NAME_FILES = ("/etc/hostname", "/etc/HOSTNAME")  # the second one is SLES 11's
PASSWORD_FILES = ("/etc/shadow", "/etc/passwd")
RANDOM_SEED_UNIT = "systemd-random-seed.service"


#: All that would be done. logins: [generalize.logins.Login]; homes, removals: [traces.Trace] of accounts that are removed, of the rest;
#: limits: generalize.limits.Limits; warnings: [str], what stays and why.
Generalization = collections.namedtuple("Generalization", "logins homes removals limits warnings")


def plan(tree, action, keep, clear_logs):
    """Return the Generalization. Raises ImagewrightError: an account cannot be kept or locked as it was asked for.

    action, keep, clear_logs: accounts, keep_accounts and logs of the module.
    """
    mounted = mounts.mounts()
    foreign = mounts.foreign(mounted, tree.root)
    found, bounds, stopped = logins.plan(tree, action, keep, foreign, set(mounts.below(mounted, tree.root)))
    of_accounts, told = logins.homes_that_go(tree, found)
    homes, stopped_there = limits.within(tree, of_accounts, bounds)
    places = [home for home in accounts.homes([login.account for login in found]) if limits.holder(home, foreign) is None]
    wanted = logins.keys_that_go(found) + (traces.passwords(tree) if action != "keep" else []) + traces.traces(tree, places, clear_logs)
    removals, stopped_too = limits.within(tree, wanted, bounds)
    told += [
        f"nothing below {point} is removed: {foreign[point].source} ({foreign[point].kind}) is mounted there, which is not this guest's own disk"
        for point in sorted({*stopped, *stopped_there, *stopped_too})
    ]
    return Generalization(found, homes, traces.without_nested(removals), bounds, told + logins.warnings(tree, found))


def described(found):
    """Return what becomes of each account that can be used: [{name, action, password, keys}].

    found: [logins.Login].
    """
    return [
        {"name": login.account.name, "action": login.action, "password": login.password, "key_files": login.keys}
        for login in found
        if login.keys or login.password or login.action == "remove"
    ]


def plan_edits(tree, keep_all, keep):
    """Return the Edits ([Edit]) of /etc/hostname and of the files that hold passwords."""
    wanted = [edits.Edit(path, edits.read(tree, path), HOST_NAME) for path in HOST_NAME_FILES if tree.is_file(path) and not tree.is_symlink(path)]
    for path in PASSWORD_FILES:
        before = edits.read(tree, path)
        if before is not None and not keep_all:
            wanted.append(edits.Edit(path, before, accounts.without_passwords(before, keep)))
    return [edit for edit in wanted if edit.before != edit.after]


def run(module):
    """Return the module's result."""
    parameters = module.params
    tree = LiveTree(parameters["root"])
    if parameters["power_off"] and not tree.is_running_system:
        raise ImagewrightError(f"cannot power off {parameters['root']}: it is a tree, not a running guest; leave out power_off")
    planned = plan(tree, parameters["accounts"], parameters["keep_accounts"], parameters["logs"])
    wanted = plan_edits(tree, parameters["accounts"] == "keep", parameters["keep_accounts"])
    obstacle = agent_obstacle(tree, planned, parameters["agent_user"])
    has_agent = parameters["agent"] and tree.is_running_system and agent.program() is not None
    doomed = [login.account.name for login in planned.logins if login.action == "remove"]
    result = {
        "changed": bool(planned.removals or wanted or doomed or parameters["power_off"]),
        "removed": [traces.as_dict(trace) for trace in planned.removals],
        "accounts": described(planned.logins),
        "agent": agent.command(parameters["agent_user"]) if has_agent and not obstacle else None,
        "diff": _difference(planned.removals, wanted, doomed),
    }
    told = planned.warnings + traces.warnings(tree) + host_key_warnings(tree) + (sessions.warnings() if tree.is_running_system else [])
    if has_agent and obstacle:
        told.append(f"the agent's own deprovisioning is not run: {obstacle}; all else is done without it")
    for text in told:
        module.warn(text)
    if not module.check_mode and result["changed"]:
        carry_out(module, tree, planned, result["agent"])
        if parameters["power_off"]:
            power.power_off()
    return result


def agent_obstacle(tree, planned, user):
    """Return why the agent, which knows no limits, may not deprovision the guest (str), None when it may.

    user: bool, whether it is to delete the account that Azure made as well.
    """
    held = {*planned.limits.mounted, *planned.limits.kept}
    for folder in agent.EMPTIED:
        real = tree.resolve(folder)
        near = limits.holder(real, held) or next((path for path in held if limits.holder(path, {real})), None)
        if near is not None:
            return f"it empties {folder}, and {near} " + ("is mounted there" if near in planned.limits.mounted else "is needed by a kept account")
    kept = [login.account.name for login in planned.logins if login.action == "keep"]
    if kept and user:
        return f"it deletes the account that Azure made with its home, and {kept[0]} is kept"
    if user and planned.limits.foreign:
        return "it deletes the account that Azure made with its home, and what is mounted in it"
    path = installation.conf_path(tree)
    if "root" in kept and path and (conf.parse(tree.read_text(path)).get("Provisioning.DeleteRootPassword") or "n").lower() == "y":
        return f"it removes the password of root ({path}: Provisioning.DeleteRootPassword=y), which is kept"
    return None


def host_key_warnings(tree):
    """Return a warning ([str]) for each host key that stays: nobody makes another at its place, and sshd does not start without."""
    return [
        f"{setting.path} line {setting.line}: the host key {setting.value} stays, and every machine of the image has it; take the line out, so "
        "that sshd uses those that are made at the first boot"
        for setting in sshd_config.host_keys(tree)
        if tree.is_file(setting.value) and not re.match(traces.HOST_KEY, setting.value)
    ]


def carry_out(module, tree, planned, agent_command):
    """Generalize the guest in an order that a failure leaves repeatable, and prove that nothing is left.

    planned: Generalization of what is there now; agent_command: [str] or None.
    """
    parameters = module.params
    if agent_command:
        run_agent(tree, parameters["agent_user"])
    # a home goes before its account, which alone tells where it is
    for trace in planned.homes:
        removal.remove(tree, trace.path)
    for login in planned.logins:
        if login.action == "remove":
            # -f: the account that Ansible uses is logged in. 6: the agent's +user was quicker
            commands.run(["userdel", "-f", login.account.name], f"delete the account {login.account.name}", root=tree.root, accept=(0, 6))
    keep_all = parameters["accounts"] == "keep"
    # its result has a diff of /etc/shadow, which nobody may see
    edits.apply(module, tree, plan_edits(tree, keep_all, parameters["keep_accounts"]))
    if tree.is_running_system and commands.find("systemctl"):
        # its stop writes a new seed: let it do so now, not at power-off
        commands.run(["systemctl", "stop", RANDOM_SEED_UNIT], "stop the random seed service", accept=None)
    for trace in plan(tree, parameters["accounts"], parameters["keep_accounts"], parameters["logs"]).removals:
        (removal.remove if trace.action == "delete" else removal.empty)(tree, trace.path)
    prove(tree, parameters)


def run_agent(tree, user):
    """Deprovision with the agent, and put back the link and the directories that it takes away with the state in them."""
    link = tree.readlink(agent.RESOLVER) if tree.is_symlink(agent.RESOLVER) else None
    folders = [folder for folder in agent.LEASE_FOLDERS if tree.is_dir(folder)]
    agent.deprovision(user)
    if link is not None and tree.lstat(agent.RESOLVER) is None:
        removal.symlink(tree, limits.place(tree, agent.RESOLVER), link)
    for folder in folders:
        os.makedirs(tree.host_path(folder), 0o755, exist_ok=True)


def prove(tree, parameters):
    """Raise ImagewrightError when something of the machine is left, or an account can still be used."""
    left = plan(tree, parameters["accounts"], parameters["keep_accounts"], False)
    usable = [account["name"] for account in described(left.logins) if account["action"] != "keep"]
    if usable:
        raise ImagewrightError(
            f"cannot generalize the guest: the accounts {', '.join(usable)} can still be used; "
            "look for a program that writes /etc/shadow or authorized_keys, and run the task again"
        )
    if left.removals:
        raise ImagewrightError(
            f"cannot generalize the guest: {', '.join(trace.path for trace in left.removals[:5])} came back while they were removed; "
            "stop the service that writes them, and run the task again"
        )


def _difference(removals, wanted, doomed):
    """Return Ansible's diff: one line for each thing that goes, and no content of any file."""
    lines = [f"{trace.path} ({traces.reason(trace)}{', emptied' if trace.action == 'empty' else ''})" for trace in removals]
    lines += [f"{edit.path} ({'name of this machine' if posixpath.basename(edit.path).lower() == 'hostname' else 'passwords'})" for edit in wanted]
    lines += [f"account {name} and its home directory" for name in doomed]
    before = "".join(line + "\n" for line in lines)
    return [{"before_header": "what belongs to this machine", "after_header": "generalized", "before": before, "after": ""}]


def main():
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "root": {"type": "path", "default": "/"},
            "agent": {"type": "bool", "default": True},
            "agent_user": {"type": "bool", "default": False},
            "accounts": {"type": "str", "default": "lock", "choices": ["lock", "remove", "keep"]},
            "keep_accounts": {"type": "list", "elements": "str", "default": [], "no_log": False},
            "logs": {"type": "bool", "default": False},
            "power_off": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    finish(module, run)


if __name__ == "__main__":
    main()
