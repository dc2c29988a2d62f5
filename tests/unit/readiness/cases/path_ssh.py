# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of the step ssh: what ends sshd, and what keeps a user of Azure out."""

from unit.core.elf_files import AARCH64, library
from unit.readiness.cases.common import BY_AGENT, WITHOUT_CLOUD_INIT
from unit.readiness.guest_tree import ELF_X86_64, UNITS, UUID

_CONF = "/etc/ssh/sshd_config"
_DROP_IN = "/etc/ssh/sshd_config.d/50-own.conf"
_INCLUDE = "Include /etc/ssh/sshd_config.d/*.conf\nClientAliveInterval 180\n"
SECURITY = "/usr/lib/x86_64-linux-gnu/security"
_SYSTEM, _NOLOGIN = "/etc/systemd/system", {"/usr/lib/tmpfiles.d/systemd-nologin.conf": 'F! /run/nologin 0644 - - - "booting"\n'}
_OPENING = "/usr/lib/systemd/system/systemd-user-sessions.service"
_LINK = "/usr/lib/systemd/system/multi-user.target.wants/systemd-user-sessions.service"
PAM = {
    "/etc/pam.d/sudo": "session required pam_unix.so\n",
    _CONF: "UsePAM yes\nClientAliveInterval 180\n",
    f"{SECURITY}/pam_unix.so": ELF_X86_64,
    f"{SECURITY}/pam_nologin.so": ELF_X86_64,
    f"{SECURITY}/pam_listfile.so": ELF_X86_64,
    f"{SECURITY}/pam_succeed_if.so": ELF_X86_64,
    "/etc/pam.d/sshd": "@include common-auth\naccount required pam_nologin.so\n@include common-account\nsession optional pam_gone.so\n"
    "-session optional pam_systemd.so\n",
    "/etc/pam.d/common-account": "account required pam_unix.so\n",
    "/etc/pam.d/common-auth": "auth [success=1 default=ignore] pam_sss.so\nauth required pam_unix.so\n",
}
#: A guest in which the agent makes the user.
_BY_AGENT = {"/etc/waagent.conf": BY_AGENT, **WITHOUT_CLOUD_INIT}
_PROGRAM = ELF_X86_64 + b"\0/run/sshd\0"
_WITH_ACCOUNT = "root:x:0:0:root:/root:/bin/bash\nsshd:x:101:65534::/run/sshd:/usr/sbin/nologin\n"


#: A guest whose sshd limits sessions.
_LIMITED = {"/etc/pam.d/sshd": PAM["/etc/pam.d/sshd"] + "session required pam_limits.so\n", f"{SECURITY}/pam_limits.so": ELF_X86_64}


def _pam(without=None, **changed):
    return {path: text for path, text in {**PAM, **changed}.items() if path != without}


def _socket(address):
    return {
        f"{UNITS}/ssh.socket": f"[Socket]\nListenStream={address}\n[Install]\nWantedBy=sockets.target\n",
        "/etc/systemd/system/sockets.target.wants/ssh.socket": ("link", f"{UNITS}/ssh.socket"),
    }


#: useradd gives the group of /etc/default/useradd, and no own one.
_USERS = {"/etc/login.defs": "USERGROUPS_ENAB no\n"}


def _conf(text):
    return {_CONF: text + "\nClientAliveInterval 180\n"}


def _unlinked(more):
    """Return the files of a whole system whose end of /run/nologin has no link of its package's."""
    program = {"/lib64/libc.so.6": "library", "/usr/lib/systemd/systemd-user-sessions": ("program", ELF_X86_64)}
    return {**PAM, **_NOLOGIN, **program, _OPENING: "[Service]\nExecStart=/usr/lib/systemd/systemd-user-sessions start\n", **more}


