# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of files that are not UTF-8, and of what the agent writes for sshd."""

from unit.readiness.cases.common import BY_AGENT, WITHOUT_CLOUD_INIT
from unit.readiness.guest_tree import FILES

_SSHD, _SUDOERS, _AGENT = "/etc/ssh/sshd_config", "/etc/sudoers", "/etc/waagent.conf"
_LATIN = "# für Azure\n".encode("latin-1")
_BY_AGENT = {_AGENT: BY_AGENT, **WITHOUT_CLOUD_INIT}
#: Lines of more than 1 MiB in all.
_LONG = ("#" + 31 * "ü" + "\n").encode() * 17000


def _interval(value):
    """Return the files of a guest whose agent provisions, and writes an interval for sshd."""
    return {**_BY_AGENT, _AGENT: f"OS.SshClientAliveInterval={value}\n{BY_AGENT}"}


#: (rule, files to write (None: removed), (path, line) of the first evidence)
BROKEN_FILES = [
    ("R85", {_SSHD: b"Port 22\n" + _LATIN + b"ClientAliveInterval 180\n"}, (_SSHD, 2)),
    ("R85", {**_BY_AGENT, _SSHD: _LATIN}, (_SSHD, 1)),
    ("R85", {_SSHD: _LATIN + _LONG}, (_SSHD, 1)),
    ("R85", {_SUDOERS: FILES[_SUDOERS].encode() + _LATIN}, (_SUDOERS, 4)),
    ("R85", {"/etc/os-release": b"ID=debian\n" + _LATIN}, ("/etc/os-release", 2)),
    ("R85", {**_BY_AGENT, _AGENT: BY_AGENT.encode() + _LATIN}, (_AGENT, BY_AGENT.count("\n") + 1)),
    ("R85", {_AGENT: BY_AGENT.replace("waagent", "cloud-init").encode("utf-16")}, (_AGENT, 1)),
    *[("R45d", _interval(value), (_AGENT, 1)) for value in ("abc", "-1", "", "3 minutes", "none")],
]

#: (rule that does not concern the right guest, files with which it does, and holds)
RIGHT_FILES = [("R45d", _interval(value)) for value in ("180", "3m", "1h30m", "0", "None", "180 # seconds")]

#: (rule, files that resemble its fault, and are right)
CONTROLS = [
    ("R85", {_SSHD: "Port 22\n# für Azure\nClientAliveInterval 180\n"}),
    ("R85", {_SSHD: b"##" + _LONG}),  # of which a letter of two bytes is the last that is looked at
    ("R85", {_SSHD: b"\xef\xbb\xbf# Azure\nClientAliveInterval 180\n"}),
    ("R85", {**_BY_AGENT, _SUDOERS: FILES[_SUDOERS].encode() + _LATIN}),
    ("R85", {"/etc/login.defs": b"UID_MIN 1000\n" + _LATIN, "/etc/hosts": _LATIN}),
]
