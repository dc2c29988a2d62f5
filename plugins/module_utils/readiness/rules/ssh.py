# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The SSH server: there, started, and keeping connections alive.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.core import services
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import (
    ERROR, WARNING, Evidence, Rule, failed, failed_if, not_applicable, passed)
from ansible_collections.imagewright.azure.plugins.module_utils.ssh import sshd_config

_PROGRAMS = ("/usr/sbin/sshd", "/sbin/sshd", "/usr/bin/sshd", "/usr/local/sbin/sshd")
_SERVICES = ("sshd", "ssh", "ssh.socket", "sshd.socket")
_LEAST, _MOST = 30, 235  # s, CERT test 46
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def installed(context):
    """R46a"""
    return passed() if _is_installed(context.tree) else failed([Evidence(_PROGRAMS[0], None, "not there")])


def enabled(context):
    """R46b"""
    if not _is_installed(context.tree):
        return not_applicable("there is no SSH server")
    state = services.state(context.tree, _SERVICES)
    return failed_if([] if state == services.ENABLED else [Evidence("/etc/systemd/system", None, f"{', '.join(_SERVICES)}: {state}")])


def keep_alive(context):
    """R46c"""
    if not _is_installed(context.tree):
        return not_applicable("there is no SSH server")
    value, path, line = sshd_config.effective(context.tree, "ClientAliveInterval", "0")
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


RULES = [
    Rule("R46a", "The SSH server is installed", ERROR,
         "It is the way in, for people and for Ansible; the agent makes its host keys.", "Run the role guest_ssh.",
         "Microsoft: create-upload-generic", installed, "guest_ssh"),
    Rule("R46b", "The SSH server starts at boot", ERROR,
         "A server that is not started leaves only the serial console.", "Run the role guest_ssh, or `systemctl enable ssh` (sshd).",
         "Microsoft: create-upload-generic", enabled, "guest_ssh"),
    Rule("R46c", "The SSH server keeps connections alive", WARNING,
         "Azure's load balancer drops connections that are idle for four minutes; the certification takes 30 to 235 seconds.",
         "Run the role guest_ssh (sshd_options ClientAliveInterval: 180).", "Microsoft: certification test 46; redhat-create-upload-vhd", keep_alive,
         "guest_ssh; sshd_options", marketplace=ERROR,
         choice="180 is what the agent and Red Hat's page set; anything else may show as a warning in the certification. "
                "Drop-ins are read as sshd does: the first value wins."),
]
