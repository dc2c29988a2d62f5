# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SSH: a user of Azure gets past sshd's settings, PAM and the files that turn people away.

PRIVATE: module_utils of this collection are not an interface.
"""

import re

from ansible_collections.imagewright.azure.plugins.module_utils.core import programs, unit_files, units
from ansible_collections.imagewright.azure.plugins.module_utils.generalize import accounts
from ansible_collections.imagewright.azure.plugins.module_utils.readiness import login_defs, session_files, sshd_started
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, WARNING, Evidence, failed, failed_if, not_applicable, passed
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.provisioner import CLOUD_INIT, WAAGENT, provisioner
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.starting import started_line
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import SSH
from ansible_collections.imagewright.azure.plugins.module_utils.ssh import (
    pam,
    pam_modules,
    server,
    sshd_access,
    sshd_config,
    sshd_keys,
    sshd_sessions,
    tcp_wrappers,
)

NO_SERVER = "there is no SSH server"
_CONF = "/etc/ssh/sshd_config"
_MOST_ACCOUNTS = 20
_OPENING = "systemd-user-sessions.service"
#: limits.conf: nobody may log in at all.
_NO_LOGIN = re.compile(r"\s*(\S+)\s+(?:-|hard|soft)\s+(?:maxlogins|maxsyslogins|nproc)\s+0\s*(?:#|$)")


@rule(
    "R46e",
    step=SSH,
    severity=ERROR,
    fixed_by="",
    title="sshd lets a user of Azure in",
    fault="sshd keeps a user of Azure out",
    why="The user is made on Azure, under a name and in groups that the build did not know, and has a key, or a password.",
    cure="Take the line out, or let it name a group or pattern that the user will match.",
    source="sshd_config(5)",
    choice="AllowUsers with azureuser, the name that Azure takes when none is given, passes.",
)
def lets_in(context):
    """Return failed with the settings that keep everybody out whom Azure makes (or, of an image that keeps its identity, all its accounts)."""
    if server.program(context.tree) is None:
        return not_applicable(NO_SERVER)
    names = {account.name for account in accounts.known_accounts(context.tree)} if context.tree.is_file("/etc/passwd") else set()
    is_new = context.kind != "specialized"
    groups = login_defs.groups(context) if is_new else _groups_with_members(context.tree)
    settings = context.facts(sshd_started.settings)
    who = provisioner(context.tree).who
    is_made = is_new and who in (WAAGENT, CLOUD_INIT)
    no_way = sshd_access.no_way_in(settings, is_new) or (sshd_access.not_read(settings, who == CLOUD_INIT) if is_made else [])
    no_way += sshd_keys.no_common_algorithm(settings)
    no_way += sshd_keys.no_key(settings, lambda path: context.tree.read_bytes(path) if context.tree.is_file(path) else None)
    no_way += sshd_sessions.no_session(settings, context.tree.is_file, lambda path: programs.why_not(context.tree, path), is_new)
    return failed_if(shown(found) for found in sshd_access.kept_out(settings, names, groups, is_new) + no_way)


@rule(
    "R46g",
    step=SSH,
    severity=ERROR,
    fixed_by="",
    title="PAM has all that sshd and sudo ask it for",
    fault="PAM lacks what sshd or sudo asks it for",
    why="A module or a file that is not there, or that cannot be loaded, fails every login, also one with a key, and sudo with it.",
    cure="Install the package of the module, or take its line out.",
    source="pam.conf(5)",
)
def pam_is_whole(context):
    """Return failed with each line of PAM's files for sshd and sudo whose module or file is not there, or no library, and whose failure counts."""
    tree = context.tree
    if not pam.uses_pam(tree):
        return not_applicable("the guest does not use PAM")
    asked = []
    if server.program(tree) is not None and uses_pam(context):
        asked.append(("sshd", server.program(tree)))
    asked += [("sudo", path) for path in ("/usr/bin/sudo", "/usr/local/bin/sudo") if tree.exists(path)][:1]
    if not asked:
        return not_applicable("neither sshd nor sudo asks PAM")
    found, of_passwords = [], []
    for service, program in asked:
        lines, files = pam.stack(tree, service)
        # neither a key nor sudo with NOPASSWD, as the provisioner writes it, asks for a password, but both for the account and the session
        found += [file for file in files if file.kind not in ("auth", "password")]
        of_passwords += [file for file in files if file.kind == "auth" and service == "sshd"]
        found += pam.missing(tree, service, program, ("account", "session")) if lines else []
        of_passwords += pam.missing(tree, service, program, ("auth",)) if lines and service == "sshd" else []
        if pam.service_path(tree, service) is None:  # where that file is there, R46h and R47a tell of it
            found += [pam.Missing(line.path, line.line, f"{line.text}: {service} has no file of its own", line.kind) for line in _denied(tree, service)]
        # of files that are not there each fails already
        found += pam.undecided(tree, service, ("account", "session")) if not files else []
    places = [Evidence(missing.path, missing.line, missing.text) for missing in dict.fromkeys(found + of_passwords)]
    return failed_if(places, severity=ERROR if found else WARNING)


