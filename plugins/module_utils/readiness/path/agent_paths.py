# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Provisioner: the files and directories that waagent.conf names are there, or the agent can make them.

PRIVATE: module_utils of this collection are not an interface.
"""

import posixpath

from ansible_collections.imagewright.azure.plugins.module_utils.core import programs
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, WARNING, Evidence, failed_if, not_applicable
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.provisioner import TWICE, WAAGENT, provisioner
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import PROVISIONER
from ansible_collections.imagewright.azure.plugins.module_utils.waagent import conf, installation

#: File systems of the kernel, in which nobody makes a directory.
_OF_THE_KERNEL = ("/proc", "/sys")
#: Directories without which a machine does not run, or nobody logs in.
_NOT_TO_BE_HIDDEN = ("/", "/bin", "/boot", "/dev", "/etc", "/lib", "/lib64", "/proc", "/run", "/sbin", "/sys", "/usr", "/var", "/var/lib", "/var/lib/waagent")
_OWN = "/var/lib/waagent"  # where it writes when nothing else is said
#: Made at boot.
_OF_A_BOOT = ("/run", "/var/run", "/dev/shm", "/tmp", "/var/tmp")


@rule(
    "R45b",
    step=PROVISIONER,
    severity=ERROR,
    fixed_by="waagent_conf",
    title="The files and directories that waagent.conf names are there",
    fault="waagent.conf names a file or directory that is not there",
    why="The agent ends, or begins again and again, when its number cannot be written, its directory cannot be made, its openssl is not there, or "
    "sshd_config and the file of passwords are not where it looks for them: it never reports ready.",
    cure="Correct the line, or take it out (waagent_conf); the agent's own defaults are right on every system.",
    source="WALinuxAgent daemon/main.py, pa/provision/default.py, common/osutil/default.py, common/utils/cryptutil.py",
    choice="OS.HomeDir has no effect on the keys of today, DVD.MountPoint is made, and the platform is asked without HttpProxy.Host: these pass.",
)
def paths_are_there(context):
    """Return failed with each line that names what is not there; a warning where cloud-init makes the user and reports."""
    tree = context.tree
    path = installation.conf_path(tree)
    if installation.program(tree) is None or path is None:
        return not_applicable("the agent, or its configuration, is not there")
    lines = dict(context.lines(path))
    settings = {setting.key: setting for setting in conf.settings(tree.read_text(path)) if setting.value}
    by_agent = provisioner(tree).who in (WAAGENT, TWICE)
    found = [] if "Lib.Dir" in settings else [Evidence(_OWN, None, cause) for cause in [_not_made(tree, _OWN, settings)] if cause]
    for key, cause_of in list(_ASKED.items()) + (list(_PROVISIONING.items()) if by_agent and context.kind != "specialized" else []):
        setting = settings.get(key)
        cause = cause_of(tree, setting.value, settings) if setting is not None and setting.value.startswith("/") else ""
        if cause:
            found.append(Evidence(path, setting.number, f"{lines.get(setting.number, '').strip()}: {cause}"))
    return failed_if(found, severity=None if by_agent else WARNING)


def _not_made(tree, value, _settings):
    """Return why a directory cannot be made (str), "" when it can, or is there."""
    if value.startswith(tuple(f"{top}/" for top in _OF_THE_KERNEL)):
        return "nobody makes a directory there"
    place = posixpath.normpath(value)
    while place != "/" and tree.lstat(place) is None:
        place = posixpath.dirname(place)
    if tree.is_dir(place):
        return ""
    return f"{place} is no directory"


def _no_folder(tree, value, _settings):
    folder = posixpath.dirname(posixpath.normpath(value))
    if tree.is_dir(folder) or folder in _OF_A_BOOT or folder.startswith(("/run/", "/var/run/")):
        return ""
    return f"there is no directory {folder}"


def _no_program(tree, value, _settings):
    if tree.lstat(value) is None:
        return "there is no such program"
    return programs.why_not(tree, value) if tree.has_own_root else ""


def _no_sshd_config(tree, value, _settings):
    path = posixpath.join(value, "sshd_config")
    return "" if tree.is_file(path) else f"there is no {path}, which the agent changes"


def _no_passwords(tree, value, settings):
    deletes = settings.get("Provisioning.DeleteRootPassword")
    if deletes is None or deletes.value.lower() != "y" or tree.is_file(value):
        return ""
    return "there is no such file, from which root's password is to be deleted"


def _hides(_tree, value, settings):
    formats = settings.get("ResourceDisk.Format")
    if formats is None or formats.value.lower() != "y" or posixpath.normpath(value) not in _NOT_TO_BE_HIDDEN:
        return ""
    return "the temporary disk is mounted over what the guest needs"


_ASKED = {"Lib.Dir": _not_made, "Pid.File": _no_folder, "OS.OpensslPath": _no_program, "ResourceDisk.MountPoint": _hides}
_PROVISIONING = {"DVD.MountPoint": _not_made, "OS.SshDir": _no_sshd_config, "OS.PasswordPath": _no_passwords}

RULES = [paths_are_there]
