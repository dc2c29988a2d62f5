# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SSH: what a session begins with lets its shell start, and has it find the programs of the system.

PRIVATE: module_utils of this collection are not an interface.
"""

import re

from ansible_collections.imagewright.azure.plugins.module_utils.core import loader_environment
from ansible_collections.imagewright.azure.plugins.module_utils.readiness import new_shell, session_variables, shell_kinds
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, WARNING, Evidence, failed_if, not_applicable
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.path.login import NO_SERVER
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.path.manager_environment import not_found
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.session_variables import ENVIRONMENT
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.shell_lines import unguarded
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import SSH
from ansible_collections.imagewright.azure.plugins.module_utils.ssh import server

#: Options of bash with which nobody works. Tried with bash 5.2: an interactive shell passes over noexec.
_OPTIONS = {"noexec": "bash runs no command that ssh brings, nor scp and sftp", "onecmd": "bash ends behind the first command"}
#: What a session starts by its name alone, and what one of its programs is.
_PROGRAMS, _PROGRAM = ("sh", "ls", "cat"), "/bin/ls"
_OF_FILE = re.compile(r"\s*(?:export\s+)?PATH\s*=")
#: What a login shell reads, in this order.
_PROFILE, _MORE = "/etc/profile", ("/etc/profile.d/*.sh", "/etc/bash.bashrc", "/etc/bashrc", "/etc/skel/.bash_profile", "/etc/skel/.bashrc")
_SETS = re.compile(
    r"(?:export\s+|declare\s+-x\s+|typeset\s+-x\s+)?(PATH|LD_[A-Z_]+)=(?:\"([^\"]*)\"|'([^']*)'|([^\s;&|\"']*))(?:\s*(?:;\s*export\s+\w+\s*)?$|\s+#)"
)
_EXPORTS = re.compile(r"\b(?:export|(?:declare|typeset)\s+-x)\s+(?:\S+\s+)*?(\w+)\b")
_MAY_SET = re.compile(r"\b(?:PATH|LD_[A-Z_]+)\+?=|\bunset\b|\bpathmunge\b")
_OWN = re.compile(r"\$(?:PATH\b|\{PATH\})")


@rule(
    "R46q",
    step=SSH,
    severity=ERROR,
    fixed_by="",
    title="The variables of a session let its shell start",
    fault="A variable that every session gets lets no shell start",
    why="pam_env and SetEnv give every session variables that the loader of programs reads: with a damaged library or another C library in "
    "LD_LIBRARY_PATH, or LD_TRACE_LOADED_OBJECTS, the key is right, and the shell ends before its first command; bash reads SHELLOPTS, with noexec of which "
    "it runs no command that ssh brings, and with onecmd ends behind the first.",
    cure="Take the line out of /etc/environment, pam_env.conf or sshd_config; name directories of libraries in /etc/ld.so.conf.d, or for one service alone.",
    source="ld.so(8); bash(1), SHELLOPTS; pam_env(8); sshd_config(5), SetEnv",
    choice="LD_PRELOAD of what is not there, or is no library, is right: the loader passes over it with a message.",
)
def shell_is_loaded(context):
    """Return failed with the line of each variable with which the new user's shell does not start."""
    if server.program(context.tree) is None:
        return not_applicable(NO_SERVER)
    shell = new_shell.path(context)
    known = [variable for variable in (session_variables.last(context, name) for name in loader_environment.NAMES) if variable is not None]
    found = []
    for variable in known if shell else []:
        cause = loader_environment.why_not(context.tree, shell, {variable.name: variable.value})
        found += [variable.place._replace(text=f"{variable.place.text}: {cause}")] if cause else []
    options = session_variables.last(context, "SHELLOPTS") if shell_kinds.kind(context) == shell_kinds.BASH else None
    for option in options.value.split(":") if options else []:
        found += [options.place._replace(text=f"{options.place.text}: {_OPTIONS[option]}")] if option in _OPTIONS else []
    return failed_if(found)


