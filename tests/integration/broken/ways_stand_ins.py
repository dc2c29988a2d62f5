# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a diversion, a wrapper or a half-finished upgrade leaves in the place of a program."""

from integration.broken.ways_root import written


def calls(path, program):
    """Return the way in which a script that starts another program is in the place of one, which has to be there."""
    return lambda layer: (layer.needs(path), layer.write(path, f'#!/bin/sh\nexec {program} "$@"\n', 0o755))


def diverted(path):
    """Return the way in which a script starts the program that it took the place of, and that lies beside it now."""
    return lambda layer: (layer.needs(path), layer.write(f"{path}.real", layer.tree.read_bytes(path), 0o755), calls(path, f"{path}.real")(layer))


def python(change):
    """Return the way in which change (takes a Layer and a path) is done to the system's Python."""
    return lambda layer: change(layer, layer.tree.resolve("/usr/bin/python3"))


def init(program):
    return lambda layer: (layer.write("/sbin/init.own", f'#!/bin/sh\numask 022\nexec {program} "$@"\n', 0o755), layer.link("/sbin/init", "init.own"))


#: {what was done: how}
WAYS = {
    "a script calls the useradd that was moved away": calls("/usr/sbin/useradd", "/usr/sbin/useradd.real"),
    "a script calls the sshd that was moved away": calls("/usr/sbin/sshd", "/usr/sbin/sshd.distrib"),
    "a script calls the mount that was moved away": calls("/usr/bin/mount", "/usr/bin/mount.real"),
    "a script calls the ssh-keygen that was moved away": calls("/usr/bin/ssh-keygen", "/usr/bin/ssh-keygen.orig"),
    "a script calls the systemd that was moved away": init("/lib/systemd/systemd.real"),
    "a script calls a Python that is not there": python(lambda layer, path: calls(path, "/opt/python/bin/python3")(layer)),
    "useradd is a script that fails": written("/usr/sbin/useradd", "#!/bin/sh\necho not here\nexit 1\n", 0o755),
    "openssl is a script that fails": written("/usr/bin/openssl", "#!/bin/sh\nexit 1\n", 0o755),
}

#: {what was done: how}: right configurations that resemble the faults above.
CONTROLS = {
    "a script calls the useradd beside it": diverted("/usr/sbin/useradd"),
    "a script calls the sshd beside it": diverted("/usr/sbin/sshd"),
    "a script calls systemd": init("/lib/systemd/systemd"),
    "a script calls the Python beside it": python(lambda layer, path: diverted(path)(layer)),
}
