# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ends a session or never lets one begin: what useradd finds, pipes in the place of files, the first files of a shell, sudo's options."""

import posixpath
import stat
import time

from ansible_collections.imagewright.azure.plugins.module_utils.core.tree import Status
from integration.broken.ways_beneath import directory
from integration.broken.ways_cloud_init import configured
from integration.broken.ways_commands import rc_local
from integration.broken.ways_login import with_cloud_init
from integration.broken.ways_root import sshd, with_agent, written

_NAMESPACES = "session required pam_namespace.so\n"
_PROFILE, _SUDOERS = "/etc/profile.d/t.sh", "/etc/sudoers.d/z"


def _special(path, mode, uid=0):
    """Return the way in which a pipe or a directory is there in place of a file; mode: int, with its type."""

    def change(layer):
        entry = (Status(mode, 0, uid, uid, time.time()), None)
        layer.directory(posixpath.dirname(path))
        layer.entries[posixpath.join(layer.tree.resolve(posixpath.dirname(path)), posixpath.basename(path))] = entry

    return change


def pipe(path):
    return _special(path, stat.S_IFIFO | 0o644)


def home(mode, uid=0):
    return _special("/home/azureuser", stat.S_IFDIR | mode, uid)


def _with(*changes):
    """Return the way in which several things are done."""
    return lambda layer: [change(layer) for change in changes]


def _instances(mode):
    """Return the way in which every session has a /tmp of its own; mode: int, of the directory that they are in, None when that is not there."""

    def change(layer):
        layer.append("/etc/pam.d/sshd", _NAMESPACES)
        layer.write("/etc/security/namespace.conf", "/tmp /tmp-inst/ user root\n")
        if mode is not None:
            _special("/tmp-inst", stat.S_IFDIR | mode)(layer)

    return change


def windows(path):
    """Return the way in which the lines of a file end as those of Windows."""
    return lambda layer: layer.write(path, layer.read(path).replace("\n", "\r\n"))


def profile(text):
    return written(_PROFILE, text + "\n")


def sudoers(text):
    return written(_SUDOERS, text + "\n", 0o440)


def _with_banner(change):
    return lambda layer: (change("/etc/ssh/banner")(layer), layer.write("/etc/ssh/sshd_config.d/own.conf", "Banner /etc/ssh/banner\n"))


_PIPES = (
    *("/etc/motd", "/etc/environment", "/etc/default/locale", "/etc/security/limits.d/x.conf", "/etc/ssh/sshd_config.d/x.conf", "/etc/profile.d/x.sh"),
    *("/etc/systemd/system/ssh.service.d/x.conf", "/etc/tmpfiles.d/x.conf", "/etc/udev/rules.d/10-x.rules", "/etc/localtime"),
    *("/etc/modprobe.d/x.conf", "/etc/ld.so.preload", "/etc/nsswitch.conf", "/etc/login.defs", "/etc/hostname"),
)

