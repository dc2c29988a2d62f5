# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The user whom Azure makes: that sudo works for it.

PRIVATE: module_utils of this collection are not an interface.
"""

import posixpath
import re
import stat

from ansible_collections.imagewright.azure.plugins.module_utils.core import programs
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.readiness import login_defs
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, WARNING, Evidence, failed, failed_if, not_applicable
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.path import login
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.provisioner import WAAGENT, is_by_cloud_init, provisioner
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import PROVISIONER
from ansible_collections.imagewright.azure.plugins.module_utils.ssh import pam, pam_modules
from ansible_collections.imagewright.azure.plugins.module_utils.ssh.sshd_access import DEFAULT_NAME
from ansible_collections.imagewright.azure.plugins.module_utils.storage.mount_lines import mount_lines
from ansible_collections.imagewright.azure.plugins.module_utils.sudo import sudoers, sudoers_access, sudoers_defaults, sudoers_lines, sudoers_privileges
from ansible_collections.imagewright.azure.plugins.module_utils.waagent import conf
from ansible_collections.imagewright.azure.plugins.module_utils.waagent.keys import KEYS

_CONF = "/etc/waagent.conf"
_RULES = "/etc/sudoers.d"
#: cloud-init's rule for the user; the agent's is called waagent. Source: cloudinit/distros, ci_sudoers_fn.
_RULE_OF_CLOUD_INIT = _RULES + "/90-cloud-init-users"
_SUDO_CONF = "/etc/sudo.conf"
_PLUGINS = ("/usr/libexec/sudo", "/usr/lib/sudo", "/usr/lib64/sudo", "/usr/local/libexec/sudo")
_BUILT_IN = ("sudoers.so",)  # some distributions build it into sudo
#: Lines of which pam_modules tells what they say to sshd alone.
#: What a policy names that goes on after a line that it does not understand, and bytes of one.
_RECOVERY, _MOST_PLUGIN = b"error_recovery", 8 * 1024 * 1024
_NSSWITCH = "/etc/nsswitch.conf"
#: A last line that goes on in what is read next: it ends in a backslash that is not escaped; a comment ends with its line.
_UNENDED = re.compile(r"^(?!\s*#(?!include)).*(?<!\\)(?:\\\\)*\\$")
_OF_SESSIONS = ("pam_exec.so", "pam_limits.so", "pam_succeed_if.so")
_OF_SSHD = re.compile(r"pam_wheel\.so|pam_usertype\.so|\bservice\s")
_ASKS = sudoers_defaults.Option(True, "", None, "")
_SUDO = ("/usr/bin/sudo", "/usr/local/bin/sudo")
#: What stands in for it, with rules of its own.
_ALIKE = ("/usr/bin/doas", "/bin/doas", "/usr/local/bin/doas")


@rule(
    "R47a",
    step=PROVISIONER,
    severity=WARNING,
    fixed_by="",
    title="The user of Azure can use sudo",
    fault="sudo is not there, or refuses to work",
    why="The provisioner writes a rule for the user; sudo takes none when its program or its files are not as it wants them.",
    cure="Install sudo's package again; correct the line that is named (`visudo -c`); have `@includedir /etc/sudoers.d`; "
    "`chown root:root /etc/sudoers; chmod 0440 /etc/sudoers`.",
    source="sudo.conf(5); plugins/sudoers/sudoers.c, open_sudoers; WALinuxAgent common/osutil/default.py, conf_sudoer",
)
def sudo_works(context):
    """Return failed when sudo is not there, is not setuid root, or /etc/sudoers may be written by others than root.

    It is an error on a disk, where modes and owners are the guest's own, and when a line is none of sudo's, sudo does not read the directory into which the
    agent writes the user's rule, a later rule takes it back, or an option lets no command run, or do its work. Where commands are found by their path
    alone, run as another than root or hang on a server, or sudo asks for a password, a shell still is.
    """
    tree = context.tree
    program = next((path for path in _SUDO if tree.is_file(path)), None)
    if program is None:
        return _without_sudo(tree)
    found, owned = [], tree.stat("/").uid == 0
    status = tree.stat(program)
    if not status.mode & stat.S_ISUID or owned and status.uid != 0:
        found.append(Evidence(program, None, f"mode {stat.S_IMODE(status.mode):04o}, user id {status.uid}: not setuid root"))
    if not status.mode & stat.S_IXOTH:
        found.append(Evidence(program, None, f"mode {stat.S_IMODE(status.mode):04o}: a new user, who is in no group of the build's, may not run it"))
    for path in ("/etc/sudoers", "/etc/sudoers.d"):
        status = tree.stat(path)
        if status is not None and (status.mode & stat.S_IWOTH or owned and (status.uid != 0 or status.mode & stat.S_IWGRP and status.gid != 0)):
            who = f"mode {stat.S_IMODE(status.mode):04o}, user id {status.uid}, group id {status.gid}"
            found.append(Evidence(path, None, f"{who}: sudo takes no rule of it"))
    found += [
        Evidence(line.path, line.line, f"{line.text}: a program of it gets no rights of root")
        for line in context.shared(mount_lines)
        if line.mount_point in ("/", "/usr", "/usr/bin") and "nosuid" in line.options
    ]
    wrong = programs.why_not(tree, program) if tree.has_own_root else ""
    serious = ([Evidence(program, None, wrong)] if wrong else []) + _of_plugins(context, program) + _of_sudoers(context) + _of_pam(context)
    is_error = serious or found and context.disk is not None
    return failed_if(serious + found + _of_options(context) + _of_passwords(context), severity=ERROR if is_error else None)


def _without_sudo(tree):
    """Return failed for a whole system of which no program makes the user of Azure root: the rule that it gets is sudo's, and root has no password."""
    if not programs.is_whole_system(tree) or any(tree.is_file(path) for path in _ALIKE):
        return not_applicable("sudo is not installed")
    return failed([Evidence(_SUDO[0], None, "not there: the user of Azure becomes root by nothing")])


