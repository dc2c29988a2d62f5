# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of commands that delete, empty or move what a login needs, or shut the home and the account of the user of Azure.

What each does was tried with OpenSSH 9.2 and shadow 4.13.
"""

import json

from unit.readiness.cases.system_manager import TARGETS

_OWN, _RC = "/etc/cloud/cloud.cfg.d/99-own.cfg", "/etc/rc.local"
_PER_BOOT = "/var/lib/cloud/scripts/per-boot/own"


def _runcmd(*commands, key="runcmd"):
    return {_OWN: f"{key}:\n" + "".join(f"  - {json.dumps(command)}\n" for command in commands)}


_TAKING = (
    "find /home -delete",
    "find /home -mindepth 1 -delete",
    "find /home -type f -delete",
    "find / -xdev -name authorized_keys -delete",
    "find / -name authorized_keys -exec rm -f {} \\;",
    "find /home -name authorized_keys -print0 | xargs -0 rm -f",
    "find /etc -maxdepth 1 -name 'passwd*' -delete",
    "unlink /etc/passwd",
    "shred -u /etc/shadow",
    "mv /etc/ssh /root/ssh",
    "mv /home/azureuser /srv",
    "mv /etc/passwd /etc/passwd.bak",
    "truncate -s 0 /etc/passwd",
    "truncate --size=0 /home/azureuser/.ssh/authorized_keys",
    ": > /etc/passwd",
    "> /home/azureuser/.ssh/authorized_keys",
    "cat /dev/null > /etc/shadow",
    "cp /dev/null /etc/passwd",
    "install -m 600 /dev/null /home/azureuser/.ssh/authorized_keys",
    "ln -sf /dev/null /etc/passwd",
    "dd if=/dev/zero of=/etc/passwd count=0",
    "chmod 000 /home/azureuser",
    "chmod 777 /home/azureuser/.ssh",
    "chmod -R 777 /home",
    "chmod -R 600 /home/azureuser/.ssh",
    "chown -R root:root /home/azureuser",
    "chown -R builder /home",
    "chage -E 0 azureuser",
    "chage --expiredate 2020-01-01 azureuser",
    "chage -d 0 azureuser",
    "passwd -e azureuser",
    "usermod -e 1 azureuser",
    "usermod --expiredate=2020-01-01 azureuser",
    "userdel -r azureuser",
)
_LEAVING = (
    "find /tmp -delete",
    "find /home -name '*.bak' -delete",
    "find /home -mtime +30 -delete",
    "find /home ! -name authorized_keys -delete",
    "find /home -type d -empty -delete",
    "find /home -name authorized_keys",
    "find /home/builder -delete",
    "find /etc -name '*.rpmsave' | xargs rm -f",
    "rm -rf /home/builder",
    "mv /etc/motd /root/",
    "mv /tmp/passwd /etc/passwd",
    "truncate -s 0 /var/log/syslog",
    "truncate -s 1G /swapfile",
    ": > /etc/machine-id",
    "echo 'x > /etc/passwd'",
    "cp /dev/null /var/log/wtmp",
    "ln -sf /dev/null /etc/systemd/system/apt-daily.service",
    "dd if=/etc/passwd of=/root/passwd",
    "chmod 700 /home/azureuser",
    "chmod 770 /home/azureuser",
    "chmod -R 755 /home/azureuser",
    "chmod 1777 /home",
    "chown -R azureuser:azureuser /home/azureuser",
    "chown -R 1000:1000 /home/azureuser",
    "chown root:root /home",
    "chage -E -1 azureuser",
    "chage -E 2999-01-01 azureuser",
    "chage -M 90 azureuser",
    "usermod -e '' azureuser",
    "usermod -aG docker azureuser",
    "usermod -L azureuser",
    "passwd -l azureuser",
    "passwd -l root",
    "chage -d 0 builder",
    "rm -f /etc/ssh/ssh_host_dsa_key*",
)

#: (rule, files to write (None: removed), (path, line) of the first evidence)
BROKEN_FILES = [
    *[("R42q", _runcmd(command), (_OWN, 1)) for command in _TAKING],
    ("R42q", _runcmd("rm -f /etc/ssh/ssh_host_*"), (_OWN, 1)),
    ("R42q", _runcmd("find /etc/ssh -name 'ssh_host_*' -delete"), (_OWN, 1)),
    ("R42q", _runcmd("mv /etc/ssh/sshd_config /root/", "cp /root/motd /etc/motd"), (_OWN, 1)),
    ("R42n", _runcmd("cloud-init clean --logs --reboot"), (_OWN, 1)),
    ("R42n", _runcmd("cloud-init clean -r"), (_OWN, 1)),
    ("R69e", {**TARGETS, _RC: ("program", "#!/bin/sh\nfind /home -mindepth 1 -delete\nexit 0\n")}, (_RC, 2)),
    ("R69e", {**TARGETS, _PER_BOOT: ("program", "#!/bin/sh\nset -e\nuserdel -r azureuser\n")}, (_PER_BOOT, 3)),
]

CONTROLS = [
    *[("R42q", _runcmd(command)) for command in _LEAVING],
    ("R42q", _runcmd("mv /etc/ssh/sshd_config /etc/ssh/sshd_config.bak", "cp /root/sshd_config /etc/ssh/sshd_config")),
    ("R42q", _runcmd(": > /etc/passwd", "cat /root/passwd > /etc/passwd")),
    ("R42q", _runcmd("chmod 000 /home/azureuser", "chmod 700 /home/azureuser")),
    ("R42q", _runcmd("rm -f /etc/ssh/ssh_host_*", "ssh-keygen -A")),
    ("R42q", _runcmd("rm -f /etc/ssh/ssh_host_*", "dpkg-reconfigure openssh-server", "systemctl restart ssh")),
    ("R42q", _runcmd("rm -f /etc/ssh/ssh_host_*", key="bootcmd")),
    ("R42n", _runcmd("cloud-init clean --logs")),
    ("R69e", {**TARGETS, _RC: ("program", "#!/bin/sh\nfind /tmp -mindepth 1 -delete\n[ -e /run/done ] && find /home -delete\nexit 0\n")}),
]
