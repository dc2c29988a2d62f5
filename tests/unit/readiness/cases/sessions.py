# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of what useradd finds, of pipes in the place of files, of the first files of a shell, and of sudo's options that end a command."""

from unit.readiness.cases.path_ssh import PAM, SECURITY
from unit.readiness.guest_tree import ELF_X86_64

_PIPE = ("pipe",)
_SSHD = "/etc/pam.d/sshd"
_PIPES = (
    *("/etc/motd", "/etc/environment", "/etc/default/locale", "/etc/security/limits.d/x.conf", "/etc/ssh/sshd_config.d/x.conf", "/etc/profile.d/x.sh"),
    *("/etc/localtime", "/etc/systemd/system/ssh.service.d/x.conf", "/etc/tmpfiles.d/x.conf", "/etc/udev/rules.d/x.rules", "/etc/default/ssh"),
    *("/etc/modprobe.d/x.conf", "/etc/ld.so.preload", "/etc/nsswitch.conf", "/etc/skel/.bashrc"),
)
_SUDOERS, _RULE = "/etc/sudoers", "/etc/sudoers.d/zz"
_RULES_READ = "root ALL=(ALL:ALL) ALL\n@includedir /etc/sudoers.d\n"
_PROFILE = "/etc/profile.d/t.sh"
_SYSTEM = {"/lib/x86_64-linux-gnu/libc.so.6": ELF_X86_64, "/usr/bin/bash": ("program", ELF_X86_64)}
_SKELETON = "/etc/skel/.bash_profile"
_MOTD, _MOTD_MODULE = "/etc/update-motd.d/50-x", f"{SECURITY}/pam_motd.so"
_WITH_MOTD = {**PAM, _SSHD: PAM[_SSHD] + "session optional pam_motd.so\n", _MOTD_MODULE: ELF_X86_64 + b"\0/etc/update-motd.d\0"}


_ENV = {f"{SECURITY}/pam_env.so": ELF_X86_64}


def _profile(text, **more):
    return {**_SYSTEM, _PROFILE: f"# own\n{text}\n", **more}