@rule(
    "R46h",
    step=SSH,
    severity=ERROR,
    fixed_by="",
    title="No file keeps everybody from logging in",
    fault="A file keeps everybody from logging in",
    why="/etc/nologin, hosts.deny, access.conf and pam_deny of a hardened or half shut-down machine turn away whom Azure makes, after the key was right; so "
    "does what ends each session's shell, or keeps it, in the files that it reads.",
    cure="Remove /etc/nologin; let hosts.allow have `sshd: ALL`, and access.conf a `+` for those who are to log in; take out the line of pam_deny, or the "
    "command of the shell's file.",
    source="nologin(5); hosts_access(5); access.conf(5); pam_deny(8); bash(1), INVOCATION",
)
def no_barrier(context):
    """Return failed with /etc/nologin, with each line of hosts.deny, access.conf and PAM's files that turns every new user away, and of what a login runs."""
    tree, found, of_some = context.tree, [], []
    if server.program(tree) is None:
        return not_applicable(NO_SERVER)
    if tree.exists("/etc/nologin"):
        found.append(Evidence("/etc/nologin", None, "as long as it is there, nobody but root logs in"))
    refused = tcp_wrappers.refused(tree) if server.reads_hosts_deny(context.shared(server.content)) else None
    if refused:
        (found if refused.everybody else of_some).append(Evidence(refused.path, refused.line, refused.text))
    modules = {line.module for line in pam.stack(tree, "sshd")[0]} if pam.service_path(tree, "sshd") else set()
    if pam.service_path(tree, "sshd") and uses_pam(context):
        found += _turned_away(context, ("account", "session"), "nobody gets past it")
        # a key is not asked of auth: only who may have a password is turned away there
        if sshd_config.effective_of(context.facts(sshd_started.settings), "PasswordAuthentication", "yes")[0].lower() != "no":
            of_some += _turned_away(context, ("auth",), "nobody gets past it with a password")
        if "pam_limits.so" in modules:
            files = ["/etc/security/limits.conf"] + tree.glob("/etc/security/limits.d/*.conf")
            found += context.find(files, lambda text: _lets_nobody_in(text, login_defs.groups(context) if context.kind != "specialized" else set()))
    if "pam_nologin.so" in modules:
        found += _never_opened(context)
    groups = login_defs.groups(context) if context.kind != "specialized" else None
    found += session_files.ending(context, groups if groups is None else groups | {sshd_access.DEFAULT_NAME})
    return failed_if(found + of_some, severity=ERROR if found else WARNING)


@rule(
    "R46j",
    step=SSH,
    severity=ERROR,
    fixed_by="",
    title="sshd asks PAM about accounts",
    fault="sshd does not ask PAM about accounts",
    why="Without PAM sshd takes an account that has no password, as cloud-init makes it, for a locked one, and turns its key away.",
    cure="Set UsePAM yes.",
    source="sshd_config(5); OpenSSH auth.c, allowed_user",
)
def asks_pam(context):
    """Return failed when UsePAM is off where the guest uses PAM; a warning on a machine that moves as it is, with the users that it has."""
    if server.program(context.tree) is None or not pam.service_path(context.tree, "sshd"):
        return not_applicable(NO_SERVER if server.program(context.tree) is None else "the guest does not use PAM")
    value, path, line = sshd_config.effective_of(context.facts(sshd_started.settings), "UsePAM", "no")
    if value.lower() == "yes":
        return passed()
    found = Evidence(path or _CONF, line, "UsePAM no" if path else "UsePAM is not set: no")
    return failed([found], severity=WARNING if context.kind == "specialized" else None)


