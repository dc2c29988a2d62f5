# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of what units, and what makes or configures them beside their own files, do to a boot."""

from unit.readiness.cases.common import DEV_NULL
from unit.readiness.cases.system_manager import SYSTEM, TARGETS
from unit.readiness.guest_tree import ELF_X86_64, UNITS

_EVIL = {f"{SYSTEM}/evil.service": "[Service]\nType=oneshot\nExecStart=/sbin/poweroff\n"}
_SSH, _AGENT, _NETWORKD, _UDEVD = (f"{SYSTEM}/{name}.service.d/own.conf" for name in ("ssh", "walinuxagent", "systemd-networkd", "systemd-udevd"))
_TARGET, _SCOPE, _LOGIND = f"{SYSTEM}/multi-user.target.d/own.conf", f"{SYSTEM}/session-.scope.d/own.conf", "/etc/systemd/logind.conf.d/own.conf"
_UDEV, _TMPFILES, _BINFMT = "/etc/udev/rules.d/99-own.rules", "/etc/tmpfiles.d/own.conf", "/etc/binfmt.d/own.conf"
_GENERATOR, _SCRIPT = "/etc/systemd/system-generators/own", "/etc/init.d/fw"
_SYSV = {**TARGETS, "/usr/lib/systemd/system-generators/systemd-sysv-generator": "program", "/etc/rc3.d/S01fw": ("link", "../init.d/fw")}
_FORMATS = {
    **TARGETS,
    f"{UNITS}/systemd-binfmt.service": "[Service]\nExecStart=-/bin/sh\n",
    f"{UNITS}/sysinit.target.wants/systemd-binfmt.service": ("link", "../systemd-binfmt.service"),
    "/usr/sbin/sshd": ELF_X86_64,
}
_ELF = r"\x7fELF\x02\x01\x01"
_TRIGGER = f"{UNITS}/systemd-udev-trigger.service"
_EARLY = f"{SYSTEM}/sysinit.target.d/own.conf"
_REQUIRED = f"{SYSTEM}/ssh.service.requires/foo.service"
_MASKING = 'ln -s /dev/null "$2/ssh.service"'


def _path(settings):
    """Return the files of a guest whose boot starts a path unit for evil.service."""
    return {**TARGETS, **_EVIL, f"{SYSTEM}/evil.path": f"[Path]\n{settings}\n", f"{SYSTEM}/multi-user.target.wants/evil.path": ("link", "../evil.path")}


def _script(*lines):
    return {**_SYSV, _SCRIPT: ("program", "\n".join(("#!/bin/sh", *lines, "")))}


def _generator(*lines):
    return {**TARGETS, _GENERATOR: ("program", "\n".join(("#!/bin/sh", *lines, "")))}


def _unlinked(more):
    """Return the files of a whole system whose start of udev's events has no link of its package's."""
    services = {f"{UNITS}/systemd-{name}.service": "[Service]\nExecStart=/usr/bin/true\n" for name in ("udevd", "remount-fs", "udev-trigger")}
    services[_TRIGGER] += "[Unit]\nWants=systemd-udevd.service\n"
    return {**TARGETS, "/lib64/libc.so.6": "library", "/usr/bin/true": ("program", ELF_X86_64), **services, **more}


def _socket(stream):
    return {
        **TARGETS,
        f"{SYSTEM}/web.service": "[Service]\nExecStart=/bin/true\n",
        f"{SYSTEM}/web.socket": f"[Socket]\nListenStream={stream}\n",
        f"{SYSTEM}/sockets.target.wants/web.socket": ("link", "../web.socket"),
    }


def _tmpfiles(line):
    return {"/usr/bin/systemd-tmpfiles": "", f"{UNITS}/systemd-tmpfiles-clean.timer": "[Timer]\nOnBootSec=15min\n", _TMPFILES: f"{line}\n"}