#: (rule, files to write (None: removed), (path, line) of the first evidence)
BROKEN_FILES = [
    *[
        ("R40h", {f"/etc/{name}.lock": text}, (f"/etc/{name}.lock", None))
        for name, text in (("group", "1"), ("subuid", "2"), ("gshadow", "99\n"), ("passwd", "0"))
    ],
    ("R40h", {"/etc/shadow.lock/own": ""}, ("/etc/shadow.lock", None)),
    ("R40h", {"/etc/group": "root:x:0:\nazureuser:x:1000:\n"}, ("/etc/group", 2)),
    ("R46g", {**PAM, _SSHD: PAM[_SSHD].replace("\n", "\r\n")}, (_SSHD, 1)),
    *[
        ("R46g", {**PAM, _SSHD: f"# own\n{text}\n{PAM[_SSHD]}"}, (_SSHD, 2))
        for text in ("acount required pam_permit.so", "junk", "<<<<<<< HEAD", "\ufeff# own", "@includ common-auth", "-acount requisite pam_unix.so")
    ],
    ("R46g", {**PAM, _SSHD: PAM[_SSHD] + "account required pam_permit.so\r\n"}, (_SSHD, PAM[_SSHD].count("\n") + 1)),
    *[("R68j", {path: _PIPE}, (path, None)) for path in _PIPES],
    ("R68j", {"/etc/issue.net": _PIPE, "/etc/ssh/sshd_config": "Banner /etc/issue.net\n"}, ("/etc/issue.net", None)),
    ("R68j", {"/etc/hostname": None, "/etc/hostname/own": ""}, ("/etc/hostname", None)),
    ("R68j", {"/etc/hostname": ("link", "/data/hostname")}, ("/etc/hostname", None)),
    *[
        ("R46h", _profile(text), (_PROFILE, 2))
        for text in (
            'export PROMPT_COMMAND="exit"',
            "declare -x PROMPT_COMMAND=logout",
            "exec </dev/null",
            "exec >/dev/null 0<&-",
            "set -o errexit; false",
            "cd /opt/own || exit 1",
            "set -e; . /opt/own/env.sh",
            "trap -- 'kill -9 $$' DEBUG",
            "exec zsh -l",
            "exec screen",
            "exec >/dev/null",
            "exec >>/var/log/sessions 2>&1",
            '[ -n "$SSH_CONNECTION" ] && exit',
            "[ $(id -u) -ne 0 ] && exit",
            "[ $UID -ge 1000 ] && logout",
            '[ "$USER" = root ] || exit 1',
            "kill -HUP $$",
            "command -v tool &>/dev/null || exit",
            "tool --check 2>/dev/null || { echo 'none; sorry'; logout; }",
            "! which tool >/dev/null && exit 1",
            "test ! -d /opt/tool && exit",
            "[[ -f /usr/lib/tool ]] || exit",
            "[ -e /usr/bin/bash ] && exit",
            "if ! type tool >/dev/null 2>&1; then\n  echo none\n  exit 1\nfi",
            'groups "$USER" | grep -q admins || exit',
            '[ "$(who | wc -l)" -ge 0 ] && exit',
            "exec sg builders",
            "exec /bin/su appuser",
            "exec sudo su -",
            "until false; do sleep 1; done",
            "exec sleep infinity",
            "ulimit -u 1",
            "ulimit -S -v 1000",
            "ulimit -n 3; umask 022",
            "exec bash -l",
            "exec /bin/bash --login",
            "exec -l bash",
            "exec /bin/sh -l",
        )
    ],
    ("R46h", {"/etc/skel/.bashrc": "# own\nexec bash\n"}, ("/etc/skel/.bashrc", 2)),
    ("R46h", {**PAM, _SSHD: PAM[_SSHD] + "session required pam_env.so\n", **_ENV, "/etc/environment": "A=b\nPROMPT_COMMAND='exit'\n"}, ("/etc/environment", 2)),
    ("R46h", _profile("set -e\nPATH=/opt/own/bin\ntool now"), (_PROFILE, 4)),
    ("R46h", {_PROFILE: ". /etc/profile\n", "/etc/profile": "for each in /etc/profile.d/*.sh; do\n  . $each\ndone\n"}, (_PROFILE, 1)),
    ("R46h", {_PROFILE: ". /etc/profile\n", "/etc/profile": "for each in $(run-parts --list /etc/profile.d); do\n  . $each\ndone\n"}, (_PROFILE, 1)),
    ("R46h", {"/etc/profile": "# x\nsource /etc/profile\n"}, ("/etc/profile", 2)),
    ("R46h", {_SKELETON: '. "$HOME/.bash_profile"\n'}, (_SKELETON, 1)),
    (
        "R46h",
        {_SKELETON: "if [ -f ~/.bashrc ]; then\n  . ~/.bashrc\nfi\n", "/etc/skel/.bashrc": '[ -z "$PS1" ] && return\n. ~/.bash_profile\n'},
        (_SKELETON, 1),
    ),
    *[
        ("R47a", {_SUDOERS: f"# own\n{text}\n{_RULES_READ}"}, (_SUDOERS, 2))
        for text in (
            "Defaults closefrom=1",
            "Defaults runas_default=nobody",  # a warning, as is the next
            "Defaults log_servers=10.1.1.1:30344, log_output",
            "Defaults command_timeout=1",
            "Defaults env_reset, command_timeout = 0m9s",
            "Defaults noexec",
            "Defaults!ALL noexec",
        )
    ],
    *[
        ("R47a", {_SUDOERS: _RULES_READ, _RULE: text + "\n"}, (_RULE, 1))
        for text in ("ALL ALL=(ALL) TIMEOUT=1s NOPASSWD: ALL", "ALL ALL=(ALL) NOPASSWD:NOEXEC: /usr/bin/id, ALL", "ALL ALL=(ALL) NOEXEC: ALL")
    ],
    ("R46h", {**_WITH_MOTD, _MOTD: ("program", "#!/bin/sh\nuptime\nsleep infinity\n")}, (_MOTD, 3)),
]

