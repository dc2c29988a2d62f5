# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a diversion, a wrapper, an editor or a half-finished upgrade leaves in the place of a program, or of its unit."""

from integration.broken.ways_root import AGENT, drop_in, with_agent, written


def calls(path, program):
    """Return the way in which a script that starts another program is in the place of one, which has to be there."""
    return lambda layer: (layer.needs(path), layer.write(path, f'#!/bin/sh\nexec {program} "$@"\n', 0o755))


def diverted(path):
    """Return the way in which a script starts the program that it took the place of, and that lies beside it now."""
    return lambda layer: (layer.needs(path), layer.write(f"{path}.real", layer.tree.read_bytes(path), 0o755), calls(path, f"{path}.real")(layer))


def python(change):
    """Return the way in which change (takes a Layer and a path) is done to the system's Python."""
    return lambda layer: change(layer, layer.tree.resolve("/usr/bin/python3"))


def agent(arguments):
    """Return the way in which the agent's unit starts it with other arguments."""
    return with_agent(drop_in(AGENT, f"[Service]\nExecStart=\nExecStart=/usr/bin/python3 -u /usr/sbin/waagent {arguments}\n"))


def init(program):
    return lambda layer: (layer.write("/sbin/init.own", f'#!/bin/sh\numask 022\nexec {program} "$@"\n', 0o755), layer.link("/sbin/init", "init.own"))


def unit_of_ssh(change):
    """Return the way in which ssh's unit is an administrator's own: change takes the text (str) of the package's, and returns another (str or bytes)."""
    return lambda layer: layer.write("/etc/systemd/system/ssh.service", change(layer.read("/usr/lib/systemd/system/ssh.service")))


#: {what was done: how}
WAYS = {
    "the agent's unit has it say its version": agent("-version"),
    "the agent's unit has it handle extensions alone": agent("-run-exthandlers"),
    "the agent's program has a line of a conflict": with_agent(lambda layer: layer.append("/usr/sbin/waagent", "\n<<<<<<< HEAD\n")),
    "the name of the host leads to a directory that is not there": with_agent(lambda layer: layer.link("/etc/hostname", "/data/hostname")),
    "ssh's unit is in letters of two octets": unit_of_ssh(lambda text: b"\xff\xfe" + text.encode("utf-16-le")),
    "ssh's unit has a letter of Latin-1": unit_of_ssh(lambda text: text.replace("Description=", "Description=\udcdc ")),
    "ssh's unit has its program in no section of systemd's": unit_of_ssh(lambda text: text.replace("[Service]", "[service]")),
    "ssh's unit has no program": unit_of_ssh(lambda text: text.replace("ExecStart=", "ExecStartt=")),
    "a script calls the useradd that was moved away": calls("/usr/sbin/useradd", "/usr/sbin/useradd.real"),
    "a script calls the sshd that was moved away": calls("/usr/sbin/sshd", "/usr/sbin/sshd.distrib"),
    "a script calls the mount that was moved away": calls("/usr/bin/mount", "/usr/bin/mount.real"),
    "a script calls the ssh-keygen that was moved away": calls("/usr/bin/ssh-keygen", "/usr/bin/ssh-keygen.orig"),
    "a script calls the systemd that was moved away": init("/lib/systemd/systemd.real"),
    "a script calls a Python that is not there": python(lambda layer, path: calls(path, "/opt/python/bin/python3")(layer)),
    "useradd is a script that fails": written("/usr/sbin/useradd", "#!/bin/sh\necho not here\nexit 1\n", 0o755),
    "openssl is a script that fails": with_agent(written("/usr/bin/openssl", "#!/bin/sh\nexit 1\n", 0o755)),
    "ssh-keygen is not there": lambda layer: layer.remove("/usr/bin/ssh-keygen"),
    "mount is not there": lambda layer: layer.remove("/usr/bin/mount"),
}

#: {what was done: how}: right configurations that resemble the faults above.
CONTROLS = {
    "the agent's unit says more": agent("-verbose -daemon"),
    "the agent's program has a remark more": with_agent(lambda layer: layer.append("/usr/sbin/waagent", "\n# patched\n")),
    "the name of the host is a link": lambda layer: (layer.write("/etc/host.name", "build\n"), layer.link("/etc/hostname", "host.name")),
    "ssh's unit has line ends of Windows": unit_of_ssh(lambda text: text.replace("\n", "\r\n")),
    "ssh's unit begins with the mark of its order": unit_of_ssh(lambda text: "\ufeff" + text),
    "ssh's unit has a remark in Latin-1": unit_of_ssh(lambda text: "# \udcdc\n" + text),
    "a script calls the useradd beside it": diverted("/usr/sbin/useradd"),
    "a script calls the sshd beside it": diverted("/usr/sbin/sshd"),
    "a script calls the mount beside it": diverted("/usr/bin/mount"),
    "a script calls the ssh-keygen beside it": diverted("/usr/bin/ssh-keygen"),
    "a script calls systemd": init("/lib/systemd/systemd"),
    "a script calls the Python beside it": python(lambda layer, path: diverted(path)(layer)),
}
