# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a service's own unit keeps it from, so that it starts and cannot do its work: hardening that goes too far, and limits that are too low.

PRIVATE: module_utils of this collection are not an interface.
Source: systemd.exec(5), systemd.service(5), systemd.resource-control(5).
"""

import re
from typing import List, NamedTuple, Optional, Tuple

from ansible_collections.imagewright.azure.plugins.module_utils.core import time_span, unit_files, unit_filters
from ansible_collections.imagewright.azure.plugins.module_utils.core.unit_files import TRUE, UnitSetting


class ServiceNeeds(NamedTuple):
    """What a service needs. reads, writes: directories; capabilities: of capabilities(7); devices: bool, disks and drives;
    privileges: bool, whether what it starts may gain more, as sudo does; writes are read, too.
    """

    reads: Tuple[str, ...] = ()
    writes: Tuple[str, ...] = ()
    capabilities: Tuple[str, ...] = ()
    devices: bool = False
    privileges: bool = False


#: An SSH server opens a session as any user, in the namespaces of the server.
LOGIN = ServiceNeeds(
    reads=("/etc/ssh", "/home", "/usr", "/etc/passwd", "/etc/shadow", "/etc/pam.d", "/usr/bin/bash", "/bin/bash", "/usr/sbin/sshd", "/dev/null", "/run"),
    capabilities=("CAP_SETUID", "CAP_SETGID", "CAP_SYS_CHROOT", "CAP_NET_BIND_SERVICE"),
    devices=False,
    privileges=True,
)
#: A provisioner mounts the DVD of Azure and makes the user.
PROVISIONING = ServiceNeeds(
    reads=("/usr/bin", "/usr/sbin", "/usr/lib", "/etc/passwd", "/etc/shadow", "/etc/waagent.conf", "/usr/sbin/useradd", "/dev/null"),
    writes=("/etc", "/home", "/var/lib", "/run"),
    capabilities=("CAP_SYS_ADMIN", "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_SETUID", "CAP_SETGID"),
    devices=True,
)

_HIDING = ("InaccessiblePaths", "InaccessibleDirectories", "TemporaryFileSystem")
#: Below these a server does not even start, or no session. Bytes; descriptors; processes; seconds. Those of a process were tried with OpenSSH 9.2.
_LEAST = {
    "MemoryMax": 16 * 1024**2,
    "MemoryLimit": 16 * 1024**2,
    "LimitAS": 8 * 1024**2,
    "LimitDATA": 2 * 1024**2,
    "LimitNOFILE": 12,
    "LimitNPROC": 4,
    "TasksMax": 3,
    "LimitFSIZE": 4096,
    "LimitCPU": 1,
    "LimitSTACK": 32 * 1024,
}
#: Below which Python does not start, which provisions.
_LEAST_OF_PYTHON = {"LimitAS": 64 * 1024**2}
_UNITS = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3, "T": 1024**4}
#: Options by which sshd and the agent stay in the foreground.
_STAYS = re.compile(r"sshd?\S*\s(.*\s)?-D(\s|$)|waagent\S*\s(.*\s)?-daemon(\s|$)")
#: Programs that never tell systemd that they have started.
_SILENT = re.compile(r"waagent\S*\s(.*\s)?-daemon(\s|$)")
#: The processors of the sizes that most machines have: what needs more is not started on them. Source: Microsoft, sizes of the series B, D and E.
_PROCESSORS = 8
#: Seconds: who ends a service sooner does not want it to run.
_SHORTEST = 600
#: Values of Restart= by which systemd starts a service again that it has ended at a limit; seconds until then, and seconds that it has to last.
_RESTARTS, _PAUSE, _ENOUGH = ("always", "on-failure", "on-abnormal"), 5, 60
#: Seconds in which no network manager has a lease.
_LEASE = 5
#: Seconds that a start has by default, and below which none succeeds. Source: systemd-system.conf(5), DefaultTimeoutStartSec=.
_USUAL_LIMIT, _SOONEST = 90, 1


def restraints(settings: List[UnitSetting], needs: ServiceNeeds) -> List[Tuple[UnitSetting, str]]:
    """Return [(UnitSetting, what it keeps the service from)] of a service's settings."""
    found = _paths(settings, needs) + _capabilities(settings, needs) + _privileges(settings, needs) + _processors(settings)
    found += unit_filters.filters(settings, needs.devices) + _limits(settings, needs) + _devices(settings, needs)
    for key, wanted, text in (
        ("PrivateUsers", False, "it can become no other user"),
        ("DynamicUser", False, "it runs as a user who is not root"),
        ("NoNewPrivileges", not needs.privileges, "sudo does not work in what it starts"),
        ("PrivateDevices", not needs.devices, "it sees no disk and no drive"),
    ):
        setting = unit_files.last(settings, "Service", key)
        if setting is not None and not wanted and setting.value.lower() in TRUE + ("self",):
            found.append((setting, text))
    return found


