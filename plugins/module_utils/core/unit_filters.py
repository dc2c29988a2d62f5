# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a service may ask the kernel for: calls of the system, families of addresses, ports, programs.

PRIVATE: module_utils of this collection are not an interface.
Source: systemd.exec(5), SystemCallFilter=; systemd.resource-control(5), SocketBindDeny=; groups of calls: systemd src/shared/seccomp-util.c.
"""

from typing import List, Optional, Set, Tuple

from ansible_collections.imagewright.azure.plugins.module_utils.core import unit_files
from ansible_collections.imagewright.azure.plugins.module_utils.core.unit_files import UnitSetting

#: {call: its own name, others of it, and the groups that hold it}: those without which neither a session is opened nor an account made.
_CALLS = {
    "clone": {"clone", "@process", "@system-service", "@known"},
    "socket": {"socket", "@network-io", "@system-service", "@known"},
    "setuid": {"setuid", "@setuid", "@privileged", "@system-service", "@known"},
    "openat": {"openat", "@file-system", "@system-service", "@known"},
    "read": {"read", "@basic-io", "@system-service", "@known"},
    "chown": {"chown", "@chown", "@privileged", "@system-service", "@known"},
    "poll": {"poll", "ppoll", "@io-event", "@system-service", "@known"},
    "pipe2": {"pipe2", "@ipc", "@system-service", "@known"},
    "rt_sigaction": {"rt_sigaction", "@signal", "@system-service", "@known"},
}
_MOUNT = {"mount": {"mount", "@mount", "@known"}}
#: What an SSH server alone calls, which shuts itself in before anybody has logged in, and what its modules of PAM do. Each was tried with OpenSSH 9.2.
_OF_LOGIN = {
    "chroot": {"chroot", "@privileged", "@known"},
    "alarm": {"alarm", "setitimer", "@timer", "@system-service", "@known"},
    "setpriority": {"setpriority", "@resources", "@system-service", "@known"},
    "keyctl": {"keyctl", "@keyring", "@system-service", "@known"},
}
_OF_NETWORK = ("socket", "openat", "read")
#: Calls that a list of allowed ones has by itself. Source: systemd.exec(5).
_ALWAYS = {"execve", "@default"}
#: Where interpreters and shells are, what makes an account or serves a session, and libraries: each by its names.
_RUN = (("/usr/bin", "/bin"), ("/usr/sbin", "/sbin"), ("/usr/lib", "/lib", "/usr/lib64", "/lib64"))
_SHELLS = ("/bin/bash", "/usr/bin/bash")
_ARCHITECTURES = ("native", "x86-64", "arm64")


def filters(settings: List[UnitSetting], mounts: bool) -> List[Tuple[UnitSetting, str]]:
    """Return [(UnitSetting, what it keeps the service from)]; mounts: whether the service mounts."""
    found = []
    calls = _of(settings, "SystemCallFilter")
    denied = [call for call, names in {**_CALLS, **(_MOUNT if mounts else _OF_LOGIN)}.items() if not is_allowed(calls, names)]
    denied += ["execve"] if calls and _takes_away(calls, _ALWAYS) else []
    if denied:
        found.append((calls[-1], f"it is ended when it calls {denied[0]}"))
    families = _of(settings, "RestrictAddressFamilies")
    if [setting for setting in families if setting.value] and not is_allowed(families, {"AF_INET"}):
        found.append((families[-1], "it may not use IPv4"))
    machines = unit_files.listed(settings, "Service", "SystemCallArchitectures")
    if machines and not {word for setting in machines for word in setting.value.split()} & set(_ARCHITECTURES):
        found.append((machines[-1], "it is ended at its first call"))
    found += _not_run(settings)
    if not unit_files.listed(settings, "Service", "SocketBindAllow"):
        found += [
            (setting, "it may listen to no port")
            for setting in unit_files.listed(settings, "Service", "SocketBindDeny")
            if {"any", "tcp", "ipv4", "ipv4:tcp"} & set(setting.value.split())
        ]
    return found


def of_network(settings: List[UnitSetting]) -> List[Tuple[UnitSetting, str]]:
    """Return [(UnitSetting, what it keeps a network manager from)]: it neither mounts nor becomes another user."""
    calls = _of(settings, "SystemCallFilter")
    denied = [name for name in _OF_NETWORK if not is_allowed(calls, _CALLS[name])]
    return ([(calls[-1], f"it is ended when it calls {denied[0]}")] if denied else []) + _not_run(settings)


def _not_run(settings: List[UnitSetting]) -> List[Tuple[UnitSetting, str]]:
    allowed = [_plain(word) for word in unit_files.words(settings, "Service", "ExecPaths")]
    return [
        (setting, f"it may run nothing in {kept[0]}")
        for setting in unit_files.listed(settings, "Service", "NoExecPaths")
        for kept in [_kept([_plain(word) for word in setting.value.split()], allowed)]
        if kept
    ]


def _kept(paths: List[str], allowed: List[str]) -> List[str]:
    """Return the directories of programs and libraries, and the shells, that may not be run; of what is allowed in a part nothing is said."""
    found = []
    for names in (*_RUN, _SHELLS):
        kept = [name for name in names if any(holds(path, name) for path in paths)]
        if kept and not any(holds(place, name) or holds(name, place) for place in allowed for name in names):
            found.append(kept[0])
    return found


def _plain(word: str) -> str:
    return word.lstrip("-+").rstrip("/") or "/"


def holds(folder: str, path: str) -> bool:
    """Return whether a path is a directory, or below it."""
    return folder in ("/", path) or path.startswith(folder + "/")


def _takes_away(lines: List[UnitSetting], names: Set[str]) -> bool:
    """Whether the last line that is about the names takes what is always allowed away; an empty line takes all before it back."""
    taken = False
    for setting in lines:
        words = {word.partition(":")[0] for word in setting.value.lstrip("~").split()}
        taken = bool(words) and (setting.value.startswith("~") if words & names else taken)
    return taken


def _of(settings: List[UnitSetting], key: str) -> List[UnitSetting]:
    return [setting for setting in settings if (setting.section, setting.key) == ("Service", key)]


def is_allowed(lines: List[UnitSetting], names: Set[str]) -> bool:
    """Return whether lines of what is allowed, or with ``~`` of what is not, let something through; an empty line takes all before it back.

    names: {str}, its own and those of the groups that hold it.
    """
    allowed: Optional[bool] = None
    for setting in lines:
        words = {word.partition(":")[0] for word in setting.value.lstrip("~").split()}
        if not words:
            # no capability at all, and no word about families; ~ alone allows every capability
            allowed = False if setting.key == "CapabilityBoundingSet" and not setting.value else None
        elif setting.value.startswith("~"):
            allowed = allowed is not False and not names & words
        else:
            allowed = bool(names & words) or allowed is True
    return allowed is not False
