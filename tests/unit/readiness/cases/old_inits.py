# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of guests that SysV's init, Upstart, BusyBox's with OpenRC, or runit starts."""

from unit.readiness.guest_tree import ELF_X86_64, GRUB_CFG

_INITTAB = "/etc/inittab"
_LIBRARY = {"/lib64/libc.so.6": "library"}
_PROGRAM, _SCRIPT = ("program", ELF_X86_64), ("program", "#!/bin/sh\n:\n")
_WITHOUT_SYSTEMD = {"/usr/lib/systemd/systemd": None, "/sbin/init": _PROGRAM}
_DEBIAN = "id:2:initdefault:\nsi::sysinit:/etc/init.d/rcS\nl2:2:wait:/etc/init.d/rc 2\n1:2345:respawn:/sbin/getty 38400 tty1\n"
_SYSV = {
    **_WITHOUT_SYSTEMD,
    _INITTAB: _DEBIAN,
    "/etc/init.d/rc": _SCRIPT,
    "/etc/init.d/rcS": _SCRIPT,
    "/etc/init.d/ssh": _SCRIPT,
    "/etc/rc2.d/S20ssh": ("link", "../init.d/ssh"),
}
_SUSE = {**_SYSV, _INITTAB: "id:3:initdefault:\nsi::bootwait:/etc/init.d/boot\nl3:3:wait:/etc/init.d/rc 3\n", "/etc/init.d/boot": _SCRIPT}
_UPSTART = {
    **_WITHOUT_SYSTEMD,
    _INITTAB: "id:3:initdefault:\n",
    "/etc/init/rcS.conf": "start on startup\nexec /etc/rc.d/rc.sysinit\n",
    "/etc/init/rc.conf": "start on runlevel [0123456]\nexec /etc/rc.d/rc $RUNLEVEL\n",
    "/etc/init.d/sshd": _SCRIPT,
    "/etc/rc.d/rc3.d/S55sshd": ("link", "/etc/init.d/sshd"),
}
_BY_OPENRC = "::sysinit:/sbin/openrc sysinit\n::sysinit:/sbin/openrc boot\n::wait:/sbin/openrc default\n::shutdown:/sbin/openrc shutdown\n"
_OPENRC = {
    **_WITHOUT_SYSTEMD,
    _INITTAB: _BY_OPENRC,
    "/sbin/openrc": _PROGRAM,
    "/sbin/openrc-run": _PROGRAM,
    **{f"/etc/init.d/{name}": ("program", "#!/sbin/openrc-run\n") for name in ("root", "sshd", "nftables")},
    "/etc/runlevels/boot/root": ("link", "/etc/init.d/root"),
    "/etc/runlevels/default/sshd": ("link", "/etc/init.d/sshd"),
}
_NFTABLES = {**_OPENRC, "/etc/runlevels/default/nftables": ("link", "/etc/init.d/nftables")}
_DROP = "table inet filter {\n chain input {\n  type filter hook input priority 0; policy drop;\n  iifname lo accept\n }\n}\n"
#: As Void has it.
_RUNLEVEL = "/etc/runit/runsvdir/default"
_RUNIT = {
    **_WITHOUT_SYSTEMD,
    "/sbin/runit-init": _PROGRAM,
    "/sbin/init": ("link", "runit-init"),
    **{f"/etc/sv/{name}/run": ("program", f"#!/bin/sh\nexec {name}\n") for name in ("dhcpcd", "waagent", "own")},
    "/etc/sv/sshd/run": ("program", "#!/bin/sh\nssh-keygen -A >/dev/null 2>&1\nexec /usr/sbin/sshd -D $OPTS 2>&1\n"),
    **{f"{_RUNLEVEL}/{name}": ("link", f"/etc/sv/{name}") for name in ("dhcpcd", "sshd", "waagent")},
}
_BY_RUNIT = {**_RUNIT, "/etc/waagent.conf": "Provisioning.Agent=waagent\nProvisioning.RegenerateSshHostKeyPair=n\n"}


