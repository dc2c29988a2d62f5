# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of sudo."""

from unit.core.elf_files import AARCH64, library
from unit.readiness.cases.common import BY_AGENT, FSTAB, WITHOUT_CLOUD_INIT
from unit.readiness.guest_tree import ELF_X86_64

_BY_AGENT = {"/etc/waagent.conf": BY_AGENT, **WITHOUT_CLOUD_INIT, "/etc/sudoers.d/README": "# rules\n"}

_LIBRARY = {"/lib64/libc.so.6": "library"}
_ACCESS = ("/etc/security/access.conf", 1)
_WRAPPED = {"/usr/sbin/sshd": ELF_X86_64 + b"\0libwrap.so.0\0"}
_RULES_READ = "root ALL=(ALL:ALL) ALL\n@includedir /etc/sudoers.d\n"
_REFUSED = {"/etc/sudoers": _RULES_READ}


def _defaults(text, more=None):
    """Return the files of a guest whose sudoers has options more, from its second line on."""
    return {"/etc/sudoers": f"# own\n{text}\n{_RULES_READ}", **(more or {})}


_LS = {"/usr/bin/ls": ("program", "")}

#: (rule, files to write (None: removed), (path, line) of the first evidence)
#: cloud-init's user is in a group.
_IN_SUDO = {"/etc/cloud/cloud.cfg.d/99-own.cfg": "system_info:\n  default_user:\n    name: azureuser\n    groups: [adm, sudo]\n"}

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
    ("R47a", {**_LIBRARY, "/usr/bin/sudo": None}, ("/usr/bin/sudo", None)),
    ("R47a", _BY_AGENT, ("/etc/sudoers", None)),
    ("R47a", {**_BY_AGENT, "/etc/sudoers": None}, ("/etc/sudoers", None)),
    ("R47a", {"/etc/sudo.conf": "# own\nPlugin sudoers_policy own.so\n"}, ("/etc/sudo.conf", 2)),
    ("R47a", {"/etc/sudo.conf": "# own\nPlugin sudoers_policy sudoers.so sudoers_file=/etc/own.sudoers\n"}, ("/etc/sudo.conf", 2)),
    ("R47a", {"/etc/sudoers": "root ALL=(ALL:ALL) ALL\nbuilder ALL=(ALL) ALL\\\n"}, ("/etc/sudoers", 2)),
    ("R47a", {"/etc/nsswitch.conf": "passwd: files\nsudoers: sss\n"}, ("/etc/nsswitch.conf", 2)),
    ("R47a", {"/etc/sudoers": "root ALL=(ALL:ALL) ALL\nDefaults requiretty\n"}, ("/etc/sudoers", 2)),
    ("R47a", {"/etc/sudo.conf": "# own\nPath plugin_dir /opt/sudo\n", "/usr/libexec/sudo/sudoers.so": library()}, ("/etc/sudo.conf", 2)),
    *[
        ("R47a", {"/etc/pam.d/sudo": line + "\nsession required pam_permit.so\n"}, ("/etc/pam.d/sudo", 1))
        for line in (
            "account required pam_deny.so",
            "session required pam_exec.so /bin/false",
            "account required pam_succeed_if.so user ingroup builders",
            "account required pam_rootok.so",
            "session required pam_limits.so conf=/etc/none",
            "session required pam_succeed_if.so quiet user ingroup builders",
        )
    ],
    ("R47a", {"/etc/pam.d/sudo": "account required pam_access.so\n", "/etc/security/access.conf": "- : ALL EXCEPT root : ALL\n"}, _ACCESS),
    ("R42k", {"/etc/cloud/cloud.cfg.d/99-own.cfg": "system_info:\n  default_user:\n    sudo: []\n"}, ("/etc/cloud/cloud.cfg.d/99-own.cfg", 3)),
    ("R42k", {"/etc/cloud/cloud.cfg.d/99-own.cfg": "system_info:\n  default_user:\n    sudo: false\n"}, ("/etc/cloud/cloud.cfg.d/99-own.cfg", 3)),
    ("R70i", {"/etc/fstab": FSTAB + "tmpfs /etc/ssh tmpfs defaults 0 0\n"}, ("/etc/fstab", 2)),
    ("R46h", {**_WRAPPED, "/etc/hosts.allow": "sshd: 10.0.0.0/8\nsshd: ALL: deny\n"}, ("/etc/hosts.allow", 2)),
    ("R46h", {**_WRAPPED, "/etc/hosts.allow": "ALL: ALL : DENY\n"}, ("/etc/hosts.allow", 1)),
    ("R47a", {"/usr/libexec/sudo/sudoers.so": library(machine=AARCH64)}, ("/usr/libexec/sudo/sudoers.so", None)),
    ("R47a", {"/usr/lib/sudo/sudoers.so": library()[:80]}, ("/usr/lib/sudo/sudoers.so", None)),
    ("R47a", {"/usr/libexec/sudo/sudoers.so": library(["libsudo_util.so.0"])}, ("/usr/libexec/sudo/sudoers.so", None)),
    ("R47a", {"/etc/fstab": FSTAB + "/dev/mapper/root-usr /usr ext4 ro,nosuid 0 2\n"}, ("/etc/fstab", 2)),
    ("R47a", {**_BY_AGENT, **_REFUSED, "/etc/waagent.conf": BY_AGENT + "OS.SudoersDir=/opt/rules\n"}, ("/etc/sudoers", None)),
    ("R47a", {**_REFUSED, "/etc/sudoers.d/zz-hardening": "ALL ALL=(ALL) !ALL\n"}, ("/etc/sudoers.d/zz-hardening", 1)),
    ("R47a", {**_REFUSED, "/etc/sudoers.d/99-local": "# own\nALL ALL=(ALL) PASSWD: ALL\n"}, ("/etc/sudoers.d/99-local", 2)),
    ("R47a", {**_REFUSED, **_IN_SUDO, "/etc/sudoers.d/99-local": "%sudo ALL=(ALL:ALL) ALL\n"}, ("/etc/sudoers.d/99-local", 1)),
    ("R47a", _defaults("Defaults runchroot=/nowhere"), ("/etc/sudoers", 2)),
    ("R47a", _defaults('Defaults runchroot = "/srv/tree"', {"/srv/tree/etc/passwd": ""}), ("/etc/sudoers", 2)),
    ("R47a", _defaults("Defaults:ALL runcwd=/nowhere"), ("/etc/sudoers", 2)),
    ("R47a", _defaults("Defaults !ignore_logfile_errors\nDefaults env_reset, logfile=/var/log/sudo/own.log"), ("/etc/sudoers", 3)),
    ("R47a", _defaults("Defaults logfile=/etc/ssh\nDefaults !ignore_logfile_errors"), ("/etc/sudoers", 2)),
    ("R47a", _defaults("Defaults log_output\nDefaults iolog_dir=/etc/passwd/%{user}"), ("/etc/sudoers", 3)),
    ("R47a", _defaults("Defaults iolog_dir=/proc/own, log_stdin"), ("/etc/sudoers", 2)),
    ("R47a", _defaults("Defaults log_output", {"/var/log/sudo-io": "x"}), ("/etc/sudoers", 2)),
    ("R47a", _defaults("Defaults rlimit_nofile=2"), ("/etc/sudoers", 2)),
    ("R47a", _defaults('Defaults rlimit_as="65536,infinity"'), ("/etc/sudoers", 2)),
    ("R47a", _defaults('Defaults secure_path="/opt/own/bin:/nowhere"', _LS), ("/etc/sudoers", 2)),  # a warning
    ("R47a", {"/etc/sudoers": _RULES_READ + "Cmnd_Alias EVERYTHING = ALL\nUser_Alias PEOPLE = ALL\nPEOPLE ALL = !EVERYTHING\n"}, ("/etc/sudoers", 5)),
]

