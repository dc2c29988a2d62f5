# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of what commands of the boot write into files of the way in."""

from unit.readiness.cases.system_manager import SYSTEM, TARGETS, WANTED

_OWN, _SSHD = "/opt/own", "/etc/ssh/sshd_config"


def _script(*lines, **more):
    unit = f"[Service]\nType=oneshot\nExecStart={_OWN}\n"
    return {**TARGETS, **WANTED, f"{SYSTEM}/done.service": unit, _OWN: ("program", "\n".join(("#!/bin/sh", *lines, ""))), **more}


#: (rule, files to write (None: removed), (path, line) of the first evidence)
BROKEN_FILES = [
    ("R69n", _script(*lines), (_OWN, line))
    for lines, line in (
        (("sed -i '/azureuser/d' /etc/passwd",), 2),
        (("sync", "sed -i 's#/bin/bash#/usr/sbin/nologin#' /etc/passwd"), 3),
        (("sed -i '3,$d' /etc/shadow",), 2),
        ((r"sed -Ei 's/^(azureuser:.*:)::$/\1:19000:/' /etc/shadow",), 2),
        (("sed -i 's/^ClientAlive.*/AllowUsers builder/' /etc/ssh/sshd_config",), 2),
        (("sed -i -e '/^Port/d' -e 's/^ClientAliveInterval/ClientAliveIntervall/' /etc/ssh/sshd_config", "systemctl restart ssh"), 2),
        (("echo 'AllowUsers builder' >> /etc/ssh/sshd_config",), 2),
        (("echo DenyUsers '*' | tee -a /etc/ssh/sshd_config > /dev/null",), 2),
        (("CONF=/etc/ssh/sshd_config", "printf 'AllowGroups builders\\n' >> $CONF"), 3),
        (("for line in 'UsePAM no' 'AllowUsers builder'; do", '  echo "$line" >> /etc/ssh/sshd_config', "done"), 3),
        (("echo 'host:/srv /srv nfs defaults 0 0' >> /etc/fstab", "echo 'share /mnt/own vboxsf defaults 0 0' >> /etc/fstab"), 3),
    )
] + [
    ("R69n", _script("cp /opt/sshd_config /etc/ssh/sshd_config", **{"/opt/sshd_config": "AllowUsers builder\n"}), (_OWN, 2)),
]

#: (rule, files that resemble its fault, and are right)
CONTROLS = [
    ("R69n", _script(*lines))
    for lines in (
        ("sed -i '/builder/d' /etc/passwd /etc/shadow",),
        ("sed -i 's#^root:\\(.*\\)/bin/bash#root:\\1/usr/sbin/nologin#' /etc/passwd",),
        ("sed '/azureuser/d' /etc/passwd",),
        ("sed -i.bak 's/^Port .*/Port 22/' /etc/ssh/sshd_config",),
        ("sed -i 's/^#\\?PermitRootLogin.*/PermitRootLogin no/' /etc/ssh/sshd_config", "echo 'X11Forwarding no' >> /etc/ssh/sshd_config"),
        ("echo 'AllowUsers builder' >> /etc/ssh/sshd_config", "sed -i '/^AllowUsers/d' /etc/ssh/sshd_config"),
        ("[ -e /opt/end ] || echo 'AllowUsers builder' >> /etc/ssh/sshd_config",),
        ("echo 'AllowUsers builder' >> /opt/sshd_config", "cp /etc/ssh/sshd_config /opt/sshd_config"),
        ('echo "AllowUsers $USER" >> /etc/ssh/sshd_config',),
        ("sed -i '/ swap /d' /etc/fstab", "echo 'tmpfs /tmp tmpfs defaults 0 0' >> /etc/fstab"),
        ("sed -i 'y/abc/xyz/' /etc/passwd",),
    )
]
