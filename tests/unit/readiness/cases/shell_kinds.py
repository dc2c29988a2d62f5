# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of the first files of other shells than bash, each as zsh 5.9, fish 3.6, tcsh 6.24 and dash 0.5.12 took it, and of aliases."""

from unit.readiness.guest_tree import ELF_X86_64

_SYSTEM = {"/lib/x86_64-linux-gnu/libc.so.6": ELF_X86_64, "/usr/bin/bash": ("program", ELF_X86_64)}
_FISH, _CSH, _LOGIN, _ZSHRC = "/etc/fish/config.fish", "/etc/csh.cshrc", "/etc/csh.login", "/etc/zsh/zshrc"
_PROFILE, _OWN = "/etc/profile.d/t.sh", "/etc/cloud/cloud.cfg.d/99-own.cfg"


def _of(shell, path, text, **more):
    return {**_SYSTEM, "/etc/default/useradd": f"SHELL=/usr/bin/{shell}\n", f"/usr/bin/{shell}": ("program", ELF_X86_64), path: f"# own\n{text}\n", **more}


#: (rule, files to write (None: removed), (path, line) of the first evidence)
BROKEN_FILES = [
    *[
        ("R46h", _of("zsh", path, "exit 3"), (path, 2))
        for path in ("/etc/zsh/zshenv", "/etc/zsh/zprofile", "/etc/zsh/zlogin", "/etc/zshrc", "/etc/skel/.zshrc")
    ],
    *[
        ("R46h", _of("zsh", _ZSHRC, text), (_ZSHRC, 2))
        for text in (
            "logout",
            "exec false",
            "kill -9 $$",
            "exec none",
            "exec zsh",
            "exec -l zsh",
            "trap exit DEBUG",
            "exec >/dev/null",
            "while true; do sleep 1; done",
        )
    ],
    ("R46h", _of("zsh", "/etc/zsh/zprofile", "exec zsh -l"), ("/etc/zsh/zprofile", 2)),
    ("R46h", _of("zsh", "/etc/zprofile", "emulate sh -c 'source /etc/profile'", **{"/etc/profile": "exit\n"}), ("/etc/profile", 1)),
    *[
        ("R46h", _of("fish", _FISH, text), (_FISH, 2))
        for text in ("exec false", "kill $fish_pid", "kill -HUP %self", "exec fish -l", "while true; sleep 1; end", "while true\n  sleep 1\nend")
    ],
    ("R46h", _of("fish", "/etc/fish/conf.d/own.fish", "exec nologin"), ("/etc/fish/conf.d/own.fish", 2)),
    ("R46h", _of("fish", "/etc/skel/.config/fish/config.fish", "exec true"), ("/etc/skel/.config/fish/config.fish", 2)),
    *[("R46h", _of("tcsh", _LOGIN, text), (_LOGIN, 2)) for text in ("logout", "exec false", "kill -9 $$", "exec tcsh -l", "while (1)\n  sleep 1\nend")],
    ("R46h", _of("csh", _CSH, "exec tcsh"), (_CSH, 2)),
    ("R46h", _of("tcsh", "/etc/skel/.tcshrc", "logout"), ("/etc/skel/.tcshrc", 2)),
    ("R46h", _of("tcsh", "/etc/profile.d/own.csh", "logout"), ("/etc/profile.d/own.csh", 2)),
    ("R46h", _of("dash", "/etc/profile", "exit"), ("/etc/profile", 2)),
    ("R46h", _of("dash", "/etc/skel/.profile", "exec false"), ("/etc/skel/.profile", 2)),
    ("R46h", {"/etc/cloud/cloud.cfg.d/9.cfg": "system_info: {default_user: {shell: /bin/zsh}}\n", _ZSHRC: "exit\n"}, (_ZSHRC, 1)),
    ("R40g", {_OWN: "user: {name: azureuser, shell: /none}\nsystem_info: {default_user: {shell: /bin/sh}}\n"}, (_OWN, 1)),
    ("R42k", {_OWN: "user: {name: azureuser, expiredate: '2020-01-01'}\n"}, (_OWN, 1)),
    ("R42k", {_OWN: "user: {uid: 1}\n"}, (_OWN, 1)),
    ("R46h", {_PROFILE: "alias ls=exit\nls\n"}, (_PROFILE, 2)),
    ("R46h", {_PROFILE: "alias own='exec false'\n", "/etc/bash.bashrc": "own now\n"}, ("/etc/bash.bashrc", 1)),
    ("R46n", _of("zsh", _ZSHRC, "TMOUT=2"), (_ZSHRC, 2)),
]

#: (rule, files that resemble its fault, and are right)
CONTROLS = [
    *[("R46h", _of("zsh", path, "exit 3")) for path in ("/etc/profile", _PROFILE, "/etc/bash.bashrc", "/etc/skel/.bashrc", _FISH)],
    *[
        ("R46h", _of("zsh", _ZSHRC, text))
        for text in ("kill $$", "return 3", "exec bash", "PROMPT_COMMAND=exit", "set -e; false", "exec </dev/null", "ulimit -u 1", "alias ls=reboot")
    ],
    ("R46h", _of("zsh", "/etc/zsh/zprofile", "exec zsh")),
    *[("R46h", _of("fish", path, "exit 3")) for path in (_FISH, "/etc/fish/conf.d/own.fish", "/etc/profile", "/etc/bash.bashrc")],
    *[
        ("R46h", _of("fish", _FISH, text))
        for text in (
            "logout",
            "return 3",
            "exec none",
            "exec bash",
            "if status is-login\n  exec false\nend",
            "status is-login; and exec false",
            "status is-login\nand exec false",
            "function own\n  exec false\nend",
            "while true\n  break\nend",
            "exit\nexec false",
            "exec fish --no-config",
        )
    ],
    *[("R46h", _of("tcsh", path, "exit 3")) for path in (_CSH, _LOGIN, "/etc/profile", "/etc/profile.d/own.csh")],
    *[
        ("R46h", _of("tcsh", _LOGIN, text))
        for text in (
            "kill $$",
            "exec none",
            "exec bash",
            "exec tcsh",
            "exec tcsh -f",
            "if ($?OWN) logout",
            "if ($?OWN) then\n  logout\nendif",
            "foreach each (a b)\n  logout\nend",
            "set autologout=1",
            "exit\nlogout",
        )
    ],
    *[("R46h", _of("dash", path, "exit")) for path in ("/etc/bash.bashrc", "/etc/skel/.bashrc", "/etc/skel/.bash_profile")],
    ("R42k", {_OWN: "user: {uid: 1500}\nsystem_info: {default_user: {uid: 1}}\n"}),
    ("R46h", {_PROFILE: "alias ls=exit\n"}),
    ("R46h", {_PROFILE: "alias ls='ls --color'\nls\n"}),
    ("R46h", {_PROFILE: "alias ls=reboot\n", "/etc/bash.bashrc": "alias rm='rm -i'\n"}),
    *[("R46n", _of(shell, _PROFILE, "readonly TMOUT=1")) for shell in ("fish", "tcsh", "zsh")],
]