#: (rule, files that resemble its fault, and are right)
CONTROLS = [
    ("R47a", {**_LIBRARY, "/usr/bin/sudo": None, "/usr/bin/doas": ("program", ELF_X86_64)}),
    ("R47a", {**_REFUSED, "/etc/sudoers.d/10-local": "ALL ALL=(ALL) PASSWD: ALL\n"}),
    ("R47a", {**_REFUSED, "/etc/sudoers.d/99-local": "%wheel ALL=(ALL) ALL\nALL ALL=(ALL) /usr/bin/id\n"}),
    ("R47a", {**_REFUSED, **_IN_SUDO, "/etc/sudoers.d/99-local": "%sudo ALL=(ALL:ALL) ALL\n%sudo ALL=(ALL) NOPASSWD: ALL\n"}),
    ("R47a", {**_REFUSED, "/etc/sudoers.d/99-local": "Defaults !authenticate\nALL ALL=(ALL) ALL\n"}),
    ("R47a", {"/etc/nsswitch.conf": "passwd: files\nsudoers: sss files\n"}),
    ("R47a", {"/etc/sudoers": "root ALL=(ALL:ALL) ALL\n# C:\\own\\\n"}),
    ("R47a", {"/etc/sudoers": None}),  # cloud-init writes one
    ("R47a", {"/etc/sudo.conf": "Plugin sudoers_policy sudoers.so\n# Plugin x own.so\nPlugin own_policy own.so\n", "/usr/libexec/sudo/own.so": library()}),
    ("R47a", {"/etc/sudo.conf": "Path plugin_dir /opt/sudo\nPlugin own_policy own.so\n", "/opt/sudo/own.so": library()}),
    *[
        ("R47a", {"/etc/pam.d/sudo": line + "\n"})
        for line in (
            "auth required pam_deny.so\naccount required pam_permit.so",
            "session required pam_deny.so",
            "account sufficient pam_permit.so\naccount required pam_deny.so",
            "session required pam_succeed_if.so user = root",
            "account required pam_succeed_if.so user notingroup builders",
            "session optional pam_exec.so /bin/false",
        )
    ],
    ("R42k", {"/etc/cloud/cloud.cfg.d/99-own.cfg": "system_info:\n  default_user:\n    sudo: ['ALL=(ALL) NOPASSWD:ALL']\n"}),
    ("R70i", {"/etc/fstab": FSTAB + "tmpfs /etc/none tmpfs defaults 0 0\n"}),
    ("R46h", {**_WRAPPED, "/etc/hosts.allow": "sshd: ALL\nALL: ALL: deny\n", "/etc/hosts.deny": "ALL: ALL\n"}),
    ("R47a", {"/etc/sudo.conf": "Path plugin_dir /opt/sudo\n"}),  # a sudo that has its policy in itself
    ("R47a", {"/usr/libexec/sudo/sudoers.so": library()}),
    ("R47a", {"/etc/fstab": FSTAB + "UUID=1 /home ext4 nosuid,nodev 0 2\ntmpfs /tmp tmpfs nosuid,noexec 0 0\n"}),
    ("R47a", {**_BY_AGENT, **_REFUSED, "/etc/waagent.conf": BY_AGENT + "OS.SudoersDir=/etc/sudoers.d/\n"}),
    ("R47a", _defaults("Defaults use_pty\nDefaults env_reset, mail_badpass, !root_sudo")),
    ("R47a", _defaults("Defaults runchroot=/nowhere\nDefaults runchroot=*\nDefaults runcwd=~\nDefaults:builder runcwd=/nowhere")),
    ("R47a", _defaults("Defaults runchroot=/srv/tree\nDefaults runcwd=/run/own", {"/srv/tree/usr/bin/id": ""})),
    ("R47a", _defaults("Defaults runchroot=/nowhere\nDefaults !runchroot")),
    # sudo goes on without its log, which is on a file system of its own, or made at boot
    ("R47a", _defaults("Defaults logfile=/nowhere/own.log")),
    ("R47a", _defaults("Defaults logfile=/nowhere/own.log, !ignore_logfile_errors, !log_allowed")),
    ("R47a", _defaults("Defaults logfile=/srv/log/own.log, !ignore_logfile_errors", {"/etc/fstab": FSTAB + "UUID=1 /srv ext4 nofail 0 2\n"})),
    ("R47a", _defaults("Defaults logfile=/var/log/own/log, !ignore_logfile_errors", {"/usr/lib/tmpfiles.d/own.conf": "d /var/log/own 0700\n"})),
    ("R47a", _defaults("Defaults log_output, iolog_dir=/var/log/own/%{user}, log_input")),
    ("R47a", _defaults("Defaults iolog_dir=/proc/own\nDefaults !log_output")),
    ("R47a", _defaults("Defaults log_output, iolog_dir=/proc/own, ignore_iolog_errors")),
    ("R47a", _defaults('Defaults rlimit_core=0, rlimit_nofile=1024, rlimit_as=infinity, rlimit_stack="8388608,infinity", rlimit_data=default')),
    ("R47a", _defaults('Defaults secure_path="/opt/own/bin:/usr/bin"', _LS)),
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