def _of_plugins(context, program):
    """Return the [Evidence] of the plugins that are not there, or are no libraries for it: sudo ends with the first.

    Without a line of sudo.conf it loads sudoers.so.
    """
    tree, found = context.tree, []
    lines = [(number, text.strip(), text.partition("#")[0].split()) for number, text in context.lines(_SUDO_CONF)]
    given = [words[2] for _number, _text, words in lines if words[:2] == ["Path", "plugin_dir"] and words[2:]]
    plugins = [(number, text, words[2]) for number, text, words in lines if words[:1] == ["Plugin"] and words[2:]]
    for number, text, name in dict.fromkeys(plugins or [(None, "", _BUILT_IN[0])]):
        path = next((path for folder in given[-1:] or _PLUGINS for path in [posixpath.join(folder, name)] if tree.exists(path)), None)
        if path is not None:
            wrong = programs.why_not_loaded(tree, path, program)
            found += [Evidence(path, None, wrong)] if wrong else []
        elif name not in _BUILT_IN:
            found.append(Evidence(_SUDO_CONF, number, f"{text}: there is no such plugin"))
        elif given and not _has_built_in(tree):
            number, text = next((number, text) for number, text, words in lines if words[:2] == ["Path", "plugin_dir"])
            found.append(Evidence(_SUDO_CONF, number, f"{text}: there is no {name}"))
    for number, text, words in lines:
        for word in words[3:] if words[:1] == ["Plugin"] else ():
            name, _equals, path = word.partition("=")
            if name == "sudoers_file" and path and not tree.exists(path):
                found.append(Evidence(_SUDO_CONF, number, f"{text}: there is no {path}"))
    return found


