# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of the root: its init, its accounts, SELinux. Modes and free space have tests of their own in test_root.py."""

from unit.core.elf_files import AARCH64, library, program
from unit.readiness.cases.common import grub
from unit.readiness.guest_tree import FILES

_INIT = "/usr/lib/systemd/systemd"
_LOADER = "/lib64/ld-linux-x86-64.so.2"
_LIBC = "/lib/x86_64-linux-gnu/libc.so.6"
_RHEL = {"/etc/os-release": 'ID="rhel"\nVERSION_ID="9.4"\n'}
_ENFORCING = {"/etc/selinux/config": "# x\nSELINUX=enforcing\nSELINUXTYPE=targeted\n"}
_HEADER = b"\x8c\xff\x7c\xf9\x08\x00\x00\x00SE Linux"
_PLACE, _STORE = "/etc/selinux/targeted/policy/policy", "/var/lib/selinux/targeted/active/policy.kern"
_CONTEXTS = "/etc/selinux/targeted/contexts/files/file_contexts"
_POLICY = {f"{_PLACE}.33": _HEADER + b"!" * 64, _CONTEXTS: "/.*\tsystem_u:object_r:default_t:s0\n"}
_ENFORCED = {**_RHEL, **_ENFORCING, **_POLICY, "/.autorelabel": ""}
_UNLABELLED = {path: content for path, content in _ENFORCED.items() if path != _CONTEXTS}


def glibc(library_release, loader_release):
    """Return a system whose C library and loader say of which release they are."""
    said = [f" (Debian GLIBC {release}-9+deb12u9) stable release version {release}.\n\0".encode() for release in (library_release, loader_release)]
    return {
        _INIT: program(["libc.so.6"]),
        _LIBC: library() + b"GNU C Library" + said[0],
        _LOADER: ("program", library() + b"ld.so" + said[1]),
    }


#: (rule, files to write (None: removed), (path, line) of the first evidence)
BROKEN_FILES = [
    ("R68h", {"/etc/nsswitch.conf": "# x\npasswd: sss systemd\nshadow: files\n"}, ("/etc/nsswitch.conf", 2)),
    ("R68h", {"/etc/nsswitch.conf": "passwd: files\ngroup: sss [SUCCESS=merge] systemd\n"}, ("/etc/nsswitch.conf", 2)),
    ("R68h", {"/etc/nsswitch.conf": "passwd: [NOTFOUND=return] files\nshadow: files\n"}, ("/etc/nsswitch.conf", 1)),
    ("R68h", {"/etc/nsswitch.conf": "passwd: files [BOGUS=return] systemd\nshadow: files\n"}, ("/etc/nsswitch.conf", 1)),
    ("R68h", {"/etc/nsswitch.conf": "passwd: files\nshadow: ldap # no files\n"}, ("/etc/nsswitch.conf", 2)),
    ("R68a", {_INIT: None}, ("/sbin/init", None)),
    ("R68a", {"/sbin/init": None}, ("/sbin/init", None)),
    ("R68a", {"/sbin/init": ("link", "/usr/lib/sysvinit/init")}, ("/sbin/init", None)),
    ("R68a", {_INIT: program(["libc.so.6"])}, (_LOADER, None)),
    ("R68a", {_INIT: program(["libc.so.6"]), _LOADER: library()}, (_LOADER, None)),  # the loader is not executable
    ("R68a", {_INIT: program(machine=AARCH64, interpreter=None)}, ("/sbin/init", None)),
    ("R68a", {_INIT: ""}, ("/sbin/init", None)),
    ("R68k", glibc("2.41", "2.36"), (_LIBC, None)),
    ("R68k", glibc("2.36", "2.41"), (_LIBC, None)),
    (
        "R68k",  # as before 2.33, whose loader does not say it
        {**glibc("2.31", "2.28"), _LOADER: ("link", "/lib/x86_64-linux-gnu/ld-2.28.so"), "/lib/x86_64-linux-gnu/ld-2.28.so": ("program", library())},
        (_LIBC, None),
    ),
    ("R68g", {"/etc/sudoers.d": ("link", "/srv/sudoers.d")}, ("/etc/sudoers.d", None)),
    ("R68g", {"/etc/sudoers.d": "a file\n"}, ("/etc/sudoers.d", None)),
    ("R68i", {"/bin/sh": ("link", "false"), "/bin/false": ("program", program(interpreter=None))}, ("/bin/sh", None)),
    ("R68i", {"/bin/sh": ("link", "zsh")}, ("/bin/sh", None)),
    ("R68i", {"/bin/sh": None, "/usr/bin/bash": program(interpreter=None)}, ("/bin/sh", None)),
    ("R68i", {"/bin/sh": ("link", "busybox"), "/bin/busybox": ""}, ("/bin/sh", None)),
    ("R68i", {"/bin/sh": program(["libc.so.6"])}, (_LOADER, None)),
    ("R68b", {"/etc/passwd": ""}, ("/etc/passwd", None)),
    ("R68b", {"/etc/shadow": None}, ("/etc/shadow", None)),
    ("R68b", {"/etc/group": None}, ("/etc/group", None)),
    ("R68b", {"/etc/passwd": FILES["/etc/passwd"] + "half a line:x:10\n"}, ("/etc/passwd", 3)),
    ("R68b", {"/etc/passwd": FILES["/etc/passwd"].replace("root:x:0:0", "root:x:1:0")}, ("/etc/passwd", None)),
    ("R68f", {**_RHEL, **_ENFORCING}, ("/etc/selinux/config", 3)),
    ("R68f", {**_ENFORCED, f"{_PLACE}.34": ""}, (f"{_PLACE}.34", None)),
    ("R68f", {**_ENFORCED, f"{_PLACE}.33": "policy"}, (f"{_PLACE}.33", None)),
    ("R68f", {**_ENFORCED, _STORE: _HEADER + b"!" * 99}, (f"{_PLACE}.33", None)),
    ("R68f", _UNLABELLED, (_CONTEXTS, None)),
    ("R68f", grub("ro ", "ro security=selinux selinux=1 enforcing=1 "), ("/boot/grub/grub.cfg", 3)),
    ("R68f", {**_RHEL, **_ENFORCING, "/etc/selinux/mls/policy/policy.33": "policy"}, ("/etc/selinux/config", 3)),
    ("R68f", {**_ENFORCING, **grub("ro ", "ro security=selinux selinux=1 ")}, ("/etc/selinux/config", 3)),
]

