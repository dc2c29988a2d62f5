# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a boot does to itself: commands that cut the machine off, units in each other's way, files that are removed at each boot."""

from integration.broken.ways_root import drop_in, with_agent, written

_UNIT, _RC, _TMPFILES = "/etc/systemd/system/done.service", "/etc/rc.local", "/etc/tmpfiles.d/build.conf"


def service(text, unit=""):
    """Return the way in which the boot starts a service done."""

    def change(layer):
        layer.write(_UNIT, f"[Unit]\n{unit}\n[Service]\n{text}\n")
        layer.link("/etc/systemd/system/multi-user.target.wants/done.service", _UNIT)

    return change


def once(command, unit=""):
    return service(f"Type=oneshot\nExecStart={command}", unit)


def rc_local(*lines):
    return written(_RC, "\n".join(("#!/bin/sh -e", *lines, "exit 0", "")), 0o755)


def with_network_manager(change):
    return lambda layer: (layer.needs("/etc/systemd/system/multi-user.target.wants/NetworkManager.service"), change(layer))


def with_networkd(change):
    return lambda layer: (layer.needs("/etc/systemd/system/multi-user.target.wants/systemd-networkd.service"), change(layer))


#: {what was done: how}
WAYS = {
    "a unit closes the firewall by two commands": once("/bin/sh -c 'iptables -P INPUT DROP && iptables -P OUTPUT DROP'"),
    "a unit asks the kernel to restart": once("/bin/sh -c 'sync; echo b > /proc/sysrq-trigger'"),
    "a unit powers the machine off when it has ended": service("Type=oneshot\nExecStart=/bin/true\nExecStopPost=/sbin/poweroff"),
    "a function of a unit's script powers the machine off": lambda layer: (
        layer.write("/opt/done", '#!/bin/bash\nmain() {\n  echo done\n  systemctl poweroff\n}\nmain "$@"\n', 0o755),
        once("/opt/done")(layer),
    ),
    "a script of Python powers the machine off": lambda layer: (
        layer.write("/opt/done", '#!/usr/bin/python3\nimport subprocess\n\ndef main():\n    subprocess.run(["systemctl", "poweroff"])\n\nmain()\n', 0o755),
        once("/opt/done")(layer),
    ),
    "a script of Python takes the first card down": lambda layer: (
        layer.write("/opt/done", 'import os\nos.system("ip link set eth0 down")\n'),
        once("/usr/bin/python3 /opt/done")(layer),
    ),
    "a unit hands a file of commands to a shell": lambda layer: (
        layer.write("/usr/local/lib/done", "poweroff\n"),
        once("/bin/bash /usr/local/lib/done")(layer),
    ),
    "a unit gives /etc to somebody else": once("/bin/chown -R 1000:1000 /etc"),
    "a unit writes over the disk": once("/bin/dd if=/dev/zero of=/dev/sda bs=1M"),
    "a unit deprovisions": with_agent(once("/usr/sbin/waagent -force -deprovision+user")),
    "a unit takes the first card down": once("/sbin/ip link set eth0 down"),
    "a unit takes the first card's address": once("/sbin/ip addr flush dev eth0"),
    "a unit takes the routes": once("/sbin/ip route flush table main"),
    "a unit throws away what goes to the platform": once("/sbin/ip route add blackhole 168.63.129.16"),
    "a unit unloads the network driver": once("/sbin/modprobe -r hv_netvsc"),
    "a unit stops ssh": once("/bin/systemctl stop ssh.service", "After=ssh.service"),
    "a unit stops the agent": with_agent(once("/bin/systemctl disable --now walinuxagent")),
    "a unit turns NetworkManager off": with_network_manager(once("/usr/bin/nmcli networking off")),
    "a unit stops networkd": with_networkd(once("/bin/systemctl stop systemd-networkd")),
    "a unit closes the logins": once("/usr/bin/touch /etc/nologin"),
    "a unit drops what comes in": once("/usr/sbin/iptables -P INPUT DROP"),
    "a unit loads rules that let nothing in": lambda layer: (
        layer.write("/etc/own.nft", "table inet f {\n chain i {\n  type filter hook input priority 0; policy drop;\n }\n}\n"),
        once("/usr/sbin/nft -f /etc/own.nft")(layer),
    ),
    "a script of a unit powers the machine off": lambda layer: (
        layer.write("/usr/local/sbin/done", "#!/bin/sh\npoweroff\n", 0o755),
        once("/usr/local/sbin/done")(layer),
    ),
    "a script of a unit takes the first card down": lambda layer: (
        layer.write("/opt/done", "#!/bin/bash\nset -e\nifconfig eth0 down\n", 0o755),
        once("/bin/bash /opt/done")(layer),
    ),
    "rc.local drops what comes in": rc_local("iptables -P INPUT DROP", "iptables -A INPUT -i lo -j ACCEPT"),
    "rc.local stops ssh": rc_local("service ssh stop"),
    "cron stops ssh at each boot": written("/etc/cron.d/build", "@reboot root systemctl stop ssh\n"),
    "a unit conflicts with ssh": service("ExecStart=/bin/true", "Conflicts=ssh.service"),
    "a unit conflicts with the agent": with_agent(service("ExecStart=/bin/true", "Conflicts=walinuxagent.service")),
    "a unit conflicts with networkd": with_networkd(service("ExecStart=/bin/true", "Conflicts=systemd-networkd.service")),
    "the target of the boot conflicts with ssh": written("/etc/systemd/system/multi-user.target.d/z.conf", "[Unit]\nConflicts=ssh.service\n"),
    "rc.local never ends, and the agent comes behind it": with_agent(
        lambda layer: (
            rc_local("while true; do sleep 60; done")(layer),
            drop_in("walinuxagent", "[Unit]\nAfter=multi-user.target\n")(layer),
        )
    ),
    "a script before ssh never ends": lambda layer: (
        once("/usr/local/sbin/watch", "Before=ssh.service")(layer),
        layer.write("/usr/local/sbin/watch", "#!/bin/sh\nwhile :\ndo\n  date > /run/alive\n  sleep 30\ndone\n", 0o755),
    ),
    "ssh waits for what never ends": once("/bin/sleep infinity", "Before=ssh.service"),
    "the network waits for what never ends": once("/bin/sh -c 'while true; do sleep 1; done'", "DefaultDependencies=no\nBefore=network-pre.target"),
    "ssh reads a file that is not there": drop_in("ssh", "[Service]\nStandardInput=file:/srv/none\n"),
    "ssh writes into a directory that is not there": drop_in("ssh", "[Service]\nStandardOutput=append:/srv/none/ssh.log\n"),
    "ssh needs a terminal that Linux has not": drop_in("ssh", "[Service]\nStandardInput=tty-fail\nTTYPath=/dev/tty99\n"),
    "ssh has a root of its own without its program": drop_in("ssh", "[Service]\nRootDirectory=/srv\n"),
    "the agent has a further group that is not there": drop_in("walinuxagent", "[Service]\nSupplementaryGroups=builders\n"),
    "ssh waits longer than it may": drop_in("ssh", "[Service]\nExecStartPre=/bin/sleep 600\n"),
    "ssh is bound to a disk of the build machine": drop_in(
        "ssh", "[Unit]\nBindsTo=dev-disk-by\\x2duuid-11111111\\x2d2222\\x2d3333\\x2d4444\\x2d555555555555.device\n"
    ),
    "ssh requires the card of the build machine": drop_in("ssh", "[Unit]\nRequires=sys-subsystem-net-devices-ens192.device\n"),
    "ssh requires what is not mounted": drop_in("ssh", "[Unit]\nRequires=srv-data.mount\n"),
    "ssh may not become anybody": drop_in("ssh", "[Service]\nSystemCallFilter=~@privileged\n"),
    "ssh may open no socket": drop_in("ssh", "[Service]\nSystemCallFilter=@basic-io @file-system @process @setuid\n"),
    "ssh may run no program": drop_in("ssh", "[Service]\nNoExecPaths=/\n"),
    "ssh may listen to no port": drop_in("ssh", "[Service]\nSocketBindDeny=any\n"),
    "ssh is in a network that is not there": drop_in("ssh", "[Service]\nNetworkNamespacePath=/run/netns/build\n"),
    "ssh is laid over what is not there": drop_in("ssh", "[Service]\nBindReadOnlyPaths=/srv/home:/home\n"),
    "ssh runs in a group that is not there": drop_in("ssh", "[Service]\nGroup=builders\n"),
    "ssh fails when it has started": drop_in("ssh", "[Service]\nExecStartPost=/bin/false\n"),
    "ssh has a hundredth of a second": drop_in("ssh", "[Service]\nTimeoutStartSec=10ms\n"),
    "the agent may not mount": with_agent(drop_in("walinuxagent", "[Service]\nSystemCallFilter=~@mount\n")),
    "the logins are closed at each boot": written(_TMPFILES, "f /etc/nologin 0644 root root - closed\n"),
    "sshd's configuration is removed at each boot": written(_TMPFILES, "r! /etc/ssh/sshd_config\n"),
    "/home is emptied at each boot": written(_TMPFILES, "D! /home 0755 root root -\n"),
    "/ is closed at each boot": written(_TMPFILES, "z / 0700 root root -\n"),
}

