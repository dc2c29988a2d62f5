# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of PAM's modules for sshd: each turns away a user whom nobody knew, or resembles that."""

from unit.readiness.cases.path_ssh import PAM, SECURITY
from unit.readiness.guest_tree import ELF_X86_64

_SSHD, _TIME, _ACCESS, _NAMESPACE = "/etc/pam.d/sshd", "/etc/security/time.conf", "/etc/security/access.conf", "/etc/security/namespace.conf"
_GROUP = "root:x:0:\nsudo:x:27:\nadmins:x:900:root\n"
_SESSION_ALONE = ELF_X86_64 + b"\0pam_sm_open_session\0pam_sm_close_session\0"


def _with(line, **files):
    return {**PAM, _SSHD: line + "\n" + PAM[_SSHD], **files}


def _behind(line):
    return {**PAM, _SSHD: line}


def _file(line, path, text):
    return {**_with(line), path: text}


#: (rule, files to write (None: removed), (path, line) of the first evidence)
BROKEN_FILES = [
    *[
        ("R46h", _with(line), (_SSHD, 1))
        for line in (
            "account required pam_exec.so quiet /bin/false",
            "account [success=ok default=die] pam_exec.so /usr/bin/false",
            "session required pam_exec.so type=open_session /bin/false",
            "account required pam_wheel.so group=builders",
            "account required pam_wheel.so use_uid group=builders",
            "account required pam_wheel.so use_uid deny group=root",
            "account required pam_localuser.so file=/etc/nobody",
            "account required pam_usertype.so issystem",
            "account required pam_listfile.so item=user sense=deny file=/etc/none",
            "account required pam_succeed_if.so uid < 1000",
            "account requisite pam_succeed_if.so quiet user notingroup azureuser:staff",
            "account required pam_succeed_if.so user ingroup users",
            "account required pam_succeed_if.so service != sshd",
            "account required pam_succeed_if.so tty = tty1",
            "account required pam_succeed_if.so tty != ssh",
            "account required pam_succeed_if.so shell = /bin/zsh",
            "account required pam_sss.so",
            "account required pam_access.so accessfile=/etc/none",
            "account [success=ok default=bad] pam_ldap.so minimum_uid=1000",
            "session required pam_namespace.so",
        )
    ],
    ("R46h", _file("account required pam_nologin.so file=/etc/closed", "/etc/closed", ""), (_SSHD, 1)),
    ("R46h", _file("account required pam_localuser.so file=/etc/people", "/etc/people", "builder:x:1000:\n"), (_SSHD, 1)),
    ("R46h", _file("account required pam_listfile.so item=group sense=allow file=/etc/groups", "/etc/groups", "builders\n"), (_SSHD, 1)),
    ("R46h", _file("account required pam_listfile.so item=shell sense=allow file=/etc/own", "/etc/own", "/bin/rbash\n"), (_SSHD, 1)),
    ("R46h", _file("account required pam_access.so accessfile=/etc/own", "/etc/own", "+:root:ALL\n-:ALL:ALL\n"), ("/etc/own", 2)),
    (
        "R46h",
        _file("account required pam_access.so", "/etc/security/access.d/own.conf", "-:ALL EXCEPT root wheel:ALL\n"),
        ("/etc/security/access.d/own.conf", 1),
    ),
    ("R46h", _file("account required pam_access.so", _ACCESS, "+:(builders):ALL\n-:azureuser:ALL EXCEPT LOCAL\n"), (_ACCESS, 2)),
    *[
        ("R46h", _file("account required pam_time.so", _TIME, "# x\n" + text + "\n"), (_TIME, 2))
        for text in ("*;*;*;!Al0000-2400", "sshd;*;!root;Wk0000-0001", "login|sshd ; ssh ; * ; Su0100-0200|Sa0100-0200", "sshd;*;*;Al0800-1800&!Al0000-2400")
    ],
    ("R46h", {**_file("session required pam_namespace.so", _NAMESPACE, "/tmp /tmp-inst/ level root,adm\n"), "/tmp-inst/.keep": ""}, (_NAMESPACE, 1)),
    ("R46h", {**_file("session required pam_namespace.so", _NAMESPACE, "/tmp /opt/own- user:create ~azureuser\n"), "/opt/.keep": ""}, (_NAMESPACE, 1)),
    ("R46h", _file("session required pam_namespace.so", _NAMESPACE, "# own\n/tmp /srv/own/tmp/ user root\n"), (_NAMESPACE, 2)),
    ("R46h", _file("session required pam_namespace.so", _NAMESPACE, "/srv/own /tmp-inst/ user root\n"), (_NAMESPACE, 1)),
    ("R46h", _file("session required pam_namespace.so", _NAMESPACE, "/tmp\n"), (_NAMESPACE, 1)),
    ("R46g", {**_with("account required pam_motd.so"), f"{SECURITY}/pam_motd.so": _SESSION_ALONE}, (_SSHD, 1)),
]