#: (rule, files that resemble its fault, and are right)
CONTROLS = [
    ("R46h", {**PAM, _SSHD: PAM[_SSHD] + "session required pam_env.so\n", **_ENV, "/etc/environment": "PROMPT_COMMAND='history -a'\n"}),
    ("R46h", {"/etc/environment": "PROMPT_COMMAND=exit\n"}),  # nothing reads it
    *[
        ("R46g", {**PAM, _SSHD: f"# own\n{text}\n{PAM[_SSHD]}"})
        for text in ("acount sufficient pam_permit.so", "acount optional pam_permit.so", " \t", "\0" * 20)
    ],
    *[("R68j", {"/etc/hostname": ("link", target)}) for target in ("host.name", "/run/hostname", "/etc/own")],
    ("R40h", {"/etc/group.lock": "4000000\0", "/etc/passwd.lock": "1234"}),
    ("R40h", {"/etc/group": "root:x:0:\nazureuser:x:1000:\n", "/etc/login.defs": "USERGROUPS_ENAB no\n"}),
    ("R40h", {"/etc/group": "root:x:0:\nazureuser:x:1000:\n", "/etc/passwd": "root:x:0:0::/root:/bin/sh\nazureuser:x:1000:1000::/home/azureuser:/bin/sh\n"}),
    ("R46g", {**PAM, _SSHD: "# own\r\n" + PAM[_SSHD]}),
    ("R68j", {"/etc/motd": ("link", "/dev/null"), "/etc/modprobe.d/x.conf": ("link", "/dev/null"), "/etc/issue.net": _PIPE, "/run/own": _PIPE}),
    *[
        ("R46h", _profile(text))
        for text in (
            "PROMPT_COMMAND='history -a; exit_code=$?'",
            "ulimit -u 512",
            "ulimit -Hu 1",  # bash refuses it
            "ulimit -c 0; ulimit -n 65536",
            "exec bash",  # which does not read this file
            '[ -n "$BASH_VERSION" ] || exec bash -l',
            "kill $$",  # which bash does not take while it reads its files
            "exec 2>/dev/null",
            "exec > >(tee -a /var/log/sessions)",
            "exec >/dev/tty 2>&1",
            '[ -z "$SSH_CONNECTION" ] && exit',
            "[ $(id -u) -eq 0 ] && exit",
            "[ $UID -ge 2000 ] && logout",
            '[ "$USER" = root ] && exit 1',
            "cd /usr/bin || exit 1",
            "cd /srv/app || exit 1",  # the first boot may make it
            "set -e; . /opt/own/env.sh || true",
            "exec 3</dev/null",
            "exec </dev/tty",
            "set -e\nset +e\nfalse",
            "set -e\nfalse || true",
            "trap 'exit 3' EXIT",
            "tool() { :; }\ntool || exit",
            "alias tool=bash\ntype tool || exit",
            "PATH=$PATH:/opt/own/bin\nbash -c true || exit",
            "[ -d /srv/data ] || exit",
            "[ -f /usr/local/etc/done ] || exit",
            "command -v tool && exit",
            "command -v tool || return",
            "if tool; then\n  exit\nfi",
            "if ! tool; then\n  echo none\nelse\n  exit\nfi",
            "groups | grep -q azure || exit",
            "id -nG | grep -qw admins && exit",
            "newgrp builders",
            "sudo su -",
            "while true; do break; done",
            '[ -n "$OWN" ] && return\n. /etc/profile',
        )
    ],
    ("R46h", {_PROFILE: "tool || exit\n"}),  # a few files of a system
    ("R46h", {**_profile("tool || exit"), "/opt/lib.sh": "tool() {\n  true\n}\n", "/etc/profile": ". /opt/lib.sh\n"}),
    ("R46h", {_SKELETON: "[ -f ~/.bashrc ] && . ~/.bashrc\n", "/etc/skel/.bashrc": "[ -f /etc/bashrc ] && . /etc/bashrc\n", "/etc/bashrc": "umask 022\n"}),
    ("R46h", {**_WITH_MOTD, _MOTD: "#!/bin/sh\nsleep infinity\n", _MOTD + ".sh": ("program", "#!/bin/sh\nsleep infinity\n")}),
    ("R46h", {**PAM, _MOTD: ("program", "#!/bin/sh\nsleep infinity\n"), _MOTD_MODULE: ELF_X86_64}),
    *[
        ("R47a", {_SUDOERS: f"{text}\n{_RULES_READ}"})
        for text in (
            "Defaults runas_default=root",
            "Defaults log_servers=10.1.1.1:30344",
            "Defaults log_servers=10.1.1.1:30344, log_output, ignore_iolog_errors",
            "Defaults command_timeout=0",
            "Defaults command_timeout=1h5",
            "Defaults noexec\nDefaults !noexec",
            "Defaults:backup noexec, command_timeout=1",
            "Defaults!/usr/bin/vi noexec",
        )
    ],
    *[
        ("R47a", {_SUDOERS: _RULES_READ, _RULE: text + "\n"})
        for text in (
            "ALL ALL=(ALL) TIMEOUT=1h NOPASSWD: ALL",
            "backup ALL=(ALL) TIMEOUT=1s NOPASSWD: ALL",
            "ALL ALL=(ALL) NOPASSWD: NOEXEC: /usr/bin/vi, EXEC: ALL",
            "ALL ALL=(ALL) TIMEOUT=1s NOPASSWD: ALL\nALL ALL=(ALL) NOPASSWD: ALL",
        )
    ],
    ("R47a", {_SUDOERS: _RULES_READ, "/etc/sudoers.d/10-own": "ALL ALL=(ALL) TIMEOUT=1s NOEXEC: NOPASSWD: ALL\n"}),
]
