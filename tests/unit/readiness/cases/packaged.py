# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of files that are not as their packages say."""

from unit.readiness.guest_tree import KERNEL

_INFO = "/var/lib/dpkg/info"
_AGENT = "/usr/lib/python3/dist-packages/azurelinuxagent/agent.py"
_EMPTY = "d41d8cd98f00b204e9800998ecf8427e"
#: dpkg's database of the right guest; the checksums are md5sum's, of "kernel", "program" and of the agent's first line.
_DPKG = {
    "/var/lib/dpkg/status": "Package: openssh-server\n",
    f"{_INFO}/linux-image.list": f"/boot/vmlinuz-{KERNEL}\n",
    f"{_INFO}/linux-image.md5sums": f"50484c19f1afdaf3841a0d821ed393d2  boot/vmlinuz-{KERNEL}\n",
    f"{_INFO}/mount.list": "/usr/bin/mount\n",
    f"{_INFO}/mount.md5sums": "a9c449d4fa44e9e5a41c574ae55ce4d9  usr/bin/mount\n",
    f"{_INFO}/openssh-server.list": "/usr/sbin/sshd\n/usr/share/doc/openssh-server/NEWS.gz\n/etc/ssh/sshd_config\n",
    f"{_INFO}/openssh-server.md5sums": "a9c449d4fa44e9e5a41c574ae55ce4d9  usr/sbin/sshd\n",
    f"{_INFO}/walinuxagent.list": f"/usr/sbin/waagent\n{_AGENT}\n",
    _AGENT: "",
    f"{_INFO}/walinuxagent.md5sums": f"1dc92c19be414b0f6315a04de8ff8782  usr/sbin/waagent\n{_EMPTY}  {_AGENT[1:]}\n",
}

BROKEN_FILES = [
    ("R80a", {**_DPKG, f"/boot/vmlinuz-{KERNEL}": "ker"}, (f"/boot/vmlinuz-{KERNEL}", None)),
    ("R80b", {**_DPKG, "/usr/bin/mount": ""}, ("/usr/bin/mount", None)),
    ("R80c", {**_DPKG, "/usr/sbin/sshd": None}, ("/usr/sbin/sshd", None)),
    ("R80c", {**_DPKG, "/usr/sbin/sshd": "another"}, ("/usr/sbin/sshd", None)),
    ("R80d", {path: text for path, text in _DPKG.items() if path != _AGENT}, (_AGENT, None)),
    ("R80d", {**_DPKG, "/usr/bin/python3": ("link", "python3.11"), _AGENT: "#!/usr/bin/python3\n<<<<<<< HEAD\n"}, (_AGENT, 2)),
    ("R80d", {**_DPKG, f"{_INFO}/walinuxagent.md5sums": _DPKG[f"{_INFO}/walinuxagent.md5sums"].replace(_EMPTY, "0" * 32)}, (_AGENT, None)),
    (
        "R80d",
        {**_DPKG, f"{_INFO}/walinuxagent.list": _DPKG[f"{_INFO}/walinuxagent.list"] + "/lib/systemd/system/walinuxagent.service\n"},
        ("/lib/systemd/system/walinuxagent.service", None),
    ),
]

RIGHT_FILES = [(rule, _DPKG) for rule in ("R80a", "R80b", "R80c", "R80d")]

CONTROLS = [
    ("R80c", {**_DPKG, f"{_INFO}/openssh-server.conffiles": "/etc/ssh/sshd_config\n", "/etc/ssh/sshd_config": "Port 22\nClientAliveInterval 200\n"}),
    ("R80d", {**_DPKG, "/usr/sbin/waagent": "#!/usr/bin/python3\n", f"{_INFO}/walinuxagent.md5sums": ""}),
    # an agent that was installed without a package
    ("R80d", {path: text for path, text in _DPKG.items() if "walinuxagent." not in path}),
]