def _has_built_in(tree):
    """Return whether sudo has its own policy in itself, and needs no sudoers.so."""
    return not any(tree.is_file(posixpath.join(folder, _BUILT_IN[0])) for folder in _PLUGINS)


def _of_pam(context):
    """Return the [Evidence] of the lines of PAM by which sudo turns away who may use it without a password; what is not there is R46g's."""
    tree = context.tree
    if not pam.service_path(tree, "sudo"):
        return []
    found = [Evidence(line.path, line.line, f"{line.text}: nobody gets past it") for line in pam.denied(tree, "sudo", ("account",))]
    # who asks is the account, whom it is for (root) the session
    refusals = [
        [refusal for refusal in pam_modules.refusals(tree, "sudo", ("account",), user) if not _OF_SSHD.search(refusal.text)] for user in login.users(context)
    ]
    found += [Evidence(refusal.path, refusal.line, f"{refusal.text}: {refusal.cause}") for refusal in refusals[0]] if refusals and all(refusals) else []
    root = pam_modules.NewUser("root", {"root"}, 0)
    # the terminal and the address of who asks are another matter
    of_root = [each for each in pam_modules.refusals(tree, "sudo", ("session",), root) if any(name in each.text for name in _OF_SESSIONS)]
    found += [Evidence(refusal.path, refusal.line, f"{refusal.text}: {refusal.cause}") for refusal in of_root]
    return found + [
        Evidence(line.path, line.line, f"{line.text}: who asks is not root")
        for line in pam.asked(tree, "sudo", ("account",))
        if posixpath.basename(line.module) == "pam_rootok.so" and pam.fails(line)
    ]


def _of_sudoers(context):
    """Return the [Evidence] of what takes sudo from everybody, or from the user whom the agent makes; an include of what is not there is R47's."""
    tree = context.tree
    if not tree.exists(sudoers.main_file(tree)):
        # cloud-init writes one where there is none
        return [] if is_by_cloud_init(tree) else [Evidence(sudoers.main_file(tree), None, "there is no such file, and sudo ends without it")]
    try:
        entries = sudoers.entries(tree)
    except ImagewrightError:
        return []
    found = _faults(entries)
    found = _of_name_service(context) + ([] if found and _recovers(tree) else found)
    found += [
        Evidence(path, len(lines), f"{lines[-1].strip()}: the file ends within a line, which takes what is read next into itself")
        for path in dict.fromkeys(path for path, _line in entries)
        for lines in [tree.read_text(path).rstrip().split("\n")]
        if _UNENDED.search(lines[-1])
    ]
    found += [Evidence(option.path, option.line, f"{option.text}: {cause}") for option, cause in sudoers_defaults.refusals(tree, *_options(context, entries))]
    includes = [sudoers.include_path(tree, path, included.path) for path, line in entries for included in [sudoers_lines.include(line)] if included]
    by_agent = provisioner(tree).who == WAAGENT
    folder = _agents_setting(tree, "OS.SudoersDir") if by_agent else _RULES
    refusal = sudoers_access.refusal(entries, _users_rule(context))
    if refusal and context.kind != "specialized":
        path, line = refusal
        found.append(Evidence(path, line.number, f"{' '.join(line.clean.split())}: it is read behind the user's rule, and takes everything from everybody"))
    confining = sudoers_access.confining(entries, _users_rule(context), _users_words(context))
    if confining and context.kind != "specialized":
        path, line, cause = confining
        found.append(Evidence(path, line.number, f"{' '.join(line.clean.split())}: it is read behind the user's rule, and {cause}"))
    # where there is no such directory the agent makes it, and adds the include to the file sudoers beside it
    if by_agent and folder not in includes and (tree.is_dir(folder) or posixpath.dirname(folder) != posixpath.dirname(_RULES)):
        found.append(Evidence(sudoers.main_file(tree), None, f"it does not include {folder}, into which the agent writes the user's rule"))
    return found