def _without(files, *paths):
    return {path: content for path, content in files.items() if path not in paths}


#: (rule, files to write (None: removed), (path, line) of the first evidence)
BROKEN_FILES = [
    *[("R69a", {**files, _INITTAB: f"id:{level}:initdefault:\n"}, (_INITTAB, 1)) for files in (_SYSV, _UPSTART) for level in "016S"],
    ("R69a", _without(_SYSV, _INITTAB), (_INITTAB, None)),
    ("R69a", {**_SYSV, _INITTAB: _DEBIAN.replace("id:2:initdefault:\n", "")}, (_INITTAB, None)),
    ("R69a", {**_SYSV, _INITTAB: _DEBIAN.replace("si::sysinit", "#si::sysinit")}, (_INITTAB, None)),
    ("R69a", {**_SYSV, _INITTAB: _DEBIAN.replace("l2:2:wait", "l3:3:wait")}, (_INITTAB, None)),
    ("R69a", {**_SUSE, _INITTAB: "id:3:initdefault:\nsi::bootwait:/etc/init.d/boot\n"}, (_INITTAB, None)),
    ("R69a", _without(_OPENRC, _INITTAB), (_INITTAB, None)),
    *[
        ("R69a", {**_OPENRC, _INITTAB: _BY_OPENRC.replace(f"/sbin/openrc {level}\n", "/bin/true\n")}, (_INITTAB, None))
        for level in ("sysinit", "boot", "default")
    ],
    ("R69b", _without(_UPSTART, "/etc/init/rcS.conf"), ("/etc/init/rcS.conf", None)),
    ("R69b", _without(_UPSTART, "/etc/init/rc.conf"), ("/etc/init/rc.conf", None)),
    ("R69b", {**_LIBRARY, **_without(_SYSV, "/etc/init.d/rc")}, (_INITTAB, 3)),
    ("R69b", {**_LIBRARY, **_SYSV, "/etc/init.d/rcS": ("program", "#!/bin/own\n")}, (_INITTAB, 2)),
    ("R69b", {**_LIBRARY, **_without(_OPENRC, "/sbin/openrc")}, (_INITTAB, 1)),
    ("R69b", {**_OPENRC, "/etc/rc.conf": 'rc_sys="lxc"\n'}, ("/etc/rc.conf", None)),
    ("R70g", _without(_OPENRC, "/etc/runlevels/boot/root"), ("/etc/runlevels/boot/root", None)),
    ("R46b", {**_without(_SYSV, "/etc/rc2.d/S20ssh"), "/etc/rc3.d/S20ssh": ("link", "../init.d/ssh")}, ("/etc/init.d/ssh", None)),
    ("R46b", {**_SYSV, "/etc/init.d/ssh": ("program", "")}, ("/etc/init.d/ssh", None)),
    ("R46b", {**_LIBRARY, **_SYSV, "/etc/init.d/ssh": ("program", "#!/bin/own\n")}, ("/etc/init.d/ssh", None)),
    ("R46b", {**_LIBRARY, **_without(_OPENRC, "/sbin/openrc-run")}, ("/etc/init.d/sshd", None)),
    ("R46b", {**_without(_OPENRC, "/etc/runlevels/default/sshd"), "/etc/runlevels/nonetwork/sshd": ("link", "/etc/init.d/sshd")}, ("/etc/init.d/sshd", None)),
    ("R46b", _without(_RUNIT, f"{_RUNLEVEL}/sshd"), ("/etc/sv/sshd/run", None)),
    ("R46b", {**_RUNIT, "/etc/sv/sshd/down": ""}, (f"{_RUNLEVEL}/sshd/run", None)),
    ("R46b", {**_LIBRARY, **_RUNIT, "/etc/sv/sshd/run": ("program", "#!/bin/own\n")}, (f"{_RUNLEVEL}/sshd/run", None)),
    ("R46b", _without(_RUNIT, f"{_RUNLEVEL}/sshd", "/etc/sv/sshd/run"), None),
    ("R40b", _without(_RUNIT, f"{_RUNLEVEL}/waagent"), ("/etc/sv/waagent/run", None)),
    ("R34a", _without(_RUNIT, f"{_RUNLEVEL}/dhcpcd"), None),
    ("R49g", _without(_BY_RUNIT, f"{_RUNLEVEL}/sshd", "/etc/sv/sshd/run"), None),
    ("R39c", {**_NFTABLES, "/etc/nftables.nft": _DROP}, ("/etc/nftables.nft", 3)),
    ("R39c", {**_NFTABLES, "/etc/conf.d/nftables": 'rules_file="/etc/own.nft"\n', "/etc/own.nft": _DROP, "/etc/nftables.nft": ""}, ("/etc/own.nft", 3)),
]

