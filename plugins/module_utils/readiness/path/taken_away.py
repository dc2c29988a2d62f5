# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What commands of the boot, or of cloud-init, take from a login: files and programs that it needs, their modes, and the server's process.

PRIVATE: module_utils of this collection are not an interface.
Source: rm(1), chmod(1), pkill(1), killall(1), apt-get(8), dnf(8); sshkey_perm_ok of OpenSSH's authfile.c.
"""

import fnmatch
import posixpath
import re

from ansible_collections.imagewright.azure.plugins.module_utils.core import unit_files
from ansible_collections.imagewright.azure.plugins.module_utils.core.unit_files import Units
from ansible_collections.imagewright.azure.plugins.module_utils.readiness import boot_commands
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.boot_needs import needed_units
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.path import taken_files, taken_homes
from ansible_collections.imagewright.azure.plugins.module_utils.ssh.sshd_access import DEFAULT_NAME

#: What a login needs, and no command may remove: directories, files and programs.
_FOLDERS = ("/", "/bin", "/boot", "/etc", "/etc/pam.d", "/etc/ssh", "/etc/sudoers.d", "/etc/systemd", "/home", f"/home/{DEFAULT_NAME}", "/lib", "/lib64")
_FOLDERS += ("/sbin", "/usr", "/usr/bin", "/usr/lib", "/usr/lib/systemd", "/usr/lib64", "/usr/sbin", "/var", "/var/lib")
#: Of these, what has files in it and not directories alone.
_OF_FILES = ("/bin", "/boot", "/etc/pam.d", "/etc/ssh", "/usr/bin", "/usr/sbin", "/sbin")
#: What a pattern of homes means of the user of Azure.
_KEYS = (f"/home/{DEFAULT_NAME}/.ssh", f"/home/{DEFAULT_NAME}/.ssh/authorized_keys")
_SHELLS = ("/bin/bash", "/usr/bin/bash", "/bin/sh", "/usr/bin/sh")
_SERVER = ("/usr/sbin/sshd", "/usr/lib/openssh/sshd-session", "/usr/libexec/openssh/sshd-session")
_FILES = ("/etc/passwd", "/etc/shadow", "/etc/group", "/etc/pam.d/sshd", "/etc/ssh/sshd_config", "/lib64/ld-linux-x86-64.so.2") + _SHELLS + _SERVER
#: Files that useradd replaces, and where it makes a home; directories that nothing lies over.
_ACCOUNTS = ("/etc/passwd", "/etc/shadow", "/etc/group", "/etc/gshadow", "/home", "/etc")
_BENEATH = ("/bin", "/etc", "/lib", "/lib64", "/sbin", "/usr", "/usr/bin", "/usr/lib", "/usr/sbin", "/var", "/var/lib")
_OF_SSHD = re.compile(r"(?:\$\(|`)\s*(?:(?:pidof|pgrep(?:\s+-\w+)*)\s+(?:/usr/sbin/)?sshd|cat\s+(?:/var)?/run/sshd\.pid)\s*(?:\)|`)")
#: Of these, what nobody logs in without where it is there and empty; and all that is asked for of commands that choose among files.
_HOLDING = ("/etc/passwd", "/etc/shadow") + _SHELLS + _SERVER
_ALL = _KEYS[1:] + _FILES
#: Directories that each user passes through on the way to a shell.
_PASSED = ("/", "/bin", "/etc", "/home", "/lib", "/lib64", "/usr", "/usr/bin", "/usr/lib")
_HOST_KEY = re.compile(r"/etc/ssh/(?:ssh_host_[^/]*key|ssh_host_\*|\*_key|\*key|\*)$")
_WITH_KEYS = ("/", "/etc", "/etc/ssh")
_OF_SUDO = ("/etc/sudoers", "/etc/sudoers.d", "/usr/bin/sudo", "/bin/sudo")
_ABOVE_SUDO = ("/", "/etc", "/usr", "/usr/bin", "/bin")
_DISK = re.compile(r"/dev/(?:[sv]da|nvme0n1(?:p\d+)?|sda\d+)$")
_SYMBOLIC = re.compile(r"([ugoa]*)([-+=])([rwxXst]*)$")
#: Signals after which a server goes on.
_KEPT = {"HUP", "SIGHUP", "1", "0", "USR1", "SIGUSR1", "STOP", "CONT"}
#: Options that choose among the processes of a name.
_SOME = {"-u", "-U", "-P", "-o", "-n", "-t", "-g", "-y"}
#: One that is a failure, after which systemd starts the service again where its unit says so.
_KILLED = {"9", "KILL", "SIGKILL"}
_REMOVING = {"apt-get": ("purge", "remove", "autoremove"), "apt": ("purge", "remove"), "aptitude": ("purge", "remove")}
_REMOVING.update({"dnf": ("remove", "erase"), "yum": ("remove", "erase"), "zypper": ("remove", "rm"), "dpkg": ("-P", "-r", "--purge", "--remove")})
_REMOVING.update({"rpm": ("-e", "--erase")})
#: Without these nobody logs in any more; an agent may go once it has provisioned.
_PACKAGES = ("openssh-server", "openssh", "systemd", "bash", "libpam-modules", "pam")


def taken(context, runs):
    """Return [(BootCommand, what it does)] of the commands of one place; a mode that a later one gives back is none."""
    server_ends = _server_ends(context)
    found, modes, files = [], {}, {}
    for run in runs:
        words = boot_commands.words_of(run.command)
        files = _files(context.tree, run, words, files)
        name, rest = posixpath.basename(words[0]) if words else "", words[1:]
        if name == "chattr":
            for path, cause in _attributes(rest):
                modes.pop(path, None)
                if cause:
                    modes[path] = (run, cause)
            continue
        if name == "chmod":
            for path, cause in _modes(rest) + taken_homes.modes(rest):
                modes.pop(path, None)
                if cause:
                    modes[path] = (run, cause)
            continue
        cause = _removed(rest) if name == "rm" else _killed(name, rest) if server_ends else ""
        cause = cause or taken_homes.account(words) or taken_homes.owned(name, rest) or _owned(name, rest)
        cause = cause or _covered(name, rest) or _uninstalled(name, rest) or _overwritten(name, rest) or _deprovisioned(words)
        if cause:
            found.append((run, cause))
    return found + list(modes.values()) + list(files.values())


def _files(tree, run, words, before):
    """Return {file: (BootCommand, what became of it)} behind a command; what is written again is there. before: the same, before it."""
    again = taken_files.made(run.command, words)
    by_name = words and posixpath.basename(words[0]) == "rm"  # as of _removed
    gone = {path: f"{path} is gone" for path in taken_files.removed(words, () if by_name else _ALL)}
    if words and posixpath.basename(words[0]) == "rsync":
        again, gone = "", {path: f"{path} is gone" for path in taken_files.synchronized(tree, words, _ALL)}
    gone.update((path, f"{path} is empty") for path in taken_files.emptied(run.command, words, _HOLDING + _KEYS[1:]))
    kept = {path: told for path, told in before.items() if not again or not (path + "/").startswith(again.rstrip("/") + "/")}
    for path, cause in list(gone.items())[:1]:
        kept.setdefault(path, (run, "the keys of every user are gone" if path in _KEYS else cause))
    return kept


def _server_ends(context):
    """Return whether the SSH server is a process that the boot starts once: no socket starts another for a connection, and systemd none when it ends."""
    known, needed = context.shared(Units), context.facts(needed_units)
    services = [known.find(name) for name in sorted(needed & {"ssh.service", "sshd.service"})]
    again = [unit_files.last(known.readable_settings(unit) or [], "Service", "Restart") for unit in services]
    return bool(services) and not needed & {"ssh.socket", "sshd.socket"} and not any(setting is not None and setting.value == "always" for setting in again)


def _removed(rest):
    """Return what rm takes away (str), "" when nobody needs it; a directory only where it goes with what is in it."""
    plain = [word for word in rest if not word.startswith("-")]
    options = "".join(word for word in rest if word.startswith("-"))
    whole = re.search(r"[rR]", options.replace("--no-preserve-root", "").replace("--force", "").replace("--interactive", ""))
    for word in plain:
        path = re.sub(r"/(?:\*|\.)?$", "", word) or "/"
        if word in _FILES or word.startswith("/") and path in _FOLDERS and (whole or word.endswith("/*") and path in _OF_FILES):
            return f"{word} is gone"
        if any(_is_meant(word, key) for key in (_KEYS if whole else _KEYS[1:])):
            return "the keys of every user are gone"
    return ""


def _is_meant(pattern, path):
    """Return whether a pattern of the shell is about a path: part by part, for * stops at a slash."""
    patterns, parts = pattern.rstrip("/").split("/"), path.split("/")
    return len(patterns) == len(parts) and all(map(fnmatch.fnmatchcase, parts, patterns))


def _modes(rest):
    """Return [(what, why nobody logs in with its mode, or "")] of the words of chmod."""
    plain = [word for word in rest if not word.startswith("-") or _SYMBOLIC.match(word)]
    mode, paths = (plain[0], plain[1:]) if plain else ("", [])
    recursive = any(word in ("--recursive", "-R") or re.match(r"-[a-zA-Z]*R", word) for word in rest)
    found = []
    for path in paths:
        path = path.rstrip("/") or "/"
        if _HOST_KEY.match(path) or recursive and path in _WITH_KEYS:
            found.append(("host keys", "sshd takes no host key that others may read" if _opens(mode) else ""))
        if path in _SHELLS + _PASSED:
            found.append((path, f"no user gets past {path}" if _closes(mode, 0o001) else ""))
        if path in _SERVER:
            found.append((path, "sshd cannot be started" if _closes(mode, 0o111) else ""))
    return found


def _closes(mode, bits):
    """Return whether a mode of chmod leaves none of the bits of x. bits: 0o001 for others, 0o111 for all."""
    if re.match(r"[0-7]{1,4}$", mode):
        return not int(mode, 8) & bits
    match = _SYMBOLIC.match(mode)
    if match is None or match.group(2) == "+":
        return False
    concerned = set(match.group(1) or "a") & ({"o", "a"} if bits == 0o001 else {"a"})
    return bool(concerned) and ("x" in match.group(3)) == (match.group(2) == "-")


def _opens(mode):
    """Return whether a mode of chmod lets all others read or write."""
    if re.match(r"[0-7]{1,4}$", mode):
        return bool(int(mode, 8) & 0o006)
    match = _SYMBOLIC.match(mode)
    return match is not None and match.group(2) != "-" and bool(set(match.group(1) or "a") & {"o", "a"}) and bool(set(match.group(3)) & {"r", "w"})


def _killed(name, rest):
    """Return what pkill or killall ends (str), "" when it is not the SSH server, or systemd starts it again."""
    words = " ".join(rest)
    if name == "kill" and _OF_SSHD.search(words):
        words = _OF_SSHD.sub("sshd", words)
        rest = words.split()
    elif name == "killall5" or name == "kill" and rest[-1:] == ["-1"] and len(rest) > 1:
        rest = (rest if name == "killall5" else rest[:-1]) + ["sshd"]
        words = " ".join(rest)
    elif name not in ("pkill", "killall"):
        return ""
    signal = re.search(r"(?:^|\s)(?:-s\s*|--signal[= ]|-)([A-Z]\w+|\d+)(?=\s|$)", words)
    sent = signal.group(1) if signal else "TERM"
    named = [word for word in rest if not word.startswith("-")]
    if sent in _KEPT | _KILLED or not named or named[-1].strip("^$") not in ("sshd", "/usr/sbin/sshd") or _SOME & set(rest):
        return ""
    return "the SSH server ends, and is not started again"


def _attributes(rest):
    """Return [(what, why no account can be made, or "")] of the words of chattr. Source: chattr(1)."""
    marks = [word for word in rest if re.match(r"[-+=][a-zA-Z]+$", word) and not re.match(r"-[RVfp]+$", word)]
    paths = [word.rstrip("/") for word in rest if word.startswith("/")]
    closing, opening = any(re.match(r"[+=].*[ia]", mark) for mark in marks), any(re.match(r"-.*[ia]|=(?!.*[ia])", mark) for mark in marks)
    found = [path for path in paths if path in _ACCOUNTS] if closing or opening else []
    return [(f"attributes of {path}", f"no account can be made, for {path} is not to be changed" if closing else "") for path in found]


def _covered(name, rest):
    """Return which directory of the system an empty one is mounted over (str), "" without one."""
    over = [word.rstrip("/") for word in rest[-1:] if word.rstrip("/") in _BENEATH]
    return (
        f"an empty directory lies over {over[0]}"
        if name == "mount" and over and re.search(r"(^| )(-t ?|--types[= ])(tmpfs|ramfs)( |$)", " ".join(rest))
        else ""
    )


def _owned(name, rest):
    """Return what chown makes somebody else's (str), "" when nothing of sudo's."""
    plain = [word for word in rest if not word.startswith("-")]
    if name != "chown" or not plain or re.match(r"(?:root|0|\+0)?(?:[:.].*)?$", plain[0]):
        return ""
    whole = any(re.match(r"-[a-zA-Z]*R|--recursive$", word) for word in rest)
    gone = [path for path in plain[1:] if path in _OF_SUDO or whole and (path.rstrip("/") or "/") in _ABOVE_SUDO]
    return f"sudo refuses to work, for {gone[0]} is another's than root's" if gone else ""


def _overwritten(name, rest):
    """Return the disk (str, in a sentence) that dd or shred writes over, "" without one."""
    if name == "dd":
        rest = [word[len("of=") :] for word in rest if word.startswith("of=")]
    over = [word for word in rest if _DISK.match(word)] if name in ("dd", "shred") else []
    return f"{over[0]}, on Azure the disk of the system or the temporary one, is written over" if over else ""


def _deprovisioned(words):
    """Return what the agent takes away (str) when it is told, without asking, to deprovision."""
    is_agent = any(posixpath.basename(word) == "waagent" for word in words[:3])
    asked = [word.lstrip("-/") for word in words]
    if not is_agent or "force" not in asked or not {"deprovision", "deprovision+user"} & set(asked):
        return ""
    return "the host keys, the passwords and the mark of what was provisioned are deleted"


def _uninstalled(name, rest):
    """Return which package that a login needs a command removes (str), "" when it removes none."""
    verbs = _REMOVING.get(name, ())
    if not set(verbs) & set(rest):
        return ""
    gone = [word for word in rest if word in _PACKAGES]
    return f"the package {gone[0]} is gone" if gone else ""
