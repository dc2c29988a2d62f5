# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of AppArmor: profiles that keep sshd, useradd or the agent from their work, and those that do not."""

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


#: (rule, files to write (None: removed), (path, line) of the first evidence)
BROKEN_FILES = [
    *[("R83", _without(words), (_OWN, 2)) for words in ("base", "/etc/**", "capability", "network", "Uxr")],
    ("R83", _profile(_ALL_OF_SSHD + "  deny /etc/passwd r,\n"), (_OWN, 2)),
    ("R83", _profile("  include <abstractions/base>\n  /etc/passwd r,\n", "/usr/sbin/useradd"), (_OWN, 2)),
    ("R83", _profile("  include <abstractions/base>\n  /usr/bin/** rix,\n", "/usr/sbin/waagent"), (_OWN, 2)),
]

RIGHT_FILES = [("R83", _profile(_ALL_OF_SSHD))]

CONTROLS = [
    ("R83", _profile("", flags="flags=(complain) ")),
    ("R83", _profile("", "/usr/sbin/cupsd")),
    ("R83", {**_profile(""), f"{_FOLDER}/disable/own": ("link", _OWN)}),
    ("R83", {**_profile(""), "/boot/grub/grub.cfg": GRUB_CFG.replace(CMDLINE, CMDLINE + " apparmor=0")}),
    ("R83", {path: content for path, content in _profile("").items() if "parser" not in path}),
    ("R83", {path: content for path, content in _profile("").items() if WANTS not in path}),
    ("R83", _profile("  include <abstractions/base>\n  /etc/* rwl,\n", "/usr/sbin/useradd")),
    ("R83", _profile("  file,\n", "/usr/sbin/waagent")),
]
