# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may become root by a sudoers tree, and by other ways.

Source: sudoers(5), "SUDOERS FILE FORMAT"; the last entry that matches wins.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import posixpath
import re

from ansible_collections.imagewright.azure.plugins.module_utils.ssh import sshd_config
from ansible_collections.imagewright.azure.plugins.module_utils.sudo import sudoers_aliases, sudoers_lines, sudoers_privileges

#: Who may run everything as root. user: str as written (``bob``, ``%wheel``, ``ALL``); password: bool; path, line: where.
Grant = collections.namedtuple("Grant", "user password path line")

#: An option by which sudo asks for another account's password. option: ``targetpw``, ``rootpw`` or ``runaspw``; path, line: where.
OtherPassword = collections.namedtuple("OtherPassword", "option path line")

#: Seconds in which a command of somebody who works with root's rights, or of Ansible, is done at least.
LEAST_SECONDS = 10

#: The aliases that may stand in a `Defaults` entry of each kind.
_BOUND_TO = {":": "User", "@": "Host", ">": "Runas", "!": "Cmnd"}


def grants(entries):
    """Return the Grants ([Grant]) that hold after all entries, in the order in which they were given.

    entries: [(path, sudoers_lines.SudoersLine)], as sudoers.entries gives them.
    """
    aliases = sudoers_aliases.aliases(entries)
    granted = collections.OrderedDict()
    for path, line in entries:
        for privilege in sudoers_privileges.privileges(line):
            if not _is_everything(privilege, aliases) or not _as_root(privilege.runas, aliases):
                continue
            for negated, user in sudoers_aliases.expanded(privilege.users, aliases):
                if negated or privilege.negated:
                    granted.pop(user, None)
                    if user == "ALL":
                        granted.clear()
                else:
                    granted.pop(user, None)
                    granted[user] = Grant(user, privilege.password, path, line.number)
    return list(granted.values())


def refusal(entries, file):
    """Return the (path, SudoersLine) that takes everything from everybody behind what a file gives, None when nothing does or a later one gives it again.

    entries: as of grants, those of the file's directory in their order; file: str, path, though it need not be there yet.
    """
    aliases, found = sudoers_aliases.aliases(entries), None
    for path, line in _behind(entries, file):
        for privilege in sudoers_privileges.privileges(line):
            commands = {word: negated for negated, word in sudoers_aliases.expanded([(privilege.negated, privilege.command)], aliases, "Cmnd")}
            if "ALL" in commands and (False, "ALL") in sudoers_aliases.expanded(privilege.users, aliases) and _as_root(privilege.runas, aliases):
                found = (path, line) if commands["ALL"] else None
    return found


def asks_password(entries, file, names):
    """Return the (path, SudoersLine) behind what a file gives by which a user is asked for a password, None when none is: the last rule that fits counts.

    entries, file: as of refusal; names: {str}, words of a user list that stand for the user, ``ALL`` and ``%sudo``.
    """
    last = _last_behind(entries, file, names)
    return last[:2] if last and last[2].password else None


def confining(entries, file, names):
    """Return (path, SudoersLine, why (str)) of the rule behind what a file gives with which hardly a command does its work, None without one.

    entries, file, names: as of asks_password.
    """
    path, line, privilege = _last_behind(entries, file, names) or (None, None, None)
    if privilege is None:
        return None
    cause = "no command may start another (NOEXEC)" if privilege.noexec else ""
    if privilege.timeout is not None and privilege.timeout < LEAST_SECONDS:
        cause = "every command is ended after some seconds (TIMEOUT)"
    return (path, line, cause) if cause else None


def _last_behind(entries, file, names):
    """Return (path, SudoersLine, Privilege) of the last rule behind what a file gives that lets a user run everything, None without one."""
    aliases, found = sudoers_aliases.aliases(entries), None
    for path, line in _behind(entries, file):
        for privilege in sudoers_privileges.privileges(line):
            fits = [negated for negated, user in sudoers_aliases.expanded(privilege.users, aliases) if user in names]
            if fits and not fits[-1] and not privilege.negated and _is_everything(privilege, aliases) and _as_root(privilege.runas, aliases):
                found = (path, line, privilege)
    return found


def _behind(entries, file):
    """Return the entries that sudo reads behind a file, which need not be there yet."""
    folder, found, is_included = posixpath.dirname(file), [], False
    for path, line in entries:
        included = sudoers_lines.include(line)
        is_included = is_included or (included is not None and included.is_directory and posixpath.normpath(included.path) == folder)
        if path > file if posixpath.dirname(path) == folder else is_included:
            found.append((path, line))
    return found


