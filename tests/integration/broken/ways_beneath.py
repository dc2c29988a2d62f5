# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stops a machine beneath its configuration: libraries and modules, the files that useradd writes, the scripts of its initramfs."""

import struct

from integration.broken.overlay import DoesNotApply
from integration.broken.ways_root import written

_LIBRARIES = "/usr/lib/x86_64-linux-gnu"
_SUDOERS_SO = "/usr/libexec/sudo/sudoers.so"


def both(*changes):
    """Return the way in which all of several things are done."""
    return lambda layer: [change(layer) for change in changes]


def of_arm(path):
    """Return the way in which a program or library is one for arm64."""

    def change(layer):
        layer.needs(path)
        octets = bytearray(layer.tree.read_bytes(path))
        octets[18:20] = struct.pack("<H", 183)
        layer.write(path, bytes(octets))

    return change


def replaced(path, old, new):
    """Return the way in which bytes of a program or library are others."""

    def change(layer):
        layer.needs(path)
        octets = layer.tree.read_bytes(path)
        if old not in octets:
            raise DoesNotApply(f"{old!r} is not in {path}")
        layer.write(path, octets.replace(old, new))

    return change


def zeros(path):
    return lambda layer: (layer.needs(path), layer.write(path, bytes(len(layer.tree.read_bytes(path)))))


def preloaded(layer):
    """Have a library loaded before all that needs one which is not there."""
    library = layer.tree.read_bytes(f"{_LIBRARIES}/libpam.so.0").replace(b"libaudit.so.1\0", b"libnothing.so\0")
    layer.write("/usr/local/lib/libown.so", library, 0o755)
    layer.write("/etc/ld.so.preload", "/usr/local/lib/libown.so\n")


def mode(path, permissions, gid=None):
    return lambda layer: (layer.needs(path), layer.status(layer.tree.resolve(path), permissions, gid=gid))


#: {what was done: how}
WAYS = {
    "a library to preload needs one that is not there": preloaded,
    "libcrypto is another library": lambda layer: layer.write(f"{_LIBRARIES}/libcrypto.so.3", layer.tree.read_bytes(f"{_LIBRARIES}/libz.so.1")),
    "sshd is made for a newer C library": replaced("/usr/sbin/sshd", b"GLIBC_2.34\0", b"GLIBC_2.99\0"),
    "useradd is made for a newer C library": replaced("/usr/sbin/useradd", b"GLIBC_2.34\0", b"GLIBC_2.99\0"),
    "a module of PAM is for another processor": of_arm(f"{_LIBRARIES}/security/pam_unix.so"),
    "a module of PAM is zeros": zeros(f"{_LIBRARIES}/security/pam_permit.so"),
    "a module of PAM is cut off": lambda layer: layer.cut(f"{_LIBRARIES}/security/pam_nologin.so"),
    "sudo's policy is cut off": lambda layer: layer.cut(_SUDOERS_SO),
    "sudo's policy is for another processor": of_arm(_SUDOERS_SO),
    "sudo looks for its plugins where none are": written("/etc/sudo.conf", "Path plugin_dir /opt/none/\n"),
    "sudo is closed to others": mode("/usr/bin/sudo", 0o4750),
    "sudo's directory of rules is a group's": mode("/etc/sudoers.d", 0o775, 1000),
}

#: {what was done: how}, which is right
CONTROLS = {
    "a library to preload is a text": both(written("/etc/ld.so.preload", "/opt/own.so\n"), written("/opt/own.so", "a text\n", 0o755)),
    "a library to preload is whole": lambda layer: layer.write("/etc/ld.so.preload", f"{_LIBRARIES}/libz.so.1\n"),
    "sudo looks for its plugins where they are": written("/etc/sudo.conf", "Path plugin_dir /usr/libexec/sudo/\nPlugin sudoers_policy sudoers.so\n"),
}
