# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of what useradd gives up for, of stacks of PAM that let nobody pass, and of sshd's directory below /run."""

from unit.readiness.cases.common import BY_AGENT, WITHOUT_CLOUD_INIT
from unit.readiness.cases.path_ssh import _PROGRAM, _WITH_ACCOUNT, PAM, SECURITY
from unit.readiness.guest_tree import ELF_X86_64, UNITS

_AGENTS = "/usr/lib/python3/dist-packages/azurelinuxagent/common/osutil/default.py"
_WITH_BASH = '# own\ncmd = ["useradd", "-m", username, "-s", "/bin/bash"]\n'
_DEBIANS = "account [success=1 new_authtok_reqd=done default=ignore] pam_unix.so\naccount requisite pam_deny.so\naccount required pam_permit.so\n"
#: Each was tried with OpenSSH 9.2.
_REFUSED_BY_SSHD = (
    "RekeyLimit 15",
    "RekeyLimit default 1x",
    "PerSourceNetBlockSize 33:128",
    "PerSourceMaxStartups x",
    "FingerprintHash sha3",
    "PubkeyAuthOptions touch-required,verify-required",
    "PermitListen host:99999",
    "PermitOpen x",
    "AuthenticationMethods any publickey",
    "AuthenticationMethods publickey,foo",
    "AllowUsers user@10.0.0.1/8",
    "AcceptEnv A=B",
    "ListenAddress 1.2.3.4:99999",
    "Match Address 10.0.0.1/8",
    "Match LocalAddress 2001:db8::1/32",
    "Match LocalPort x",
    "Match all User x",
)
_DEFS, _USERADD, _SUBUID = "/etc/login.defs", "/etc/default/useradd", "/etc/subuid"
_PRE = "/etc/shadow-maint/useradd-pre.d"
_WITH_SCRIPTS = {"/usr/sbin/useradd": "/etc/shadow-maint/useradd-pre.d\0"}
_SSHD = "/etc/pam.d/sshd"
_RUN = {"/usr/sbin/sshd": _PROGRAM, "/etc/passwd": _WITH_ACCOUNT}
_DROP_IN = "/etc/systemd/system/ssh.service.d/own.conf"
_MADE = {f"{UNITS}/ssh.service.d/10-made.conf": "[Service]\nExecStart=\nExecStart=/usr/sbin/sshd -D\nRuntimeDirectory=sshd\nRuntimeDirectoryMode=0755\n"}
_BY_TMPFILES = {"/usr/lib/tmpfiles.d/ssh.conf": "d /run/sshd 0755\n"}


def _first(line, **files):
    return {**PAM, _SSHD: line + "\n" + PAM[_SSHD], **files}


def _account(text):
    return {**PAM, "/etc/pam.d/common-account": text, f"{SECURITY}/pam_permit.so": ELF_X86_64, f"{SECURITY}/pam_deny.so": ELF_X86_64}