BROKEN_FILES = [
    ("R46b", {_REQUIRED: ("link", f"{SYSTEM}/foo.service")}, (_REQUIRED, None)),
    ("R46b", {_SSH: "[Service]\nDevicePolicy=strict\n"}, (_SSH, 2)),
    ("R46b", {_SSH: "[Service]\nDevicePolicy=strict\nDeviceAllow=/dev/sda r\n"}, (_SSH, 2)),
    ("R46b", {_SSH: "[Service]\nNoExecPaths=/usr/bin\n"}, (_SSH, 2)),
    ("R46b", {_SSH: "[Service]\nInaccessiblePaths=-/bin/bash\n"}, (_SSH, 2)),
    ("R40b", {_AGENT: "[Service]\nDeviceAllow=/dev/null rw\n"}, (_AGENT, 2)),
    ("R40b", {_AGENT: "[Service]\nDevicePolicy=closed\n"}, (_AGENT, 2)),
    ("R34g", {_NETWORKD: "[Service]\nRestrictAddressFamilies=AF_UNIX\n"}, (_NETWORKD, 2)),
    ("R34g", {_NETWORKD: "[Service]\nCapabilityBoundingSet=CAP_SYS_ADMIN\n"}, (_NETWORKD, 2)),
    ("R34g", {_NETWORKD: "[Service]\nUser=daemon\nAmbientCapabilities=\n"}, (_NETWORKD, 2)),
    *(
        ("R34g", {_NETWORKD: f"[Service]\n{text}\n", "/etc/systemd/network/10-own.network": "[Match]\nName=*\n[Network]\nDHCP=yes\n"}, (_NETWORKD, line))
        for text, line in (
            ("SystemCallFilter=@system-service\nSystemCallFilter=~@network-io", 3),
            ("PrivateUsers=yes", 2),
            ("NoExecPaths=/", 2),
            ("LimitNOFILE=1", 2),
            ("RuntimeMaxSec=2", 2),
            ("TemporaryFileSystem=/etc", 2),
            ("InaccessiblePaths=-/etc/systemd", 2),
        )
    ),
    ("R69b", {**TARGETS, _UDEVD: "[Service]\nPrivateNetwork=yes\n"}, (_UDEVD, 2)),
    ("R69b", _unlinked({}), (_TRIGGER, None)),
    ("R69b", _generator(_MASKING), (_GENERATOR, 2)),
    ("R69b", _generator("early=${2}", "ln -snf /dev/null $early/ssh.service"), (_GENERATOR, 3)),
    ("R69b", _generator('ln -s /dev/null "$1/ssh.service"'), (_GENERATOR, 2)),
    ("R69a", _generator('ln -s /lib/systemd/system/rescue.target "$2/default.target"'), (_GENERATOR, 2)),
    ("R69g", {**TARGETS, _SSH: "[Service]\nType=oneshot\nExecStart=\nExecStart=/usr/sbin/sshd -D\n", _AGENT: "[Unit]\nAfter=multi-user.target\n"}, (_SSH, 4)),
    ("R69c", _path("PathExists=/etc/passwd"), (f"{SYSTEM}/evil.service", 3)),
    ("R69c", _path("PathExistsGlob=/etc/pass*\nUnit=evil.service"), (f"{SYSTEM}/evil.service", 3)),
    ("R69c", _path("DirectoryNotEmpty=/etc"), (f"{SYSTEM}/evil.service", 3)),
    ("R69c", {**TARGETS, _TARGET: "[Unit]\nJobTimeoutSec=1\nJobTimeoutAction=reboot\n"}, (_TARGET, 3)),
    ("R69c", {**TARGETS, _EARLY: "[Unit]\nJobTimeoutSec=1s\nJobTimeoutAction=reboot-force\n"}, (_EARLY, 3)),
    ("R69c", {**TARGETS, _SSH: "[Unit]\nJobTimeoutAction=reboot\nJobTimeoutSec=100ms\n"}, (_SSH, 2)),
    ("R69b", {**TARGETS, _EARLY: "[Unit]\nJobTimeoutSec=100ms\n"}, (_EARLY, 2)),
    ("R46b", {**TARGETS, _SSH: "[Unit]\nJobTimeoutSec=100ms\n"}, (_SSH, 2)),
    ("R69c", {**TARGETS, _LOGIND: "[Login]\nIdleAction=poweroff\nIdleActionSec=1min\n"}, (_LOGIND, 2)),
    ("R69c", {**TARGETS, _UDEV: 'SUBSYSTEM=="net", ACTION=="add", RUN+="/sbin/poweroff"\n'}, (_UDEV, 1)),
    ("R69c", {**TARGETS, _UDEV: 'KERNEL=="sda", SUBSYSTEM=="block", RUN+="/bin/sh -c \'sync; reboot -f\'"\n'}, (_UDEV, 1)),
    ("R69c", _script("# x", "/sbin/poweroff"), (_SCRIPT, 3)),
    ("R69c", _script('case "$1" in', "start)", "halt", ";;", "esac"), (_SCRIPT, 4)),
    ("R69e", _script("systemctl mask ssh"), (_SCRIPT, 2)),
    ("R73d", {**TARGETS, _SCOPE: "[Scope]\nRuntimeMaxSec=1\n"}, (_SCOPE, 2)),
    ("R73d", {**TARGETS, _SCOPE: "[Scope]\nMemoryMax=64K\n"}, (_SCOPE, 2)),
    ("R46f", _socket("22"), (f"{SYSTEM}/web.socket", 2)),
    ("R46f", _socket("[::]:22"), (f"{SYSTEM}/web.socket", 2)),
    ("R69m", {**_FORMATS, _BINFMT: f"# x\n:q:M::{_ELF}::/usr/bin/nope:\n"}, (_BINFMT, 2)),
    ("R69m", {**_FORMATS, _BINFMT: ":sh:M::#!::/usr/bin/nope:\n"}, (_BINFMT, 1)),
    ("R69m", {**_FORMATS, _BINFMT: r"|q|M|16|\x02\x00\x3e\x00|\xfe\xff\xff\xff|/usr/sbin/ip|" + "\n"}, (_BINFMT, 1)),
    ("R69h", _tmpfiles("z /usr/bin/sud? 0755 root root -"), (_TMPFILES, 1)),
    ("R69h", _tmpfiles("Z /etc/ssh 0644 root root -"), (_TMPFILES, 1)),
    ("R69h", _tmpfiles("d /home 0755 root root 1s"), (_TMPFILES, 1)),
    ("R69h", _tmpfiles("e /etc - - - 30d"), (_TMPFILES, 1)),
    ("R69h", _tmpfiles("w /proc/sysrq-trigger - - - - o"), (_TMPFILES, 1)),
    ("R69h", _tmpfiles("w+ /proc/sys/kernel/modules_disabled - - - - 1"), (_TMPFILES, 1)),
    (
        "R69h",
        {**_tmpfiles("f+ /etc/ssh/closed 0644 root root -"), _SSH: "[Unit]\nConditionPathExists=!/etc/ssh/closed\n"},
        (_TMPFILES, 1),
    ),
]