def of_network(settings: List[UnitSetting], reads: Tuple[str, ...]) -> List[Tuple[UnitSetting, str]]:
    """Return [(UnitSetting, what it keeps a network manager from)]. reads: directories. Each was tried with systemd-networkd 252 and 257."""
    found = unit_filters.of_network(settings) + _paths(settings, ServiceNeeds(reads=reads))
    users, files = unit_files.last(settings, "Service", "PrivateUsers"), unit_files.last(settings, "Service", "LimitNOFILE")
    if users is not None and users.value.lower() in TRUE + ("self", "identity"):
        found.append((users, "it may not change the machine's network"))
    number = _number(files.value) if files is not None else None
    if files is not None and number is not None and number < _LEAST["LimitNOFILE"]:
        found.append((files, "it does not start with so little"))
    longest = unit_files.last(settings, "Service", "RuntimeMaxSec")
    if longest is not None and 0 < (time_span.seconds(longest.value) or 0) < _LEASE:
        found.append((longest, "it is ended before it has an address"))
    return found


def _paths(settings: List[UnitSetting], needs: ServiceNeeds) -> List[Tuple[UnitSetting, str]]:
    """Return what is wrong with the directories that a service sees: hidden, or not to be written."""
    found = []
    needed = needs.reads + needs.writes
    again = [_plain(word) for key in ("BindPaths", "BindReadOnlyPaths") for word in unit_files.words(settings, "Service", key)]
    for key in _HIDING:
        for setting in unit_files.listed(settings, "Service", key):
            hidden = [need for word in setting.value.split() for need in needed if unit_filters.holds(_plain(word), need)]
            hidden = [need for need in hidden if not any(unit_filters.holds(place, need) for place in again)]
            if hidden:
                found.append((setting, f"it does not see {hidden[0]}"))
    home = unit_files.last(settings, "Service", "ProtectHome")
    if home is not None and "/home" in needed:
        value = home.value.lower()
        if value in TRUE or value == "tmpfs":
            found.append((home, "it does not see /home"))
        elif value == "read-only" and "/home" in needs.writes and not _is_written(settings, "/home"):
            found.append((home, "it cannot write to /home"))
    system = unit_files.last(settings, "Service", "ProtectSystem")
    if system is not None and system.value.lower() in ("full", "strict"):
        kept = [need for need in needs.writes if (need == "/etc" or system.value.lower() == "strict") and not _is_written(settings, need)]
        found += [(system, f"it cannot write to {kept[0]}")] if kept else []
    for key in ("ReadOnlyPaths", "ReadOnlyDirectories"):
        for setting in unit_files.listed(settings, "Service", key):
            kept = [
                need for word in setting.value.split() for need in needs.writes if unit_filters.holds(_plain(word), need) and not _is_written(settings, need)
            ]
            found += [(setting, f"it cannot write to {kept[0]}")] if kept else []
    return found


def _is_written(settings: List[UnitSetting], path: str) -> bool:
    places = [word for key in ("ReadWritePaths", "ReadWriteDirectories") for word in unit_files.words(settings, "Service", key)]
    return any(unit_filters.holds(_plain(place), path) for place in places)


