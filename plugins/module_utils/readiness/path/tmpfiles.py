# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What systemd-tmpfiles does at boot: files that it makes, removes and closes.

PRIVATE: module_utils of this collection are not an interface.
"""

import posixpath
import re

from ansible_collections.imagewright.azure.plugins.module_utils.core.unit_places import TMPFILES_FOLDERS
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, Evidence, failed_if, not_applicable
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import SYSTEM_MANAGER

#: Of two files with one name that of the first folder counts; in a guest that runs /run has some.
_FOLDERS = (TMPFILES_FOLDERS[0], "/run/tmpfiles.d") + TMPFILES_FOLDERS[1:]
_PROGRAMS = ("/usr/bin/systemd-tmpfiles", "/bin/systemd-tmpfiles")
#: systemd removes /run/nologin when the boot is done, and makes it by such a line itself.
_NOLOGIN = "/etc/nologin"
_NEEDED = (
    "/etc/passwd",
    "/etc/shadow",
    "/etc/group",
    "/etc/ssh/sshd_config",
    "/etc/pam.d/sshd",
    "/etc/sudoers",
    "/etc/waagent.conf",
    "/etc/cloud/cloud.cfg",
    "/etc/fstab",
    "/usr/sbin/sshd",
    "/usr/sbin/waagent",
    "/home",
)
_OPEN = ("/", "/etc", "/usr", "/usr/bin", "/usr/lib", "/usr/sbin", "/bin", "/lib", "/sbin", "/var", "/home", "/dev", "/run")


@rule(
    "R69h",
    step=SYSTEM_MANAGER,
    severity=ERROR,
    title="Nothing that the login needs is removed or closed at each boot",
    fault="systemd-tmpfiles removes or closes at each boot what the login needs",
    why="The lines are worked off before any service starts: the files that are there in the image are not there when the server reads them.",
    cure="Take the line out, or lay an empty file of the same name into /etc/tmpfiles.d.",
    source="tmpfiles.d(5), systemd-tmpfiles-setup.service(8), pam_nologin(8)",
)
def nothing_is_removed(context):
    """Return failed with each line that makes /etc/nologin, removes what a login needs, or takes a directory from all but its owner."""
    tree = context.tree
    if not any(tree.exists(path) for path in _PROGRAMS):
        return not_applicable("systemd-tmpfiles is not installed")
    found, settled = [], set()
    for path in _files(tree):
        for number, text in context.lines(path):
            words = text.split()
            if len(words) < 2 or words[0].startswith("#"):
                continue
            kind, place = words[0].rstrip("!+-=~^$?"), posixpath.normpath(words[1].strip("\"'"))
            cause = _cause(kind, place, (words + ["-", "-"])[2])
            if (kind, place) not in settled and cause:
                found.append(Evidence(path, number, f"{text.strip()}: {cause}"))
            settled.add((kind, place))
    return failed_if(found)


def _files(tree):
    """Return the paths ([str]) in the order in which they are read: by their names, whatever their folder."""
    by_name = {}
    for folder in _FOLDERS:
        for path in tree.glob(folder + "/*.conf"):
            by_name.setdefault(posixpath.basename(path), path)
    return [path for _name, path in sorted(by_name.items())]


def _cause(kind, place, mode):
    """Return what a line does to the login (str), "" when nothing. kind: str, its letter without signs; mode: str, - where it has none."""
    if kind in ("f", "F", "C", "L") and place == _NOLOGIN:
        return "nobody but root may log in while this file is there"
    removed = [path for path in _NEEDED if kind == "r" and path == place or kind in ("R", "D") and (path + "/").startswith(place.rstrip("/") + "/")]
    if removed:
        return f"{removed[0]} is removed"
    digits = re.match(r"[~:]*([0-7]{3,4})$", mode)
    if kind in ("d", "D", "z", "Z", "m", "v", "q", "Q") and place in _OPEN and digits and not int(digits.group(1), 8) & 0o001:
        return "nobody but its owner reaches what lies in it"
    return ""


RULES = [nothing_is_removed]
