# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What sshd runs with at the next boot: the options of its command line, and the configuration that they name.

PRIVATE: module_utils of this collection are not an interface.
Source: sshd(8): an option of the command line counts before a line of the configuration.
"""

import posixpath

from ansible_collections.imagewright.azure.plugins.module_utils.core import services, unit_files, units
from ansible_collections.imagewright.azure.plugins.module_utils.readiness import login_defs, service_arguments
from ansible_collections.imagewright.azure.plugins.module_utils.ssh import sshd_command_line, sshd_config
from ansible_collections.imagewright.azure.plugins.module_utils.ssh.sshd_access import DEFAULT_NAME

_NAMES = ("ssh", "sshd")
#: One that is started and ends for another reason is R46b's, and its options count nevertheless.
_NOT_STARTED = (units.DISABLED, units.MASKED, units.MISSING)
#: Scripts of SysV and OpenRC, the variable that they start sshd with, and where it is set.
_SCRIPTS = (
    ("/etc/init.d/ssh", "SSHD_OPTS", "/etc/default/ssh"),
    ("/etc/init.d/sshd", "OPTIONS", "/etc/sysconfig/sshd"),
    ("/etc/rc.d/init.d/sshd", "OPTIONS", "/etc/sysconfig/sshd"),
    ("/etc/init.d/sshd", "SSHD_OPTS", "/etc/conf.d/sshd"),
    ("/etc/init.d/sshd", "SSHD_OPTS", "/etc/sysconfig/ssh"),
)


def settings(context):
    """Return the settings ([SshdSetting]) that sshd runs with, those of its command line first.

    Raises ImagewrightError: files of its configuration include each other, or are too many.
    """
    line, path = context.facts(command_line), context.facts(conf_path)
    if path is None:
        return line.settings
    return sshd_command_line.joined(line, sshd_config.settings(context.tree, path, _visitor(context)))


def _visitor(context):
    """Return the sshd_config.Visitor whom Azure makes, None of an image that keeps its identity: its accounts log in, each for itself."""
    if context.kind == "specialized":
        return None
    groups = login_defs.groups(context)
    return sshd_config.Visitor(DEFAULT_NAME, groups if groups is None else groups | {login_defs.own_group(context)})


def conf_path(context):
    """Return the path (str) of the configuration that sshd starts with, None when it reads none that is there."""
    named = context.facts(command_line).conf
    if named is None:
        return sshd_config.main_file(context.tree)
    return named.text if named.text != sshd_command_line.NO_FILE and context.tree.is_file(named.text) else None


def command_line(context):
    """Return the sshd_command_line.SshdCommandLine of the service that starts sshd; without an option where another program starts it, or none does."""
    return sshd_command_line.parse(_arguments(context) or [])


def unit(context):
    """Return the Unit whose program is sshd, of those that start at boot, None where there is none, or no systemd."""
    if not services.uses_systemd(context.tree):
        return None
    known = context.shared(unit_files.Units)
    started = next((each for each in _services(known) if each.state == unit_files.THERE), None)
    found = service_arguments.arguments(context, known.settings(started)) if started else None
    return started if found and posixpath.basename(found[0]) == "sshd" else None


def _arguments(context):
    known = context.shared(unit_files.Units)
    if services.uses_systemd(context.tree) or not any(context.tree.is_file(script) for script, _name, _path in _SCRIPTS):
        started = next((unit for unit in _services(known) if unit.state == unit_files.THERE), None)
        found = service_arguments.arguments(context, known.settings(started)) if started else None
        return found[1] if found and posixpath.basename(found[0]) == "sshd" else None
    for script, name, path in _SCRIPTS:
        if name in context.text(script) and name in service_arguments.of_file(context, path):
            return service_arguments.split(service_arguments.of_file(context, path)[name])
    return None


def _services(known):
    """Return the Units that start sshd at boot, those of a socket first."""
    sockets = [known.find(f"{name}.socket") for name in _NAMES if services.will_start(known, [f"{name}.socket"]).state == units.STARTS]
    return [known.find(units.service_of_socket(socket, known.settings(socket))) for socket in sockets] + [
        known.find(f"{name}.service") for name in _NAMES if services.will_start(known, [name]).state not in _NOT_STARTED
    ]
