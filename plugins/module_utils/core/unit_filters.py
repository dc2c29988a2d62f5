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

#: {call: its own name, others of it, and the groups that hold it}: those without which a server opens no session.
_CALLS = {
    "clone": {"clone", "@process", "@system-service", "@known"},
    "socket": {"socket", "@network-io", "@system-service", "@known"},
    "setuid": {"setuid", "@setuid", "@privileged", "@system-service", "@known"},
    "openat": {"openat", "@file-system", "@system-service", "@known"},
}
_MOUNT = {"mount": {"mount", "@mount", "@known"}}
#: Where shells, interpreters and libraries are.
_PROGRAMS = {"/bin", "/usr/bin", "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/bin/bash", "/usr/bin/bash"}
_ARCHITECTURES = ("native", "x86-64", "arm64")


def filters(settings: List[UnitSetting], mounts: bool) -> List[Tuple[UnitSetting, str]]:
    """Return [(UnitSetting, what it keeps the service from)]; mounts: whether the service mounts."""
    found = []
    calls = _of(settings, "SystemCallFilter")
    denied = [call for call, names in {**_CALLS, **(_MOUNT if mounts else {})}.items() if not is_allowed(calls, names)]
    if denied:
        found.append((calls[-1], f"it is ended when it calls {denied[0]}"))
    families = _of(settings, "RestrictAddressFamilies")
    if [setting for setting in families if setting.value] and not is_allowed(families, {"AF_INET"}):
        found.append((families[-1], "it may not use IPv4"))
    machines = unit_files.listed(settings, "Service", "SystemCallArchitectures")
    if machines and not {word for setting in machines for word in setting.value.split()} & set(_ARCHITECTURES):
        found.append((machines[-1], "it is ended at its first call"))
    allowed = {word.lstrip("-+") for word in unit_files.words(settings, "Service", "ExecPaths")}
    for setting in unit_files.listed(settings, "Service", "NoExecPaths"):
        kept = {word.lstrip("-+").rstrip("/") or "/" for word in setting.value.split()}
        if kept & {"/", "/usr"} and not allowed & {"/", "/usr", "/usr/bin", "/usr/sbin"}:
            found.append((setting, "it may run no program, not its own either"))
        elif kept & _PROGRAMS and not allowed:
            found.append((setting, "it may run no shell and no interpreter, or load no library"))
    if not unit_files.listed(settings, "Service", "SocketBindAllow"):
        found += [
            (setting, "it may listen to no port")
            for setting in unit_files.listed(settings, "Service", "SocketBindDeny")
            if {"any", "tcp", "ipv4", "ipv4:tcp"} & set(setting.value.split())
        ]
    return found


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