#: (rule, files that resemble its fault, and are right)
CONTROLS = [
    *[(rule, files) for files in (_SYSV, _SUSE, _UPSTART, _OPENRC) for rule in ("R69a", "R69b", "R70g")],
    *[("R46b", files) for files in (_SYSV, _UPSTART, _OPENRC)],
    *[(rule, {**_LIBRARY, **files}) for files in (_SYSV, _UPSTART, _OPENRC) for rule in ("R69a", "R69b")],
    *[(rule, files) for files in (_RUNIT, _BY_RUNIT, {**_LIBRARY, **_RUNIT}) for rule in ("R34a", "R34b", "R40b", "R46b", "R49g", "R69a", "R69b", "R70g")],
    ("R46b", {"/etc/runit/runsvdir/default/x": "", "/etc/sv/ssh/run": ("program", ""), "/etc/sv/ssh/down": ""}),  # which systemd does not read
    ("R69a", {**_UPSTART, _INITTAB: "# Upstart has no need of it\n"}),
    ("R69a", {**_SYSV, _INITTAB: _DEBIAN.replace("l2:2:wait:/etc/init.d/rc 2", "rc:2345:wait:/etc/rc.d/rc.M")}),
    ("R69a", {**_OPENRC, _INITTAB: _BY_OPENRC.replace("openrc default", "openrc own")}),
    ("R69a", {**_without(_OPENRC, _INITTAB), "/sbin/openrc-init": _PROGRAM, "/sbin/init": ("link", "openrc-init")}),
    ("R69b", {**_OPENRC, "/etc/rc.conf": '#rc_sys="lxc"\nrc_sys=""\nrc_parallel="YES"\n'}),
    ("R70g", {**_without(_OPENRC, "/etc/runlevels/boot/root"), "/etc/init.d/sshd": ("program", "#!/sbin/openrc-run\ndepend() {\n\tneed root net\n}\n")}),
    ("R70g", {**_without(_OPENRC, "/etc/runlevels/boot/root"), "/boot/grub/grub.cfg": GRUB_CFG.replace(" ro ", " rw ")}),
    ("R46b", {**_without(_SYSV, "/etc/rc2.d/S20ssh"), "/etc/rcS.d/S20ssh": ("link", "../init.d/ssh")}),
    ("R46b", {**_without(_SYSV, _INITTAB, "/etc/rc2.d/S20ssh"), "/etc/rc3.d/S20ssh": ("link", "../init.d/ssh")}),  # where nobody says the runlevel
    ("R46b", {**_SYSV, "/etc/init.d/ssh": ("program", "#!/bin/own\n")}),  # of a part of a system
    ("R39c", {**_NFTABLES, "/etc/nftables.conf": _DROP, "/etc/nftables.nft": "table inet filter {}\n"}),  # which OpenRC's script does not read
    ("R39c", {**_OPENRC, "/etc/nftables.nft": _DROP}),
]
