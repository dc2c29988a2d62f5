# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the program sshd itself needs on the guest: its helper programs, its account and directory, the library that reads hosts.deny.

PRIVATE: module_utils of this collection are not an interface.
Source: pathnames.h and auth.h of OpenSSH (SSHDIR, SSH_PRIVSEP_USER, _PATH_PRIVSEP_CHROOT_DIR, _PATH_SSHD_SESSION), compiled in as text.
"""

import re

from ansible_collections.imagewright.azure.plugins.module_utils.core import elf_header

PROGRAMS = ("/usr/sbin/sshd", "/sbin/sshd", "/usr/bin/sshd", "/usr/local/sbin/sshd")
_MOST = 16 * 1024 * 1024  # bytes of sshd; the largest builds have 3 MiB

_HELPERS = re.compile(rb"(/[A-Za-z0-9_./+-]+/sshd-(?:session|auth))\0")
_EMPTY = (b"/usr/share/empty.sshd", b"/var/empty/sshd", b"/var/lib/empty", b"/var/empty", b"/var/chroot/ssh")
#: Where it goes on Debian: who starts it makes the directory at each boot.
AT_BOOT = "/run/sshd"
ACCOUNT = "sshd"


def program(tree):
    """Return the path (str) of sshd, None without one."""
    return next((path for path in PROGRAMS if tree.exists(path)), None)


def content(tree):
    """Return the bytes of sshd and of the program that 9.8 and later start for each connection; b"" of what is no ELF program."""
    path = program(tree)
    if path is None or not tree.is_file(path):
        return b""
    found = tree.read_bytes(path, _MOST)
    if not found.startswith(elf_header.MAGIC):
        return b""
    sessions = [helper for helper in helpers(found) if helper.endswith("sshd-session") and tree.is_file(helper)]
    return b"".join([found] + [tree.read_bytes(helper, _MOST) for helper in sessions])


def helpers(program_content):
    """Return the paths ([str]) of the programs that sshd starts for a connection; none before OpenSSH 9.8."""
    return sorted({match.decode("ascii") for match in _HELPERS.findall(program_content)})


def empty_directory(program_content):
    """Return the directory (str) into which sshd goes before somebody has logged in, None when its unit or nobody needs to make it."""
    return next((path.decode("ascii") for path in _EMPTY if path + b"\0" in program_content), None)


def reads_hosts_deny(program_content):
    """Return whether sshd asks hosts.allow and hosts.deny; True where the program could not be read."""
    return not program_content or b"libwrap.so" in program_content
