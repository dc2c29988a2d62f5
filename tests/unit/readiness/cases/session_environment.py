# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of variables that sessions and services begin with: those of the loader, and the search path."""

from unit.core.elf_files import library, program
from unit.readiness.cases.path_ssh import PAM, SECURITY
from unit.readiness.guest_tree import ELF_X86_64, UNITS

_ENVIRONMENT, _CONF, _SSHD, _PROFILE = "/etc/environment", "/etc/security/pam_env.conf", "/etc/ssh/sshd_config", "/etc/profile.d/own.sh"
_RUN = ("program", program(["libc.so.6"]))
_SYSTEM = {
    **PAM,
    "/etc/pam.d/sshd": PAM["/etc/pam.d/sshd"] + "session required pam_env.so\n",
    f"{SECURITY}/pam_env.so": ELF_X86_64,
    "/etc/ssh/sshd_config": "UsePAM yes\nClientAliveInterval 180\n",
    "/lib64/ld-linux-x86-64.so.2": ("program", library()),
    "/lib/x86_64-linux-gnu/libc.so.6": library(),
    **dict.fromkeys(("/bin/bash", "/bin/sh", "/bin/ls", "/bin/cat", "/usr/bin/python3", "/usr/sbin/sshd"), _RUN),
    "/opt/own/libc.so.6": "GROUP ( libc.so.6 )\n",
}
_OF_AGENT, _OF_SERVER = "/etc/systemd/system/walinuxagent.service.d/own.conf", "/etc/systemd/system/ssh.service.d/own.conf"
_UNIT = {f"{UNITS}/ssh.service": "[Service]\nEnvironmentFile=-/etc/default/ssh\nExecStart=/usr/sbin/sshd -D\n[Install]\nWantedBy=multi-user.target\n"}
_PATH = "LD_LIBRARY_PATH=/opt/own"


_GENERATOR, _SH_IS_BASH = "/etc/systemd/system-environment-generators/10-own", {"/bin/sh": ("link", "bash")}


def _with(path, text, mode=False, **more):
    """Return the files of a system with one more; mode: bool, whether it may be run."""
    return {**_SYSTEM, path: ("program", text + "\n") if mode else text + "\n", **more}


def _login(text):
    return _with(_PROFILE, "# own\n" + text)


#: (rule, files to write (None: removed), (path, line) of the first evidence)
BROKEN_FILES = [
    *[
        ("R46q", _with(_ENVIRONMENT, f"LANG=C.UTF-8\n{text}"), (_ENVIRONMENT, 2))
        for text in (
            _PATH,
            f'export {_PATH.replace("=", "=" + chr(34))}:/usr/lib" # own',
            "LD_TRACE_LOADED_OBJECTS=1",
            "LD_DEBUG=help",
            "SHELLOPTS=braceexpand:noexec",
            "SHELLOPTS=onecmd",
        )
    ],
    ("R46q", _with(_CONF, "# own\nLD_TRACE_LOADED_OBJECTS OVERRIDE=1"), (_CONF, 2)),
    ("R46q", _with(_CONF, 'LD_LIBRARY_PATH   DEFAULT="/opt/own"'), (_CONF, 1)),
    ("R46q", _with(_SSHD, f"SetEnv A=b {_PATH}"), (_SSHD, 1)),
    ("R46q", _with(_SSHD, "SetEnv SHELLOPTS=noexec"), (_SSHD, 1)),
    ("R73f", {**_with("/etc/systemd/system.conf", "[Manager]\nDefaultEnvironment=SHELLOPTS=noexec"), **_SH_IS_BASH}, ("/etc/systemd/system.conf", 2)),
    ("R73f", {**_with(_OF_AGENT, "[Service]\nEnvironment=SHELLOPTS=posix:noexec"), **_SH_IS_BASH}, (_OF_AGENT, 2)),
    ("R73f", _with(_GENERATOR, f"#!/bin/sh\necho {_PATH}", mode=True), (_GENERATOR, 2)),
    ("R73f", _with(_GENERATOR, "#!/bin/sh\nset -e\necho 'PATH=/opt/none'", mode=True), (_GENERATOR, 3)),
    ("R46q", _with("/etc/pam.d/sshd", PAM["/etc/pam.d/sshd"] + "auth required pam_env.so envfile=/etc/own", **{"/etc/own": _PATH}), ("/etc/own", 1)),
    ("R46q", {**_with(_ENVIRONMENT, "LD_PRELOAD=/opt/own.so"), "/opt/own.so": library(["libnone.so"])}, (_ENVIRONMENT, 1)),
    ("R73f", _with("/etc/systemd/system.conf", f"[Manager]\nDefaultEnvironment={_PATH}"), ("/etc/systemd/system.conf", 2)),
    ("R73f", _with(_OF_AGENT, f"[Service]\nEnvironment=LANG=C {_PATH}"), (_OF_AGENT, 2)),
    ("R73f", {**_with(_OF_SERVER, f"[Service]\nEnvironment={_PATH}"), **_UNIT}, (_OF_SERVER, 2)),
    ("R73f", {**_with("/etc/default/ssh", f"SSHD_OPTS=\n{_PATH}"), **_UNIT}, ("/etc/default/ssh", 2)),
    ("R73g", _with(_CONF, "PATH DEFAULT=/opt/own"), (_CONF, 1)),
    ("R73g", _with(_SSHD, "UsePAM yes\nSetEnv PATH=/opt/own"), (_SSHD, 2)),
    *[("R73g", _login(text), (_PROFILE, 2)) for text in ("PATH=/opt/own", 'export PATH="/opt/own:/opt/more"', "PATH=/opt/own; export PATH", f"export {_PATH}")],
    ("R73g", _login(f"{_PATH}\nexport LD_LIBRARY_PATH"), (_PROFILE, 2)),
    ("R73g", {**_login('PATH="$PATH:/opt/more"'), "/etc/profile": "PATH=/opt/own\nfor each in /etc/profile.d/*.sh; do\n  . $each\ndone\n"}, (_PROFILE, 2)),
]

