# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The SSH server: there, started, and keeping connections alive.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.core import unit_files
from ansible_collections.imagewright.azure.plugins.module_utils.readiness import sshd_started
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import (
    ERROR,
    FAILED,
    WARNING,
    Evidence,
    failed,
    failed_if,
    not_applicable,
    passed,
)
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.core.unit_restraints import LOGIN
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.starting import service_outcome
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import SSH
from ansible_collections.imagewright.azure.plugins.module_utils.ssh import sshd_config

_PROGRAMS = ("/usr/sbin/sshd", "/sbin/sshd", "/usr/bin/sshd", "/usr/local/sbin/sshd")
_SERVICES = ("sshd", "ssh", "ssh.socket", "sshd.socket")
_LEAST, _MOST = 30, 235  # s, CERT test 46
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@rule(
    "R46a",
    step=SSH,
    severity=ERROR,
    fixed_by="guest_ssh",
    title="The SSH server is installed",
    fault="The SSH server is not installed",
    why="It is the way in, for people and for Ansible; the agent makes its host keys.",
    cure="Run the role guest_ssh.",
    source="Microsoft: create-upload-generic",
)
def installed(context):
    """Return passed when the program sshd is there."""
    return passed() if _is_installed(context.tree) else failed([Evidence(_PROGRAMS[0], None, "not there")])


@rule(
    "R46b",
    step=SSH,
    severity=ERROR,
    fixed_by="guest_ssh",
    title="The SSH server starts at boot, and may do its work",
    fault="The SSH server does not start at boot, or its unit keeps it from its work",
    why="A server that is not started leaves only the serial console.",
    cure="Run the role guest_ssh, or `systemctl enable ssh` (sshd); `systemctl unmask` it first where it is masked. Take out of its drop-ins what hides "
    "/home or keeps it from becoming another user.",
    source="Microsoft: create-upload-generic",
)
def enabled(context):
    """Return failed when neither a service nor a socket of the SSH server is enabled."""
    if not _is_installed(context.tree):
        return not_applicable("there is no SSH server")
    outcome = service_outcome(context, _SERVICES, LOGIN)
    return outcome if outcome.status == FAILED else failed_if(_as_somebody_else(context))


def _as_somebody_else(context):
    """Return the [Evidence] of User= in the services of the server: only root may become who logs in."""
    known, found = context.shared(unit_files.Units), []
    for unit in [known.find(f"{name}.service") for name in ("ssh", "sshd")]:
        user = unit_files.last(known.settings(unit), "Service", "User") if unit.state == unit_files.THERE else None
        if user is not None and user.value not in ("", "root", "0"):
            found.append(Evidence(user.path, user.line, f"User={user.value}: sshd needs root"))
    return list(dict.fromkeys(found))


@rule(
    "R46c",
    step=SSH,
    severity=WARNING,
    marketplace=ERROR,
    fixed_by="guest_ssh; sshd_options",
    title="The SSH server keeps connections alive",
    fault="The SSH server does not keep connections alive",
    why="Azure's load balancer drops connections that are idle for four minutes; the certification takes 30 to 235 seconds.",
    cure="Run the role guest_ssh (sshd_options ClientAliveInterval: 180).",
    source="Microsoft: certification test 46; redhat-create-upload-vhd",
    choice="180 is what the agent and Red Hat's page set; anything else may show as a warning in the certification. Drop-ins are read as sshd does: the "
    "first value wins.",
)
def keep_alive(context):
    """Return failed when ClientAliveInterval, as sshd reads it, is not from 30 to 235 s."""
    if not _is_installed(context.tree):
        return not_applicable("there is no SSH server")
    value, path, line = sshd_config.effective_of(context.facts(sshd_started.settings), "ClientAliveInterval", "0")
    if _LEAST <= _seconds(str(value)) <= _MOST:
        return passed(f"ClientAliveInterval {value}", [Evidence(path, line, f"ClientAliveInterval {value}")] if path else [])
    place = Evidence(path, line, f"ClientAliveInterval {value}") if path else Evidence("/etc/ssh/sshd_config", None, "ClientAliveInterval is not set: 0")
    return failed([place])


def _seconds(value):
    if value[-1:].lower() in _UNITS and value[:-1].isdigit():
        return int(value[:-1]) * _UNITS[value[-1].lower()]
    return int(value) if value.isdigit() else 0


def _is_installed(tree):
    return any(tree.exists(path) for path in _PROGRAMS)


RULES = [installed, enabled, keep_alive]