_MOTD = "/etc/update-motd.d/50-x"
_ENDING = (
    "ulimit -u 1",
    "ulimit -v 1000",
    "ulimit -n 3",
    "exec bash -l",
    "cd /opt/app || exit 1",
    "set -e\n. /opt/app/env.sh",
    'export PROMPT_COMMAND="exit"',
    "exec </dev/null",
    "set -e\ntest -d /opt/vmware",
    "set -eu\nvmtoolsd --version",
    'trap "exit 3" DEBUG',
    "command -v vmtoolsd >/dev/null || exit",
    "vmtoolsd --version >/dev/null 2>&1 || exit 1",
    "if ! command -v vmtoolsd >/dev/null; then\n  echo 'no tools'\n  exit 1\nfi",
    "if ! [ -x /usr/bin/vmtoolsd ]; then exit; fi",
    "[ -d /opt/vmware ] || { echo none; exit 1; }",
    'id -nG | grep -qw admins || { echo "not allowed"; exit 1; }',
    "groups | grep -q admins || exit",
    "[ $(who | wc -l) -ge 0 ] && exit",
    "exec newgrp wheel-none",
    "exec su - appuser",
    "exec sudo -i",
    ". /etc/profile",
    "while :; do sleep 1; done",
)
_USELESS = (
    "Defaults closefrom=1",
    "Defaults command_timeout=1",
    "Defaults noexec",
    "ALL ALL=(ALL) TIMEOUT=1s NOPASSWD: ALL",
    "ALL ALL=(ALL) NOEXEC: ALL",
)
_USEFUL = (
    "Defaults closefrom=4",
    'Defaults group_plugin="/usr/lib/none.so /etc/group"',
    "Defaults pam_service=sudo-own",
    "Defaults command_timeout=3600",
    "Defaults!/usr/bin/vi noexec",
    "ALL ALL=(ALL) TIMEOUT=1h NOPASSWD: ALL",
    "backup ALL=(ALL) NOEXEC: ALL",
    "Defaults log_servers=10.1.1.1, log_output, ignore_iolog_errors",
)
#: What resembles them, and ends nothing.
_GOING_ON = (
    "ulimit -u 4096",
    "ulimit -c 0",
    "exec bash",
    "cd /opt/app 2>/dev/null",
    "[ -r /opt/app/env.sh ] && . /opt/app/env.sh",
    "umask 077",
    'export PROMPT_COMMAND="history -a"',
    "exec 3</dev/null",
    "set -e\ntest -d /usr/lib\nset +e\ntest -d /opt/vmware",
    "set -e\ntest -d /opt/vmware || true",
    'trap "exit 3" TERM',
    "command -v bash >/dev/null || exit",
    "command -v vmtoolsd >/dev/null || return",
    "command -v vmtoolsd >/dev/null && exit",
    "if command -v vmtoolsd >/dev/null; then\n  exit 1\nfi",
    "[ -f /var/lib/first-boot-done ] || exit",
    "own() { :; }\nown || exit",
    "id -nG | grep -qw azureuser || exit 1",
    "id -nG | grep -qw admins && exit 1",
    "newgrp wheel-none </dev/null",
    '[ -n "$OWN" ] && return\nOWN=1\n. /etc/profile',
    "for each in 1 2; do echo $each; done",
)

