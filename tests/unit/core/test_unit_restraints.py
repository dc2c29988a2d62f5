# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the settings of a unit keep its service from."""

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.core import unit_files, unit_restraints


def restrained(text, needs=unit_restraints.LOGIN):
    settings = unit_files.parse(f"[Service]\n{text}\n", "/etc/systemd/system/x.service")
    return [(setting.line, cause) for setting, cause in unit_restraints.restraints(settings, needs)]


@pytest.mark.parametrize(
    ("text", "line", "cause"),
    [
        ("Type=forking\nExecStart=/usr/sbin/sshd -D $SSHD_OPTS", 2, "its program stays in the foreground, and is ended as one that did not start"),
        (
            "Type=forking\nExecStart=/usr/bin/python3 -u /usr/sbin/waagent -daemon",
            2,
            "its program stays in the foreground, and is ended as one that did not start",
        ),
        ("Type=notify\nWatchdogSec=5min", 3, "it tells no watchdog that it lives, and is ended"),
        ("TemporaryFileSystem=/:ro", 2, "it does not see /etc/ssh"),
        ("BindPaths=/srv/home:/home\nInaccessiblePaths=/home /etc", 3, "it does not see /etc/ssh"),
        ("CapabilityBoundingSet=~CAP_SETGID CAP_SYS_ADMIN", 2, "it lacks CAP_SETGID"),
        ("RestrictAddressFamilies=none", 2, "it may not use IPv4"),
        ("LimitAS=1M", 2, "it does not start with so little"),
        ("LimitNPROC=2", 2, "it does not start with so little"),
        ("SystemCallFilter=~@chown", 2, "it is ended when it calls chown"),
        ("SystemCallFilter=@system-service", 2, "it is ended when it calls chroot"),
        ("SystemCallFilter=~@resources", 2, "it is ended when it calls setpriority"),
        ("SystemCallFilter=~@timer @keyring", 2, "it is ended when it calls alarm"),
        ("SystemCallFilter=~execve", 2, "it is ended when it calls execve"),
        ("NoExecPaths=/usr/sbin", 2, "it may run nothing in /usr/sbin"),
        ("NoExecPaths=/\nExecPaths=/usr/bin /usr/sbin", 2, "it may run nothing in /usr/lib"),
        ("InaccessiblePaths=/run", 2, "it does not see /run"),
        ("RuntimeMaxSec=1min 30s", 2, "it is ended then"),
        ("LimitCPU=0", 2, "it does not start with so little"),
        ("RuntimeMaxSec=2min\nRestart=on-success", 2, "it is ended then"),
        ("RuntimeMaxSec=2min\nRestart=always\nRestartSec=42s", 2, "it is ended then"),
        ("RuntimeMaxSec=30\nRestart=always", 2, "it is ended then"),
        ("User=sshd", 2, "it runs as a user who is not root"),
        ("SecureBits=keep-caps noroot", 2, "what it starts has no capabilities, though it is root"),
        ("SecureBits=no-setuid-fixup", 2, "sshd sees that it could become root again, and ends every login"),
        ("CPUAffinity=64-127", 2, "a machine with fewer than 65 processors does not start it"),
        ("NUMAPolicy=bind\nNUMAMask=1", 3, "a machine with one node of memory, as most sizes have, does not start it"),
    ],
)
def test_what_keeps_a_server_from_its_work_is_told_with_its_line(text, line, cause):
    assert restrained(text) == [(line, cause)]


@pytest.mark.parametrize(
    "text",
    [
        "Type=forking\nExecStart=/usr/sbin/sshd $SSHD_OPTS",
        "Type=oneshot\nWatchdogSec=0",
        "TemporaryFileSystem=/home\nBindPaths=/srv/home:/home",
        "CapabilityBoundingSet=CAP_SETUID CAP_SETGID\nCapabilityBoundingSet=CAP_SYS_CHROOT CAP_NET_BIND_SERVICE",
        "LimitAS=16M\nLimitNPROC=4",
        "SystemCallFilter=@system-service @privileged",
        "SystemCallFilter=@system-service chroot\nSystemCallFilter=~@memlock @sync @sandbox @debug",
        "SystemCallFilter=~execve\nSystemCallFilter=",
        "NoExecPaths=/\nExecPaths=/usr/bin /usr/sbin /usr/lib",
        "NoExecPaths=/usr\nExecPaths=/usr/bin /usr/sbin /usr/lib/x86_64-linux-gnu",
        "Type=notify\nExecStart=/usr/sbin/sshd -D",
        "LimitAS=infinity\nLimitNOFILE=1024:524288\nMemoryMax=10%",
        "RuntimeMaxSec=a while",
        "LimitCPU=1h",
        "RuntimeMaxSec=5\nType=oneshot",
        "RuntimeMaxSec=2min\nRestart=on-failure",
        "WatchdogSec=2min\nRestart=on-watchdog\nRestartSec=1",
        "User=root\nSecureBits=keep-caps noroot-locked",
        "CPUAffinity=0 64-127",
        "CPUAffinity=64\nCPUAffinity=",
        "CPUAffinity=numa",
        "NUMAPolicy=bind\nNUMAMask=0-1",
        "NUMAPolicy=local\nNUMAMask=1",
    ],
)
def test_what_resembles_it_and_is_right_is_not(text):
    assert restrained(text) == []


def test_what_a_provisioner_writes_it_may_write():
    assert restrained("ProtectSystem=full", unit_restraints.PROVISIONING) == [(2, "it cannot write to /etc")]
    assert restrained("ProtectSystem=strict\nReadWritePaths=-/", unit_restraints.PROVISIONING) == []
    assert restrained("ProtectSystem=strict") == []


def test_a_provisioner_that_never_says_that_it_started_is_ended():
    text = "Type=notify\nExecStart=/usr/bin/python3 -u /usr/sbin/waagent -daemon"
    assert restrained(text, unit_restraints.PROVISIONING) == [(2, "its program never says that it has started, and is ended as one that did not")]
    assert restrained(text.replace("notify", "exec"), unit_restraints.PROVISIONING) == []
    assert restrained("LimitAS=32M", unit_restraints.PROVISIONING) == [(2, "it does not start with so little")]
