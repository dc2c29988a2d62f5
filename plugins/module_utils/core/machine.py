# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The machine that a guest's programs are made for.

PRIVATE: module_utils of this collection are not an interface.
Source: ELF, e_machine; names as of uname -m.
"""

import struct

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError

_PROGRAMS = ("/bin/sh", "/usr/bin/sh", "/bin/busybox", "/sbin/init", "/usr/lib/systemd/systemd", "/bin/bash", "/bin/ls")
_MACHINES = {3: "i686", 40: "armv7l", 62: "x86_64", 183: "aarch64", 243: "riscv64", 21: "ppc64le", 22: "s390x"}


def architecture(tree):
    """Return (name of the machine as of `uname -m`, path of the program that tells).

    Raises ImagewrightError: no program is found.
    """
    for path in _PROGRAMS:
        head = tree.read_bytes(path, 20) if tree.is_file(path) else b""
        if head[:4] == b"\x7fELF" and len(head) == 20:
            order = "<" if head[5] == 1 else ">"
            machine = struct.unpack_from(order + "H", head, 18)[0]
            return _MACHINES.get(machine, f"unknown ({machine})"), path
    raise ImagewrightError("cannot tell the architecture of the guest: none of its programs was found (/bin/sh, /sbin/init)")


def is_arm(tree):
    """Return whether the guest is for 64-bit ARM; False when that is not known."""
    try:
        return architecture(tree)[0] == "aarch64"
    except ImagewrightError:
        return False