#: (rule, files to write (None: removed), (path, line) of the first evidence)
BROKEN_FILES = [
    ("R46b", {f"{_SYSTEM}/ssh.service.d/z.conf": "[Unit]\nBindsTo=own.path\n"}, (f"{_SYSTEM}/ssh.service.d/z.conf", 2)),
    ("R46b", {f"{_SYSTEM}/ssh.service.d/z.conf": "[Unit]\nRequires=own.timer\n"}, (f"{_SYSTEM}/ssh.service.d/z.conf", 2)),
    (
        "R46b",
        {
            f"{_SYSTEM}/ssh.service.d/z.conf": "[Unit]\nRequisite=own.service\n",
            f"{_SYSTEM}/own.service": "[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n",
        },
        (f"{_SYSTEM}/ssh.service.d/z.conf", 2),
    ),
    *[
        ("R46h", {**PAM, "/etc/pam.d/sshd": line + "\n" + PAM["/etc/pam.d/sshd"], **files}, ("/etc/pam.d/sshd", 1))
        for line, files in (
            ("account required pam_listfile.so item=user sense=allow file=/etc/allowed onerr=fail", {"/etc/allowed": "builder\n"}),
            ("account required pam_listfile.so item=user sense=allow file=/etc/allowed onerr=fail", {}),
            ("account requisite pam_succeed_if.so quiet user ingroup builders", {}),
            ("session required pam_succeed_if.so user in builder:root", {}),
        )
    ],
    ("R46h", {**PAM, **_LIMITED, "/etc/security/limits.d/z.conf": "# x\n* - maxlogins 0\n"}, ("/etc/security/limits.d/z.conf", 2)),
    ("R46h", {"/etc/profile": "if tty; then\n  exit 1\nfi\nexit 1\n"}, ("/etc/profile", 4)),
    ("R46h", {**PAM, **_LIMITED, "/etc/security/limits.d/z.conf": "*  hard  nproc 0\n"}, ("/etc/security/limits.d/z.conf", 1)),
    ("R46h", {**PAM, **_NOLOGIN, f"{_SYSTEM}/systemd-user-sessions.service": ("link", "/dev/null")}, (f"{_SYSTEM}/systemd-user-sessions.service", None)),
    ("R46h", _unlinked({}), (_OPENING, None)),
    ("R46h", _unlinked({_LINK: ("link", _OPENING), f"/etc{_LINK[8:]}": ("link", "/dev/null")}), (_OPENING, None)),
    ("R46h", {"/etc/bash.bashrc": "exit\n"}, ("/etc/bash.bashrc", 1)),
    ("R46h", {"/etc/bash.bashrc": "echo 'closed; for now'; exit 1\n"}, ("/etc/bash.bashrc", 1)),
    ("R46h", {"/etc/profile.d/z.sh": "exec cat /etc/motd\n"}, ("/etc/profile.d/z.sh", 1)),
    ("R46h", {"/etc/profile.d/z.sh": "# x\nkill -9 $PPID\n"}, ("/etc/profile.d/z.sh", 2)),
    ("R46h", {"/etc/skel/.bashrc": "sleep infinity\n"}, ("/etc/skel/.bashrc", 1)),
    ("R46h", {"/etc/ssh/sshrc": "logger login\ntail -f /var/log/auth.log\n"}, ("/etc/ssh/sshrc", 2)),
    *[
        ("R46b", {f"{_SYSTEM}/ssh.service.d/z.conf": f"[Unit]\n{text}\n"}, (f"{_SYSTEM}/ssh.service.d/z.conf", 2))
        for text in ("Requires=srv-data.mount", "Requires=sys-subsystem-net-devices-ens192.device", "BindsTo=sys-subsystem-net-devices-eth1.device")
    ],
    ("R46h", {**PAM, "/etc/pam.d/sshd": "session required pam_exec.so /opt/gone\n" + PAM["/etc/pam.d/sshd"]}, ("/etc/pam.d/sshd", 1)),
    ("R46h", {**PAM, "/etc/pam.d/sshd": "account required pam_shells.so\n" + PAM["/etc/pam.d/sshd"], "/etc/shells": "/bin/ksh\n"}, ("/etc/pam.d/sshd", 1)),
    ("R46h", {"/etc/skel/.bashrc": "# own\nexit 0\n"}, ("/etc/skel/.bashrc", 2)),
    ("R46e", {"/etc/ssh/sshd_config": "RefuseConnection yes\n"}, ("/etc/ssh/sshd_config", 1)),
    ("R46n", {"/etc/ssh/sshd_config": "ChannelTimeout session:shell=5s\n"}, ("/etc/ssh/sshd_config", 1)),
    ("R46e", {"/etc/ssh/sshd_config": "MaxAuthTries 0\n"}, ("/etc/ssh/sshd_config", 1)),
    ("R46e", {"/etc/ssh/sshd_config": "Port 22\nMatch User *\n DenyUsers *\n"}, ("/etc/ssh/sshd_config", 3)),
    ("R46b", {f"{_SYSTEM}/ssh.service.d/z.conf": "[Service]\nIPAddressDeny=any\n"}, (f"{_SYSTEM}/ssh.service.d/z.conf", 2)),
    ("R46b", {f"{_SYSTEM}/ssh.service.d/z.conf": "[Service]\nIPAddressDeny=any\nIPAddressAllow=localhost\n"}, (f"{_SYSTEM}/ssh.service.d/z.conf", 2)),
    ("R46b", {f"{_SYSTEM}/ssh.service.d/z.conf": "[Service]\nPrivateNetwork=yes\n"}, (f"{_SYSTEM}/ssh.service.d/z.conf", 2)),
    *[
        ("R46b", {f"{_SYSTEM}/ssh.service.d/z.conf": f"[Service]\n{text}\n"}, (f"{_SYSTEM}/ssh.service.d/z.conf", text.count("\n") + 2))
        for text in (
            "ProtectHome=yes",
            "ProtectHome=tmpfs",
            "InaccessiblePaths=-/home /srv",
            "TemporaryFileSystem=/home:ro",
            "CapabilityBoundingSet=",
            "SystemCallFilter=@basic-io @file-system",
            "SystemCallFilter=@system-service\nSystemCallFilter=~@setuid",
            "SystemCallFilter=~@network-io:EPERM",
            "SystemCallArchitectures=x86",
            "NoExecPaths=/",
            "SocketBindDeny=any",
            "NetworkNamespacePath=/run/netns/build",
            "Type=dbus",
            "Type=notify\nTimeoutStartSec=10ms",
            "ExecStartPre=-/bin/sleep 600",
            "TimeoutStartSec=30\nExecStartPre=-/usr/bin/sleep 1min",
            "CapabilityBoundingSet=CAP_NET_BIND_SERVICE CAP_SETGID\nCapabilityBoundingSet=CAP_SYS_CHROOT",
            "CapabilityBoundingSet=~CAP_SETUID",
            "CapabilityBoundingSet=~CAP_SYS_PTRACE\nCapabilityBoundingSet=",
            "NoNewPrivileges=yes",
            "PrivateUsers=yes",
            "DynamicUser=1",
            "RestrictAddressFamilies=AF_UNIX",
            "RestrictAddressFamilies=~AF_INET AF_INET6",
            "TasksMax=1",
            "LimitNOFILE=4:8",
            "MemoryMax=2M",
            "RuntimeMaxSec=1min 30s",
            "WatchdogSec=30",
            "ExecStart=\nExecStart=/usr/sbin/sshd -D -o Banner=%z",
            "User=sshd",
            "SecureBits=noroot",
            "CPUAffinity=64",
            "ExecStart=/bin/true",
        )
    ],
    ("R46k", _conf("HostKeyAlgorithms ssh-dss"), (_CONF, 1)),
    ("R46k", _conf("HostKeyAlgorithms -ecdsa-*,ssh-ed25519*,rsa-sha2-*"), (_CONF, 1)),
    *[("R46e", _conf(text), (_CONF, 1)) for text in ("Ciphers -*", "Ciphers -aes*,chacha20-*", "KexAlgorithms -*", "MACs -*\nCiphers -*gcm*,chacha*")],
    ("R46k", _conf("HostKey /etc/ssh/ssh_host_rsa_key\nHostKeyAlgorithms ssh-ed25519,ecdsa-sha2-*"), (_CONF, 2)),
    ("R46l", _conf("Port 2222"), (_CONF, 1)),
    ("R46l", _conf("ListenAddress 0.0.0.0:2222"), (_CONF, 1)),
    ("R46l", _socket("2222"), (f"{UNITS}/ssh.socket", 2)),
    ("R46h", {"/etc/skel/.bash_profile": "# built\nlogout\n"}, ("/etc/skel/.bash_profile", 2)),
    ("R46h", {"/etc/skel/.profile": "exit 0\n"}, ("/etc/skel/.profile", 1)),
    ("R46h", {"/etc/profile.d/z.sh": "exec /bin/false\n"}, ("/etc/profile.d/z.sh", 1)),
    ("R46d", _conf('Banner "/etc/issue'), (_CONF, 1)),
    ("R46d", _conf("AuthorizedKeysCommand /usr/bin/keys"), (_CONF, 1)),
    ("R46d", {"/usr/sbin/sshd": _PROGRAM + b"OpenSSH_9.2p1 Debian\0", _CONF: "Subsystem sftp a b\nSubsystem sftp c d\n"}, (_CONF, 2)),
    *[
        ("R46e", _conf(text), (_CONF, 1))
        for text in (
            "MaxSessions 0",
            "ForceCommand /bin/false",
            "ForceCommand /usr/bin/no-such-menu",
            "ChrootDirectory /srv/jail",
            "ChrootDirectory %h",
            "ChrootDirectory /home/%u",
            "ChrootDirectory /srv/jail/%U",
            "ForceCommand no-such-menu --all",
            "ForceCommand exec /bin/false",
            'ForceCommand echo "This machine is closed."',
            "AuthenticationMethods publickey,publickey",
            "AuthenticationMethods publickey,publickey keyboard-interactive\nKbdInteractiveAuthentication no",
            "RevokedKeys /etc/ssh/revoked\nPasswordAuthentication no",
            "PubkeyAcceptedAlgorithms ssh-dss",
            "PubkeyAcceptedAlgorithms ssh-rsa",
            "AuthenticationMethods keyboard-interactive:pam publickey,publickey",
            "AuthenticationMethods password",
            "PubkeyAcceptedKeyTypes ssh-rsa,rsa-sha2-512\nRequiredRSASize 8192\nPasswordAuthentication no",
            "PubkeyAcceptedAlgorithms -rsa-*,ssh-ed25519*\nPasswordAuthentication no",
        )
    ],
    ("R46f", _conf("ListenAddress ::"), (_CONF, 1)),
    ("R46f", _conf("ListenAddress [::]:22"), (_CONF, 1)),
    ("R46k", _conf("HostKey /etc/ssh/keys/host_key"), (_CONF, 1)),
    (
        "R46k",
        {"/etc/waagent.conf": BY_AGENT + "Provisioning.RegenerateSshHostKeyPair=n\n", **WITHOUT_CLOUD_INIT},
        ("/etc/waagent.conf", BY_AGENT.count("\n") + 1),
    ),
    ("R46d", _conf("Prot 22"), (_CONF, 1)),
    ("R46d", _conf("Port twenty"), (_CONF, 1)),
    ("R46d", _conf("PermitRootLogin maybe"), (_CONF, 1)),
    ("R46d", _conf("Port 22\nPasswordAuthentication"), (_CONF, 2)),
    ("R46d", {_CONF: _INCLUDE, _DROP_IN: "# own\nPasswordAuthentification no\n"}, (_DROP_IN, 2)),
    ("R46d", {_CONF: "ClientAliveInterval 180\nMatch User x\n  Port 23\n"}, (_CONF, 3)),
    ("R46d", {_CONF: "ClientAliveInterval 180\nMatch Usr x\n"}, (_CONF, 2)),
    ("R46d", {_CONF: None}, (_CONF, None)),
    ("R46e", _conf("AllowUsers builder"), (_CONF, 1)),
    ("R46e", _conf("AllowUsers root daemon@10.0.0.1"), (_CONF, 1)),
    ("R46e", _conf("AllowGroups ssh-users"), (_CONF, 1)),
    ("R46e", _conf("DenyUsers *"), (_CONF, 1)),
    ("R46e", _conf("DenyUsers builder azureuser"), (_CONF, 1)),
    ("R46e", _conf("DenyGroups azureuser"), (_CONF, 1)),
    ("R46e", {**_conf("DenyGroups sudo"), "/etc/cloud/cloud.cfg.d/01-user.cfg": "system_info:\n  default_user:\n    groups: [adm, sudo]\n"}, (_CONF, 1)),
    ("R46e", _conf("PubkeyAuthentication no"), (_CONF, 1)),
    (
        "R46d",
        {
            _CONF: _INCLUDE + "Subsystem sftp /usr/lib/sftp-server\n",
            _DROP_IN: "Subsystem sftp internal-sftp\n",
            "/usr/sbin/sshd": ELF_X86_64 + b"OpenSSH_8.9p1",
        },
        (_CONF, 3),
    ),
    ("R46e", _conf("AuthenticationMethods gssapi-with-mic hostbased"), (_CONF, 1)),
    ("R46e", _conf("AuthenticationMethods publickey,keyboard-interactive"), (_CONF, 1)),
    ("R46e", _conf("AuthenticationMethods publickey,password publickey,keyboard-interactive:pam"), (_CONF, 1)),
    ("R46e", _conf("AuthorizedKeysFile none"), (_CONF, 1)),
    ("R46e", _conf("AuthorizedKeysFile /etc/ssh/keys/builder"), (_CONF, 1)),
    ("R46e", {**_BY_AGENT, **_conf("AuthorizedKeysFile /etc/ssh/keys/%u")}, (_CONF, 1)),
    ("R46e", {**_BY_AGENT, **_conf("AuthorizedKeysFile .ssh/authorized_keys2 %h/.keys")}, (_CONF, 1)),
    # cloud-init looks for the setting in this one file, and takes its last line, whoever it is for
    ("R46e", {_CONF: _INCLUDE, _DROP_IN: "AuthorizedKeysFile /etc/ssh/keys/%u\n"}, (_DROP_IN, 1)),
    ("R46e", _conf("Match User backup\n  AuthorizedKeysFile /etc/ssh/keys/%u"), (_CONF, 2)),
    ("R46e", {**_conf("RevokedKeys /etc/ssh/revoked"), "/etc/ssh/revoked": "# leavers\nnobody so far\n"}, (_CONF, 1)),
    ("R46e", {**_conf("RevokedKeys /etc/ssh/revoked"), "/etc/ssh/revoked": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA== leaver\n"}, (_CONF, 1)),
    ("R46f", _conf("ListenAddress 192.168.122.40"), (_CONF, 1)),
    ("R46f", _conf("ListenAddress 127.0.0.1:22"), (_CONF, 1)),
    ("R46f", _conf("AddressFamily inet6"), (_CONF, 1)),
    ("R46f", _socket("192.168.122.40:22"), (f"{UNITS}/ssh.socket", 2)),
    ("R46g", _pam(f"{SECURITY}/pam_nologin.so"), ("/etc/pam.d/sshd", 2)),
    ("R46g", _pam(**{"/usr/sbin/sshd": ELF_X86_64, f"{SECURITY}/pam_nologin.so": ""}), ("/etc/pam.d/sshd", 2)),
    ("R46g", _pam(**{"/usr/sbin/sshd": ELF_X86_64, f"{SECURITY}/pam_unix.so": library(machine=AARCH64)}), ("/etc/pam.d/common-account", 1)),
    ("R46g", _pam(**{"/usr/sbin/sshd": ELF_X86_64, f"{SECURITY}/pam_unix.so": library(["libtirpc.so.3"])}), ("/etc/pam.d/common-account", 1)),
    ("R46g", _pam("/etc/pam.d/common-account"), ("/etc/pam.d/sshd", 3)),
    ("R46g", _pam("/etc/pam.d/sshd"), ("/etc/pam.d/sshd", None)),
    (
        "R46g",
        {**PAM, "/etc/pam.d/sshd": "auth substack password-auth\n", "/etc/pam.d/password-auth": "auth sufficient pam_unix.so\nauth requisite /x/own.so\n"},
        ("/etc/pam.d/password-auth", 2),
    ),
    ("R46h", {"/etc/nologin": ""}, ("/etc/nologin", None)),
    ("R46h", {**PAM, "/etc/pam.d/sshd": "account required pam_deny.so\n" + PAM["/etc/pam.d/sshd"]}, ("/etc/pam.d/sshd", 1)),
    ("R46h", _pam(**{"/etc/pam.d/common-account": "account required pam_unix.so\naccount requisite pam_deny.so\n"}), ("/etc/pam.d/common-account", 2)),
    ("R46e", _conf("Match User *,!root\nForceCommand /bin/false"), (_CONF, 2)),
    ("R46e", _conf("Match Group *,!wheel\nPubkeyAuthentication no"), (_CONF, 2)),
    ("R46e", _conf("Match User azure* LocalPort 22\nForceCommand /bin/false"), (_CONF, 2)),
    ("R46d", _conf("Match final"), (_CONF, 1)),
    ("R46d", _conf("RDomain none"), (_CONF, 1)),
    ("R46h", {**PAM, "/etc/pam.d/sshd": "auth [success=ok default=bad] pam_unix.so\nauth [default=die] pam_deny.so\n"}, ("/etc/pam.d/sshd", 2)),
    ("R46h", {"/etc/hosts.deny": "# all\nALL: ALL\n"}, ("/etc/hosts.deny", 2)),
    ("R46h", {"/etc/hosts.deny": "sshd : ALL\n", "/etc/hosts.allow": "sshd: 10.0.0.0/8\n"}, ("/etc/hosts.deny", 1)),
    (
        "R46h",
        {**PAM, "/etc/pam.d/sshd": "account required pam_access.so\n", "/etc/security/access.conf": "+:root:ALL\n-:ALL:ALL\n"},
        ("/etc/security/access.conf", 2),
    ),
    ("R46i", {"/usr/sbin/sshd": _PROGRAM}, ("/etc/passwd", None)),
    ("R46i", {"/usr/sbin/sshd": _PROGRAM + b"/usr/share/empty.sshd\0", "/usr/lib/sysusers.d/x.conf": "u sshd - -\n"}, ("/usr/share/empty.sshd", None)),
    ("R46i", {"/usr/sbin/sshd": _PROGRAM + b"/usr/lib/openssh/sshd-session\0", "/etc/passwd": _WITH_ACCOUNT}, ("/usr/lib/openssh/sshd-session", None)),
    ("R46g", {**PAM, "/etc/pam.d/sudo": "auth required pam_gone.so\nsession required pam_limits.so\n"}, ("/etc/pam.d/sudo", 2)),
    ("R46j", {**PAM, _CONF: "UsePAM no\nClientAliveInterval 180\n"}, (_CONF, 1)),
]

#: (rule that does not concern the right guest, files with which it does, and holds)
RIGHT_FILES = [
    ("R46g", PAM),
    ("R46i", {"/usr/sbin/sshd": _PROGRAM + b"/usr/lib/openssh/sshd-session\0", "/usr/lib/openssh/sshd-session": "x", "/etc/passwd": _WITH_ACCOUNT}),
    ("R46i", {"/usr/sbin/sshd": _PROGRAM, "/etc/passwd": _WITH_ACCOUNT + "admin:x:1000:100"}),  # a line that is cut off is passed over
    ("R46j", PAM),
]

#: (rule, files that resemble its fault, and are right)
CONTROLS = [
    ("R46h", {"/etc/skel/.bashrc": 'case $- in\n  *i*) ;;\n  *) return;;\nesac\n[ -z "$PS1" ] && return\nexport A=b\n'}),
    ("R46e", {"/etc/ssh/sshd_config": "Match Address 192.0.2.1\n  RefuseConnection yes\n"}),
    ("R46n", {"/etc/ssh/sshd_config": "ChannelTimeout direct-tcpip=5s session=1s session:*=1h global=1h\n"}),
    *[
        ("R46b", {f"{_SYSTEM}/ssh.service.d/z.conf": f"[Service]\n{text}\n"})
        for text in (
            "ProtectHome=no\nProtectSystem=strict\nPrivateTmp=yes\nProtectKernelModules=yes",
            "InaccessiblePaths=/home/build /srv",
            "TemporaryFileSystem=/home\nBindPaths=/home",
            "CapabilityBoundingSet=~CAP_SYS_PTRACE",
            "CapabilityBoundingSet=~",
            "CapabilityBoundingSet=CAP_SETUID CAP_SETGID CAP_SYS_CHROOT CAP_NET_BIND_SERVICE CAP_AUDIT_WRITE",
            "PrivateUsers=identity",
            "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK",
            "RestrictAddressFamilies=AF_UNIX\nRestrictAddressFamilies=",
            "RestrictAddressFamilies=~AF_PACKET",
            "TasksMax=33%\nLimitNOFILE=524288\nMemoryMax=infinity\nRuntimeMaxSec=infinity",
            "TasksMax=1\nTasksMax=512",
            "MemoryMax=256M\nRuntimeMaxSec=1d\nWatchdogSec=0",
            "ExecStartPost=/bin/sh -c 'date +%F'",
            "SystemCallFilter=@system-service @mount @privileged\nSystemCallFilter=~@clock @module",
            "SystemCallFilter=~@mount @swap @reboot",
            "SystemCallFilter=@basic-io\nSystemCallFilter=",
            "SystemCallArchitectures=native",
            "NoExecPaths=/\nExecPaths=/usr /etc",
            "SocketBindDeny=any\nSocketBindAllow=tcp:22",
            "TimeoutStartSec=infinity\nExecStartPre=-/bin/sleep 5",
            "ExecStartPre=-/bin/sleep 10\nTimeoutStartSec=20",
        )
    ],
    *[
        ("R46b", {f"{_SYSTEM}/ssh.service.d/z.conf": f"[Unit]\n{text}\n"})
        for text in (
            f"BindsTo=dev-disk-by\\x2duuid-{UUID.replace('-', chr(92) + 'x2d')}.device",
            "Wants=dev-disk-by\\x2duuid-1\\x2d2.device",
            "Requires=sys-subsystem-net-devices-eth0.device",
            "Requires=sys-subsystem-net-devices-docker0.device",
            "RequiresMountsFor=/srv/keys",
            "Requisite=chrony.service",
        )
    ],
    ("R46b", {f"{_SYSTEM}/ssh.service.d/z.conf": "[Unit]\nRequisite=own.service\n", f"{_SYSTEM}/own.service": "[Service]\nExecStart=/bin/true\n"}),
    *[
        ("R46b", {f"{_SYSTEM}/ssh.service.d/z.conf": f"[Unit]\nRequires={name}\n", f"{_SYSTEM}/{name}": text})
        for name, text in (("own.path", "[Path]\nPathExists=/srv\nUnit=ssh.service\n"), ("own.timer", "[Timer]\nOnBootSec=1h\nUnit=ssh.service\n"))
    ],
    ("R46k", _conf("HostKeyAlgorithms +ssh-rsa")),
    ("R46k", _conf("HostKeyAlgorithms ssh-ed25519,rsa-sha2-512")),
    ("R46k", _conf("HostKey /etc/ssh/ssh_host_ecdsa_key\nHostKeyAlgorithms ecdsa-sha2-*")),
    ("R46l", _conf("Port 2222\nPort 22")),
    ("R46l", _conf("Port 2222\nListenAddress 0.0.0.0:22\nListenAddress 0.0.0.0")),
    ("R46l", _conf("ListenAddress [::]:22\nListenAddress 0.0.0.0:22\nPort 2222")),
    ("R46l", _conf("Match User x\n  X11Forwarding no")),
    ("R46l", _socket("0.0.0.0:22")),
    ("R46h", {**PAM, "/etc/pam.d/sshd": "session optional pam_exec.so /opt/gone\n" + PAM["/etc/pam.d/sshd"]}),
    ("R46h", {**PAM, "/etc/pam.d/sshd": "account required pam_shells.so\n" + PAM["/etc/pam.d/sshd"], "/etc/shells": "# x\n/bin/bash\n"}),
    ("R46h", _unlinked({f"/etc{_LINK[8:]}": ("link", _OPENING), _LINK: ("link", "/dev/null")})),
    ("R46h", _unlinked({f"{_SYSTEM}/multi-user.target.wants/systemd-user-sessions.service": ("link", _OPENING)})),
    ("R46h", _unlinked({f"{_SYSTEM}/ssh.service.d/z.conf": "[Unit]\nWants=systemd-user-sessions.service\n"})),
    ("R46h", {**PAM, f"{_SYSTEM}/systemd-user-sessions.service": ("link", "/dev/null")}),  # nothing makes /run/nologin
    ("R46e", _conf("Match User *,!azureuser\nForceCommand /bin/false")),
    ("R46e", _conf("Match Group *,!azureuser\nPubkeyAuthentication no")),
    ("R46e", _conf("Match User azureuser Address 10.0.0.0/8\nForceCommand /bin/false")),
    ("R46e", _conf("PubkeyAuthentication no\nMatch User azure*\nPubkeyAuthentication yes")),
    ("R46e", _conf("DenyGroups users")),
    ("R46h", {"/etc/bash.bashrc": '[ -z "$PS1" ] && return\nexport A=b\n'}),
    ("R46e", {"/etc/ssh/sshd_config": "DenyUsers root builder\nDenyGroups builders\n"}),
    ("R46e", {"/etc/ssh/sshd_config": "MaxAuthTries 2\nMatch User builder\n DenyUsers *\n"}),
    ("R46b", {f"{_SYSTEM}/ssh.service.d/z.conf": "[Service]\nIPAddressDeny=any\nIPAddressAllow=10.0.0.0/8\n"}),
    ("R46h", {**PAM, **_LIMITED, "/etc/security/limits.d/z.conf": "* hard nproc 4096\nbuilder hard nproc 0\n"}),
    ("R46h", {"/etc/skel/.profile": "exit 0\n", "/etc/skel/.bash_profile": ". ~/.bashrc\n"}),  # bash reads the first of them alone
    ("R46h", {"/etc/skel/.profile": '[ -n "$PS1" ] || return\nif [ -e ~/.off ]; then\n  exit\nfi\n'}),
    ("R46d", {**_conf("Subsystem sftp internal-sftp\nSubsystem sftp /usr/lib/sftp-server"), "/usr/sbin/sshd": ELF_X86_64 + b"OpenSSH_9.9p2"}),
    ("R46d", {**_conf("Subsystem sftp internal-sftp\nSubsystem netconf /usr/lib/netconf"), "/usr/sbin/sshd": ELF_X86_64 + b"OpenSSH_9.2p1"}),
    *[
        ("R46h", {**PAM, "/etc/pam.d/sshd": line + "\n" + PAM["/etc/pam.d/sshd"], **files})
        for line, files in (
            ("account required pam_listfile.so item=user sense=deny file=/etc/denied onerr=succeed", {"/etc/denied": "builder\n"}),
            ("account required pam_listfile.so item=user sense=allow file=/etc/allowed", {"/etc/allowed": "azureuser\n"}),
            ("account sufficient pam_succeed_if.so user ingroup builders", {}),
            ("account required pam_succeed_if.so uid >= 1000 quiet", {}),
            ("auth required pam_succeed_if.so user ingroup users", _USERS),
        )
    ],
    ("R46h", {**PAM, **_LIMITED, "/etc/security/limits.conf": "# * - maxlogins 0\n* hard maxlogins 10\nbuilder - maxlogins 0\n"}),
    ("R46h", {"/etc/profile": '[ -z "$PS1" ] && exit\nf() {\n exit 1\n}\nexport EDITOR=vi\n'}),
    ("R46d", _conf('Banner "/etc/issue"\nAuthorizedKeysCommand /usr/bin/keys\nAuthorizedKeysCommandUser nobody')),
    ("R46d", {"/usr/sbin/sshd": _PROGRAM + b"OpenSSH_9.6p1\0", _CONF: "Subsystem sftp a b\nSubsystem sftp c d\n"}),
    ("R46e", _conf("ForceCommand sed -n p; exec /bin/sh")),
    ("R46e", _conf("ForceCommand echo hello; exec $SHELL")),
    ("R46e", _conf("ForceCommand if true; then exec $SHELL; fi")),
    ("R46e", _conf("AuthenticationMethods publickey,publickey publickey")),
    ("R46e", _conf("Match Group sftp\nChrootDirectory %h")),
    ("R46h", {"/etc/ssh/sshrc": "exit 1\n"}),
    ("R46h", {"/etc/ssh/sshrc": "sleep 1\nsleep infinity &\n"}),
    ("R46h", {"/etc/profile": "[ -t 0 ] ||\nexit 1\n"}),
    ("R46h", {"/etc/profile": "test -t 0 || { echo no; exit 1; }\n"}),
    ("R46h", {"/etc/profile.d/z.sh": "exec 2>/tmp/errors; echo 'a; exit'\nexec script -q /var/log/session\n"}),
    ("R46e", _conf("MaxSessions 1\nForceCommand none\nChrootDirectory none\nRevokedKeys none")),
    ("R46e", _conf("PasswordAuthentication no\nPubkeyAcceptedAlgorithms ssh-ed25519,ssh-dss\nRequiredRSASize 3072")),
    ("R46e", _conf("PasswordAuthentication no\nPubkeyAcceptedKeyTypes +ssh-dss\nRequiredRSASize 8192")),
    ("R46e", _conf("PasswordAuthentication no\nPubkeyAcceptedAlgorithms -ssh-rsa,ecdsa-*,rsa-*")),
    ("R46k", _conf("HostKeyAlgorithms -ssh-rsa,ecdsa-*\nCiphers -*cbc,chacha20-*\nKexAlgorithms -*sha1,ecdh-*\nMACs -*")),
    ("R46e", _conf("Match User sftp\nForceCommand /bin/false\nChrootDirectory /srv/none")),
    ("R46e", {**_conf("ChrootDirectory /srv/jail"), "/srv/jail/bin/sh": "x"}),
    ("R46f", _conf("ListenAddress ::\nListenAddress 0.0.0.0")),
    ("R46k", _conf("HostKey /etc/ssh/ssh_host_ed25519_key")),
    ("R46d", {_CONF: _INCLUDE, _DROP_IN: "# Prot 22\nMatch all\nPort 22\nMatch User x Address 10.0.0.0/8\nX11Forwarding no\n"}),
    ("R46d", _conf("Protocol 2\nUsePrivilegeSeparation sandbox\nX11MaxDisplays 9\nGSSAPIKeyExchange no\npermitrootlogin=No\nLoginGraceTime 2m")),
    ("R46d", _conf("AcceptEnv LANG LC_*\nSubsystem sftp /usr/lib/openssh/sftp-server -f AUTH # comment\nCiphers +aes128-cbc\nMaxStartups 10:30:100")),
    ("R46e", _conf("AllowUsers *")),
    ("R46e", _conf("AllowUsers builder azureuser")),
    ("R46e", {**_conf("AllowGroups sudo wheel"), "/etc/cloud/cloud.cfg.d/01-user.cfg": "system_info:\n  default_user:\n    groups: [adm, sudo]\n"}),
    ("R46e", {_CONF: "ClientAliveInterval 180\nMatch User git\n AllowUsers git\n PubkeyAuthentication no\n"}),
    ("R46e", _conf("DenyUsers root\nPasswordAuthentication no\nAuthenticationMethods publickey")),
    ("R46e", _conf("AuthenticationMethods publickey,password publickey")),
    ("R46e", _conf("AuthenticationMethods keyboard-interactive:pam publickey")),
    ("R46e", _conf("AuthorizedKeysFile /etc/ssh/keys/%u none")),
    ("R46e", {_CONF: _INCLUDE, _DROP_IN: "AuthorizedKeysFile /etc/ssh/keys/%u %h/.ssh/authorized_keys\n"}),
    ("R46e", {**_BY_AGENT, **_conf("Match User backup\n  AuthorizedKeysFile /etc/ssh/keys/%u")}),
    ("R46e", _conf("Match User backup\n  AuthorizedKeysFile .ssh/authorized_keys")),
    (
        "R46e",
        {
            **_conf("RevokedKeys /etc/ssh/revoked"),
            "/etc/ssh/revoked": "# leavers\nssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIP+ieJXyKMRUrqD41Bpnsu/izQassRMm5xIlU5+1qYfJ leaver\n\n",
        },
    ),
    ("R46e", {**_conf("RevokedKeys /etc/ssh/revoked"), "/etc/ssh/revoked": ""}),
    ("R46e", _conf("AuthorizedKeysFile /etc/ssh/keys/all .ssh/authorized_keys")),
    ("R46e", {**_BY_AGENT, **_conf("AuthorizedKeysFile /etc/ssh/keys/%u %h/.ssh/authorized_keys")}),
    ("R46e", {**_BY_AGENT, **_conf("AuthorizedKeysFile /etc/ssh/keys/%u\nAuthorizedKeysCommand /usr/bin/keys %u\nAuthorizedKeysCommandUser nobody")}),
    (
        "R46h",
        _pam(
            **{
                "/etc/pam.d/common-account": "account [success=1 new_authtok_reqd=done default=ignore] pam_unix.so\naccount requisite pam_deny.so\n"
                "account required pam_permit.so\n"
            }
        ),
    ),
    ("R46h", _pam(**{"/etc/pam.d/common-auth": "auth required pam_env.so\nauth sufficient pam_unix.so\nauth required pam_deny.so\n"})),
    ("R46h", {**PAM, _CONF: "UsePAM yes\nPasswordAuthentication no\nClientAliveInterval 180\n", "/etc/pam.d/sshd": "auth required pam_deny.so\n"}),
    ("R46h", {**PAM, _CONF: "UsePAM no\nClientAliveInterval 180\n", "/etc/pam.d/sshd": "account required pam_deny.so\n"}),
    ("R46f", _conf("ListenAddress 10.0.0.4\nListenAddress 0.0.0.0\nAddressFamily any")),
    ("R46f", _socket("22")),
    ("R46f", _socket("192.168.122.40:22\nListenStream=0.0.0.0:22")),
    ("R46h", {"/etc/hosts.deny": "ALL: ALL\n", "/etc/hosts.allow": "sshd: ALL\n"}),
    ("R46h", {"/etc/hosts.deny": "vsftpd: ALL\n# ALL: ALL\n"}),
    ("R46h", {"/etc/hosts.deny": "ALL: ALL\n", "/usr/sbin/sshd": _PROGRAM}),
    ("R46i", {"/usr/sbin/sshd": _PROGRAM, "/usr/lib/sysusers.d/openssh.conf": 'u sshd - "sshd"\n'}),
    ("R46h", {"/etc/security/access.conf": "-:ALL:ALL\n"}),
    ("R46h", {**PAM, "/etc/pam.d/sshd": "account required pam_access.so\n", "/etc/security/access.conf": "+:ALL:ALL\n-:ALL:ALL\n"}),
]
