# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of what the boot does to itself: commands that cut the machine off, units that keep others away, files that are removed."""

from unit.readiness.cases.common import BY_AGENT, WITHOUT_CLOUD_INIT
from unit.readiness.cases.system_manager import SYSTEM, TARGETS, WANTED
from unit.readiness.guest_tree import GRUB_CFG, KERNEL, UNITS

_UNIT = f"{SYSTEM}/done.service"
_RC, _CRON, _TMPFILES = "/etc/rc.local", "/etc/cron.d/build", "/etc/tmpfiles.d/build.conf"
_SSH, _AGENT = (f"/etc/systemd/system/{name}.service.d/own.conf" for name in ("ssh", "walinuxagent"))
_BEHIND_ALL = "[Unit]\nAfter=multi-user.target\n"
_CONFIG = f"/boot/config-{KERNEL}"
_WITH_APPARMOR = 'CONFIG_X=y\nCONFIG_SECURITY_APPARMOR=y\nCONFIG_LSM="landlock,lockdown,yama,integrity,apparmor,bpf"\n'
#: A guest whose SELinux has a policy with the types of sshd.
_SELINUX = {
    "/etc/selinux/config": "SELINUX=permissive\nSELINUXTYPE=targeted\n",
    "/etc/selinux/targeted/policy/policy.33": "\x08sshd_t\x06init_t\n",
}
_TOOL = {"/usr/bin/systemd-tmpfiles": ""}
_CARD, _UDEV = "sys-subsystem-net-devices-eth0.device", "/etc/udev/rules.d/99-own.rules"
_NET = 'SUBSYSTEM=="net", ACTION=="add", TAG+="systemd", ENV{SYSTEMD_WANTS}+="done.service"'
#: A guest that ifupdown sets up.
_OF_IFUPDOWN = {
    **TARGETS,
    f"{SYSTEM}/networking.service": "[Service]\nType=oneshot\nExecStart=/sbin/ifup -a\n",
    f"{SYSTEM}/multi-user.target.wants/networking.service": ("link", f"{SYSTEM}/networking.service"),
}
#: A systemd that knows OnSuccess=, and one that does not.
_NEW, _OLD = ({f"/usr/lib/systemd/libsystemd-shared-{version}.so": ""} for version in (252, 245))
_SAVED = "*filter\n:INPUT DROP [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n"
_FIREWALL = "table inet f {\n chain i {\n  type filter hook input priority 0; policy drop;\n }\n}\n"


def _service(text, unit="", more=None):
    """Return the files of a guest whose boot starts done.service; the first line of text is its second, or comes behind the lines of unit."""
    return {**TARGETS, _UNIT: (f"[Unit]\n{unit}" if unit else "") + f"[Service]\n{text}\n", **WANTED, **(more or {})}


def _rc_local(*lines):
    return {**TARGETS, _RC: ("program", "\n".join(("#!/bin/sh -e", *lines, "exit 0", "")))}


def _tmpfiles(text, **more):
    return {**_TOOL, _TMPFILES: f"# x\n{text}\n", **more}


_ONLINE = f"{SYSTEM}/systemd-networkd-wait-online.service"


def _online(options):
    """Return the files of a guest whose agent waits for the network, as networkd tells of it with such options."""
    return {
        **TARGETS,
        _ONLINE: f"[Unit]\nBefore=network-online.target\n[Service]\nType=oneshot\nExecStart=/usr/lib/systemd/systemd-networkd-wait-online {options}\n",
        f"{SYSTEM}/network-online.target.wants/systemd-networkd-wait-online.service": ("link", _ONLINE),
        f"{SYSTEM}/walinuxagent.service.d/a.conf": "[Unit]\nWants=network-online.target\n",
        f"{SYSTEM}/walinuxagent.service.d/z.conf": "[Unit]\nAfter=network-online.target\n",
    }


def _by_timer(text):
    """Return the files of a guest that starts done.service a minute after the boot."""
    timer = f"{SYSTEM}/done.timer"
    return {**TARGETS, _UNIT: text, timer: "[Timer]\nOnBootSec=60\n", f"{SYSTEM}/timers.target.wants/done.timer": ("link", timer)}


def _script(*lines):
    """Return the files of a guest whose boot starts a script."""
    return _service("Type=oneshot\nExecStart=/opt/own", more={"/opt/own": ("program", "\n".join(("#!/bin/bash", *lines, "")))})


def _of_rc_local(text):
    """Return the files of a guest whose agent provisions and comes behind all that the boot starts, with an rc.local of this text."""
    return {
        **TARGETS,
        **WITHOUT_CLOUD_INIT,
        "/etc/waagent.conf": BY_AGENT,
        _AGENT: _BEHIND_ALL,
        f"{SYSTEM}/rc-local.service": "[Service]\nType=forking\nExecStart=/etc/rc.local start\nTimeoutSec=infinity\n",
        "/usr/lib/systemd/system-generators/systemd-rc-local-generator": ("program", "x"),
        _RC: ("program", f"#!/bin/sh\n{text}\n"),
    }