@rule(
    "R73g",
    step=SSH,
    severity=WARNING,
    title="A session finds the programs of the system, and they run",
    fault="A session does not find the programs of the system, or they do not run in it",
    why="What is run by ssh without a login shell, as by Ansible, has the search path of /etc/environment, pam_env.conf and SetEnv; a login shell has the one "
    "of /etc/profile and its files. With another one no program is found, and with a damaged library in LD_LIBRARY_PATH none runs.",
    cure="Have /usr/bin and /usr/sbin in PATH, or $PATH before or behind what is added to it; take LD_LIBRARY_PATH out.",
    source="pam_env(8), environment(5); sshd(8), LOGIN PROCESS; bash(1), INVOCATION",
    choice="A warning: a login shell sets its own path in /etc/profile, and sudo another.",
)
def sessions_have_a_path(context):
    """Return failed with what sets a search path without the programs of a session, or a variable with which none of them runs."""
    lines = [Evidence(ENVIRONMENT, number, text.strip()) for number, text in context.lines(ENVIRONMENT) if _OF_FILE.match(text)]
    variable = session_variables.last(context, "PATH")
    place = lines[-1] if lines else variable.place if variable else None
    value = lines[-1].text.partition("=")[2].strip().strip("\"'") if lines else variable.value if variable else None
    lost = not_found(context.tree, value, _PROGRAMS)
    found = [place._replace(text=f"{place.text}: {', '.join(lost)} cannot be found")] if lost else []
    return failed_if(found + _of_login_shells(context))


def _of_login_shells(context):
    """Return the [Evidence] of the lines of a login shell's files that leave it a search path without programs, or let none run."""
    if shell_kinds.kind(context) not in (shell_kinds.BASH, shell_kinds.SH):
        return []
    values, exported = {"PATH": (None, None)}, {"PATH"}
    for path, number, words, is_certain in _lines(context):
        exported |= set(_EXPORTS.findall(words))
        match = _SETS.match(words) if is_certain else None
        if match:
            name, value = match.group(1), next((each for each in match.groups()[1:] if each is not None), "")
            known = values.get(name, (None, None))[0] if name == "PATH" else None
            value = _OWN.sub(lambda _match, known=known: known, value) if known is not None else value
            values[name] = (None if "$" in value or "`" in value else value, Evidence(path, number, words))
        elif _MAY_SET.search(words):
            values = {"PATH": (None, None)}  # what it leaves is not known
    value, place = values.pop("PATH")
    lost = not_found(context.tree, value, _PROGRAMS)
    found = [place._replace(text=f"{place.text}: a login shell does not find {', '.join(lost)}")] if lost else []
    for name, (value, place) in [each for each in values.items() if each[0] in exported]:
        cause = loader_environment.why_not(context.tree, _PROGRAM, {name: value}) if value is not None else ""
        found += [place._replace(text=f"{place.text}: {cause}")] if cause else []
    return found


def _lines(context):
    """Return [(path, line, text, whether it is run whatever is the case)] in the order in which a login shell of bash runs them."""
    found = []
    for path in [_PROFILE] + [each for pattern in _MORE for each in (context.tree.glob(pattern) if "*" in pattern else [pattern])]:
        own = dict(unguarded(context.lines(path)))
        found += [(path, number, text.strip(), number in own) for number, text in context.lines(path) if not text.lstrip().startswith("#")]
    # what /etc/profile has behind the files that it reads
    start = next((index for index, line in enumerate(found) if line[0] == _PROFILE and "/etc/profile.d" in line[2]), None)
    end = sum(line[0] == _PROFILE for line in found)
    others = sum(line[0].startswith("/etc/profile.d/") for line in found)
    if start is None:
        return found
    return found[:start] + found[end : end + others] + found[start:end] + found[end + others :]


RULES = [shell_is_loaded, sessions_have_a_path]
