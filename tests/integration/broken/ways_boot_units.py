# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What units, and what makes or configures them beside their own files, do to a boot."""

from integration.broken.overlay import DoesNotApply
from integration.broken.ways_root import AGENT, drop_in, written

_OWN = "/etc/systemd/system"
_SSH = f"{_OWN}/multi-user.target.wants/ssh.service"
_NETWORKD = "systemd-networkd"


def of_networkd(text):
    """Return the way in which networkd has a drop-in, on an image that it sets up."""

    def change(layer):
        if layer.tree.exists("/etc/NetworkManager/NetworkManager.conf"):
            raise DoesNotApply("NetworkManager sets up the cards")
        layer.needs(f"/usr/lib/systemd/system/{_NETWORKD}.service")
        drop_in(_NETWORKD, text)(layer)

    return change


def required(target):
    """Return the way in which ssh requires foo.service by a link that leads to target."""
    return lambda layer: (layer.needs(_SSH), layer.link(f"{_OWN}/ssh.service.requires/foo.service", target))


def evil(command="/usr/bin/systemctl poweroff"):
    """Return a function that writes the service evil.service, which no target wants."""
    return lambda layer: layer.write(f"{_OWN}/evil.service", f"[Service]\nType=oneshot\nExecStart={command}\n[Install]\nWantedBy=multi-user.target\n")


def by_path(path):
    """Return the way in which a path unit starts what powers the machine off, when path is there."""

    def change(layer):
        evil()(layer)
        layer.write(f"{_OWN}/p.path", f"[Path]\nPathExists={path}\nUnit=evil.service\n[Install]\nWantedBy=multi-user.target\n")
        layer.link(f"{_OWN}/multi-user.target.wants/p.path", f"{_OWN}/p.path")

    return change


def sysv(*lines, level=2):
    """Return the way in which a script of SysV has such lines, and a runlevel starts it."""

    def change(layer):
        layer.needs("/usr/lib/systemd/system-generators/systemd-sysv-generator")
        header = "#!/bin/sh\n### BEGIN INIT INFO\n# Provides: fw\n# Default-Start: 2 3 4 5\n### END INIT INFO\n"
        layer.write("/etc/init.d/fw", header + "".join(f"{line}\n" for line in lines), 0o755)
        layer.link(f"/etc/rc{level}.d/S01fw", "../init.d/fw")

    return change


def of_target(text, name="multi-user"):
    return written(f"{_OWN}/{name}.target.d/x.conf", f"[Unit]\n{text}\n")


def of_session(text):
    return written(f"{_OWN}/session-.scope.d/x.conf", f"[Scope]\n{text}\n")


def idle(text):
    return written("/etc/systemd/logind.conf.d/x.conf", f"[Login]\n{text}\n")


def udev(text):
    return written("/etc/udev/rules.d/99-x.rules", text + "\n")


def tmpfiles(line):
    return written("/etc/tmpfiles.d/x.conf", line + "\n")


def generator(*lines):
    return written("/etc/systemd/system-generators/own", "#!/bin/sh\n" + "".join(f"{line}\n" for line in lines), 0o755)


def binfmt(line):
    """Return the way in which binfmt.d has a line more."""
    return lambda layer: (layer.needs("/usr/lib/systemd/system/systemd-binfmt.service"), layer.write("/etc/binfmt.d/own.conf", line + "\n"))


def web_socket(port):
    """Return the way in which a socket of another service listens."""

    def change(layer):
        layer.needs(_SSH)
        layer.write(f"{_OWN}/web.service", "[Service]\nExecStart=/usr/bin/python3 -m http.server\n")
        layer.write(f"{_OWN}/web.socket", f"[Socket]\nListenStream={port}\n[Install]\nWantedBy=sockets.target\n")
        layer.link(f"{_OWN}/sockets.target.wants/web.socket", f"{_OWN}/web.socket")

    return change


def preset(line, machine_id="uninitialized"):
    """Return the way in which a first boot, or another, finds a line of a preset, and a unit that powers the machine off."""

    def change(layer):
        evil()(layer)
        layer.write("/etc/machine-id", machine_id + "\n")
        layer.write(f"{_OWN}-preset/00-x.preset", line + "\n")

    return change