def asks_other_password(entries):
    """Return the OtherPassword that sudo asks everybody for who wants to be root, or None."""
    return next(iter(other_passwords(entries)), None)


def other_passwords(entries):
    """Return the OtherPasswords ([OtherPassword]) that are on for everybody after all entries; one that is turned off later is off."""
    aliases = sudoers_aliases.aliases(entries)
    states = collections.OrderedDict.fromkeys(sudoers_lines.OTHER_PASSWORDS)
    for path, line in in_effect(entries):
        for _start, _end, name, is_on in sudoers_lines.defaults_items(line):
            if name in states and is_for_everybody(sudoers_lines.binding(line), aliases):
                states[name] = OtherPassword(name, path, line.number) if is_on else None
    return [state for state in states.values() if state]


def ways_to_root(tree, entries):
    """Return how somebody can become root ([str], for people): a grant that reaches an account, a password or a key of root's.

    Groups and users that the guest's files do not know may be in a directory service and count.
    """
    reachable = _known(tree)
    ways = [f"{grant.user} may run everything ({grant.path} line {grant.line})" for grant in grants(entries) if _reaches_somebody(reachable, grant.user)]
    password = _fields(tree, "/etc/shadow").get("root", ["root", "*"])[1:2]
    if password and (password[0] == "" or re.match(r"\$|_|[./0-9A-Za-z]{13}\Z", password[0])):
        ways.append("root has a password (/etc/shadow)")
    root_login = sshd_config.effective(tree, "PermitRootLogin", "prohibit-password")[0]
    keys = tree.read_text("/root/.ssh/authorized_keys") if tree.is_file("/root/.ssh/authorized_keys") else ""
    # keys behind options such as command="..." do not give a shell
    if root_login != "no" and re.search(r"(?m)^(ssh|ecdsa|sk)-\S+ ", keys):
        ways.append("root has an SSH key (/root/.ssh/authorized_keys)")
    return ways


def in_effect(entries):
    """Return the entries with the ``Defaults`` of commands last, as sudo takes them. Source: update_defaults in sudo's defaults.c, tried with sudo 1.9."""

    def is_of_commands(entry):
        binding = sudoers_lines.binding(entry[1])
        return binding is not None and binding.kind == "!"

    return sorted(entries, key=is_of_commands)


def is_for_everybody(binding, aliases):
    """Return whether the ``Defaults`` entry of a Binding counts for all who become root, but for those that it may name."""
    if not binding.kind:
        return True
    if binding.kind == ">":
        return _as_root(binding.members, aliases)
    kept = [negated for negated, word in sudoers_aliases.expanded(binding.members, aliases, _BOUND_TO[binding.kind]) if word == "ALL"]
    return bool(kept) and not kept[-1]


def _is_everything(privilege, aliases):
    members = sudoers_aliases.expanded([(False, privilege.command)], aliases, "Cmnd")
    return (False, "ALL") in members


def _as_root(runas, aliases):
    """Return whether a runas list lets a command run as root; without a list sudo runs it as root."""
    if runas is None:
        return True
    allowed = False
    for negated, word in sudoers_aliases.expanded(runas, aliases, "Runas"):
        if word in ("ALL", "root", "#0"):
            allowed = not negated
    return allowed


def _known(tree):
    """Return {word of a user list: whether it stands for an account other than root's} of the groups and user ids of the guest's files."""
    members, numbers, known = {}, {}, {}
    for fields in _fields(tree, "/etc/passwd").values():
        if len(fields) > 3:
            known["#" + fields[2]] = True
            members.setdefault(fields[3], set()).add(fields[0])
    for fields in _fields(tree, "/etc/group").values():
        if len(fields) > 3:
            numbers.setdefault(fields[2], set()).update([name for name in fields[3].split(",") if name])
            everybody = numbers[fields[2]] | members.get(fields[2], set())
            known["%" + fields[0]] = known["%#" + fields[2]] = bool(everybody - {"root"})
    return known


def _reaches_somebody(known, user):
    """Return whether the word of a user list stands for an account other than root's; known: as of _known."""
    if user in ("root", "#0"):
        return False
    if user.startswith("%:") or not user.startswith(("%", "#")):
        return True
    # a group that the guest's files do not know by its name may be in a directory service
    return known.get(user, user.startswith("%") and not user.startswith("%#"))


def _fields(tree, path):
    """Return {first field: fields} of a file such as /etc/passwd."""
    if not tree.is_file(path):
        return {}
    return {line.split(":")[0]: line.split(":") for line in tree.read_text(path).splitlines() if ":" in line}
