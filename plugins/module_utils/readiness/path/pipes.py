# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Root: what a start and a login read are files, for the reader of a pipe to which nobody writes waits for ever.

PRIVATE: module_utils of this collection are not an interface.
Source: fifo(7); each was tried with sshd 9.2, bash 5.2, kmod 30, useradd 4.13, systemd 252 and the C library 2.36: they open what is there and ask no more.
"""

import posixpath
import stat

from ansible_collections.imagewright.azure.plugins.module_utils.readiness import sshd_started
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, Evidence, failed_if
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import ROOT
from ansible_collections.imagewright.azure.plugins.module_utils.ssh import sshd_config

_HOSTNAME = "/etc/hostname"
_FILES = (
    # the loader, the C library and systemd, of every program
    *("/etc/ld.so.preload", "/etc/ld.so.cache", "/etc/nsswitch.conf", "/etc/passwd", "/etc/group", "/etc/shadow", "/etc/gshadow"),
    *(
        "/etc/localtime",
        "/etc/systemd/system.conf",
        "/etc/default/ssh",
        "/etc/hosts",
        "/etc/host.conf",
        "/etc/resolv.conf",
        "/etc/gai.conf",
        _HOSTNAME,
        "/etc/fstab",
        "/etc/login.defs",
        "/etc/default/useradd",
    ),
    # sshd and PAM
    *("/etc/ssh/sshd_config", "/etc/motd", "/etc/environment", "/etc/default/locale", "/etc/security/limits.conf", "/etc/security/pam_env.conf"),
    # the shell of whoever logs in
    *("/etc/profile", "/etc/bash.bashrc", "/etc/bashrc", "/etc/skel/.bashrc", "/etc/skel/.bash_profile", "/etc/skel/.profile", "/etc/inputrc"),
    # what a session with a terminal is written to
    "/var/log/wtmp",
)
_FOLDERS = (
    *("/etc/security/limits.d/*.conf", "/etc/ssh/sshd_config.d/*.conf", "/etc/profile.d/*.sh", "/etc/pam.d/*"),
    *("/etc/modprobe.d/*.conf", "/usr/lib/modprobe.d/*.conf", "/lib/modprobe.d/*.conf"),
    # systemd itself, and what it waits for without a limit
    *("/etc/systemd/system.conf.d/*.conf", "/etc/systemd/system/*.d/*.conf", "/etc/tmpfiles.d/*.conf", "/etc/udev/rules.d/*.rules"),
)


@rule(
    "R68j",
    step=ROOT,
    severity=ERROR,
    title="What a start and a login read are files",
    fault="A pipe or a directory is in the place of a file that a start or a login reads",
    why="Whoever opens a pipe waits until somebody writes to it, and nobody does: with one in the place of /etc/motd or /etc/nsswitch.conf every login "
    "waits for ever. The agent writes /etc/hostname before it makes the user, and ends where that is a directory.",
    cure="Remove it, and have the file again from its package or a backup.",
    source="fifo(7); azurelinuxagent/pa/provision/default.py",
)
def files_are_files(context):
    """Return failed with each pipe that a start or a login reads, and /etc/hostname when it is a directory; a link to /dev/null is an empty file."""
    tree = context.tree
    paths = _FILES + _banner(context) + tuple(path for pattern in _FOLDERS for path in tree.glob(pattern))
    found = [Evidence(path, None, "is a pipe: who reads it waits for ever") for path in dict.fromkeys(paths) if _is_pipe(tree, path)]
    return failed_if(found + [Evidence(_HOSTNAME, None, f"{cause}: nobody can write the name of the machine") for cause in [_of_hostname(tree)] if cause])


def _of_hostname(tree):
    """Return why the agent cannot write /etc/hostname (str), "" when it can; who writes to a link makes no directory."""
    if tree.is_dir(_HOSTNAME):
        return "is a directory"
    leads = tree.is_symlink(_HOSTNAME) and tree.lstat(_HOSTNAME) is not None and not tree.exists(_HOSTNAME)
    folder = posixpath.dirname(tree.resolve(_HOSTNAME))
    return "" if not leads or tree.is_dir(folder) or folder.startswith(("/run", "/tmp")) else f"leads to {folder}, which is not there"


def _is_pipe(tree, path):
    status = tree.stat(path)
    return status is not None and stat.S_ISFIFO(status.mode)


def _banner(context):
    """Return (path,) of the file that sshd shows before a login, () without one."""
    path = sshd_config.effective_of(context.facts(sshd_started.settings), "Banner", "none")[0]
    return (path,) if path.startswith("/") else ()


RULES = [files_are_files]