RIGHT_FILES = [("R69m", {**_FORMATS, _BINFMT: ":exe:E::exe::/usr/bin/wine:\n"})]

CONTROLS = [
    ("R46b", {_REQUIRED: DEV_NULL}),
    ("R46b", {_SSH: "[Service]\nDevicePolicy=strict\nDeviceAllow=char-mem rw\nDeviceAllow=char-pts rw\n"}),
    ("R46b", {_SSH: "[Service]\nDevicePolicy=closed\nNoExecPaths=/home\nInaccessiblePaths=/srv\n"}),
    ("R46b", {_SSH: "[Service]\nRestrictNetworkInterfaces=eth1\n"}),  # this systemd may be older
    ("R40b", {_AGENT: "[Service]\nDevicePolicy=closed\nDeviceAllow=block-sr rw\n"}),
    *(
        ("R34g", {_NETWORKD: f"[Service]\n{text}\n", "/etc/systemd/network/10-own.network": "[Match]\nName=*\n[Network]\nDHCP=yes\n"})
        for text in (
            "SystemCallFilter=@system-service\nSystemCallFilter=~@privileged @mount",
            "SystemCallFilter=~@network-io\nSystemCallFilter=",
            "PrivateUsers=no\nPrivateDevices=yes\nProtectSystem=strict\nReadOnlyPaths=/",
            "NoExecPaths=/\nExecPaths=/usr/lib /usr/bin /usr/sbin /bin/bash",
            "RuntimeMaxSec=infinity",
            "RuntimeMaxSec=1d",
            "InaccessiblePaths=/home\nLimitNOFILE=64\nTemporaryFileSystem=/etc:ro\nBindReadOnlyPaths=/etc",
            "MemoryDenyWriteExecute=yes\nProtectKernelTunables=yes\nRestrictNamespaces=yes\nUMask=0077\nWatchdogSec=5min",
        )
    ),
    ("R34g", {_NETWORKD: "[Service]\nRestrictAddressFamilies=AF_UNIX AF_NETLINK AF_INET AF_INET6 AF_PACKET\nUser=root\n"}),
    ("R34g", {_NETWORKD: "[Service]\nUser=daemon\nAmbientCapabilities=CAP_NET_ADMIN CAP_NET_RAW\nCapabilityBoundingSet=~CAP_SYS_ADMIN\n"}),
    ("R69b", {**TARGETS, _UDEVD: "[Service]\nPrivateMounts=yes\nIPAddressDeny=any\n"}),
    ("R69b", _unlinked({f"{UNITS}/sysinit.target.wants/systemd-udev-trigger.service": ("link", _TRIGGER)})),
    ("R69b", _generator('ln -s /dev/null "$3/ssh.service"', 'ln -s /dev/null "$2/apt-daily.timer"')),
    ("R69b", _generator("[ -e /etc/own ] || exit 0", _MASKING)),
    ("R69b", _generator("if [ -e /etc/own ]; then", _MASKING, "fi")),
    ("R69b", {**_generator('ln -s /dev/null "$1/ssh.service"'), f"{SYSTEM}/ssh.service": "[Service]\nExecStart=/bin/true\n"}),
    ("R69b", {**_generator(), _GENERATOR: ("program", f"#!/usr/bin/python3\n{_MASKING}\n")}),
    ("R69a", _generator('ln -s /lib/systemd/system/multi-user.target "$2/default.target"')),
    ("R69g", {**TARGETS, _SSH: "[Service]\nType=oneshot\nExecStart=\nExecStart=/usr/sbin/sshd -D\n"}),
    ("R69g", {**TARGETS, _AGENT: "[Unit]\nAfter=multi-user.target\n[Service]\nType=oneshot\nExecStart=\nExecStart=/usr/sbin/waagent -daemon\n"}),
    ("R69c", _path("PathExists=/etc/nothing\nPathChanged=/etc/passwd\nDirectoryNotEmpty=/srv")),
    ("R69c", {**TARGETS, _TARGET: "[Unit]\nJobTimeoutSec=30min\nJobTimeoutAction=reboot\n"}),
    ("R69c", {**TARGETS, _TARGET: "[Unit]\nJobRunningTimeoutSec=1\nJobTimeoutAction=reboot\n"}),  # a target runs for no time
    ("R69c", {**TARGETS, _SSH: "[Unit]\nJobTimeoutAction=reboot\nJobTimeoutSec=10min\n"}),
    ("R69c", {**TARGETS, _SSH: "[Unit]\nFailureAction=reboot\nStartLimitAction=reboot\n"}),
    ("R69b", {**TARGETS, _EARLY: "[Unit]\nJobTimeoutSec=5min\n"}),
    ("R46b", {**TARGETS, _SSH: "[Unit]\nJobTimeoutSec=5min\nJobRunningTimeoutSec=1min\n"}),
    ("R69c", {**TARGETS, _LOGIND: "[Login]\nIdleAction=poweroff\nIdleActionSec=2h\n"}),
    ("R69c", {**TARGETS, _UDEV: 'SUBSYSTEM=="net", ATTR{address}=="52:54:00:12:34:56", RUN+="/sbin/poweroff"\n'}),
    ("R69c", {**TARGETS, _UDEV: 'SUBSYSTEM=="power_supply", RUN+="/sbin/poweroff"\n'}),
    ("R69c", _script('case "$1" in', "start)", "true", ";;", "stop)", "halt", ";;", "esac")),
    ("R69c", _script("[ -e /etc/own ] || exit 0", 'case "$1" in', "start)", "halt", ";;", "esac")),
    ("R69c", {**_script("halt"), f"{SYSTEM}/fw.service": "[Service]\nExecStart=/bin/true\n"}),
    ("R73d", {**TARGETS, _SCOPE: "[Scope]\nRuntimeMaxSec=8h\nMemoryMax=50%\n"}),
    ("R46f", _socket("2222")),
    ("R46f", _socket("127.0.0.1:22")),
    ("R69m", {**_FORMATS, _BINFMT: f":q:M::{_ELF}::/usr/bin/nope:F\n"}),
    ("R69m", {**_FORMATS, _BINFMT: ":py:M::\\xa7\\x0d\\x0d\\x0a::/usr/bin/nope:\n:exe:E::exe::/usr/bin/wine:\n"}),
    ("R69m", {**_FORMATS, _BINFMT: f":q:M::{_ELF}::/usr/bin/nope:\n", f"{SYSTEM}/systemd-binfmt.service": DEV_NULL}),
    ("R69h", _tmpfiles("z /usr/bin/sudo 4755 root root -\nz /usr/bin/su 0755 root root -")),
    ("R69h", _tmpfiles("z /etc/ssh/ssh_host_*_key 0600 root root -")),
    ("R69h", _tmpfiles("d /home 0755 root root -\nd /home/build 0755 root root 1s")),
    ("R69h", {**_tmpfiles("d /home 0755 root root 1s\nx /home/*"), _SSH: "[Unit]\nConditionPathExists=!/etc/ssh/closed\n"}),
    ("R69h", _tmpfiles("w /proc/sysrq-trigger - - - - s")),
]
