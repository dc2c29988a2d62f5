# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a session, or a service, begins with: variables that the loader of programs reads, the search path, aliases, and the files of another shell."""

from integration.broken.ways_limits import manager
from integration.broken.ways_login import by_useradd
from integration.broken.ways_root import drop_in, sshd, with_agent, written

_ENVIRONMENT, _CONF, _PROFILE = "/etc/environment", "/etc/security/pam_env.conf", "/etc/profile.d/t.sh"
_LIBRARIES, _OWN = "/usr/lib/x86_64-linux-gnu", "/opt/own"
_PATH = f"LD_LIBRARY_PATH={_OWN}"


def with_library(name, change, way):
    """Return the way in which a changed copy of a library is in a directory of its own; change: callable, bytes -> bytes."""
    return lambda layer: (layer.write(f"{_OWN}/{name}", change(layer.tree.read_bytes(f"{_LIBRARIES}/{name}")), 0o755), way(layer))


def of_dash(change):
    """Return the way in which the user's shell is dash, and a file is changed."""
    as_dash = by_useradd("SHELL=/bin/dash\n")
    return lambda layer: (layer.needs("/bin/dash"), as_dash(layer), change(layer))


def _cut(octets):
    return octets[: len(octets) // 2]


def _nothing(_octets):
    return b""


def _same(octets):
    return octets


def _for_arm(octets):
    return octets[:18] + b"\xb7" + octets[19:]


def _of_no_other(octets):
    return octets.replace(b"libcrypto.so.3\0", b"libnothing.so\0\0")


#: {what was done: how}
WAYS = {
    "every session takes an empty C library": with_library("libc.so.6", _nothing, written(_ENVIRONMENT, f"{_PATH}\n")),
    "every session takes half a C library": with_library("libc.so.6", _cut, written(_ENVIRONMENT, f"LANG=C\nexport {_PATH}:/usr/lib\n")),
    "every session takes half a library of terminals": with_library("libtinfo.so.6", _cut, written(_CONF, f"{_PATH.replace('=', ' DEFAULT=')}\n")),
    "sshd gives every session an empty C library": with_library("libc.so.6", _nothing, sshd(f"SetEnv {_PATH}")),
    "every session loads half a library before all": with_library("libm.so.6", _cut, written(_ENVIRONMENT, f"LD_PRELOAD={_OWN}/libm.so.6\n")),
    "every session loads before all what needs a library that is not there": with_library(
        "libssl.so.3", _of_no_other, written(_ENVIRONMENT, f"LD_PRELOAD={_OWN}/libssl.so.3\n")
    ),
    "every session lists libraries": written(_ENVIRONMENT, "LD_TRACE_LOADED_OBJECTS=1\n"),
    "every session lists the words of the loader": written(_ENVIRONMENT, "LD_DEBUG=help\n"),
    "every login shell calls an alias that ends it": written(_PROFILE, "alias ls=exit\nls\n"),
    "the user's dash ends in its first file": of_dash(written(_PROFILE, "exit\n")),
    "the user's dash ends in a new user's file": of_dash(written("/etc/skel/.profile", "exec false\n")),
    "systemd gives every service an empty C library": with_library("libc.so.6", _nothing, manager(f"DefaultEnvironment={_PATH}")),
    "every session's bash runs no command": written(_ENVIRONMENT, "SHELLOPTS=noexec\n"),
    "every session's bash ends behind one command": written(_ENVIRONMENT, "SHELLOPTS=onecmd\n"),
    "a generator gives every service a search path without programs": written(
        "/etc/systemd/system-environment-generators/10-own", "#!/bin/sh\necho PATH=/opt/none\n", 0o755
    ),
    "a file of the agent's unit takes Python its modules": with_agent(
        lambda layer: (
            layer.write("/etc/default/own", "PYTHONPLATLIBDIR=lib64\n"),
            drop_in("walinuxagent", "[Service]\nEnvironmentFile=/etc/default/own\n")(layer),
        )
    ),
    "sshd's unit gives it half a C library": with_library("libc.so.6", _cut, drop_in("ssh", f"[Service]\nEnvironment={_PATH}\n")),
    "half a library is loaded before all": with_library("libm.so.6", _cut, written("/etc/ld.so.preload", f"{_OWN}/libm.so.6\n")),
}

#: {what was done, and is right: how}
CONTROLS = {
    "every session takes libraries of a directory that is not there": written(_ENVIRONMENT, f"{_PATH}\nLD_PRELOAD={_OWN}/none.so\n"),
    "every session takes the same C library": with_library("libc.so.6", _same, written(_ENVIRONMENT, f"{_PATH}\n")),
    "every session passes over the C library of another processor": with_library("libc.so.6", _for_arm, written(_ENVIRONMENT, f"{_PATH}\n")),
    "every session takes a library of others": with_library("libcrypto.so.3", _nothing, written(_ENVIRONMENT, f"{_PATH}\n")),
    "every session loads a library before all": written(_ENVIRONMENT, f"LD_PRELOAD={_LIBRARIES}/libm.so.6\nLD_BIND_NOW=1\nLD_DEBUG=nothing\n"),
    "every session loads no library before all": with_library("libm.so.6", _nothing, written(_ENVIRONMENT, f"LD_PRELOAD={_OWN}/libm.so.6\n")),
    "every session's bash has options": written(_ENVIRONMENT, "SHELLOPTS=braceexpand:hashall:ignoreeof\n"),
    "systemd has bash run no command where sh is another": manager("DefaultEnvironment=SHELLOPTS=noexec"),
    "a generator gives every service a longer search path": written(
        "/etc/systemd/system-environment-generators/10-own", '#!/bin/sh\necho "PATH=/opt/own/bin:$PATH"\n', 0o755
    ),
    "every login shell adds to the search path": written(_PROFILE, "PATH=$PATH:/opt/own/bin\n"),
    "every login shell has aliases": written(_PROFILE, "alias ls='ls --color=auto'\nalias rm=reboot\nls /\n"),
    "the user's dash reads none of bash's files": of_dash(lambda layer: [layer.write(path, "exit\n") for path in ("/etc/bash.bashrc", "/etc/skel/.bashrc")]),
    "sshd's unit looks for libraries where none are": drop_in("ssh", f"[Service]\nEnvironment={_PATH}\n"),
}
