# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of sudo."""

from unit.readiness.cases.common import BY_AGENT, FSTAB, WITHOUT_CLOUD_INIT

_BY_AGENT = {"/etc/waagent.conf": BY_AGENT, **WITHOUT_CLOUD_INIT, "/etc/sudoers.d/README": "# rules\n"}

_RULES_READ = "root ALL=(ALL:ALL) ALL\n@includedir /etc/sudoers.d\n"
_REFUSED = {"/etc/sudoers": _RULES_READ}

#: (rule, files to write (None: removed), (path, line) of the first evidence)
BROKEN_FILES = [
    ("R47", {"/etc/sudoers": "Defaults env_reset\nDefaults targetpw\nALL ALL=(ALL) ALL\n"}, ("/etc/sudoers", 2)),
    ("R47a", {"/etc/sudoers": "# own\nroot ALL=(ALL:ALL\n"}, ("/etc/sudoers", 2)),
    (
        "R47a",
        {"/etc/sudoers": "root ALL=(ALL:ALL) ALL\n@includedir /etc/sudoers.d\n", "/etc/sudoers.d/builder": "builder NOPASSWD ALL\n"},
        ("/etc/sudoers.d/builder", 1),
    ),
    ("R47a", {"/etc/sudoers": "root ALL=(ALL:ALL) ALL\nUser_Alias ADMINS\n"}, ("/etc/sudoers", 2)),
    ("R47a", {"/etc/sudoers": "root ALL=(ALL)\n"}, ("/etc/sudoers", 1)),
    ("R47a", _BY_AGENT, ("/etc/sudoers", None)),
    ("R47a", {**_BY_AGENT, "/etc/sudoers": None}, ("/etc/sudoers", None)),
    ("R47a", {"/etc/sudo.conf": "# own\nPlugin sudoers_policy own.so\n"}, ("/etc/sudo.conf", 2)),
    ("R47a", {"/etc/fstab": FSTAB + "/dev/mapper/root-usr /usr ext4 ro,nosuid 0 2\n"}, ("/etc/fstab", 2)),
    ("R47a", {**_BY_AGENT, **_REFUSED, "/etc/waagent.conf": BY_AGENT + "OS.SudoersDir=/opt/rules\n"}, ("/etc/sudoers", None)),
    ("R47a", {**_REFUSED, "/etc/sudoers.d/zz-hardening": "ALL ALL=(ALL) !ALL\n"}, ("/etc/sudoers.d/zz-hardening", 1)),
    ("R47a", {"/etc/sudoers": _RULES_READ + "Cmnd_Alias EVERYTHING = ALL\nUser_Alias PEOPLE = ALL\nPEOPLE ALL = !EVERYTHING\n"}, ("/etc/sudoers", 5)),
]

#: (rule, files that resemble its fault, and are right)
CONTROLS = [
    ("R47a", {"/etc/sudoers": None}),  # cloud-init writes one
    ("R47a", {"/etc/sudo.conf": "Plugin sudoers_policy sudoers.so\n# Plugin x own.so\nPlugin own_policy own.so\n", "/usr/libexec/sudo/own.so": ""}),
    ("R47a", {"/etc/fstab": FSTAB + "UUID=1 /home ext4 nosuid,nodev 0 2\ntmpfs /tmp tmpfs nosuid,noexec 0 0\n"}),
    ("R47a", {**_BY_AGENT, **_REFUSED, "/etc/waagent.conf": BY_AGENT + "OS.SudoersDir=/etc/sudoers.d/\n"}),
    # ahead of the user's rule, given again behind, of one command alone, and as a user who is not root
    ("R47a", {"/etc/sudoers": "ALL ALL=(ALL) !ALL\nroot ALL=(ALL) ALL\n@includedir /etc/sudoers.d\n"}),
    ("R47a", {**_REFUSED, "/etc/sudoers.d/10-hardening": "ALL ALL=(ALL) !ALL\n"}),
    ("R47a", {**_REFUSED, "/etc/sudoers.d/zz-hardening": "ALL ALL=(ALL) !ALL\nALL ALL=(ALL) NOPASSWD: ALL\n"}),
    ("R47a", {**_REFUSED, "/etc/sudoers.d/zz-hardening": "ALL ALL=(ALL) !/usr/bin/su\nALL ALL=(postgres) !ALL\nguest ALL=(ALL) !ALL\n"}),
    ("R47a", {**_BY_AGENT, "/etc/sudoers": "root ALL=(ALL:ALL) ALL\n#includedir /etc/sudoers.d\n"}),
    (
        "R47a",
        {
            "/etc/sudoers": "# root ALL=(ALL\nHost_Alias A = a, b : B = c\nUser_Alias ADMINS = \\\n  anna, %wheel\nCmnd_Alias X = /bin/x -o a\\=b\\:c\n"
            'Defaults!X !requiretty\nDefaults:%sudo env_keep += "http_proxy"\n%#27 ALL = NOPASSWD: /bin/x (), X\n'
            '"an na" A=(root) TIMEOUT=5 NOPASSWD: ALL : B = (:adm) /bin/y\n'
        },
    ),
]