BROKEN_FILES = [
    *[
        ("R69c", _service(f"Type=oneshot\nExecStart=/bin/kill {words}"), (_UNIT, 3))
        for words in ("-INT 1", "-s RTMIN+4 1", "-SIGSEGV 1", "-11 1", "--signal=SIGRTMIN+5 1", "-n 2 1")
    ],
    *[
        ("R69c", _script(*lines), ("/opt/own", line))
        for lines, line in (
            (("sync; poweroff",), 2),
            (("{ sync; poweroff; }",), 2),
            (("(sleep 60; poweroff) &",), 2),
            (("for unit in own other; do", "  systemctl disable $unit", "done", "reboot"), 5),
            (("for verb in daemon-reload poweroff", "do", '  systemctl "$verb"', "done"), 4),
            (("END=/sbin/poweroff", "$END"), 3),
            (("timeout -k 5 60 nice -n 5 poweroff",), 2),
            (("LANG=C poweroff",), 2),
            (("eval 'systemctl poweroff'",), 2),
            (("if true; then", "  sync", "  poweroff", "fi"), 4),
        )
    ],
    *[
        ("R69e", _script(*lines), ("/opt/own", line))
        for lines, line in (
            (("for file in /etc/passwd /etc/shadow; do", "  rm -f $file", "done"), 3),
            (('for unit in cron ssh; do systemctl stop "$unit"; done',), 2),
            (("echo closed > /etc/nologin",), 2),
            (("echo closed | tee /run/nologin",), 2),
            (("cp /etc/motd /etc/nologin",), 2),
            (("kill $(pidof sshd)",), 2),
            (("kill `cat /run/sshd.pid`",), 2),
            (("kill -TERM -1",), 2),
            (("killall5 -15",), 2),
            (("chattr +i /etc/passwd /etc/shadow",), 2),
            (("mount -t tmpfs none /etc",), 2),
            (("mv /lib64 /lib64.old",), 2),
            (("ip link set dev eth0 address 00:50:56:01:02:03",), 2),
            (("readonly UNIT='ssh'", "systemctl disable --now ${UNIT}.service"), 3),
            (("clean() {", "  for file in passwd shadow; do", "    rm /etc/$file", "  done", "}", "clean"), 4),
        )
    ],
    ("R69e", {**_script("iptables-restore < /etc/own.v4"), "/etc/own.v4": _SAVED}, ("/opt/own", 2)),
    ("R69e", {**_script("iptables-restore /etc/own.v4"), "/etc/own.v4": _SAVED}, ("/opt/own", 2)),
    ("R69e", {**_script("rsync -a --delete /opt/ssh/ /etc/ssh/"), "/opt/ssh/banner": ""}, ("/opt/own", 2)),
    ("R69e", {**_script("rsync -a --delete-after /opt/home /"), "/opt/home/x": ""}, ("/opt/own", 2)),
    ("R69e", {**_script("set -e", ". /opt/lib.sh"), "/opt/lib.sh": "# own\nsystemctl stop ssh\n"}, ("/opt/lib.sh", 2)),
    (
        "R69c",
        {**_script("/opt/second"), "/opt/second": ("program", "#!/bin/sh\n/opt/third now\n"), "/opt/third": ("program", "#!/bin/sh\npoweroff\n")},
        ("/opt/third", 2),
    ),
    ("R69c", {**_OF_IFUPDOWN, "/etc/network/if-up.d/own": ("program", "#!/bin/sh\npoweroff\n")}, ("/etc/network/if-up.d/own", 2)),
    ("R69e", {**_OF_IFUPDOWN, "/etc/dhcp/dhclient-exit-hooks.d/own": "# own\nsystemctl stop ssh\n"}, ("/etc/dhcp/dhclient-exit-hooks.d/own", 2)),
    ("R69c", {**TARGETS, _UNIT: "[Service]\nExecStart=/sbin/poweroff\n", f"{SYSTEM}/{_CARD}.wants/done.service": ("link", _UNIT)}, (_UNIT, 2)),
    ("R69c", {**TARGETS, _UNIT: "[Service]\nExecStart=/sbin/poweroff\n", _UDEV: f"{_NET}\n"}, (_UNIT, 2)),
    *[
        ("R69g", _of_rc_local(text), (_RC, line))
        for text, line in (
            ("while true; do sleep 60; done", 2),
            ("touch /run/up\nwhile :\ndo\n  if [ -e /run/x ]; then\n    date\n  fi\n  sleep 5\ndone\nexit 0", 3),
            ("date\ntail -f /var/log/app.log", 3),
            ("until false; do\n  sleep 1\ndone > /dev/null", 2),
        )
    ],
    (
        "R69g",
        {**_service("Type=oneshot\nExecStart=/opt/own", "Before=ssh.service\n"), "/opt/own": ("program", "#!/bin/sh\nwhile :; do sleep 9; done\n")},
        ("/opt/own", 2),
    ),
    ("R69f", _by_timer("[Unit]\nConflicts=ssh.service\n[Service]\nExecStart=/bin/sleep 1h\n"), (_UNIT, 2)),
    *[
        ("R69g", _service(f"{text}\nTimeoutStartSec={limit}", "Before=ssh.service\n"), (_UNIT, line))
        for text, limit, line in (
            ("Type=notify\nExecStart=/bin/sleep infinity", "infinity", 5),
            ("Type=forking\nExecStart=/bin/sleep infinity", "0", 5),
            ("ExecStart=/bin/true\nExecStartPre=/bin/sleep infinity", "infinity", 5),
            ("ExecStartPost=/usr/bin/tail -f /dev/null\nExecStart=/bin/sleep 1h", "infinity", 4),
        )
    ],
    ("R69c", _script("systemctl set-default rescue.target"), ("/opt/own", 2)),
    ("R69e", _service('Type=oneshot\nExecStart=/bin/sh -c "for unit in cron ssh; do systemctl stop $unit; done"'), (_UNIT, 3)),
    *[
        ("R69c", _service(f"Type=oneshot\n{text}"), (_UNIT, 3))
        for text in ("ExecStart=/bin/sh -c 'echo b > /proc/sysrq-trigger'", "ExecStart=/bin/sh -c 'sleep 5 && echo o >/proc/sysrq-trigger'")
    ],
    ("R69c", _service("Type=oneshot\nExecStart=/bin/true\nExecStopPost=/sbin/poweroff"), (_UNIT, 4)),
    ("R69c", _service("Type=oneshot\nExecStart=/bin/true", "OnSuccess=poweroff.target\n", _NEW), (_UNIT, 2)),
    ("R69c", _service("Type=oneshot\nExecStart=/bin/sh /srv/own", more={"/srv/own": "# own\npoweroff\n"}), ("/srv/own", 2)),
    (
        "R69c",
        _service("Type=oneshot\nExecStart=/opt/own", more={"/opt/own": ("program", "#!/bin/bash\nmain() {\n  systemctl poweroff\n}\nmain\n")}),
        ("/opt/own", 3),
    ),
    *[
        ("R69e", _service(f"Type=oneshot\nExecStart={command}"), (_UNIT, 3))
        for command in (
            "/bin/sh -c 'iptables -P INPUT DROP && iptables -P OUTPUT DROP'",
            "/bin/chown -R 1000:1000 /etc",
            "/bin/chown builder /etc/sudoers",
            "/bin/dd if=/dev/zero of=/dev/sda bs=1M",
            "/usr/bin/shred -n 1 /dev/nvme0n1",
            "/usr/bin/python3 /usr/sbin/waagent -force -deprovision+user",
            "/usr/sbin/waagent -deprovision --force",
            "/sbin/ip link set dev eth0 down",
            "-/usr/sbin/ip l set eth0 down",
            "/sbin/ifconfig eth0 down",
            "/sbin/ifdown -a",
            "/usr/bin/nmcli networking off",
            "/usr/bin/nmcli device disconnect eth0",
            "/bin/networkctl down eth0",
            "/sbin/ip addr flush dev eth0",
            "/sbin/ip route flush all",
            "/sbin/ip route flush table main",
            "/sbin/ip address flush scope global",
            "/sbin/ip route flush dev eth0 proto dhcp",
            "/sbin/ip route del default",
            "/sbin/ip route add blackhole 168.63.129.16/32",
            "/sbin/modprobe -r hv_netvsc",
            "/sbin/ip rou flu dev eth0",
            "/sbin/ip link set eth0 master br0",
            "/sbin/ip rule add to 168.63.129.16 blackhole",
            "/bin/systemctl stop ssh",
            "/bin/systemctl disable --now walinuxagent.service",
            "/bin/systemctl mask systemd-networkd",
            "/usr/sbin/service ssh stop",
            "/usr/bin/touch /etc/nologin",
            "/usr/sbin/iptables -P INPUT DROP",
            '/bin/sh -c "echo done; ip link set eth0 down"',
            "/bin/rm -rf /etc/pam.d",
            "/bin/rm -f /etc/ssh/*",
            "/bin/rm /usr/bin/bash",
            "/bin/chmod 700 /home",
            "/bin/chmod -R go-rwx /usr",
            "/bin/chmod -x /usr/sbin/sshd",
            "/bin/chmod -R 755 /etc/ssh",
            "/usr/bin/pkill -x sshd",
            "/usr/bin/killall sshd",
            "/usr/bin/apt-get -y purge openssh-server",
        )
    ],
    ("R69e", _service("ExecStart=/bin/true\nExecStartPost=/bin/systemctl --no-block stop ssh.service"), (_UNIT, 3)),
    ("R69e", _service("ExecStart=/usr/sbin/nft -f /etc/own.nft", more={"/etc/own.nft": _FIREWALL}), (_UNIT, 2)),
    ("R69e", _service("ExecStart=/opt/done", more={"/opt/done": ("program", "#!/bin/sh\nset -e\nip link set eth0 down\n")}), ("/opt/done", 3)),
    ("R69c", _service("ExecStart=/bin/sh /opt/done", more={"/opt/done": ("program", "#!/bin/bash\npoweroff\n")}), ("/opt/done", 2)),
    ("R69e", _rc_local("ip link set eth0 down"), (_RC, 2)),
    ("R69e", _rc_local("iptables -F", "iptables -P INPUT DROP", "iptables -A INPUT -i lo -j ACCEPT"), (_RC, 3)),
    ("R69e", _rc_local("iptables -A INPUT -p tcp --dport 22 -j DROP"), (_RC, 2)),
    ("R69e", _rc_local("iptables -A OUTPUT -d 168.63.129.16 -j REJECT"), (_RC, 2)),
    ("R69e", {**TARGETS, _CRON: "@reboot root systemctl stop ssh\n"}, (_CRON, 1)),
    ("R69e", _rc_local("nft add table inet f", "nft add chain inet f i '{ type filter hook input priority 0; policy drop; }'"), (_RC, 3)),
    (
        "R69e",
        _rc_local("nft add table ip f", "nft add chain ip f i { type filter hook input priority 0 \\; }", "nft add rule ip f i tcp dport 22 drop"),
        (_RC, 4),
    ),
    ("R73h", _rc_local("sysctl -w net.ipv4.icmp_echo_ignore_all=1", "sysctl -q -w net.ipv4.tcp_mem='0 0 0'"), (_RC, 3)),
    ("R69f", _service("ExecStart=/bin/true", "Conflicts=ssh.service\n"), (_UNIT, 2)),
    ("R69f", _service("ExecStart=/bin/true", "Description=x\nConflicts=other.service systemd-networkd.service\n"), (_UNIT, 3)),
    (
        "R69f",
        {**TARGETS, f"{SYSTEM}/multi-user.target.d/z.conf": "[Unit]\nConflicts=walinuxagent.service\n"},
        (f"{SYSTEM}/multi-user.target.d/z.conf", 2),
    ),
    ("R69i", _service("ExecStart=/bin/true", "Before=ssh.service\nAfter=ssh.service\n"), (_UNIT, 2)),
    ("R69i", {**TARGETS, _SSH: "[Unit]\nAfter=walinuxagent.service\n", _AGENT: "[Unit]\nAfter=ssh.service\n"}, (_SSH, 2)),
    ("R69i", {**TARGETS, _SSH: "[Unit]\n# of the build\nBefore=sysinit.target\n"}, (_SSH, 3)),
    ("R69i", {**TARGETS, "/etc/systemd/system/basic.target.d/own.conf": _BEHIND_ALL}, ("/etc/systemd/system/basic.target.d/own.conf", 2)),
    ("R46b", {_SSH: "[Service]\nAppArmorProfile=nothing\n", _CONFIG: _WITH_APPARMOR}, (_SSH, 2)),
    ("R46b", {_SSH: "[Service]\nSELinuxContext=system_u:system_r:nothing_t:s0\n", **_SELINUX}, (_SSH, 2)),
    ("R69g", _service("Type=oneshot\nExecStart=/bin/sleep infinity", "Before=ssh.service\n"), (_UNIT, 5)),
    ("R69g", _service("Type=oneshot\nExecStart=/bin/sleep 1h", "Before=network-pre.target\n"), (_UNIT, 5)),
    ("R69g", _service('Type=oneshot\nExecStart=/bin/sh -c "while :; do sleep 1; done"', "Before=basic.target\n"), (_UNIT, 5)),
    ("R69g", _service("Type=oneshot\nExecStart=/usr/bin/tail -f /var/log/syslog", "Before=walinuxagent.service\n"), (_UNIT, 5)),
    (
        "R69g",
        {**TARGETS, _UNIT: "[Service]\nType=oneshot\nExecStart=/bin/sleep inf\n", f"{SYSTEM}/sysinit.target.wants/done.service": ("link", _UNIT)},
        (_UNIT, 3),
    ),
    ("R69g", _service("Type=oneshot\nStandardInput=tty\nExecStart=/usr/sbin/assistant", "Before=ssh.service\n"), (_UNIT, 5)),
    ("R69g", _service("Type=oneshot\nExecStart=/usr/sbin/assistant\nStandardInput=tty-force", "Before=basic.target\n"), (_UNIT, 6)),
    ("R69g", _online("--timeout=0 -i ens192"), (_ONLINE, 5)),
    ("R69g", _online("--timeout=infinity --interface=eth0 --interface=eth1:routable"), (_ONLINE, 5)),
    ("R69h", _tmpfiles("f /etc/nologin 0644 root root - closed"), (_TMPFILES, 2)),
    ("R69h", _tmpfiles("r! /etc/ssh/sshd_config"), (_TMPFILES, 2)),
    *[
        ("R69h", _tmpfiles(text), (_TMPFILES, 2))
        for text in (
            "L+ /etc/passwd - - - - /data/passwd",
            "L+! /etc/ssh/sshd_config - - - - /dev/null",
            "f+ /etc/shadow 0640 root shadow - none",
            "F /etc/fstab 0644 root root -",
            "p+ /etc/sudoers 0440 root root -",
            "h /etc/passwd - - - - +i",
            "h /etc/group - - - - a",
            "H /etc - - - - =i",
        )
    ],
    ("R69h", _tmpfiles("R /etc/ssh"), (_TMPFILES, 2)),
    ("R69h", _tmpfiles("R! /home/*/.ssh"), (_TMPFILES, 2)),
    ("R69h", _tmpfiles("r /home/*/.ssh/authorized_keys"), (_TMPFILES, 2)),
    ("R69h", _tmpfiles("D /home 0755 root root -"), (_TMPFILES, 2)),
    ("R69h", _tmpfiles("z / 0700 root root -"), (_TMPFILES, 2)),
    ("R69h", _tmpfiles("d /etc 0750 root root -"), (_TMPFILES, 2)),
]

