# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""System manager: AppArmor, whose profiles say what the programs of the way to a login may do.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.cloud_init import installation as cloud_init
from ansible_collections.imagewright.azure.plugins.module_utils.core import apparmor, apparmor_profiles, programs, services
from ansible_collections.imagewright.azure.plugins.module_utils.readiness import sshd_started
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, Evidence, failed_if, not_applicable
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.started import started_lines
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import SYSTEM_MANAGER
from ansible_collections.imagewright.azure.plugins.module_utils.ssh import server
from ansible_collections.imagewright.azure.plugins.module_utils.waagent import installation

_PARSERS = ("/sbin/apparmor_parser", "/usr/sbin/apparmor_parser")
#: What brings up the card, makes the user and runs the user's commands.
_USERADD, _SHELL = "/usr/sbin/useradd", "/bin/bash"
_OTHERS = ("/sbin/dhclient", "/usr/sbin/dhcpcd", "/usr/lib/systemd/systemd-networkd", "/usr/sbin/NetworkManager", "/usr/bin/sudo")


@rule(
    "R83",
    step=SYSTEM_MANAGER,
    severity=ERROR,
    title="AppArmor lets the programs of the way to a login do their work",
    fault="AppArmor keeps a program of the way to a login from its work",
    why="A profile that is enforced allows what it names and nothing else: one that is for another release of the program, or unfinished, ends it, or the "
    "session of everybody who logs in.",
    cure="Correct the profile in /etc/apparmor.d, let it only complain (aa-complain), or turn it off (aa-disable).",
    source="apparmor.d(5); Linux security/apparmor/domain.c; profiles of Debian's apparmor-profiles, read and asked by this code",
    choice="Asked for are the C library, the files and programs without which each of them does nothing, and a connection for sshd. Whether a profile allows "
    "all that its program does is not known here.",
)
def programs_are_let(context):
    """Return failed with each enforced profile of a program on the path that lacks a file, a program, a capability or the network without which it ends."""
    if not _is_on(context):
        return not_applicable("AppArmor does not load any profile here")
    found = []
    for program, needs in _needs(context):
        resolved = context.tree.resolve(program)
        for profile in [each for each in context.shared(apparmor_profiles.profiles) if apparmor_profiles.is_for(each, resolved)]:
            lacking = [what for what, allowed in needs if not allowed(profile)]
            if lacking:
                found.append(Evidence(profile.path, profile.line, f"the profile {profile.name} does not let {program} {', '.join(lacking)}"))
    return failed_if(found)


def _is_on(context):
    """Return whether the kernel that starts has AppArmor, and something loads profiles into it."""
    lines = [" ".join(parameter.text for parameter in line.parameters) for line in started_lines(context)]
    if not any(context.tree.exists(path) for path in _PARSERS) or services.state(context.tree, ["apparmor"]) != services.ENABLED:
        return False
    return any(apparmor.has_apparmor(context.tree, line) for line in lines)


def _needs(context):
    """Return [(program, [(what it needs (str), callable (AppArmorProfile) -> bool)])] of those that are there; each profile is asked about its own."""
    tree = context.tree
    libc = programs.c_library(tree)
    library = [_file(tree, libc, "r"), _file(tree, libc, "m")] if libc else []
    found = [(path, library) for path in _OTHERS if tree.is_file(path)]
    shell = [_file(tree, _SHELL, "x")] if tree.is_file(_SHELL) else []
    sshd, sessions = server.program(tree), _sessions(context)
    if sshd is not None:
        conf = context.facts(sshd_started.conf_path)
        own = library + [_file(tree, path, "r") for path in (conf, "/etc/passwd") if path]
        own += [("connect", apparmor_profiles.allows_connections)]
        identity = [(f"have the capability {name}", _capability(name)) for name in ("setuid", "setgid")]
        found.append((sshd, own + ([_file(tree, path, "x") for path in sessions] or identity + shell)))
        found += [(path, library + identity + shell) for path in sessions]
    if tree.is_file(_USERADD):
        found.append((_USERADD, library + [_file(tree, path, "w") for path in ("/etc/passwd", "/etc/shadow")]))
        agents = [path for path in (installation.program(tree), cloud_init.PROGRAM) if path and tree.is_file(path)]
        found += [(path, library + [_file(tree, _USERADD, "x")]) for path in agents]
    return found


def _sessions(context):
    """Return the programs ([str]) that sshd starts for each connection."""
    return [path for path in server.helpers(context.shared(server.content)) if path.endswith("-session") and context.tree.is_file(path)]


def _file(tree, path, permission):
    """Return (what is needed, callable (AppArmorProfile) -> bool) of a file."""
    words, resolved = {"r": "read", "w": "write", "m": "load", "x": "run"}, tree.resolve(path)
    return f"{words[permission]} {resolved}", lambda profile: apparmor_profiles.allows_file(profile, resolved, permission)


def _capability(name):
    return lambda profile: apparmor_profiles.allows_capability(profile, name)


RULES = [programs_are_let]