#: (rule, files to write (None: removed), (path, line) of the first evidence)
BROKEN_FILES = [
    (
        "R46h",
        _account(_DEBIANS + "account required pam_deny.so\n"),
        ("/etc/pam.d/common-account", 4),
    ),
    ("R40h", {_DEFS: "# x\nPASS_MAX_DAYS 0\n"}, (_DEFS, 2)),
    ("R40h", {_DEFS: "GID_MIN 60001\n"}, (_DEFS, 1)),
    ("R40h", {_DEFS: "UID_MIN 1000\nUID_MAX 1000\n", "/etc/passwd": "root:x:0:0::/root:/bin/sh\nx:x:1000:1000::/:/bin/sh\n"}, (_DEFS, 1)),
    ("R40h", {_DEFS: "SUB_UID_MIN 100000\nSUB_UID_MAX 100000\n", _SUBUID: ""}, (_DEFS, 1)),
    ("R40h", {_DEFS: "SUB_GID_COUNT 700000000\n", "/etc/subgid": ""}, (_DEFS, 1)),
    ("R40h", {_SUBUID: "builder:100000:600000000\n"}, (_SUBUID, None)),
    ("R40h", {**_WITH_SCRIPTS, f"{_PRE}/own": ("program", "#!/bin/sh\nexit 1\n")}, (f"{_PRE}/own", 2)),
    ("R40h", {**_WITH_SCRIPTS, f"{_PRE}/README": "Scripts for useradd.\n"}, (f"{_PRE}/README", None)),
    ("R40h", {_USERADD: "EXPIRE=never\n"}, (_USERADD, 1)),
    ("R40h", {"/etc/shadow": ("link", "auth/shadow"), "/etc/auth/shadow": "root:!:1::::::\n"}, ("/etc/shadow", None)),
    ("R40h", {"/etc/gshadow/own": ""}, ("/etc/gshadow", None)),
    ("R40h", {"/etc/subuid/own": ""}, ("/etc/subuid", None)),
    ("R40h", {"/etc/passwd-/own": ""}, ("/etc/passwd-", None)),
    ("R40h", {"/etc/group+/own": ""}, ("/etc/group+", None)),
    ("R40h", {"/etc/.pwd.lock/own": ""}, ("/etc/.pwd.lock", None)),
    ("R40h", {"/etc/skel/.ssh": ""}, ("/etc/skel/.ssh", None)),
    ("R40h", {"/etc/skel/.ssh": ("link", "/data/ssh")}, ("/etc/skel/.ssh", None)),
    ("R40h", {"/etc/skel/.ssh/authorized_keys/own": ""}, ("/etc/skel/.ssh/authorized_keys", None)),
    ("R40h", {_USERADD: "SKEL=/srv/skel\n", "/srv/skel/.ssh": ""}, ("/srv/skel/.ssh", None)),
    ("R40e", {"/usr/local/sbin/useradd": ("program", "#!/bin/sh\nexit 1\n")}, ("/usr/local/sbin/useradd", 2)),
    ("R40e", {"/usr/local/bin/ssh-keygen": ("program", "#!/bin/sh\nlogger none\nfalse\n")}, ("/usr/local/bin/ssh-keygen", 3)),
    ("R40g", {"/etc/waagent.conf": BY_AGENT, **WITHOUT_CLOUD_INIT, _AGENTS: _WITH_BASH}, (_AGENTS, 2)),
    ("R40h", {_USERADD: "EXPIRE=0\n"}, (_USERADD, 1)),
    ("R46g", _first("-account required pam_none.so"), (_SSHD, 1)),
    ("R46g", _first("account requierd pam_unix.so"), (_SSHD, 1)),
    ("R46g", _first("account [success=okay default=ignore] pam_unix.so"), (_SSHD, 1)),
    ("R46g", _first("account [success=ok default=ignore pam_unix.so"), (_SSHD, 1)),
    ("R46g", _first("session required"), (_SSHD, 1)),
    (
        "R46g",
        _account("account [success=3 default=ignore] pam_unix.so\naccount requisite pam_deny.so\naccount required pam_permit.so\n"),
        ("/etc/pam.d/common-account", 1),
    ),
    ("R46g", _account("account [success=1 default=ignore] pam_unix.so\naccount requisite pam_deny.so\n"), ("/etc/pam.d/common-account", 2)),
    *[
        ("R46h", {**_first(line, **files), f"{SECURITY}/{line.split()[2]}": ELF_X86_64}, (_SSHD, 1))
        for line, files in (
            ("account required pam_env.so", {}),
            ("session required pam_limits.so conf=/etc/none", {}),
            ("session required pam_loginuid.so require_auditd", {}),
            ("account required pam_listfile.so item=user sense=deny", {}),
            ("account required pam_listfile.so item=user sense=deny file=/etc/ssh onerr=succeed", {}),
            ("account required pam_exec.so quiet", {}),
            ("account required pam_usertype.so", {}),
        )
    ],
    ("R46i", {**_RUN, **_MADE, _DROP_IN: "[Service]\nRuntimeDirectory=\n"}, (_DROP_IN, 2)),
    ("R46i", {**_RUN, **_MADE, _DROP_IN: "[Service]\nRuntimeDirectory=\nRuntimeDirectory=ssh\n"}, (_DROP_IN, 3)),
    ("R46i", {**_RUN, **_MADE, _DROP_IN: "[Service]\nRuntimeDirectoryMode=0777\n"}, (_DROP_IN, 2)),
    ("R46i", {**_RUN, **_MADE, **_BY_TMPFILES, _DROP_IN: "[Service]\nRuntimeDirectoryMode=0777\n"}, (_DROP_IN, 2)),
    ("R46d", {"/etc/ssh/sshd_config": "RDomain blue\n"}, ("/etc/ssh/sshd_config", 1)),
    ("R46d", {"/etc/ssh/sshd_config": "ListenAddress 0.0.0.0 rdomain mgmt\n"}, ("/etc/ssh/sshd_config", 1)),
    *[
        (rule, {"/etc/ssh/sshd_config": text + "\n"}, ("/etc/ssh/sshd_config", 1))
        for rule, text in (
            ("R46d", "SetEnv FOO"),
            ("R46d", "IPQoS garbage"),
            ("R46d", "StreamLocalBindMask 999"),
            ("R46d", "RekeyLimit garbage"),
            *[("R46d", text) for text in _REFUSED_BY_SSHD],
            ("R46d", "AuthorizedPrincipalsCommand /usr/bin/principals"),
            ("R46e", "PerSourceMaxStartups 0"),
            ("R46e", "Ciphers 3des-cbc,aes128-cbc"),
            ("R46e", "MACs hmac-md5,hmac-md5-96\nCiphers aes128-ctr"),
            ("R46e", "KexAlgorithms diffie-hellman-group1-sha1"),
        )
    ],
    ("R46e", {"/etc/ssh/sshd_config": "ForceCommand internal-sftp -d /data\n"}, ("/etc/ssh/sshd_config", 1)),
    *[
        ("R46e", {"/etc/ssh/sshd_config": f"Port 22\nMatch {criteria}\n  PubkeyAuthentication no\n  PasswordAuthentication no\n"}, ("/etc/ssh/sshd_config", 3))
        for criteria in ("Address 0.0.0.0/0,::/0", "LocalAddress *", "LocalPort 22,2222 User *", "User=* Group=*")
    ],
]