#: (rule, files that resemble its fault, and are right)
CONTROLS = [
    *[
        ("R46q", _with(_ENVIRONMENT, text))
        for text in (
            "LD_LIBRARY_PATH=/opt/none",
            "#" + _PATH,
            "LD_PRELOAD=/opt/none.so",
            "LD_PRELOAD=/opt/own/libc.so.6",
            "LD_BIND_NOW=1",
            "LD_DEBUG=libs",
            "SHELLOPTS=nounset",
        )
    ],
    ("R46q", _with(_ENVIRONMENT, f"{_PATH}\nLD_LIBRARY_PATH=/usr/lib")),
    ("R46q", {**_with(_ENVIRONMENT, _PATH), "/etc/pam.d/sshd": PAM["/etc/pam.d/sshd"]}),  # nothing reads it
    ("R46q", {**_with(_ENVIRONMENT, _PATH), "/etc/pam.d/sshd": PAM["/etc/pam.d/sshd"] + "session required pam_env.so readenv=0\n"}),
    ("R46q", {**_with(_ENVIRONMENT, _PATH), _SSHD: "UsePAM no\nClientAliveInterval 180\n"}),
    ("R46q", _with(_CONF, "REMOTEHOST DEFAULT=localhost OVERRIDE=@{PAM_RHOST}\n#LD_LIBRARY_PATH DEFAULT=/opt/own")),
    ("R46q", _with(_CONF, "LD_LIBRARY_PATH DEFAULT=/opt/own OVERRIDE=${HOME}/lib")),
    ("R46q", _with(_SSHD, "Match User backup\n  SetEnv " + _PATH)),
    ("R46q", _login(f"export {_PATH}")),
    ("R46q", {**_with(_ENVIRONMENT, "SHELLOPTS=noexec"), "/bin/dash": _RUN, "/etc/default/useradd": "SHELL=/bin/dash\n"}),
    ("R73f", _with("/etc/systemd/system.conf", "[Manager]\nDefaultEnvironment=SHELLOPTS=noexec")),  # sh is not bash
    ("R73f", {**_with("/etc/systemd/system.conf", "[Manager]\nDefaultEnvironment=SHELLOPTS=posix"), **_SH_IS_BASH}),
    ("R73f", _with(_GENERATOR, "#!/bin/sh\n[ -e /opt/own ] || exit 0\necho PATH=/opt/none", mode=True)),
    ("R73f", _with(_GENERATOR, "#!/bin/sh\necho PATH=/opt/own/bin:$PATH\necho OWN=1", mode=True)),
    ("R73f", _with("/etc/systemd/system.conf", "[Manager]\nDefaultEnvironment=LD_LIBRARY_PATH=/opt/none LD_PRELOAD=/opt/none.so")),
    ("R73f", {**_with(_OF_SERVER, "[Service]\nEnvironment=LD_LIBRARY_PATH=/opt/none"), **_UNIT}),
    *[
        ("R73g", _login(text))
        for text in (
            'PATH="$PATH:/opt/own"',
            "export PATH=/opt/own:$PATH",
            "PATH=/opt/own:/usr/bin:/bin",
            "PATH=/opt/own\nPATH=/usr/bin:/bin",
            "PATH=/opt/own\nif true; then\n  PATH=/usr/bin:/bin\nfi",
            "PATH=/opt/own\npathmunge /bin",
            "if [ -d /opt/own ]; then\n  PATH=/opt/own\nfi",
            "MANPATH=/opt/own\nJAVA_PATH=/opt",
            _PATH,  # it is no variable of what the shell starts
            "export LD_LIBRARY_PATH=/opt/none",
        )
    ],
    ("R73g", {**_login("PATH=/opt/own"), "/etc/default/useradd": "SHELL=/usr/bin/fish\n"}),
    ("R73g", {**_login("PATH=/opt/own"), "/etc/profile": "for each in /etc/profile.d/*.sh; do\n  . $each\ndone\nPATH=/usr/bin:/bin\n"}),
]