_ELF = r"\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00"
_MASK = r"\xff\xff\xff\xff\xff\xfe\xfe\xfc\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff"
_STARTING = ('case "$1" in', "start)", "  /sbin/poweroff", "  ;;", "stop)", "  true", "  ;;", "esac")
_STOPPING = ('case "$1" in', "start)", "  true", "  ;;", "stop)", "  /sbin/poweroff", "  ;;", "esac")


#: {what was done: how}
def listed(name):
    """Return the way in which fapolicyd starts, and a rule file of the name denies everything, beside one that allows what packages brought."""

    def change(layer):
        layer.write(f"{_OWN}/fapolicyd.service", "[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n")
        layer.link(f"{_OWN}/multi-user.target.wants/fapolicyd.service", f"{_OWN}/fapolicyd.service")
        layer.write("/etc/fapolicyd/rules.d/50-usual.rules", "allow perm=execute all : trust=1\nallow perm=open all : all\n")
        layer.write(f"/etc/fapolicyd/rules.d/{name}", "deny_audit perm=any all : all\n")

    return change


WAYS = {
    "fapolicyd denies everything first": listed("00-own.rules"),
    "ssh starts where VMware's tools are": drop_in("ssh", "[Service]\nExecCondition=/usr/bin/test -e /etc/vmware-tools\n"),
    "ssh ends with a test that fails": drop_in("ssh", "[Service]\nExecStartPost=/usr/bin/test -f /usr/share/none\n"),
    "a preset enables at the first boot what powers the machine off": preset("enable evil.service"),
    "the first boot enables what powers the machine off, and no preset names": preset("enable other.service"),
    "a generator masks ssh": generator("set -e", 'ln -s /dev/null "$2/ssh.service"'),
    "a generator masks ssh by a name": generator('early="$2"', 'ln -sf /dev/null "$early/ssh.service"'),
    "a generator goes to rescue mode": generator('ln -s /lib/systemd/system/rescue.target "$2/default.target"'),
    "programs are handed to an interpreter that is not there": binfmt(f":q:M::{_ELF}\\x3e\\x00:{_MASK}:/usr/bin/qemu-x86_64-static:"),
    "programs are handed to one of them": binfmt(f":q:M::{_ELF}\\x3e\\x00:{_MASK}:/usr/bin/env:"),
    "scripts are handed to an interpreter that is not there": binfmt(":sh:M::#!::/usr/bin/nope:"),
    "another service listens on ssh's port": web_socket(22),
    "a file is made for which ssh does not start": tmpfiles("f+ /etc/ssh/sshd_not_to_be_run 0644 root root -"),
    "passwd is made a link that leads nowhere": tmpfiles("L+ /etc/passwd - - - - /data/passwd"),
    "shadow is written anew at every boot": tmpfiles("f+ /etc/shadow 0640 root shadow -"),
    "group may not be changed after the boot": tmpfiles("h /etc/group - - - - +i"),
    "udev's rules for drivers are taken over by a comment": written("/etc/udev/rules.d/80-drivers.rules", "# none needed\n"),
    "sudo's mode is set without its bit": tmpfiles("z /usr/bin/sudo 0755 root root -"),
    "the host keys' mode is set for all": tmpfiles("z /etc/ssh/ssh_host_*_key 0644 root root -"),
    "what is in /home gets old in a second": tmpfiles("d /home 0755 root root 1s"),
    "the kernel is asked to power the machine off": tmpfiles("w /proc/sysrq-trigger - - - - o"),
    "a file of the kernel closes its modules": tmpfiles("w /proc/sys/kernel/modules_disabled - - - - 1"),
    "a path that is there powers the machine off": by_path("/etc/passwd"),
    "a target gives up at once": of_target("JobTimeoutSec=1\nJobTimeoutAction=poweroff"),
    "sysinit.target gives up at once": of_target("JobTimeoutSec=100ms", "sysinit"),
    "sysinit.target gives up at once, and restarts": of_target("JobTimeoutSec=1\nJobTimeoutAction=reboot-force", "sysinit"),
    "ssh gives up before its turn": drop_in("ssh", "[Unit]\nJobTimeoutSec=100ms\n"),
    "the end of nologin has no time": drop_in("systemd-user-sessions", "[Service]\nTimeoutStartSec=1ms\n"),
    "a session ends at once": of_session("RuntimeMaxSec=1"),
    "a session has no memory": of_session("MemoryMax=64K"),
    "a machine that nobody uses is powered off": idle("IdleAction=poweroff\nIdleActionSec=60"),
    "a script of SysV stops and masks ssh": sysv("systemctl stop ssh", "systemctl mask ssh"),
    "a script of SysV powers the machine off": sysv("/sbin/poweroff"),
    "a script of SysV powers the machine off when it is started": sysv(*_STARTING),
    "udev powers the machine off when it sees the card": udev('SUBSYSTEM=="net", ACTION=="add", RUN+="/sbin/poweroff"'),
    "fstab's generator may not be executed": lambda layer: (
        layer.needs("/usr/lib/systemd/system/ssh.service"),
        layer.status("/usr/lib/systemd/system-generators/systemd-fstab-generator", 0o644),
    ),
    "networkd may use no network": of_networkd("[Service]\nRestrictAddressFamilies=\nRestrictAddressFamilies=AF_UNIX\n"),
    "networkd is nobody": of_networkd("[Service]\nUser=nobody\nAmbientCapabilities=\n"),
    "networkd is another program": of_networkd("[Service]\nType=simple\nExecStart=\nExecStart=/bin/true\n"),
    "ssh is the name of another unit": lambda layer: (
        layer.write(f"{_OWN}/other.service", "[Service]\nExecStart=/bin/sleep 9\n"),
        layer.link(f"{_OWN}/ssh.service", f"{_OWN}/other.service"),
        layer.link(f"{_OWN}/sshd.service", f"{_OWN}/ssh.service"),
    ),
    "udevd has a network of its own": drop_in("systemd-udevd", "[Service]\nPrivateNetwork=yes\n"),
    "ssh requires by a link what is not there": required(f"{_OWN}/foo.service"),
    "ssh is a unit that never has started": lambda layer: (
        layer.needs("/usr/lib/systemd/system/walinuxagent.service"),
        drop_in("ssh", "[Service]\nType=oneshot\nRestart=no\n")(layer),
    ),
    "ssh may open no device": drop_in("ssh", "[Service]\nDevicePolicy=strict\n"),
    "ssh uses the second card alone": drop_in("ssh", "[Service]\nRestrictNetworkInterfaces=eth1\n"),
    "ssh may run no shell": drop_in("ssh", "[Service]\nNoExecPaths=/usr/bin\n"),
    "ssh sees no shell": drop_in("ssh", "[Service]\nInaccessiblePaths=/usr/bin/bash\n"),
    "the agent may open no drive": drop_in(AGENT, "[Service]\nDeviceAllow=/dev/null rw\n"),
}

