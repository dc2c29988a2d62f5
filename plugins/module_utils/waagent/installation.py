# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The agent that a guest has: its program, service, version and configuration file.

PRIVATE: module_utils of this collection are not an interface.
"""

import re

#: Its program, and the names of its service, whichever the package took.
PROGRAMS = ("/usr/sbin/waagent", "/usr/bin/waagent", "/usr/share/oem/bin/waagent", "/usr/local/sbin/waagent")
SERVICES = ("walinuxagent", "waagent")

#: Where the agent looks when nothing says otherwise: most systems, Flatcar and CoreOS, Clear Linux.
PATHS = ("/etc/waagent.conf", "/usr/share/oem/waagent.conf", "/usr/share/defaults/waagent/waagent.conf")

#: Units that may name another file; the administrator's come first.
UNITS = ("/etc/systemd/system/wa*agent.service", "/usr/lib/systemd/system/wa*agent.service", "/lib/systemd/system/wa*agent.service")

#: Files with the installed agent's version, newest Python first: packages, installations by hand, Flatcar, the single-file agent 2.0.
VERSION_FILES = tuple(
    f"{prefix}/{packages}/{egg}azurelinuxagent/common/version.py"
    for prefix in ("/usr", "/usr/local", "/usr/share/oem/python")
    for packages in ("lib/python3*/site-packages", "lib/python3*/dist-packages", "lib/python2*/site-packages", "lib/python2*/dist-packages")
    for egg in ("", "WALinuxAgent-*.egg/")
) + ("/usr/sbin/waagent",)

#: What package managers name the packager's newer version of a changed file.
UNMERGED_ENDINGS = (".rpmnew", ".dpkg-dist", ".dpkg-new", ".ucf-dist", ".ucf-new", ".pacnew", ".apk-new")


def program(tree):
    """Return the path (str) of the agent's program, None when it is not installed."""
    return next((path for path in PROGRAMS if tree.exists(path)), None)


def conf_path(tree):
    """Return the path (str) of the configuration that the guest's agent reads, or None when there is none.

    Source: get_agent_conf_file_path of azurelinuxagent/common/osutil/{default,coreos,clearlinux}.py.
    """
    for pattern in UNITS:
        for unit in [path for path in tree.glob(pattern) if tree.is_file(path)]:
            match = re.search(r"^ExecStart=.*-configuration-path[:=](\S+)", tree.read_text(unit), re.MULTILINE)
            if match and tree.is_file(match.group(1).strip("\"'")):
                return match.group(1).strip("\"'")
    for path in PATHS:
        if tree.is_file(path):
            return path
    return None


def version(tree):
    """Return the version (str) of the agent that the guest's packages installed, or None when none is found.

    The agent that it may have updated itself to, below /var/lib/waagent, leaves provisioning to this one.
    """
    for pattern in VERSION_FILES:
        for path in [path for path in reversed(tree.glob(pattern)) if tree.is_file(path)]:
            match = re.search(r"^(?:AGENT_VERSION|GuestAgentVersion) *= *['\"](?:WALinuxAgent-)?([0-9][0-9.]*)", tree.read_text(path), re.MULTILINE)
            if match:
                return match.group(1)
    return None


def unmerged(tree, path):
    """Return the paths ([str]) of newer versions of the file that the package manager left beside it."""
    return [path + ending for ending in UNMERGED_ENDINGS if tree.is_file(path + ending)]