#: (rule, files that resemble its fault, and are right)
CONTROLS = [
    ("R40h", {"/etc/gshadow": ("link", "/none"), "/etc/passwd-": "", "/etc/.pwd.lock": "", "/etc/skel": ""}),
    ("R40h", {"/etc/skel/.ssh/config": "Host *\n"}),
    ("R40e", {"/usr/local/sbin/useradd": "#!/bin/sh\nexit 1\n", "/opt/bin/useradd": ("program", "#!/bin/sh\nexit 1\n")}),  # it may not be run
    ("R40e", {"/usr/local/sbin/useradd": ("program", '#!/bin/sh\nlogger useradd\nexec /usr/sbin/useradd "$@"\n')}),
    ("R40g", {"/etc/waagent.conf": BY_AGENT, **WITHOUT_CLOUD_INIT, _AGENTS: _WITH_BASH, "/bin/bash": ("program", "#!/bin/sh\n")}),
    ("R40h", {_DEFS: "PASS_MAX_DAYS 365\nPASS_MIN_DAYS 1\nPASS_WARN_AGE 7\n"}),
    ("R40h", {_DEFS: "#PASS_MAX_DAYS 0\nPASS_MAX_DAYS 99999\nPASS_MIN_DAYS 0\n"}),
    ("R40h", {_DEFS: "GID_MIN 60001\nGID_MAX 70000\nUID_MIN 60001\nUID_MAX 70000\n"}),
    ("R40h", {_DEFS: "GID_MIN 60001\nUSERGROUPS_ENAB no\n"}),
    ("R40h", {_DEFS: "SUB_UID_COUNT 0\nSUB_UID_MIN 10\nSUB_UID_MAX 1\n", _SUBUID: ""}),
    ("R40h", {_DEFS: "SUB_UID_MIN 10\nSUB_UID_MAX 1\n"}),  # no file, no numbers
    ("R40h", {_SUBUID: "builder:100000:65536\nother:165536:65536\n"}),
    ("R40h", {**_WITH_SCRIPTS, f"{_PRE}/own": ("program", '#!/bin/sh\n[ "$SUBJECT" = root ] && exit 1\nexit 0\n')}),
    ("R40h", {f"{_PRE}/README": "Scripts for useradd.\n"}),  # this useradd runs none
    ("R40h", {_USERADD: "EXPIRE=\nINACTIVE=-1\nSHELL=/bin/sh\n"}),
    (
        "R46h",
        _account(_DEBIANS + "account optional pam_deny.so\n"),
    ),
    ("R46g", _first("-account optional pam_none.so")),
    ("R46g", _first("-session [success=ok ignore=ignore module_unknown=ignore default=bad] pam_none.so")),
    ("R46g", _first("Account REQUIRED pam_unix.so")),
    ("R46g", _first("account [success = ok   default = bad] pam_unix.so")),
    ("R46g", _account(_DEBIANS)),
    ("R46g", _account("account [success=2 default=ignore] pam_unix.so\naccount requisite pam_deny.so\naccount required pam_permit.so\n")),
    *[
        ("R46h", {**_first(line), f"{SECURITY}/{line.split()[2]}": ELF_X86_64})
        for line in (
            "session required pam_env.so readenv=1 envfile=/etc/default/locale",
            "account sufficient pam_env.so",
            "session required pam_loginuid.so",
            "account required pam_listfile.so item=user sense=deny file=/etc/none onerr=succeed",
            "session optional pam_limits.so conf=/etc/none",
        )
    ],
    ("R46i", {**_RUN, **_MADE}),
    ("R46i", {**_RUN, **_MADE, _DROP_IN: "[Service]\nRuntimeDirectory=\n", "/etc/tmpfiles.d/sshd.conf": "d /run/sshd 0755 root root -\n"}),
    ("R46i", {**_RUN, **_MADE, _DROP_IN: "[Service]\nRuntimeDirectory=\nExecStartPre=/bin/mkdir -p /run/sshd\n"}),
    *[
        (rule, {"/etc/ssh/sshd_config": text + "\n"})
        for rule, text in (
            ("R46d", "SetEnv FOO=bar\nIPQoS lowdelay throughput\nStreamLocalBindMask 0177\nRekeyLimit 1G 1h"),
            ("R46d", "RekeyLimit default none\nIPQoS cs1 0x10"),
            ("R46d", "RekeyLimit 16 1h\nPerSourceNetBlockSize 32:128\nFingerprintHash md5\nPubkeyAuthOptions touch-required verify-required"),
            ("R46d", "PermitListen 80 localhost:http *:0\nPermitOpen none\nAuthenticationMethods publickey,keyboard-interactive:pam publickey"),
            ("R46d", "Port ssh\nAcceptEnv LANG LC_*\nDenyUsers x@10.0.0.0/8 y@host/99 z@2001:db8::/32\nListenAddress [::]:22\nListenAddress 0.0.0.0"),
            *[
                ("R46e", f"Port 22\nMatch {criteria}\n  PubkeyAuthentication no\n  PasswordAuthentication no\n")
                for criteria in ("Address 10.0.0.0/8,::/0", "LocalPort 2222", "User *,!* Group *", "User backup Address *")
            ],
            ("R46d", "Match Address 10.0.0.0/8,bad/99 LocalPort 22,ssh\n  PasswordAuthentication yes\nMatch all\n  PasswordAuthentication yes"),
            ("R46d", "AuthorizedPrincipalsCommand /usr/bin/principals\nAuthorizedPrincipalsCommandUser nobody"),
            ("R46e", "PerSourceMaxStartups none\nCiphers aes256-ctr\nMACs hmac-sha2-512\nKexAlgorithms ecdh-sha2-nistp384"),
            ("R46e", "MACs hmac-md5\nCiphers aes256-gcm@openssh.com,aes128-ctr"),  # the first needs none
            ("R46e", "Ciphers -3des-cbc\nKexAlgorithms -diffie-hellman-group1-sha1\nMACs +hmac-md5"),
            ("R46e", "Ciphers aes*\nMACs hmac-sha2-*\nKexAlgorithms curve25519-*"),
        )
    ],
    ("R46e", {"/etc/ssh/sshd_config": "Match Group sftponly\n  ForceCommand internal-sftp\n"}),
]
