# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of what useradd finds, of pipes in the place of files, of the first files of a shell, and of sudo's options that end a command."""

from unit.readiness.cases.path_ssh import PAM

_PIPE = ("pipe",)
_SSHD = "/etc/pam.d/sshd"
_PIPES = (
    *("/etc/motd", "/etc/environment", "/etc/default/locale", "/etc/security/limits.d/x.conf", "/etc/ssh/sshd_config.d/x.conf", "/etc/profile.d/x.sh"),
    *("/etc/modprobe.d/x.conf", "/etc/ld.so.preload", "/etc/nsswitch.conf", "/etc/skel/.bashrc"),
)

#: (rule, files to write (None: removed), (path, line) of the first evidence)
BROKEN_FILES = [
    *[
        ("R40h", {f"/etc/{name}.lock": text}, (f"/etc/{name}.lock", None))
        for name, text in (("group", "1"), ("subuid", "2"), ("gshadow", "99\n"), ("passwd", "0"))
    ],
    ("R40h", {"/etc/shadow.lock/own": ""}, ("/etc/shadow.lock", None)),
    ("R40h", {"/etc/group": "root:x:0:\nazureuser:x:1000:\n"}, ("/etc/group", 2)),
    ("R46g", {**PAM, _SSHD: PAM[_SSHD].replace("\n", "\r\n")}, (_SSHD, 1)),
    ("R46g", {**PAM, _SSHD: PAM[_SSHD] + "account required pam_permit.so\r\n"}, (_SSHD, PAM[_SSHD].count("\n") + 1)),
    *[("R68j", {path: _PIPE}, (path, None)) for path in _PIPES],
    ("R68j", {"/etc/issue.net": _PIPE, "/etc/ssh/sshd_config": "Banner /etc/issue.net\n"}, ("/etc/issue.net", None)),
    ("R68j", {"/etc/hostname": None, "/etc/hostname/own": ""}, ("/etc/hostname", None)),
]

#: (rule, files that resemble its fault, and are right)
CONTROLS = [
    ("R40h", {"/etc/group.lock": "4000000\0", "/etc/passwd.lock": "1234"}),
    ("R40h", {"/etc/group": "root:x:0:\nazureuser:x:1000:\n", "/etc/login.defs": "USERGROUPS_ENAB no\n"}),
    ("R40h", {"/etc/group": "root:x:0:\nazureuser:x:1000:\n", "/etc/passwd": "root:x:0:0::/root:/bin/sh\nazureuser:x:1000:1000::/home/azureuser:/bin/sh\n"}),
    ("R46g", {**PAM, _SSHD: "# own\r\n" + PAM[_SSHD]}),
    ("R68j", {"/etc/motd": ("link", "/dev/null"), "/etc/modprobe.d/x.conf": ("link", "/dev/null"), "/etc/issue.net": _PIPE, "/run/own": _PIPE}),
]