#: {what was done: how}
WAYS = {
    "the keys of all users are removed at each boot": rc_local("rm -rf /home/*/.ssh"),
    "accounts are looked up by a line with a slip": written("/etc/nsswitch.conf", "passwd: files [NOTFUND=return] systemd\ngroup: files\nshadow: files\n"),
    "accounts are looked up by a line that begins with an action": written(
        "/etc/nsswitch.conf", "passwd: [NOTFOUND=return] files\ngroup: files\nshadow: files\n"
    ),
    "the rules of sudo are looked up in a directory alone": lambda layer: layer.append("/etc/nsswitch.conf", "sudoers: sss\n"),
    "the usual user of Azure is there without a line in shadow": lambda layer: layer.append(
        "/etc/passwd", "azureuser:x:1500:1500::/home/azureuser:/bin/bash\n"
    ),
    "the usual user of Azure is there with another home": with_agent(
        lambda layer: (
            layer.append("/etc/passwd", "azureuser:x:1500:1500::/srv/azureuser:/bin/bash\n"),
            layer.append("/etc/shadow", "azureuser:!:19000:0:99999:7:::\n"),
        )
    ),
    "useradd's numbers begin below zero": lambda layer: layer.append("/etc/login.defs", "\nUID_MIN -1\n"),
    "the lock of the accounts is a link that leads nowhere": lambda layer: layer.link("/etc/.pwd.lock", "/data/none/lock"),
    "PAM has no file for accounts": lambda layer: layer.first("/etc/pam.d/sshd", "account include own-account\n"),
    "every session becomes a shell that is not there": written(_PROFILE, "exec zsh -l\n"),
    "every session over ssh ends": written(_PROFILE, '[ -n "$SSH_CONNECTION" ] && exit\n'),
    "every session but root's ends": written(_PROFILE, "[ $(id -u) -ne 0 ] && exit\n"),
    "every session is silent": written(_PROFILE, "exec >/dev/null\n"),
    "the rules of sudo end within a line": written("/etc/sudoers.d/aa", "root ALL=(ALL) ALL\\\n", 0o440),
    "sudo is given other rules": written("/etc/sudo.conf", "Plugin sudoers_policy sudoers.so sudoers_file=/etc/own.sudoers\n"),
    "PAM turns everybody away behind those whom it lets pass": lambda layer: layer.append("/etc/pam.d/common-account", "account required pam_deny.so\n"),
    "every session ends at bash's first prompt": written("/etc/environment", "LANG=C.UTF-8\nPROMPT_COMMAND=exit\n"),
    "PAM gives everybody a directory in one that others may read": _instances(0o755),
    "sshd runs for all but root a command that ends": sshd("Match User *,!root\nForceCommand /bin/false\nMatch all"),
    "sshd takes no key of all but a group": sshd("Match Group *,!wheel\nPubkeyAuthentication no\nMatch all"),
    "sshd runs for Azure's usual user a command that ends": sshd("Match User azure*\nForceCommand /bin/false\nMatch all"),
    "sshd wants passwords alone": sshd("AuthenticationMethods password"),
    "sshd takes keys that no client signs with": sshd("PubkeyAcceptedAlgorithms ssh-rsa"),
    "sshd has a criterion of ssh's": sshd("Match final\nMatch all"),
    "sshd gets the name of a function": sshd("UMask 077"),
    "useradd's settings are a directory": _special("/etc/login.defs", stat.S_IFDIR | 0o755),
    "sshd turns the usual user of Azure away": sshd("DenyUsers azureuser"),
    "sshd turns the group of the usual user of Azure away": sshd("DenyGroups azureuser"),
    "sshd's program for sessions may not be run": lambda layer: (
        layer.needs("/usr/lib/openssh/sshd-session"),
        layer.status("/usr/lib/openssh/sshd-session", 0o644),
    ),
    **{f"a lock of {name} has the number of init": written(f"/etc/{name}.lock", "1") for name in ("passwd", "group", "shadow", "gshadow", "subuid", "subgid")},
    "a lock of group has more than a number": written("/etc/group.lock", "99999\n"),
    "a lock of group is a directory": directory("/etc/group.lock"),
    **{f"the copy {name} is a directory": directory(f"/etc/{name}") for name in ("shadow-", "group-", "gshadow-", "subuid-", "subgid-")},
    "the list of logins is a pipe": pipe("/var/log/wtmp"),
    "the settings of readline are a pipe": pipe("/etc/inputrc"),
    "the group of the user is there already": lambda layer: layer.append("/etc/group", "azureuser:x:1000:\n"),
    "the home of the user is root's and closed": home(0o700),
    "the home of the user is another account's": home(0o755, 1000),
    "the home of the user is root's, and others may write there": home(0o777),
    "the home of the user is its own, and closed": home(0o000, 1001),
    "the home of the user is another account's, and closed to a server that is not strict": _with(sshd("StrictModes no"), home(0o700, 1000)),
    "new users get a directory for keys that others may write to": with_cloud_init(_special("/etc/skel/.ssh", stat.S_IFDIR | 0o777)),
    "new users get a directory for keys that they may not enter": with_cloud_init(_special("/etc/skel/.ssh", stat.S_IFDIR)),
    "hostname is a directory": directory("/etc/hostname"),
    "PAM's file of sshd has line ends of Windows": windows("/etc/pam.d/sshd"),
    "PAM's common-account has line ends of Windows": windows("/etc/pam.d/common-account"),
    "PAM's common-session has line ends of Windows": windows("/etc/pam.d/common-session"),
    **{f"a pipe is in the place of {path}": pipe(path) for path in _PIPES},
    "a pipe is in the place of sshd's banner": _with_banner(pipe),
    "the message of the day waits for ever": written(_MOTD, "#!/bin/sh\nexec sleep infinity\n", 0o755),
    "profile reads itself": lambda layer: layer.append("/etc/profile", ". /etc/profile\n"),
    "new users get a file of bash that reads itself": written("/etc/skel/.bash_profile", ". ~/.bash_profile\n"),
    "new users get two files of bash that read each other": lambda layer: (
        layer.write("/etc/skel/.bash_profile", "[ -f ~/.bashrc ] && . ~/.bashrc\n"),
        layer.write("/etc/skel/.bashrc", 'if [ -f "$HOME/.bash_profile" ]; then\n  . "$HOME/.bash_profile"\nfi\n'),
    ),
    **{f"a file of profile.d ends the shell: {text!r}": profile(text) for text in _ENDING},
    **{f"sudo's commands do no work: {text!r}": sudoers(text) for text in _USELESS},
    "the shell ends after a second, and nobody may say otherwise": profile("TMOUT=1; readonly TMOUT"),
}

