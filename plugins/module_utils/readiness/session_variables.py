# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables that every session over ssh begins with: of pam_env's files, and of sshd's SetEnv.

PRIVATE: module_utils of this collection are not an interface.
Source: pam_env(8), pam_env.conf(5); sshd_config(5), SetEnv; tried with Linux-PAM 1.5 and OpenSSH 9.2: SetEnv comes after PAM.
"""

import collections
import re
import shlex

from ansible_collections.imagewright.azure.plugins.module_utils.readiness import sshd_started
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import Evidence
from ansible_collections.imagewright.azure.plugins.module_utils.ssh import pam, sshd_access, sshd_config

ENVIRONMENT, _CONF = "/etc/environment", "/etc/security/pam_env.conf"
_ASSIGNMENT = re.compile(r"\s*(?:export\s+)?([A-Za-z_]\w*)=([^#]*)")
_OF_CONF = re.compile(r"\s*([A-Za-z_]\w*)((?:\s+(?:DEFAULT|OVERRIDE)=(?:\"[^\"]*\"|\S*))+)\s*(?:#.*)?$")
_VALUE = re.compile(r"(DEFAULT|OVERRIDE)=(?:\"([^\"]*)\"|(\S*))")

#: A variable. name, value: str; place: Evidence of its line.
SessionVariable = collections.namedtuple("SessionVariable", "name value place")


def variables(context):
    """Return the [SessionVariable] of all sources, those that come later behind; without what is computed of other variables."""
    found = []
    for line in _lines_of_module(context):
        options = dict(word.partition("=")[::2] for word in line.arguments)
        if options.get("readenv", "1") != "0":
            found += _of_file(context, options.get("envfile", ENVIRONMENT))
        found += _of_conf(context, options.get("conffile", _CONF))
    return found + _of_server(context)


def last(context, name):
    """Return the SessionVariable of a name (str), None without one, or where two sources differ: which of them counts is not known."""
    found = [variable for variable in variables(context) if variable.name == name]
    ends = {variable.place.path: variable for variable in found}
    return found[-1] if len({variable.value for variable in ends.values()}) == 1 else None


def _lines_of_module(context):
    """Return the lines ([pam.PamLine]) by which sshd's sessions ask pam_env, of a key's too: sshd has PAM set the credentials."""
    uses_pam = sshd_config.effective_of(context.facts(sshd_started.settings), "UsePAM", "no")[0].lower() == "yes"
    lines = pam.stack(context.tree, "sshd")[0] if uses_pam and pam.service_path(context.tree, "sshd") else []
    return [line for line in lines if line.module == "pam_env.so" and line.kind in ("auth", "session")]


def _of_file(context, path):
    found = []
    for number, text in context.lines(path):
        match = _ASSIGNMENT.match(text)
        if match:
            value = match.group(2).strip()
            value = value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"" else value
            found.append(SessionVariable(match.group(1), value, Evidence(path, number, text.strip())))
    return found


def _of_conf(context, path):
    found = []
    for number, text in context.lines(path):
        match = _OF_CONF.match(text)
        given = {word.group(1): word.group(2) or word.group(3) or "" for word in _VALUE.finditer(match.group(2))} if match else {}
        value = given.get("OVERRIDE") or given.get("DEFAULT", "")
        if match and not re.search(r"[$@]\{", "".join(given.values())):
            found.append(SessionVariable(match.group(1), value, Evidence(path, number, " ".join(text.split()))))
    return found


def _of_server(context):
    """Return what the first SetEnv of sshd sets; where several stand one after the other, the first of each name counts."""
    found = []
    for setting in sshd_access.lines_of(context.facts(sshd_started.settings), "setenv"):
        for word in _words(setting.value):
            name, equals, value = word.partition("=")
            if equals and name not in [variable.name for variable in found]:
                found.append(SessionVariable(name, value, Evidence(setting.path, setting.line, f"SetEnv {setting.value}")))
    return found


def _words(text):
    try:
        return shlex.split(text)
    except ValueError:
        return []