#: {what was done: how}
CONTROLS = {
    "fapolicyd denies everything else": listed("90-own.rules"),
    "ssh asks for a file of the boot": drop_in("ssh", "[Service]\nExecStartPost=/usr/bin/test -d /run/sshd\nExecStartPost=-/usr/bin/test -e /etc/none\n"),
    "ssh asks for a file that is there": drop_in("ssh", "[Service]\nExecCondition=/usr/bin/test -e /etc/passwd\n"),
    "a preset enables at the first boot alone what powers the machine off": preset("enable evil.service", "2794d7c287a1450bbd3607595e3110bc"),
    "a preset disables all": preset("disable *"),
    "a preset has the first boot leave what powers the machine off": preset("ignore evil.service"),
    "the next boot is the first, and asks nothing": lambda layer: (
        layer.write("/etc/machine-id", "uninitialized\n"),
        layer.link(f"{_OWN}/systemd-firstboot.service", "/dev/null"),
    ),
    "a generator masks ssh where it is asked to": generator("grep -q own.nossh /proc/cmdline || exit 0", 'ln -s /dev/null "$2/ssh.service"'),
    "a script of SysV powers the machine off where it is asked to": sysv("[ -e /etc/own.off ] || exit 0", "/sbin/poweroff"),
    "a generator masks what nobody needs": generator('ln -s /dev/null "$2/apt-daily.timer"', 'ln -s /dev/null "$3/ssh.service"'),
    "a generator masks ssh in a container": generator("if grep -q container /proc/1/environ; then", '  ln -s /dev/null "$2/ssh.service"', "fi"),
    "a generator goes to the usual target": generator('ln -s /lib/systemd/system/multi-user.target "$2/default.target"'),
    "programs of another machine are handed to an interpreter": binfmt(f":q:M::{_ELF}\\xb7\\x00:{_MASK}:/usr/bin/qemu-aarch64-static:OCF"),
    "programs are handed to none": binfmt(f":q:M::{_ELF}\\x3e\\x00:{_MASK}:/usr/bin/qemu-x86_64-static:F"),
    "another service listens on a port": web_socket(8022),
    "a link is made where one is": tmpfiles("L /etc/passwd - - - - /data/passwd"),
    "a directory is kept from copies": tmpfiles("h /var/log/journal - - - - +C"),
    "sudo's mode is set with its bit": tmpfiles("z /usr/bin/sudo 4755 root root -\nz /usr/bin/su 0755 root root -"),
    "the host keys' mode is set for root": tmpfiles("z /etc/ssh/ssh_host_*_key 0600 root root -\nz /etc/ssh/*.pub 0644 root root -"),
    "what is in /home never gets old": tmpfiles("d /home 0755 root root -\nd /var/cache/own 0755 root root 1d\ne /tmp - - - 1h"),
    "the kernel is asked to write its disks": tmpfiles("w /proc/sysrq-trigger - - - - s\nw /proc/sys/kernel/modules_disabled - - - - 0"),
    "networkd may use what it does": of_networkd("[Service]\nRestrictAddressFamilies=\nRestrictAddressFamilies=~AF_BLUETOOTH\n"),
    "networkd is root": of_networkd("[Service]\nUser=root\nAmbientCapabilities=\n"),
    "ssh is the other name of another unit": lambda layer: (
        layer.write(f"{_OWN}/other.service", "[Service]\nExecStart=/usr/sbin/sshd -D\nRuntimeDirectory=sshd\n[Install]\nWantedBy=multi-user.target\n"),
        layer.link(f"{_OWN}/ssh.service", f"{_OWN}/other.service"),
    ),
    "a path that is not there powers the machine off": by_path("/etc/no-such-file"),
    "a target gives up when it has run for a second": of_target("JobRunningTimeoutSec=1\nJobTimeoutAction=poweroff"),
    "ssh gives up after minutes": drop_in("ssh", "[Unit]\nJobTimeoutSec=10min\nFailureAction=reboot\n[Service]\nTimeoutStartSec=5min\n"),
    "a target gives up after an hour": of_target("JobTimeoutSec=1h\nJobTimeoutAction=poweroff"),
    "a session ends after a day": of_session("RuntimeMaxSec=1d\nMemoryMax=1G"),
    "a machine that nobody uses is locked": idle("IdleAction=lock\nIdleActionSec=60"),
    "a script of SysV powers the machine off when it is stopped": sysv(*_STOPPING),
    "a script of SysV that a runlevel of the end starts": sysv("/sbin/poweroff", level=0),
    "udev powers the machine off when it sees a card of another machine": udev('SUBSYSTEM=="net", ATTR{address}=="52:54:00:12:34:56", RUN+="/sbin/poweroff"'),
    "udev powers the machine off when the battery is empty": udev('SUBSYSTEM=="power_supply", ATTR{capacity}=="3", RUN+="/sbin/poweroff"'),
    "a generator may not be executed that nobody needs": lambda layer: layer.status("/usr/lib/systemd/system-generators/systemd-gpt-auto-generator", 0o644),
    "udevd has the mounts of its own": drop_in("systemd-udevd", "[Service]\nPrivateMounts=yes\nIPAddressDeny=any\n"),
    "ssh requires by a link what is masked there": required("/dev/null"),
    "the agent is a unit that never has started": drop_in(AGENT, "[Service]\nType=oneshot\nRestart=no\n"),
    "ssh opens the usual devices": drop_in("ssh", "[Service]\nDevicePolicy=closed\n"),
    "ssh uses the first card alone": drop_in("ssh", "[Service]\nRestrictNetworkInterfaces=lo eth0\n"),
    "ssh runs what is in the system's directories": drop_in("ssh", "[Service]\nNoExecPaths=/home /var\nInaccessiblePaths=/srv -/usr/bin/gcc\n"),
    "the agent opens the drive": drop_in(AGENT, "[Service]\nDevicePolicy=closed\nDeviceAllow=block-* rwm\n"),
}