def _never_opened(context):
    """Return the [Evidence] of what keeps systemd from taking away /run/nologin, which it makes at each boot before users may come in."""
    known = context.shared(unit_files.Units)
    makes = any(context.tree.is_file(f"{folder}/systemd-nologin.conf") for folder in ("/usr/lib/tmpfiles.d", "/lib/tmpfiles.d"))
    answer = units.can_start(known, _OPENING, started_line(context))
    if not makes:
        return []
    lost = units.nobody_starts(known, _OPENING)
    causes = answer.causes if answer.state in (units.MASKED, units.MISSING, units.FAILS, units.SKIPPED) else [lost] if lost else []
    return [Evidence(cause.path or "/etc/systemd/system", cause.line, f"/run/nologin stays: {cause.text}") for cause in causes]


def _turned_away(context, kinds, text):
    """Return the [Evidence] of sshd's lines of PAM, of the kinds, that turn everybody away, or each of who logs in; text: str, what pam_deny does."""
    found = [Evidence(line.path, line.line, f"{line.text}: {text}") for line in pam.denied(context.tree, "sshd", kinds)]
    refusals = [pam_modules.refusals(context.tree, "sshd", kinds, user) for user in users(context)]
    first = dict.fromkeys((refusals or [[]])[0]) if all(refusals) else ()
    return found + [Evidence(refusal.path, refusal.line, f"{refusal.text}: {refusal.cause}") for refusal in first]


def _denied(tree, service):
    """Return the [PamLine] by which a service turns everybody away; a refused session does not end sudo."""
    return pam.denied(tree, service, ("account",) if service == "sudo" else ("account", "session"))


def _lets_nobody_in(text, groups):
    """Return whether a line of limits.conf lets a new user, of groups ({str}, None when they are not known), have no session at all."""
    match = _NO_LOGIN.match(text)
    return match is not None and match.group(1) in {"*", "%", sshd_access.DEFAULT_NAME} | {sign + name for sign in "@%" for name in groups or ()}


def uses_pam(context):
    """Return whether sshd asks PAM about accounts and sessions."""
    return sshd_config.effective_of(context.facts(sshd_started.settings), "UsePAM", "no")[0].lower() == "yes"


def shown(obstacle):
    """Return the Evidence of an Obstacle of sshd's settings."""
    return Evidence(obstacle.path or _CONF, obstacle.line, f"{obstacle.text}: {obstacle.cause}")


def users(context):
    """Return who logs in ([pam_modules.NewUser]): whom Azure makes, under the name that it takes when none is given; or the accounts that the guest has."""
    rows = [text.split() for _number, text in context.lines("/etc/login.defs")]
    least = [int(row[1]) for row in rows if row[:1] == ["UID_MIN"] and len(row) > 1 and row[1].isdigit()]
    if context.kind != "specialized":
        return [pam_modules.NewUser(sshd_access.DEFAULT_NAME, login_defs.groups(context), least[-1] if least else accounts.UID_MIN)]
    people = accounts.of_people(accounts.known_accounts(context.tree), context.text("/etc/login.defs")) if context.tree.is_file("/etc/passwd") else []
    return [pam_modules.NewUser(account.name, None, account.uid) for account in people[:_MOST_ACCOUNTS]]


def _groups_with_members(tree):
    """Return the groups ({str}) that an account of the guest is in."""
    rows = [line.split(":") for line in tree.read_text("/etc/group").split("\n")] if tree.is_file("/etc/group") else []
    primary = {line.split(":")[3] for line in tree.read_text("/etc/passwd").split("\n") if line.count(":") > 3} if tree.is_file("/etc/passwd") else set()
    return {row[0] for row in rows if len(row) > 3 and (row[3] or row[2] in primary)}


RULES = [lets_in, pam_is_whole, no_barrier, asks_pam]
