# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of sshd's command line: in its unit, and in the files of options that units and scripts of distributions read."""

from unit.readiness.guest_tree import UNITS, WANTS

_DROP_IN = "/etc/systemd/system/ssh.service.d/z.conf"
_UNIT = f"{UNITS}/ssh.service"
_INSTALL = "[Install]\nWantedBy=multi-user.target\n"
_OF_DEBIAN = {_UNIT: f"[Service]\nEnvironmentFile=-/etc/default/ssh\nExecStart=/usr/sbin/sshd -D $SSHD_OPTS\n{_INSTALL}"}
_OF_RED_HAT = {
    _UNIT: "[Service]\nEnvironmentFile=-/etc/crypto-policies/back-ends/opensshserver.config\nEnvironmentFile=-/etc/sysconfig/sshd\n"
    f"ExecStart=/usr/sbin/sshd -D $OPTIONS $CRYPTO_POLICY\n{_INSTALL}",
    "/etc/crypto-policies/back-ends/opensshserver.config": "CRYPTO_POLICY='-oCiphers=aes256-gcm@openssh.com,aes256-ctr -oMACs=hmac-sha2-256'\n",
}
_BY_SYSV = {
    "/usr/lib/systemd/systemd": None,
    "/etc/inittab": "",
    "/etc/rc3.d/S55sshd": ("link", "/etc/init.d/sshd"),
    "/etc/init.d/sshd": "#!/bin/sh\n[ -f /etc/sysconfig/sshd ] && . /etc/sysconfig/sshd\n/usr/sbin/sshd $OPTIONS\n",
}


def _started(words):
    return {_DROP_IN: f"[Service]\nExecStart=\nExecStart=/usr/sbin/sshd {words}\n"}


#: (rule, files to write (None: removed), (path, line) of the first evidence)
BROKEN_FILES = [
    *[
        ("R46d", _started(words), (_DROP_IN, 3))
        for words in (
            "-D -f /etc/ssh/none",
            "-t",
            "-Dd",
            "-D -Z",
            "-D -o Prot=22",
            "-D -oPort=twenty",
            "-D yes",
            "-D -f",
        )
    ],
    ("R46d", {**_OF_DEBIAN, "/etc/default/ssh": "# options\nSSHD_OPTS='-o \"Prot 22\"'\n"}, ("/etc/default/ssh", 2)),
    ("R46d", {**_OF_RED_HAT, "/etc/sysconfig/sshd": "OPTIONS=-T\n"}, ("/etc/sysconfig/sshd", 1)),
    ("R46d", {**_OF_DEBIAN, _DROP_IN: "[Service]\nEnvironment=\"A=b\" 'SSHD_OPTS=-f /etc/none'\n"}, (_DROP_IN, 2)),
    ("R46d", {**_started("-D -f /etc/ssh/own"), "/etc/ssh/own": "Port 22\nProt 22\n"}, ("/etc/ssh/own", 2)),
    ("R46e", _started("-D -o 'AllowUsers builder'"), (_DROP_IN, 3)),
    ("R46e", _started("-D -oPubkeyAuthentication=no"), (_DROP_IN, 3)),
    ("R46e", {**_BY_SYSV, "/etc/sysconfig/sshd": 'OPTIONS="-o DenyUsers=*"\n'}, ("/etc/sysconfig/sshd", 1)),
    ("R46f", _started("-D -o ListenAddress=10.1.1.1"), (_DROP_IN, 3)),
    ("R46f", _started("-D -6"), (_DROP_IN, 3)),
    ("R46l", _started("-D -p 2200"), (_DROP_IN, 3)),
    ("R46l", {**_OF_DEBIAN, "/etc/default/ssh": "SSHD_OPTS=-p2200\n"}, ("/etc/default/ssh", 1)),
    ("R46l", {"/etc/ssh/sshd_config": "ListenAddress 0.0.0.0:2222\nListenAddress 10.0.0.4:22\n"}, ("/etc/ssh/sshd_config", 1)),
    ("R46k", _started("-D -h /etc/ssh/keys/own"), (_DROP_IN, 3)),
    (
        "R46e",
        {
            f"{UNITS}/ssh.socket": "[Socket]\nListenStream=22\nAccept=yes\n[Install]\nWantedBy=sockets.target\n",
            "/etc/systemd/system/sockets.target.wants/ssh.socket": ("link", f"{UNITS}/ssh.socket"),
            f"{UNITS}/ssh@.service": "[Service]\nExecStart=-/usr/sbin/sshd -i -o DenyUsers=*\nStandardInput=socket\n",
        },
        (f"{UNITS}/ssh@.service", 2),
    ),
]

#: (rule, files that resemble its fault, and are right)
CONTROLS = [
    *[
        ("R46d", _started(words))
        for words in (
            "-D -e -E /var/log/sshd -u0",
            "-4 -D -oPort=22",
            "-D -f none",
            "-D $SSHD_OPTS ${NOTHING}",
            "-D -g 30s",
        )
    ],
    ("R46d", {**_OF_DEBIAN, "/etc/default/ssh": "# SSHD_OPTS=-t\nSSHD_OPTS=\n"}),
    ("R46d", {**_OF_RED_HAT, "/etc/sysconfig/sshd": "SSH_USE_STRONG_RNG=0\nOPTIONS='-u0'\n"}),
    ("R46d", {**_OF_DEBIAN, "/etc/sysconfig/sshd": "OPTIONS=-t\n"}),  # nobody reads it
    ("R46d", {**_OF_DEBIAN, "/etc/default/ssh": "SSHD_OPTS=-t\n", _DROP_IN: "[Service]\nExecStart=\nExecStart=/usr/sbin/sshd -D\n"}),
    ("R46d", {_DROP_IN: "[Service]\nExecStart=\nExecStart=/usr/local/bin/start-sshd -t\n", "/usr/local/bin/start-sshd": "x"}),
    ("R46d", {**_started("-D"), f"{WANTS}/ssh.service": None}),  # nothing starts it, which is R46b's
    # what the command line says counts before the configuration
    ("R46e", {**_started("-D -oPubkeyAuthentication=yes"), "/etc/ssh/sshd_config": "PubkeyAuthentication no\n"}),
    ("R46e", {**_started("-D -f /etc/ssh/own"), "/etc/ssh/own": "Port 22\n", "/etc/ssh/sshd_config": "DenyUsers *\n"}),
    ("R46f", _started("-D -o ListenAddress=10.1.1.1 -oListenAddress=0.0.0.0")),
    ("R46l", {**_started("-D -p 22"), "/etc/ssh/sshd_config": "Port 2222\n"}),
    ("R46l", {**_started("-D -oPort=2200"), "/etc/ssh/sshd_config": "Port 22\n"}),
]
