# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of the SSH server."""

from unit.readiness.guest_tree import UNITS, WANTS

_SCRIPT = {"/etc/init.d/ssh": "#!/bin/sh\n", "/etc/rc3.d/S01ssh": ("link", "../init.d/ssh")}

#: (rule, files to write (None: removed), (path, line) of the first evidence)
BROKEN_FILES = [
    ("R46a", {"/usr/sbin/sshd": None}, ("/usr/sbin/sshd", None)),
    ("R46b", {f"{WANTS}/ssh.service": None}, (f"{UNITS}/ssh.service", None)),
    (
        "R46b",
        {"/etc/systemd/system/ssh.service": ("link", "/dev/null"), f"{UNITS}/ssh.socket": "[Install]\nWantedBy=sockets.target\n"},
        ("/etc/systemd/system/ssh.service", None),
    ),
    ("R46b", {f"{UNITS}/ssh.service": None}, (f"{WANTS}/ssh.service", None)),
    (
        "R46b",
        {
            "/etc/systemd/system/ssh.service": ("link", f"{UNITS}/openssh-gone.service"),
            **_SCRIPT,
            f"{UNITS}/ssh.socket": "[Install]\nWantedBy=sockets.target\n",
        },
        (f"{WANTS}/ssh.service", None),
    ),
    (
        "R46c",
        {
            "/etc/ssh/sshd_config": "Include /etc/ssh/sshd_config.d/*.conf\nClientAliveInterval 180\n",
            "/etc/ssh/sshd_config.d/10-local.conf": "# no\nClientAliveInterval 0\n",
        },
        ("/etc/ssh/sshd_config.d/10-local.conf", 2),
    ),
]
