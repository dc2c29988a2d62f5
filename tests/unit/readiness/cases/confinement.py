# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of AppArmor and fapolicyd: what keeps sshd, useradd, the agent or the shell from their work, and what does not."""

from unit.readiness.guest_tree import CMDLINE, GRUB_CFG, KERNEL, UNITS, WANTS

_FOLDER = "/etc/apparmor.d"
_OWN = f"{_FOLDER}/own"
_LIBC = "/lib/x86_64-linux-gnu/libc.so.6"
#: A guest that loads profiles at its start.
_LOADING = {
    "/sbin/apparmor_parser": "program",
    f"/boot/config-{KERNEL}": '# Linux\nCONFIG_SECURITY_APPARMOR=y\nCONFIG_LSM="landlock,yama,apparmor"\n',
    f"{UNITS}/apparmor.service": "[Service]\nType=oneshot\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n",
    f"{WANTS}/apparmor.service": ("link", f"{UNITS}/apparmor.service"),
    _LIBC: "library",
    "/usr/sbin/useradd": "program",
    "/bin/bash": "program",
    f"{_FOLDER}/abstractions/base": "  /{usr/,}lib{,64}/**.so* mr,\n",
}
_ALL_OF_SSHD = "  include <abstractions/base>\n  /etc/** r,\n  capability setuid setgid,\n  network inet stream,\n  /{usr/,}bin/*sh Uxr,\n"


def _profile(rules, program="/usr/sbin/sshd", flags=""):
    return {**_LOADING, _OWN: f"abi <abi/3.0>,\n{program} {flags}{{\n{rules}}}\n"}


def _without(words):
    return _profile("".join(line for line in _ALL_OF_SSHD.splitlines(True) if words not in line))


_RULES = "/etc/fapolicyd/rules.d"
#: As the package brings them, in short.
_USUAL = (
    "%languages=text/x-python,text/x-perl\n\n"
    "allow perm=any uid=0 : dir=/var/tmp/\n"
    "allow perm=any uid=0 trust=1 : all\n"
    "allow perm=open exe=/usr/bin/rpm : all\n"
    "deny_audit perm=any pattern=ld_so : all\n"
    "deny_audit perm=any all : ftype=application/x-bad-elf\n"
    "allow perm=open all : ftype=application/x-sharedlib trust=1\n"
    "deny_audit perm=open all : ftype=application/x-sharedlib\n"
    "allow perm=execute all : trust=1\n"
    "deny_audit perm=any all : ftype=%languages\n"
    "deny_audit perm=execute all : all\n"
    "allow perm=open all : all\n"
)


def _listed(more, usual=_USUAL):
    """Return the files of a guest that starts fapolicyd with the rules of its package, and more."""
    unit = {f"{UNITS}/fapolicyd.service": "[Service]\nType=forking\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n"}
    return {**unit, f"{WANTS}/fapolicyd.service": ("link", f"{UNITS}/fapolicyd.service"), f"{_RULES}/50-usual.rules": usual, **more}


#: (rule, files to write (None: removed), (path, line) of the first evidence)
BROKEN_FILES = [
    ("R84", _listed({f"{_RULES}/00-own.rules": "# closed\ndeny_audit perm=any all : all\n"}), (f"{_RULES}/00-own.rules", 2)),
    ("R84", _listed({f"{_RULES}/9-own.rules": "allow perm=execute exe=/usr/bin/dnf : all\ndeny perm=execute all : all\n"}), (f"{_RULES}/9-own.rules", 2)),
    ("R84", _listed({f"{_RULES}/00-own.rules": "deny_syslog all : all\n"}), (f"{_RULES}/00-own.rules", 1)),  # of open
    ("R84", _listed({}, _USUAL.replace("allow perm=execute all : trust=1\n", "")), (f"{_RULES}/50-usual.rules", 11)),
    ("R84", _listed({f"{_RULES}/00-own.rules": "deny perm=any all : dir=/usr/\n"}), (f"{_RULES}/00-own.rules", 1)),
    *[("R83", _without(words), (_OWN, 2)) for words in ("base", "/etc/**", "capability", "network", "Uxr")],
    ("R83", _profile(_ALL_OF_SSHD + "  deny /etc/passwd r,\n"), (_OWN, 2)),
    ("R83", _profile("  include <abstractions/base>\n  /etc/passwd r,\n", "/usr/sbin/useradd"), (_OWN, 2)),
    ("R83", _profile("  include <abstractions/base>\n  /usr/bin/** rix,\n", "/usr/sbin/waagent"), (_OWN, 2)),
]

RIGHT_FILES = [("R84", _listed({})), ("R83", _profile(_ALL_OF_SSHD))]

CONTROLS = [
    ("R84", _listed({f"{_RULES}/99-own.rules": "deny_audit perm=any all : all\n"})),
    ("R84", _listed({f"{_RULES}/100-own.rules": "deny_audit perm=any all : all\n"})),  # `ls -v`
    ("R84", _listed({f"{_RULES}/00-own.rules": "deny_audit perm=any all : all\n", "/etc/fapolicyd/fapolicyd.conf": "permissive = 1\nnice_val = 14\n"})),
    ("R84", _listed({f"{_RULES}/00-own.rules": "deny_audit perm=any all : all\n", "/etc/fapolicyd/fapolicyd.rules": "allow all : all\n"})),
    ("R84", _listed({f"{_RULES}/00-own.rules": "deny_audit perm=execute all : dir=/opt/\nallow perm=execute all : dir=/usr/\n"})),
    ("R84", _listed({f"{_RULES}/00-own.rules": "#deny perm=any all : all\ndeny perm=any uid=0 : all\ndeny perm=any all : trust=0\n"})),
    ("R83", _profile("", flags="flags=(complain) ")),
    ("R83", _profile("", "/usr/sbin/cupsd")),
    ("R83", {**_profile(""), f"{_FOLDER}/disable/own": ("link", _OWN)}),
    ("R83", {**_profile(""), "/boot/grub/grub.cfg": GRUB_CFG.replace(CMDLINE, CMDLINE + " apparmor=0")}),
    ("R83", {path: content for path, content in _profile("").items() if "parser" not in path}),
    ("R83", {path: content for path, content in _profile("").items() if WANTS not in path}),
    ("R83", _profile("  include <abstractions/base>\n  /etc/* rwl,\n", "/usr/sbin/useradd")),
    ("R83", _profile("  file,\n", "/usr/sbin/waagent")),
]
