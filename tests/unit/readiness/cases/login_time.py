# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of the time and the places that users may log in from, and of name services that lose them."""

from unit.readiness.guest_tree import ELF_X86_64

_CONF, _SWITCH = "/etc/ssh/sshd_config", "/etc/nsswitch.conf"


#: sshd of 9.8 and later knows this word.
_PUNISHES = {"/usr/sbin/sshd": ELF_X86_64 + b"\0PerSourcePenalties\0"}


def _conf(text):
    return {_CONF: text + "\nClientAliveInterval 180\n"}


#: (rule, files to write (None: removed), (path, line) of the first evidence)
BROKEN_FILES = [
    *[("R46n", _conf(text), (_CONF, 1)) for text in ("LoginGraceTime 1", "LoginGraceTime 5s", "MaxAuthTries 1", "MaxStartups 1:100:1", "MaxStartups 2")],
    *[("R46e", _conf(text), (_CONF, 1)) for text in ("ChannelTimeout session:shell=1s", "ChannelTimeout direct-tcpip=1h sess*=4s", "ChannelTimeout *=2")],
    *[
        ("R46n", _conf(text), (_CONF, 1))
        for text in (
            "ChannelTimeout session:*=9s",
            "ChannelTimeout session:command=1s",
            "ChannelTimeout session:shell=1h session:*=1s",
            "ChannelTimeout global=1s",
        )
    ],
    ("R46n", _conf("PerSourceMaxStartups 1\nPerSourceNetBlockSize 0:0"), (_CONF, 1)),
    *[
        ("R46n", {**_conf(text), **_PUNISHES}, (_CONF, 1))
        for text in ("PerSourceNetBlockSize 0:0", "PerSourceNetBlockSize 8", "PerSourcePenalties overflow:deny-all max-sources4:1")
    ],
    ("R46n", {"/etc/profile": "umask 022\nTMOUT=1\n"}, ("/etc/profile", 2)),
    ("R46n", {"/etc/profile.d/z.sh": "readonly TMOUT=2; export TMOUT\n", "/etc/bash.bashrc": "TMOUT=600\n"}, ("/etc/profile.d/z.sh", 1)),
    ("R46n", {"/etc/profile.d/z.sh": "declare -xr TMOUT=9\n"}, ("/etc/profile.d/z.sh", 1)),
    ("R46n", {"/etc/profile.d/a.sh": "TMOUT=900\n", "/etc/bash.bashrc": "export TMOUT=5\n"}, ("/etc/bash.bashrc", 1)),
    ("R46o", _conf("AllowUsers *@10.0.0.5"), (_CONF, 1)),
    *[
        ("R46r", _conf(text), (_CONF, 1))
        for text in (
            "PubkeyAcceptedAlgorithms ssh-ed25519,ssh-ed25519-cert-v01@openssh.com",
            "PubkeyAcceptedKeyTypes ssh-ed25519,ssh-rsa",
            "PubkeyAcceptedAlgorithms -rsa-*",
            "RequiredRSASize 3072",
        )
    ],
    ("R46o", _conf("AllowUsers azureuser@192.168.0.0/16 builder@10.*"), (_CONF, 1)),
    ("R46e", _conf("AllowUsers azureuser@127.0.0.1"), (_CONF, 1)),
    ("R46e", _conf("DenyUsers *@*"), (_CONF, 1)),
    ("R46e", {_CONF: "Port 22\nMatch Address 0.0.0.0/0\n  DenyUsers ?*\n"}, (_CONF, 3)),
    ("R46d", _conf("MaxStartups 0"), (_CONF, 1)),
    ("R46d", _conf("MaxStartups 60:30:10"), (_CONF, 1)),
    ("R46d", _conf("MaxStartups 10:0:60"), (_CONF, 1)),
    ("R68h", {_SWITCH: "passwd: sss [!SUCCESS=return] files\n"}, (_SWITCH, 1)),
    ("R68h", {_SWITCH: "passwd: files\nshadow: sss [UNAVAIL=return] files\n"}, (_SWITCH, 2)),
    ("R68h", {_SWITCH: "passwd: systemd [NOTFOUND=return UNAVAIL=continue] files\n"}, (_SWITCH, 1)),
]

#: (rule, files that resemble its fault, and are right)
CONTROLS = [
    *[("R46n", _conf(text)) for text in ("LoginGraceTime 60", "LoginGraceTime 0", "MaxAuthTries 3", "MaxStartups 10:30:60", "MaxStartups 2:50:60")],
    *[("R46e", _conf(text)) for text in ("ChannelTimeout session=1s", "ChannelTimeout session:shell=0 *=1s", "ChannelTimeout session:*=10m *=1s")],
    *[("R46n", _conf(text)) for text in ("ChannelTimeout session=1s", "PerSourceMaxStartups 1", "PerSourceNetBlockSize 0:0", "UnusedConnectionTimeout 1")],
    *[
        ("R46n", {**_conf(text), **_PUNISHES})
        for text in (
            "PerSourcePenalties authfail:60s",
            "PerSourceNetBlockSize 24:56",
            "PerSourceNetBlockSize 0:0\nPerSourcePenalties no",
            "PerSourceNetBlockSize 0:0\nPerSourcePenaltyExemptList 0.0.0.0/0",
            "PerSourcePenalties overflow:deny-all",
            "PerSourcePenalties max-sources4:1",
            "ClientAliveCountMax 0",
        )
    ],
    ("R46n", {"/etc/profile.d/tmout.sh": "readonly TMOUT=600\nexport TMOUT\n"}),
    ("R46n", {"/etc/profile": "TMOUT=5\nTMOUT=900\n"}),
    ("R46n", {"/etc/profile": "TMOUT=0\n# TMOUT=1\nif [ -t 0 ]; then\n  TMOUT=1\nfi\n"}),
    ("R46o", _conf("AllowUsers *@10.0.0.5 azureuser")),
    *[
        ("R46r", _conf(text))
        for text in (
            "PubkeyAcceptedAlgorithms ssh-ed25519,rsa-sha2-512",
            "PubkeyAcceptedAlgorithms rsa-sha2-256",
            "PubkeyAcceptedAlgorithms +ssh-rsa",
            "PubkeyAcceptedAlgorithms ssh-dss",  # no key at all: R46e's
            "RequiredRSASize 2048",
        )
    ],
    ("R46o", _conf("AllowUsers azureuser@*")),
    ("R46o", _conf("DenyUsers *@10.0.0.5")),
    ("R46e", _conf("DenyUsers builder@*")),
    ("R46e", {_CONF: "Port 22\nMatch Address 10.0.0.0/8\n  DenyUsers *\n"}),
    ("R46d", _conf("MaxStartups 10:30:10")),
    ("R68h", {_SWITCH: "passwd: files [!SUCCESS=return] sss\ngroup: files [SUCCESS=merge] systemd\nshadow: files\n"}),
    ("R68h", {_SWITCH: "passwd: sss files systemd\ngroup: sss files systemd\nshadow: files sss\n"}),
    ("R68h", {_SWITCH: "passwd: sss [NOTFOUND=return] files\n"}),  # nothing starts sssd, so that the next is asked
]
