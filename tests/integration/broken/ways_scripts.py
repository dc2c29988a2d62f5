# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What scripts of the boot do in loops, groups and functions, by names that stand for something, and by calls of Python."""

from integration.broken.ways_commands import once, service
from integration.broken.ways_root import written


def by_shell(*lines):
    """Return the way in which the boot runs such lines of bash."""
    return _by("#!/bin/bash", lines)


def by_python(*lines):
    """Return the way in which the boot runs such lines of Python."""
    return _by("#!/usr/bin/python3", lines)


def _by(program, lines):
    return lambda layer: (layer.write("/opt/done", "\n".join((program, *lines, "")), 0o755), once("/opt/done")(layer))


_DONE, _TIMER = "/etc/systemd/system/done.service", "/etc/systemd/system/done.timer"


def _poweroff(layer):
    layer.write(_DONE, "[Service]\nType=oneshot\nExecStart=/sbin/poweroff\n")


def by_timer(unit):
    """Return the way in which a timer starts a service with such lines of [Unit] a minute after the boot."""
    return lambda layer: (
        layer.write(_DONE, f"[Unit]\n{unit}\n[Service]\nExecStart=/bin/sleep 1h\n"),
        layer.write(_TIMER, "[Timer]\nOnBootSec=60\n"),
        layer.link("/etc/systemd/system/timers.target.wants/done.timer", _TIMER),
    )


def of_ifupdown(path, *lines):
    """Return the way in which ifupdown, or what it starts, runs a script of such lines."""
    return lambda layer: (layer.needs("/etc/network/interfaces", "/etc/network/if-up.d"), layer.write(path, "\n".join(("#!/bin/sh", *lines, "")), 0o755))


#: {what was done: how}
WAYS = {
    "the first card starts what powers the machine off": lambda layer: (
        _poweroff(layer),
        layer.link("/etc/systemd/system/sys-subsystem-net-devices-eth0.device.wants/done.service", _DONE),
    ),
    "a rule of udev for cards starts what powers the machine off": lambda layer: (
        _poweroff(layer),
        written("/etc/udev/rules.d/99-own.rules", 'SUBSYSTEM=="net", ACTION=="add", ENV{SYSTEMD_WANTS}+="done.service"\n')(layer),
    ),
    "a timer starts what conflicts with ssh": by_timer("Conflicts=ssh.service"),
    "a script behind ifupdown stops ssh": of_ifupdown("/etc/network/if-up.d/own", "systemctl stop ssh"),
    "a script of dhclient powers the machine off": of_ifupdown("/etc/dhcp/dhclient-exit-hooks.d/own", "poweroff"),
    "ssh waits for a service that never says that it has started": service(
        "Type=notify\nExecStart=/bin/sleep infinity\nTimeoutStartSec=infinity", "Before=ssh.service"
    ),
    "ssh waits for what comes behind the start of a service": service(
        "ExecStart=/bin/sleep 1h\nExecStartPost=/bin/sleep infinity\nTimeoutStartSec=infinity", "Before=ssh.service"
    ),
    "a unit sends systemd the signal of a crash": once("/bin/kill -SEGV 1"),
    "a unit sends systemd the signal to power off": once("/bin/kill -s RTMIN+4 1"),
    "a script has a loop that removes accounts": by_shell("for name in passwd shadow; do", "  rm -f /etc/$name", "done"),
    "a script has a loop on one line that stops ssh": by_shell('for unit in cron ssh; do systemctl stop "$unit"; done'),
    "a script powers off in a group": by_shell("(sleep 60; poweroff) &"),
    "a script powers off behind another command": by_shell("sync; poweroff"),
    "a script has a name for ssh's unit": by_shell("UNIT=ssh", "systemctl disable --now $UNIT"),
    "a script powers off where systemd is": by_shell("if [ -x /usr/bin/systemctl ]; then", "  systemctl poweroff", "fi"),
    "a script stops ssh where systemctl is found": by_shell("command -v systemctl >/dev/null && systemctl stop ssh"),
    "a script powers off with a limit of time": by_shell("timeout 60 poweroff"),
    "a script closes the logins by a text": by_shell("echo closed > /etc/nologin"),
    "a script ends the process of sshd": by_shell("kill $(pidof sshd)"),
    "a script ends all processes": by_shell("killall5"),
    "a script keeps accounts as they are": by_shell("chattr +i /etc/passwd /etc/shadow"),
    "a script mounts memory over /etc": by_shell("mount -t tmpfs none /etc"),
    "a script moves the loader of programs": by_shell("mv /lib64 /lib64.old"),
    "a script gives the card the address of the old one": by_shell("ip link set eth0 address 00:50:56:01:02:03"),
    "a script loads saved rules that let nothing in": lambda layer: (
        layer.write("/etc/own.v4", "*filter\n:INPUT DROP [0:0]\nCOMMIT\n"),
        by_shell("iptables-restore < /etc/own.v4")(layer),
    ),
    "a script has rsync delete what is not in a copy": lambda layer: (
        layer.write("/opt/ssh/banner", ""),
        by_shell("rsync -a --delete /opt/ssh/ /etc/ssh/")(layer),
    ),
    "a script reads another that stops ssh": lambda layer: (
        layer.write("/opt/lib.sh", "systemctl stop ssh\n"),
        by_shell(". /opt/lib.sh")(layer),
    ),
    "a script sets rescue.target for the next boots": by_shell("systemctl set-default rescue.target"),
    "a script takes the new user out of passwd": by_shell("sed -i '/azureuser/d' /etc/passwd"),
    "a script takes the users their shell": by_shell("sed -i 's#/bin/bash#/usr/sbin/nologin#' /etc/passwd"),
    "a script turns keys off in sshd's file": by_shell("sed -i 's/^#*PubkeyAuthentication.*/PubkeyAuthentication no/' /etc/ssh/sshd_config"),
    "a script adds a line to sshd's file that lets nobody in": by_shell("echo 'AllowUsers builder' | tee -a /etc/ssh/sshd_config", "systemctl restart ssh"),
    "a script adds a shared folder to fstab": by_shell("echo 'share /mnt/own vboxsf defaults 0 0' >> /etc/fstab"),
    "a script of Python sends systemd a signal": by_python("import os, signal", "os.kill(1, signal.SIGINT)"),
    "a script of Python waits for poweroff": by_python("import subprocess", "subprocess.Popen(['poweroff']).wait()"),
    "a script of Python has a name for the command": by_python("import os", "COMMAND = 'poweroff'", "os.system(COMMAND)"),
    "a script of Python unlinks a path": by_python("from pathlib import Path", "Path('/etc/passwd').unlink()"),
    "a script of Python has a loop that removes accounts": by_python("import os", "for name in ('passwd', 'shadow'):", "    os.remove(f'/etc/{name}')"),
    "a script of Python takes the shell from the users": by_python("import os", "os.chmod('/usr/bin/bash', 0o700)"),
}