#: (rule, files that resemble its fault, and are right)
CONTROLS = [
    *[
        ("R46h", _with(line))
        for line in (
            "account required pam_exec.so /bin/true",
            "account required pam_exec.so type=session /bin/false",
            "account optional pam_exec.so /bin/false",
            "account [success=ok default=ignore] pam_exec.so /bin/false",
            "account requisite pam_rootok.so",
            "account required pam_securetty.so",
            "session required pam_selinux.so open",
            "auth required pam_faillock.so preauth deny=0",
            "account required pam_wheel.so use_uid group=root",
            "account required pam_wheel.so root_only group=builders",
            "account required pam_wheel.so use_uid deny group=builders",
            "account required pam_localuser.so",
            "account required pam_usertype.so isregular",
            "account required pam_nologin.so file=/etc/closed",
            "account required pam_succeed_if.so uid >= 1000",
            "account required pam_succeed_if.so tty in ssh:tty1",
            "account required pam_succeed_if.so shell in /bin/bash:/bin/zsh",
            "account required pam_succeed_if.so shell notin /bin/zsh",
            "account required pam_succeed_if.so shell != /bin/sh",
            "account required pam_succeed_if.so user notingroup builders",
            "account [default=bad success=ok user_unknown=ignore authinfo_unavail=ignore] pam_sss.so",
            "account required pam_sss.so ignore_unknown_user ignore_authinfo_unavail",
            "account required pam_time.so",
        )
    ],
    # a line before ends the stack, or jumps over it
    ("R46h", _behind("account required pam_unix.so\naccount sufficient pam_localuser.so\naccount required pam_exec.so /bin/false\n")),
    ("R46h", _behind("account [success=1 default=ignore] pam_succeed_if.so user ingroup users\naccount required pam_exec.so /bin/false\n")),
    ("R46h", _file("account required pam_wheel.so use_uid group=admins", "/etc/group", _GROUP)),
    ("R46h", _file("account required pam_listfile.so item=group sense=allow file=/etc/groups", "/etc/groups", "azureuser\nbuilders\n")),
    ("R46h", _file("account required pam_access.so", _ACCESS, "+:root:ALL\n+:(azureuser):ALL\n-:ALL:ALL\n")),
    ("R46h", _file("account required pam_access.so", _ACCESS, "+:azureuser:ALL\n-:ALL:ALL\n")),
    ("R46h", _file("account required pam_access.so", _ACCESS, "-:ALL EXCEPT root azureuser:ALL\n-:builder:ALL\n")),
    *[
        ("R46h", _file("account required pam_time.so", _TIME, text + "\n"))
        for text in (
            "login;tty*;!root;!Al0000-2400",
            "sshd;*;builder;!Al0000-2400",
            "*;*;*;Wk0700-2000|Sa0800-1200",
            "sshd;*;*;Al0000-2400",
            "# *;*;*;!Al0000-2400",
        )
    ],
    ("R46h", _file("session required pam_namespace.so", _NAMESPACE, "# /tmp /tmp-inst/ level root\n$HOME $HOME/inst/ user root\n/tmp tmp tmpfs root\n")),
    ("R46h", _file("session required pam_namespace.so", _NAMESPACE, "/tmp /tmp-inst/ level root\n")),  # it is made
    ("R46h", {**_file("session required pam_namespace.so", _NAMESPACE, "/tmp /tmp-inst/ user azureuser\n/tmp /opt/ user ~builder\n"), "/opt/.keep": ""}),
    (
        "R46h",
        {**_file("session required pam_namespace.so ignore_instance_parent_mode", _NAMESPACE, "/tmp /tmp-inst/ user root\n"), "/tmp-inst/.keep": ""},
    ),
    ("R46g", {**_with("session required pam_motd.so"), f"{SECURITY}/pam_motd.so": _SESSION_ALONE}),
    ("R46g", {**_with("account optional pam_motd.so"), f"{SECURITY}/pam_motd.so": _SESSION_ALONE}),
]
# whose module is there for R46g
for _rule, _files, *_place in BROKEN_FILES + CONTROLS:
    if _rule == "R46h":
        _files.update({f"{SECURITY}/{name}.so": ELF_X86_64 for name in ("pam_exec", "pam_access", "pam_time")})