def _of_name_service(context):
    """Return the [Evidence] of a line of nsswitch.conf by which sudo looks for its rules in a directory service alone."""
    return [
        Evidence(_NSSWITCH, number, f"{text.strip()}: sudo does not read its files")
        for number, text in context.lines(_NSSWITCH)
        for name, colon, listed in [text.partition("#")[0].partition(":")]
        if colon and name.strip() == "sudoers" and listed.strip() and "files" not in listed.split()
    ]


def _faults(entries):
    """Return the [Evidence] of the lines that are none of sudo's; entries: as of sudoers.entries."""
    return [
        Evidence(path, line.number, f"{' '.join(line.clean.split())}: {cause}") for path, line in entries for cause in [sudoers_privileges.fault(line)] if cause
    ]


def _recovers(tree):
    """Return whether this sudo leaves out a line that is none of its own, and goes on. Source: sudo.conf(5), error_recovery; tried with 1.9.13."""
    paths = [posixpath.join(folder, _BUILT_IN[0]) for folder in _PLUGINS]
    return any(_RECOVERY in tree.read_bytes(path, _MOST_PLUGIN) for path in paths if tree.is_file(path))


def _users_rule(context):
    """Return the path (str) of the file into which whoever provisions writes the user's rule."""
    if is_by_cloud_init(context.tree):
        return _RULE_OF_CLOUD_INIT
    return (_agents_setting(context.tree, "OS.SudoersDir") if provisioner(context.tree).who == WAAGENT else _RULES) + "/waagent"


def _users_words(context):
    """Return the words ({str}) of a user list that stand for the user."""
    groups = login_defs.groups(context) if is_by_cloud_init(context.tree) else (login_defs.own_group(context),)
    return {"ALL", DEFAULT_NAME} | {f"%{name}" for name in groups or ()}


def _of_passwords(context):
    """Return the [Evidence] of a rule behind the user's by which sudo asks for a password: who has a key alone has none to give."""
    tree = context.tree
    try:
        entries = sudoers.entries(tree) if tree.exists(sudoers.main_file(tree)) else []
    except ImagewrightError:
        return []
    if context.kind == "specialized" or sudoers_defaults.options(entries).get("authenticate", _ASKS).value is False:
        return []
    rule_of = sudoers_access.asks_password(entries, _users_rule(context), _users_words(context))
    if rule_of is None:
        return []
    path, line = rule_of
    return [Evidence(path, line.number, f"{' '.join(line.clean.split())}: it is read behind the user's rule, and asks for a password")]


def _options(context, entries):
    """Return ({name: Option} of all entries of sudoers, the places ([str]) at which something is mounted)."""
    return sudoers_defaults.options(entries), [line.mount_point for line in context.shared(mount_lines)]


def _of_options(context):
    """Return the [Evidence] of a secure_path with which sudo finds no usual command, and of what else leaves a way to one."""
    tree = context.tree
    try:
        entries = sudoers.entries(tree) if tree.exists(sudoers.main_file(tree)) else []
    except ImagewrightError:
        return []
    option = sudoers_defaults.without_commands(tree, *_options(context, entries))
    faults = _faults(entries)
    left_out = [place._replace(text=f"{place.text}; sudo leaves it out") for place in faults] if faults and _recovers(tree) else []
    found = left_out + [Evidence(option.path, option.line, f"{option.text}: no command is found there by its name alone")] if option else []
    return found + [Evidence(doubt.path, doubt.line, f"{doubt.text}: {cause}") for doubt, cause in sudoers_defaults.doubts(sudoers_defaults.options(entries))]


def _agents_setting(tree, key):
    """Return the value (str) of a key that names a path in waagent.conf, else the agent's default."""
    settings = conf.settings(tree.read_text(_CONF)) if tree.is_file(_CONF) else []
    values = [setting.value for setting in settings if setting.key == key and setting.value]
    return (values[-1] if values else KEYS[key].default).rstrip("/")


RULES = [sudo_works]