#: {what was done: how}
CONTROLS = {
    "another card starts what powers the machine off": lambda layer: (
        _poweroff(layer),
        layer.link("/etc/systemd/system/sys-subsystem-net-devices-ens9.device.wants/done.service", _DONE),
    ),
    "a timer starts what conflicts with what nobody needs": by_timer("Conflicts=own.service"),
    "a script behind ifupdown asks which card it is": of_ifupdown("/etc/network/if-up.d/own", '[ "$IFACE" = eth9 ] && systemctl stop ssh', "exit 0"),
    "ssh waits for a service that says too late that it has started": service("Type=notify\nExecStart=/bin/sleep infinity", "Before=ssh.service"),
    "a unit has systemd read its files again": once("/bin/kill -HUP 1"),
    "a script has a loop that stops what nobody needs": by_shell("for unit in cron apt-daily.timer; do", "  systemctl stop $unit", "done"),
    "a script powers off where a program is that is not": by_shell("if [ -x /usr/bin/nothing-of-that-name ]; then", "  systemctl poweroff", "fi"),
    "a script has a name for poweroff": by_shell("END=/sbin/poweroff", '[ -e /opt/end ] && "$END"', "exit 0"),
    "a script takes builders out of passwd": by_shell("sed -i '/builder/d' /etc/passwd /etc/shadow"),
    "a script sets what sshd may have": by_shell("sed -i 's/^#*PermitRootLogin.*/PermitRootLogin no/' /etc/ssh/sshd_config", "systemctl restart ssh"),
    "a script adds memory to fstab": by_shell("echo 'tmpfs /tmp tmpfs defaults 0 0' >> /etc/fstab"),
    "a script opens the logins again": by_shell("echo closed > /etc/nologin", "sleep 1", "rm /etc/nologin"),
    "a script keeps the names of servers as they are": by_shell("chattr +i /etc/resolv.conf"),
    "a script has rsync copy what is there": by_shell("rsync -a --delete /etc/ssh/ /etc/ssh/"),
    "a script of Python has a loop that may end": by_python(
        "import os", "for name in ('sync', 'reboot'):", "    if os.path.exists('/opt/' + name):", "        os.system(name)"
    ),
    "a script of Python writes accounts": by_python(
        "from pathlib import Path", "accounts = Path('/etc/passwd')", "accounts.write_text(accounts.read_text())", "Path('/etc/motd').unlink()"
    ),
}