CONTROLS = {
    "a script of Python powers the machine off when it is asked to": lambda layer: (
        layer.write("/opt/done", '#!/usr/bin/python3\nimport os\nif os.path.exists("/opt/end"):\n    os.system("poweroff")\n', 0o755),
        once("/opt/done")(layer),
    ),
    "a unit closes the firewall when it is asked to": once("/bin/sh -c 'test -f /etc/closed && iptables -P INPUT DROP'"),
    "a unit asks the kernel to write its disks": once("/bin/sh -c 'echo s > /proc/sysrq-trigger'"),
    "a unit gives /etc to root": once("/bin/chown -R root:root /etc/ssh"),
    "a unit fills a swap file": once("/bin/dd if=/dev/zero of=/swapfile bs=1M count=1"),
    "a unit asks whether to deprovision": once("-/usr/sbin/waagent -deprovision"),
    "ssh writes a log of its own": drop_in("ssh", "[Service]\nStandardOutput=append:/var/log/ssh.log\nSupplementaryGroups=adm\n"),
    "a PAM service that is not there, where others pass": drop_in("ssh", "[Service]\nPAMName=none\nKillMode=mixed\n"),
    "a unit takes another card down": once("/sbin/ip link set eth1 down"),
    "a unit starts ssh again": once("/bin/systemctl restart ssh"),
    "a unit stops a timer": once("/bin/systemctl stop apt-daily.timer"),
    "rc.local leaves behind what never ends": rc_local("while true; do sleep 60; done &", "exit 0"),
    "rc.local lets ssh in": rc_local(
        "iptables -P INPUT DROP", "iptables -A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT", "iptables -A INPUT -p tcp --dport 22 -j ACCEPT"
    ),
    "a unit that never ends comes behind ssh": service("Type=exec\nExecStart=/bin/sleep infinity", "After=ssh.service"),
    "ssh is hardened as systemd's manual does it": drop_in(
        "ssh",
        "[Service]\nSystemCallArchitectures=native\nSystemCallFilter=~@clock @cpu-emulation @debug @module @raw-io @reboot @swap\nLockPersonality=yes\n",
    ),
    "ssh comes behind its keys' mount": drop_in("ssh", "[Unit]\nRequiresMountsFor=/etc/ssh\nAfter=network-online.target\nWants=network-online.target\n"),
    "a file is made at each boot": written(_TMPFILES, "d /var/lib/build 0750 root root -\nr! /etc/ssh/*.bak\n"),
}