def _plain(word: str) -> str:
    """Return the path of a word such as ``-/home`` or ``/srv:ro``; of what is mounted elsewhere, the place where."""
    parts = word.lstrip("-+").split(":")
    return (parts[1] if len(parts) > 1 and parts[1].startswith("/") else parts[0]).rstrip("/") or "/"


def _capabilities(settings: List[UnitSetting], needs: ServiceNeeds) -> List[Tuple[UnitSetting, str]]:
    """Return what a bounding set takes."""
    found = []
    bounding = [setting for setting in settings if (setting.section, setting.key) == ("Service", "CapabilityBoundingSet")]
    missing = [name for name in needs.capabilities if not unit_filters.is_allowed(bounding, {name})]
    if missing:
        found.append((bounding[-1], f"it lacks {missing[0]}"))
    return found


def _devices(settings: List[UnitSetting], needs: ServiceNeeds) -> List[Tuple[UnitSetting, str]]:
    """Return what lets a service open no device, not /dev/null either, or not the drive that it needs: a list of allowed ones closes all others."""
    policy, allowed = unit_files.last(settings, "Service", "DevicePolicy"), unit_files.listed(settings, "Service", "DeviceAllow")
    kind, names = policy.value if policy is not None else "auto", [setting.value.split()[0] for setting in allowed]
    if policy is not None and kind == "strict" and not any(name.startswith(("/dev/null", "char-mem", "char-*", "/dev/char/1:3")) for name in names):
        return [(policy, "it may not open /dev/null, and is not started")]
    closing = allowed[-1] if allowed else policy
    is_closed = kind in ("strict", "closed") or kind == "auto" and bool(names)
    drives = ("block-", "/dev/sr", "/dev/cd", "/dev/dvd", "/dev/disk/", "/dev/block/")
    if needs.devices and closing is not None and is_closed and not any(name.startswith(drives) for name in names):
        return [(closing, "it may not open the drive")]
    return []


def _privileges(settings: List[UnitSetting], needs: ServiceNeeds) -> List[Tuple[UnitSetting, str]]:
    """Return what takes from a service what root may: an account of its own, and flags of capabilities(7) that part root from its capabilities."""
    found = []
    account = unit_files.last(settings, "Service", "User")
    if account is not None and account.value not in ("root", "0") and "%" not in account.value:
        found.append((account, "it runs as a user who is not root"))
    flags = unit_files.listed(settings, "Service", "SecureBits")
    for setting in flags:
        words = setting.value.split()
        if "noroot" in words:
            found.append((setting, "what it starts has no capabilities, though it is root"))
        elif "no-setuid-fixup" in words and needs.privileges:
            found.append((setting, "sshd sees that it could become root again, and ends every login"))
    return found


def _processors(settings: List[UnitSetting]) -> List[Tuple[UnitSetting, str]]:
    """Return what binds a service to processors, or to memory beside them, that no usual size of Azure has: it is not started then."""
    found = []
    bound = unit_files.listed(settings, "Service", "CPUAffinity")
    words = [word for setting in bound for word in re.split(r"[\s,]+", setting.value) if word]
    first = [int(re.match(r"\d+", word).group()) for word in words if re.match(r"\d{1,6}(-\d{1,6})?$", word)]  # type: ignore[union-attr]
    if first and len(first) == len(words) and min(first) >= _PROCESSORS:
        found.append((bound[-1], f"a machine with fewer than {min(first) + 1} processors does not start it"))
    policy, mask = unit_files.last(settings, "Service", "NUMAPolicy"), unit_files.last(settings, "Service", "NUMAMask")
    nodes = re.split(r"[\s,]+", mask.value) if mask is not None and policy is not None and policy.value in ("bind", "interleave", "preferred") else []
    if mask is not None and nodes and all(re.match(r"[1-9]\d*(-\d+)?$", node) for node in nodes):
        found.append((mask, "a machine with one node of memory, as most sizes have, does not start it"))
    return found