#: (rule that does not concern the right guest, files with which it does, and holds)
RIGHT_FILES = [
    ("R68f", {**_ENFORCED, f"{_PLACE}.31": "", f"{_PLACE}.33.old": ""}),
    ("R68f", {**_ENFORCED, _STORE: _HEADER + b"!" * 64}),
    ("R68f", {**_ENFORCED, _STORE: _HEADER + b"?" * 99}),
    ("R68f", {**_UNLABELLED, f"{_CONTEXTS}.bin": "x"}),
    ("R68f", {**_RHEL, **_ENFORCING, **_POLICY, "/.autorelabel": ""}),
    ("R68k", glibc("2.36", "2.36")),
]

#: (rule, files that resemble its fault, and are right)
CONTROLS = [
    ("R68h", {"/etc/nsswitch.conf": "# passwd: sss\npasswd: files systemd\nshadow: files\nhosts: dns\n"}),
    ("R68h", {"/etc/nsswitch.conf": "passwd: compat\nshadow: compat\n"}),
    ("R68a", {"/sbin/init": ("link", "../lib/systemd/systemd"), "/lib/systemd/systemd": ("link", _INIT)}),
    ("R68i", {"/bin/sh": ("link", "../usr/bin/dash"), "/usr/bin/dash": ("link", "/usr/lib/systemd/systemd")}),
    ("R68b", {"/etc/passwd": FILES["/etc/passwd"] + "+::::::\n"}),  # NIS
    ("R68b", {"/etc/group": FILES["/etc/group"] + "users:x:100:daemon,root\n"}),
    ("R68d", {"/root/.profile": "# closed to others, as it should be\n"}),
    ("R68f", grub("ro ", "ro security=selinux selinux=1 enforcing=1 enforcing=0 ")),
    ("R68f", grub("ro ", "ro enforcing=1 ")),  # Debian's kernel starts with AppArmor
    ("R68f", _ENFORCING),  # Debian's kernel starts with AppArmor
    ("R68f", {**_RHEL, "/etc/selinux/config": "SELINUX=permissive\nSELINUXTYPE=targeted\n"}),
    ("R68f", {**_RHEL, **_ENFORCING, **grub("ro ", "ro selinux=0 ")}),
    ("R68f", {**_RHEL, "/etc/selinux/config": "# SELINUX=enforcing\nSELINUX=disabled\n"}),
]