#: {what was done, and is right: how}
CONTROLS = {
    "the rules of sudo are looked up in a directory, too": lambda layer: layer.append("/etc/nsswitch.conf", "sudoers: sss files\n"),
    "accounts are looked up by a line with actions": written(
        "/etc/nsswitch.conf", "passwd: files [SUCCESS=return NOTFOUND=continue] systemd\ngroup: files [SUCCESS=merge] systemd\nshadow: files\n"
    ),
    "the usual user of Azure is there": lambda layer: (
        layer.append("/etc/passwd", "azureuser:x:1500:1500::/home/azureuser:/bin/bash\n"),
        layer.append("/etc/shadow", "azureuser:!:19000:0:99999:7:::\n"),
        layer.append("/etc/group", "azureuser:x:1500:\n"),
    ),
    # /etc/pam.d/other counts then, and Debian's lets in whom its common files let in
    "PAM of sshd is gone": lambda layer: layer.remove("/etc/pam.d/sshd"),
    "PAM has no file for passwords": lambda layer: layer.first("/etc/pam.d/sshd", "auth include own-auth\n"),
    "every session of root's ends": written(_PROFILE, "[ $(id -u) -eq 0 ] && exit\n"),
    "every session is silent about faults": written(_PROFILE, "exec 2>/dev/null\n"),
    "sudo wants a terminal": written(_SUDOERS, "Defaults requiretty\n", 0o440),
    # this sudo leaves the line out
    "the rules of sudo have a line that is none": written("/etc/sudoers.d/aa", "garbage\n", 0o440),
    # it is a line of auth that fails, and who has a key is not asked for a password
    "PAM has a line of a conflict": lambda layer: layer.first("/etc/pam.d/common-auth", "<<<<<<< HEAD\n"),
    "PAM has a word with a slip": lambda layer: layer.first("/etc/pam.d/sshd", "acount required pam_permit.so\n"),
    "every session writes its history at bash's prompt": written("/etc/environment", "PROMPT_COMMAND='history -a'\n"),
    "PAM has an empty line of an editor": lambda layer: layer.first("/etc/pam.d/sshd", " \t\n\n"),
    "PAM gives everybody a directory in one that is closed": _instances(0o000),
    "PAM gives everybody a directory in one that it makes": _instances(None),
    "sshd runs for a group that the user is not in a command that ends": sshd("Match Group builders,!azureuser\nForceCommand /bin/false\nMatch all"),
    "sshd takes keys of Azure's usual user alone": sshd(
        "Match User azureuser\nPubkeyAuthentication yes\nMatch User *,!azureuser,!root\nPasswordAuthentication no\nMatch all"
    ),
    "sshd denies a group that useradd gives nobody": sshd("DenyGroups users"),
    "PAM takes no password for ssh": lambda layer: layer.first("/etc/pam.d/sshd", "auth required pam_deny.so\n"),
    "PAM opens no session for sudo": lambda layer: layer.first("/etc/pam.d/sudo", "session required pam_deny.so\n"),
    "a lock of group has the number of a process that has ended": written("/etc/group.lock", "4000000\0"),
    "a group of another name is there": lambda layer: layer.append("/etc/group", "azureusers:x:1000:\n"),
    "the home of the user is root's and open": home(0o755),
    "the home of the user is there already, and of the next number": home(0o700, 1001),
    "the home of the user is another account's, and sshd is not strict": _with(sshd("StrictModes no"), home(0o755, 1000)),
    "the home of the user is there already, and of cloud-init's number": _with(configured("system_info: {default_user: {uid: 1777}}\n"), home(0o700, 1777)),
    "the home of the user is another account's, and cloud-init names another": _with(
        configured("system_info: {default_user: {homedir: /srv/people}}\n"), home(0o700, 1000)
    ),
    "new users get a directory for keys": _special("/etc/skel/.ssh", stat.S_IFDIR | 0o700),
    "environment has line ends of Windows": windows("/etc/environment"),
    "motd leads to /dev/null": lambda layer: layer.link("/etc/motd", "/dev/null"),
    "a setting of kmod leads to /dev/null": lambda layer: layer.link("/etc/modprobe.d/x.conf", "/dev/null"),
    "sshd has a banner": _with_banner(lambda path: written(path, "Welcome\n")),
    "a pipe lies where nobody reads": pipe("/etc/own.pipe"),
    "the message of the day has a script that may not be run": written(_MOTD, "#!/bin/sh\nexec sleep infinity\n", 0o644),
    "the message of the day has a script": written(_MOTD, "#!/bin/sh\nuptime\nsleep 1\n", 0o755),
    "new users get a file of bash that reads another": written("/etc/skel/.bash_profile", "[ -f ~/.bashrc ] && . ~/.bashrc\n"),
    **{f"a file of profile.d goes on: {text!r}": profile(text) for text in _GOING_ON},
    **{f"sudo's commands do their work: {text!r}": sudoers(text) for text in _USEFUL},
}