def _limits(settings: List[UnitSetting], needs: ServiceNeeds) -> List[Tuple[UnitSetting, str]]:
    """Return the limits below which no such service runs, and what ends it soon after its start."""
    found = []
    for key, least in {**_LEAST, **(_LEAST_OF_PYTHON if needs.devices else {})}.items():
        for setting in unit_files.listed(settings, "Service", key)[-1:]:
            number = _number(setting.value)
            if number is not None and number < least:
                found.append((setting, "it does not start with so little"))
    kind = unit_files.last(settings, "Service", "Type")
    starts = unit_files.listed(settings, "Service", "ExecStart")
    if kind is not None and kind.value == "forking" and any(_STAYS.search(setting.value) for setting in starts):
        found.append((kind, "its program stays in the foreground, and is ended as one that did not start"))
    if (
        kind is not None
        and kind.value.startswith("notify")
        and any(_SILENT.search(setting.value) for setting in unit_files.listed(settings, "Service", "ExecStart"))
    ):
        found.append((kind, "its program never says that it has started, and is ended as one that did not"))
    if kind is not None and kind.value == "dbus":
        found.append((kind, "it takes no name on the bus, and is ended as one that did not start"))
    found += _starting(settings, kind.value if kind is not None else "simple")
    watched = unit_files.last(settings, "Service", "WatchdogSec")
    lasts = kind is None or kind.value != "oneshot"  # systemd passes over both for one that ends by itself
    if watched is not None and lasts and (time_span.seconds(watched.value) or 0) > 0 and not _is_back(settings, watched, ("on-watchdog",)):
        found.append((watched, "it tells no watchdog that it lives, and is ended"))
    longest = unit_files.last(settings, "Service", "RuntimeMaxSec")
    if longest is not None and lasts and 0 < (time_span.seconds(longest.value) or 0) < _SHORTEST and not _is_back(settings, longest):
        found.append((longest, "it is ended then"))
    return found


def _is_back(settings: List[UnitSetting], limit: UnitSetting, more: Tuple[str, ...] = ()) -> bool:
    """Return whether systemd starts a service soon again that it has ended at a limit, and the limit leaves time for a login, or for provisioning.

    more: further values of Restart= by which it does. Tried with sshd of Debian 12, whose sessions go on.
    """
    again, pause = unit_files.last(settings, "Service", "Restart"), unit_files.last(settings, "Service", "RestartSec")
    is_soon = pause is None or (time_span.seconds(pause.value) or 0) <= _PAUSE
    return again is not None and again.value in _RESTARTS + more and is_soon and (time_span.seconds(limit.value) or 0) >= _ENOUGH


def _starting(settings: List[UnitSetting], kind: str) -> List[Tuple[UnitSetting, str]]:
    """Return what ends a service before it has started: a limit that is too short, and commands before it that take longer."""
    limit = unit_files.last(settings, "Service", "TimeoutStartSec") or unit_files.last(settings, "Service", "TimeoutSec")
    given = time_span.seconds(limit.value) if limit is not None else None
    found = [(limit, "it has not started then")] if limit is not None and given and given < _SOONEST and kind in ("notify", "forking", "oneshot") else []
    longest = given or (_USUAL_LIMIT if limit is None and kind != "oneshot" else None)
    for setting in unit_files.listed(settings, "Service", "ExecStartPre"):
        match = re.match(r"[@:+!|-]*(?:/usr)?/bin/sleep\s+(\S+)$", setting.value)
        span = (float("inf") if match.group(1).startswith("inf") else time_span.seconds(match.group(1))) if match else None
        if span and (longest is not None and span > longest or longest is None and span > _SHORTEST):
            found.append((setting, "it is not started so long, and ended before"))
    return found


def _number(text: str) -> Optional[int]:
    """Return a size or a count (int), of ``soft:hard`` the first; None of ``infinity``, of shares of the whole, and of what is none."""
    match = re.match(r"(\d+)([KMGT]?)(?::|$)", text.strip())
    return int(match.group(1)) * _UNITS[match.group(2)] if match else None
