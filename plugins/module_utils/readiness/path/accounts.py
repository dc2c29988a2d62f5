# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Root: the accounts are there and whole, can be written, and are looked up in the guest's own files.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.core import programs, services, unit_files, units
from ansible_collections.imagewright.azure.plugins.module_utils.readiness import name_services
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import (
    ERROR,
    WARNING,
    Evidence,
    failed_if,
    not_applicable,
)
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.provisioner import CLOUD_INIT, WAAGENT, provisioner
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rules.host_keys import agent_makes_keys
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import ROOT

#: Account databases: (path, fields that a line has at least, name that must be in it, its number in field 2 or None).
_SHADOW = "/etc/shadow"
_DATABASES = (("/etc/passwd", 7, "root", "0"), ("/etc/group", 4, "root", "0"), (_SHADOW, 2, "root", None))
#: The services that answer for a directory of nsswitch.conf; of another it is not known whether it answers.
#: Where the C library finds what asks each service. Source: nsswitch.conf(5), libnss_SERVICE.so.
_LIBRARIES = ("/lib/*-linux-*", "/usr/lib/*-linux-*", "/lib64", "/usr/lib64", "/lib", "/usr/lib")
_DAEMONS = {"sss": ["sssd", "sssd-nss.socket"], "ldap": ["nslcd"], "winbind": ["winbind", "winbindd"]}


@rule(
    "R68b",
    step=ROOT,
    severity=ERROR,
    title="/etc/passwd, group and shadow are there and whole",
    fault="/etc/passwd, group or shadow is not there, or not whole",
    why="Without the accounts of the system no service starts, nobody is provisioned and nobody logs in.",
    cure="Put the file back from its copy (/etc/passwd-, group-, shadow-) or a backup, then run pwck and grpck.",
    source="passwd(5); shadow(5); group(5)",
)
def accounts_are_whole(context):
    """Return failed with each database that is missing, empty or without root; a warning for a line that lacks fields and is passed over."""
    evidence, severe = [], False
    for path, fields, name, number in _DATABASES:
        if not context.tree.is_file(path):
            if path != _SHADOW or _uses_shadow(context):
                severe = True
                evidence.append(Evidence(path, None, "is not there"))
            continue
        lines = [(count, text.split(":")) for count, text in context.lines(path) if text.strip() and not text.startswith(("+", "-", "#"))]
        if not any(words[0] == name and (number is None or words[2:3] == [number]) for _count, words in lines):
            # useradd and the services do without root's own password line
            severe = severe or not lines or path != _SHADOW
            evidence.append(Evidence(path, None, "is empty" if not lines else f"has no {name}" + (f" with the number {number}" if number else "")))
        evidence += [Evidence(path, count, f"has {len(words)} of {fields} fields: {words[0][:40]}") for count, words in lines if len(words) < fields]
    return failed_if(evidence, severity=None if severe else WARNING)


def _uses_shadow(context):
    return any(text.split(":")[1:2] == ["x"] for _number, text in context.lines("/etc/passwd"))


_OF_ACCOUNTS = ("/etc/passwd", "/etc/shadow", "/etc/group", "/etc/gshadow", "/etc/subuid", "/etc/subgid", "/etc", "/etc/sudoers.d", "/home")
#: Source: WALinuxAgent pa/provision/default.py; cloudinit/helpers.py, cloudinit/distros, write_sudo_rules.
_OF_AGENT = ("/etc/hostname", "/var/lib/waagent", "/etc/sudoers.d/waagent")
_OF_CLOUD_INIT = ("/var/lib/cloud", "/var/lib/cloud/instances", "/etc/sudoers.d/90-cloud-init-users")
_SERVERS, _HOST_KEYS = "/etc/ssh", "/etc/ssh/ssh_host_*_key"


@rule(
    "R68c",
    step=ROOT,
    severity=ERROR,
    title="Whoever provisions may write the files of accounts, and its own",
    fault="A file that whoever provisions writes cannot be written",
    why="cloud-init and the agent make the user with useradd: an immutable /etc/passwd (chattr +i) keeps them from it. The host keys are made anew, and the "
    "agent ends when it cannot write the name of the host.",
    cure="Run `chattr -i` on the file; keep it from being set again by what hardens the guest.",
    source="chattr(1)",
)
def accounts_can_be_written(context):
    """Return failed with each file of accounts, or of whoever provisions, or its directory, that is immutable or append-only."""
    tree = context.tree
    named = list(_OF_ACCOUNTS) + (_of_provisioner(tree) if context.kind != "specialized" else [])
    paths = [path for path in named if tree.lstat(path) is not None]
    answers = [(path, tree.is_immutable(path)) for path in paths]
    if all(answer is None for _path, answer in answers):
        return not_applicable("this file system does not tell")
    return failed_if(Evidence(path, None, "is immutable or append-only (lsattr)") for path, answer in answers if answer)


def _of_provisioner(tree):
    """Return the paths ([str]) that whoever provisions writes to, removes or makes files in, besides those of accounts."""
    who, keys = provisioner(tree).who, tree.glob(_HOST_KEYS)
    if who == WAAGENT:
        return list(_OF_AGENT) + ([_SERVERS] + keys if agent_makes_keys(tree)[0] else [])
    # keys that it cannot delete it leaves as they are
    return list(_OF_CLOUD_INIT) + ([_SERVERS] if not keys else []) if who == CLOUD_INIT else []


@rule(
    "R68h",
    step=ROOT,
    severity=ERROR,
    title="Accounts are looked up in the guest's own files",
    fault="Accounts are not looked up in the guest's own files",
    why="The user whom Azure makes is in /etc/passwd and /etc/shadow: where nsswitch.conf names a directory service alone, nobody finds it, nor the accounts "
    "of the services.",
    cure="Have `files` in the lines passwd, group and shadow of /etc/nsswitch.conf, first or without [..=return] before it.",
    source="nsswitch.conf(5)",
)
def accounts_are_in_files(context):
    """Return failed with the line passwd, group or shadow of nsswitch.conf that does not name files, or ends before it gets there."""
    path, found = "/etc/nsswitch.conf", []
    if context.tree.exists(path) and not context.tree.is_file(path):
        found.append(Evidence(path, None, "it is no file, and nobody is found"))
    for number, text in context.lines(path):
        name, colon, listed = text.partition("#")[0].partition(":")
        if colon and name.strip() in ("passwd", "group", "shadow"):
            cause = name_services.cause(listed, lambda service: _answers(context, service))
            found += [Evidence(path, number, f"{text.strip()}{cause and ': '}{cause}")] if cause is not None else []
    return failed_if(found)


def _answers(context, service):
    """Return whether a directory service of nsswitch.conf will be there to answer at the next boot."""
    names, tree = _DAEMONS.get(service), context.tree
    if programs.is_whole_system(tree) and not any(tree.glob(f"{folder}/libnss_{service}.so*") for folder in _LIBRARIES):
        return False
    return names is None or services.will_start(context.shared(unit_files.Units), names).state in (units.STARTS, units.UNKNOWN)


RULES = [accounts_are_whole, accounts_can_be_written, accounts_are_in_files]