RIGHT_FILES = [("R69h", _TOOL)]

CONTROLS = [
    *[
        ("R69g", _of_rc_local(text))
        for text in (
            "while true; do sleep 60; done &",
            "while true; do\n  date\n  sleep 5\ndone &\nexit 0",
            "while true; do\n  ping -c1 10.0.0.1 && break\n  sleep 5\ndone",
            "tail -f /var/log/app.log > /dev/console &",
            "[ -e /etc/own ] || exit 0\nwhile true; do sleep 60; done",
            "if [ -e /etc/own ]; then\n  while true; do sleep 60; done\nfi",
            "for each in a b; do\n  echo $each\ndone",
        )
    ],
    ("R69g", {**_of_rc_local("while true; do sleep 60; done"), _RC: "#!/bin/sh\nwhile true; do sleep 60; done\n"}),  # it may not be executed
    ("R69g", {**_of_rc_local("while true; do sleep 60; done"), _AGENT: "[Unit]\nDescription=agent\n"}),
    *[("R69c", _service(f"Type=oneshot\nExecStart=/bin/kill {words}")) for words in ("-HUP 1", "1", "-TERM 1", "-INT 11", "-s USR1 1", "-9 1", "-l")],
    *[
        ("R69c", _script(*lines))
        for lines in (
            ("for end in 1 2; do", "  [ -e /opt/end ] || break", "  poweroff", "done"),
            ("END=/sbin/poweroff", "[ -e /opt/end ] || END=/bin/true", "$END"),
            ("for end in $(cat /opt/end); do poweroff; done",),
            ("if false; then", "  poweroff", "fi"),
            ("echo 'sync; poweroff'",),
            ("END=/sbin/poweroff", "command -v poweroff", "systemd-run --on-calendar=daily poweroff"),
            ("( [ -e /opt/end ] && poweroff )",),
        )
    ],
    *[
        ("R69e", _script(*lines))
        for lines in (
            ("for unit in cron own; do", "  systemctl stop $unit", "done"),
            ("for unit in ssh; do systemctl stop $unit; done", "systemctl start ssh"),
            ("if [ -e /etc/build ]; then", "  UNIT=ssh", "fi", "systemctl stop $UNIT"),
            ("UNIT=ssh", "echo 'systemctl stop $UNIT'"),
            ("echo /etc/nologin", "cp /etc/nologin /root/nologin", "echo closed > /etc/nologin.txt"),
            ("echo closed > /etc/nologin", "rm -f /etc/nologin"),
            ("kill $(pidof cron)", "kill -HUP $(pidof sshd)", "kill -9 -1", "kill -l"),
            ("chattr +i /etc/resolv.conf", "chattr -i /etc/passwd", "chattr +C /var/lib"),
            ("chattr +i /etc/passwd", "chattr -i /etc/passwd"),
            ("mount -t tmpfs none /tmp", "mount -t tmpfs none /var/tmp", "mount -t ext4 /dev/sdb1 /var"),
            ("ip link set eth1 address 00:50:56:01:02:03", "ip link set eth0 address $(cat /opt/address)"),
            ("rsync -a --delete /opt/none/ /etc/ssh/", "rsync -a --delete build:/srv/ /etc/", "rsync -a /opt/ /etc/"),
            (". /opt/none",),
        )
    ],
    ("R69e", {**_script("rsync -a --delete --exclude=sshd_config /opt/ssh/ /etc/ssh/"), "/opt/ssh/banner": ""}),
    ("R69e", {**_script("rsync -a --delete /opt/ssh/ /etc/ssh/"), "/opt/ssh/sshd_config": ""}),
    ("R69e", {**_script("iptables-restore < /etc/own.v4"), "/etc/own.v4": _SAVED.replace("INPUT DROP", "INPUT ACCEPT")}),
    ("R69e", {**_script("iptables-restore --test < /etc/own.v4"), "/etc/own.v4": _SAVED}),
    (
        "R69c",
        {
            **_script("/opt/second"),
            "/opt/second": ("program", "#!/bin/sh\n[ -e /opt/end ] && exec /opt/third\n"),
            "/opt/third": ("program", "#!/bin/sh\npoweroff\n"),
        },
    ),
    ("R69c", {**_OF_IFUPDOWN, "/etc/network/if-up.d/own": ("program", '#!/bin/sh\n[ "$IFACE" = eth9 ] && poweroff\n')}),
    ("R69c", {**TARGETS, "/etc/network/if-up.d/own": ("program", "#!/bin/sh\npoweroff\n")}),  # nothing runs it
    ("R69e", {**_OF_IFUPDOWN, "/etc/dhcp/dhclient-exit-hooks.d/own": "if [ $reason = STOP ]; then\n  systemctl stop ssh\nfi\n"}),
    ("R69c", {**TARGETS, _UNIT: "[Service]\nExecStart=/sbin/poweroff\n", f"{SYSTEM}/{_CARD.replace('eth0', 'ens9')}.wants/done.service": ("link", _UNIT)}),
    ("R69c", {**TARGETS, _UNIT: "[Service]\nExecStart=/sbin/poweroff\n", _UDEV: _NET.replace("net", "usb")}),
    ("R69c", {**TARGETS, _UNIT: "[Service]\nExecStart=/sbin/poweroff\n", _UDEV: _NET.replace("add", "remove")}),
    ("R69f", _by_timer("[Unit]\nConflicts=own.service\n[Service]\nExecStart=/bin/sleep 1h\n")),
    ("R69g", _service("Type=notify\nExecStart=/bin/sleep infinity", "Before=ssh.service\n")),
    ("R69g", _service("ExecStart=/bin/sleep infinity\nTimeoutStartSec=infinity", "Before=ssh.service\n")),
    ("R69g", _service("ExecStartPre=/bin/sleep 5\nExecStart=/bin/true\nTimeoutStartSec=infinity", "Before=ssh.service\n")),
    ("R69c", _script("systemctl set-default multi-user.target", "systemctl set-default graphical.target")),
    ("R69c", _service("Type=oneshot\nExecStart=/bin/true", "OnSuccess=poweroff.target\n", _OLD)),
    ("R69c", _service("Type=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true", "OnSuccess=poweroff.target\n", _NEW)),
    ("R69c", _service("Type=oneshot\nExecStart=/bin/true", "OnSuccess=own.target\n", _NEW)),
    ("R69c", _service("ExecStart=/bin/sleep infinity", "OnSuccess=poweroff.target\n", _NEW)),
    ("R69c", _service("Type=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\nExecStopPost=/sbin/poweroff")),
    ("R69c", _service("Type=oneshot\nExecStart=/bin/sh -c 'echo s > /proc/sysrq-trigger; echo h > /opt/own'")),
    ("R69c", _service("Type=oneshot\nExecStart=/srv/own", more={"/srv/own": ("program", "poweroff\n")})),  # no shell is asked to read it
    (
        "R69c",
        _service("Type=oneshot\nExecStart=/opt/own", more={"/opt/own": ("program", "#!/bin/bash\nlast() {\n  poweroff\n}\n[ -e /opt/end ] && last\n")}),
    ),
    *[
        ("R69h", _tmpfiles(text))
        for text in (
            "L /etc/passwd - - - - /data/passwd",  # it is there
            "L+ /etc/fstab - - - - /etc/waagent.conf",
            "L+ /etc/resolv.conf - - - - /run/none",
            "f /etc/shadow 0640 root shadow - none",
            "f+ /etc/ssh/sshd_config 0600 root root - PermitRootLogin no",
            "h /var/log/journal - - - - +C",
            "h /etc/passwd - - - - -i",
            "p+ /run/own 0600 root root -",
        )
    ],
    ("R69h", _tmpfiles("R! /home/*/.cache")),
    ("R69h", _tmpfiles("r /home/*/.ssh")),  # which removes no directory that has something in it
    *[
        ("R69e", _service(f"ExecStart={command}"))
        for command in (
            "/bin/sh -c 'test -f /opt/own && iptables -P INPUT DROP'",
            "/bin/sh -c '[ -e /run/own ] && exit 0; iptables -P INPUT DROP'",
            "/bin/chown -R root:root /etc",
            "/bin/chown 0:0 /etc/sudoers",
            "/bin/chown -R :adm /etc",
            "/bin/chown builder /etc/motd",
            "/bin/dd if=/dev/zero of=/swapfile bs=1M",
            "/bin/dd if=/dev/sda of=/root/mbr count=1",
            "/usr/sbin/waagent -deprovision",  # it asks, and nobody answers
            "/usr/sbin/waagent -version",
            "/sbin/ip link set eth1 down",
            "/sbin/ip link set dev eth0 up",
            "/sbin/ip route add default via 10.0.0.1",
            "/sbin/ip route add blackhole 10.9.0.0/16",
            "/sbin/ip route flush cache",
            "/sbin/ip route flush table 100",
            "/usr/bin/nmcli radio wifi off",
            "/sbin/ip route flush dev eth1",
            "/sbin/ip address flush dev eth1",
            "/sbin/ip address flush",
            "/sbin/ip address flush dev eth0 label eth0:1",
            "/sbin/ip address flush dev eth0 scope link",
            "/sbin/ip route flush dev eth0 proto static",
            "/sbin/ip route flush table main root 192.168.0.0/16",
            "/sbin/ip route flush dev eth0 scope link",
            "/sbin/ip route replace default via 192.168.1.1",
            "/sbin/rmmod hv_storvsc",  # which holds the root, so it stays
            "/sbin/modprobe -r floppy",
            "/bin/systemctl restart ssh",
            "/bin/systemctl stop apt-daily.timer",
            "/bin/systemctl mask NetworkManager",  # which this guest does not start
            "/usr/bin/touch /etc/nologin.txt",
            "/usr/sbin/iptables -P FORWARD DROP",
            "/usr/sbin/nft -f /etc/not-there.nft",
            '/bin/sh -c "test -e /x && ip link set eth0 down"',
        )
    ],
    ("R69e", _service("ExecStart=/bin/systemctl stop ssh\nExecStart=/bin/systemctl start ssh")),
    ("R69e", _service("ExecStart=/bin/systemctl stop ssh", "ConditionVirtualization=vmware\n")),
    ("R69e", _service("ExecStop=/sbin/ip link set eth0 down\nExecStart=/bin/true")),
    ("R69e", _service("ExecStart=/opt/done", more={"/opt/done": ("program", "#!/bin/sh\nif [ -e /x ]; then\n ip link set eth0 down\nfi\n")})),
    ("R69e", _service("ExecStart=/opt/done", more={"/opt/done": ("program", "#!/usr/bin/python3\nip link set eth0 down\n")})),
    ("R69e", _rc_local("ip link set eth0 down", "ip link set eth0 up")),
    ("R69e", _rc_local("iptables -P INPUT DROP", "iptables -A INPUT -m state --state ESTABLISHED -j ACCEPT", "iptables -A INPUT -p tcp --dport 22 -j ACCEPT")),
    ("R69e", _rc_local("iptables -P INPUT DROP", "for port in 22 80; do", " iptables -A INPUT -p tcp --dport $port -j ACCEPT", "done")),
    ("R69e", _rc_local("iptables -A INPUT -p tcp --dport 22 -j DROP", "iptables -F INPUT")),
    ("R69e", _rc_local("iptables -t nat -A OUTPUT -d 168.63.129.16 -j REJECT")),
    ("R69e", _rc_local("touch /etc/nologin", "rm -f /etc/nologin")),
    ("R69e", {**TARGETS, _CRON: "0 3 * * * root systemctl stop ssh\n"}),
    ("R69f", _service("ExecStart=/bin/true", "Conflicts=shutdown.target rescue.service\n")),
    ("R69i", _service("ExecStart=/bin/true", "Before=ssh.service walinuxagent.service\nAfter=network.target own.service\n")),
    ("R69i", _service("ExecStart=/bin/true", "DefaultDependencies=no\nBefore=sysinit.target\n")),
    ("R69i", _service("ExecStart=/bin/true", "After=multi-user.target\n")),
    ("R69i", {**TARGETS, _SSH: "[Unit]\nAfter=rescue.service\n", f"{UNITS}/rescue.service": "[Unit]\nAfter=ssh.service\n"}),  # no part of the boot
    ("R46b", {_SSH: "[Service]\nAppArmorProfile=-nothing\n", _CONFIG: _WITH_APPARMOR}),
    ("R46b", {_SSH: "[Service]\nAppArmorProfile=nothing\n", _CONFIG: "CONFIG_X=y\n# CONFIG_SECURITY_APPARMOR is not set\n"}),
    ("R46b", {_SSH: "[Service]\nAppArmorProfile=own\n", _CONFIG: _WITH_APPARMOR, "/etc/apparmor.d/own": "profile own {\n}\n"}),
    ("R46b", {_SSH: "[Service]\nAppArmorProfile=nothing\n", _CONFIG: _WITH_APPARMOR, "/boot/grub/grub.cfg": GRUB_CFG.replace(" ro ", " ro apparmor=0 ")}),
    ("R46b", {_SSH: "[Service]\nSELinuxContext=system_u:system_r:sshd_t:s0\n", **_SELINUX}),
    ("R46b", {_SSH: "[Service]\nSELinuxContext=system_u:system_r:nothing_t:s0\n", **_SELINUX, "/etc/selinux/config": "SELINUX=disabled\n"}),
    ("R69f", {**TARGETS, _UNIT: "[Unit]\nConflicts=ssh.service\n[Service]\nExecStart=/bin/true\n"}),  # enabled by nobody
    (
        "R69f",
        {
            **TARGETS,
            f"{SYSTEM}/ssh.socket": "[Unit]\nConflicts=ssh.service\n[Socket]\nListenStream=22\n",
            f"{SYSTEM}/sockets.target.wants/ssh.socket": ("link", f"{SYSTEM}/ssh.socket"),
        },
    ),
    ("R69g", _service("Type=simple\nExecStart=/bin/sleep infinity", "Before=ssh.service\n")),
    ("R69g", _service("Type=oneshot\nExecStart=/bin/sleep infinity", "After=ssh.service\n")),
    ("R69g", _service("Type=oneshot\nTimeoutStartSec=2min\nExecStart=/bin/sleep infinity", "Before=ssh.service\n")),
    ("R69g", _service("Type=oneshot\nExecStart=/bin/sleep 5", "Before=ssh.service\n")),
    ("R69g", _service("Type=oneshot\nExecStart=/usr/bin/timeout 5 sleep infinity", "Before=ssh.service\n")),
    ("R69g", _service("Type=oneshot\nStandardInput=tty\nExecStart=/usr/sbin/assistant", "After=multi-user.target\n")),
    ("R69g", _service("Type=oneshot\nStandardInput=tty\nExecStart=/usr/sbin/assistant", "Before=ssh.service\nConditionPathExists=/etc/assistant\n")),
    ("R69g", _service("Type=oneshot\nStandardInput=null\nExecStart=/usr/sbin/own", "Before=ssh.service\n")),
    ("R69g", _service("Type=idle\nStandardInput=tty\nExecStart=/usr/sbin/own", "Before=ssh.service\n")),
    ("R69g", _online("--interface=ens192")),
    ("R69g", _online("--timeout=0 --interface=eth0:routable")),
    ("R69g", _online("--timeout=0 --any -i eth0 -i eth1")),
    ("R69g", {**_online("--timeout=0 -i eth1"), f"{SYSTEM}/walinuxagent.service.d/z.conf": "[Unit]\nAfter=network.target\n"}),
    *[
        ("R69e", _rc_local(*lines))
        for lines in (
            ("rm -rf /etc/ssh/sshd_config.d /home/*/.cache /var/log/*", "rm -f /var/lib/dhcp/* /home/*", "rm /etc/ssh"),
            ("chmod 755 /home /usr/bin/bash", "chmod 700 /root /home/azureuser", "chmod 644 /etc/ssh/*.pub", "chmod +x /usr/sbin/sshd"),
            ("chmod -R 755 /etc/ssh", "chmod 600 /etc/ssh/ssh_host_*key"),
            ("chmod 000 /etc/ssh", "chmod -r /etc/ssh/ssh_host_rsa_key"),
            ("pkill -HUP sshd", "killall -9 sshd", "pkill -u builder sshd", "killall -s USR1 sshd"),
            ("apt-get -y purge cloud-init", "apt-get install -y openssh-server"),
            ("nft add table ip f", "nft add chain ip f i", "nft add rule ip f i tcp dport 22 drop"),
            ("nft add table ip f", "nft add chain ip f i { type filter hook input priority 0 \\; }", "nft add rule ip f i tcp dport 80 drop"),
        )
    ],
    ("R69e", {**_service("Type=oneshot\nExecStart=/usr/bin/pkill sshd"), _SSH: "[Service]\nRestart=always\n"}),
    ("R73h", _rc_local("sysctl -w net.ipv4.tcp_mem='0 0 0'", "sysctl -w net.ipv4.tcp_mem='190000 250000 380000'")),
    ("R69h", _tmpfiles('F! /run/nologin 0644 - - - "System is booting up."')),
    ("R69h", _tmpfiles("D! /tmp 1777 root root 0")),
    ("R69h", _tmpfiles("d /home 0755 root root -")),
    ("R69h", _tmpfiles("z /etc/shadow 0600 root root -")),
    ("R69h", _tmpfiles("r! /etc/ssh/*.bak")),
    ("R69h", {**_TOOL, "/usr/lib/tmpfiles.d/build.conf": "r /etc/passwd\n", _TMPFILES: ""}),
]
