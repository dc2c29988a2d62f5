# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What makes systemd refuse a unit as a whole ("bad-setting"), so that it is never started.

PRIVATE: module_utils of this collection are not an interface.
Source: systemd's service_verify (src/core/service.c), socket_verify (src/core/socket.c) and config_parse_exec (src/core/load-fragment.c).
"""

import re
from typing import List, Tuple

from ansible_collections.imagewright.azure.plugins.module_utils.core import unit_files
from ansible_collections.imagewright.azure.plugins.module_utils.core.unit_files import TRUE, UnitSetting

_TYPES = ("simple", "exec", "forking", "oneshot", "dbus", "notify", "notify-reload", "idle")
_COMMANDS = ("ExecCondition", "ExecStartPre", "ExecStart", "ExecStartPost")
_LISTENING = (
    *("ListenStream", "ListenDatagram", "ListenSequentialPacket", "ListenFIFO", "ListenSpecial", "ListenNetlink"),
    *("ListenMessageQueue", "ListenUSBFunction"),
)
#: What no release of systemd knows behind %, of letters and numbers: a command line with it is left out. Tried with systemd 252.
_UNKNOWN = re.compile(r"(?<!%)(?:%%)*%[eFkKOQxXzZ0-9]")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")


def of_service(settings: List[UnitSetting]) -> List[Tuple[UnitSetting, str]]:
    """Return [(UnitSetting, why systemd refuses the service)]."""
    kind = next((setting.value for setting in reversed(unit_files.listed(settings, "Service", "Type")) if setting.value in _TYPES), "")
    found = []
    starts = [(setting, command) for setting in unit_files.listed(settings, "Service", "ExecStart") for command in _commands(setting.value)]
    if len(starts) > 1 and kind != "oneshot":
        found.append((starts[1][0], "a second ExecStart= is only for Type=oneshot, and systemd refuses the unit"))
    named = unit_files.listed(settings, "Service", "ExecStart")
    if named and all(_UNKNOWN.search(setting.value) for setting in named):
        found.append((named[-1], "systemd knows no such specifier, leaves the line out, and refuses the unit"))
    restart, stays = (unit_files.last(settings, "Service", key) for key in ("Restart", "PAMName"))
    if kind == "oneshot" and restart is not None and restart.value in ("always", "on-success"):
        found.append((restart, "Type=oneshot does not take it, and systemd refuses the unit"))
    kill = unit_files.last(settings, "Service", "KillMode")
    if stays is not None and kill is not None and kill.value in ("process", "none"):
        found.append((kill, "a service with PAMName= does not take it, and systemd refuses the unit"))
    for setting in [setting for key in _COMMANDS for setting in unit_files.listed(settings, "Service", key)]:
        path = setting.value.lstrip("@-:+!|").strip().split(" ")[0]
        if re.match(r"[A-Za-z0-9._-]+/", path) and "-" not in setting.value[: len(setting.value) - len(setting.value.lstrip("@-:+!|"))]:
            found.append((setting, "the program has neither a whole path nor a name alone, and systemd refuses the unit"))
    return found


def starts_nothing(settings: List[UnitSetting]) -> bool:
    """Return whether systemd refuses a service because it has no program: neither ExecStart= nor, of Type=oneshot, what is done at its end."""
    if any(setting.section == "Service" and setting.key == "ExecStart" for setting in settings):
        return False  # one that is taken back is told where it is
    if unit_files.last(settings, "Unit", "SuccessAction") is not None:
        return False
    kind, stays = (unit_files.last(settings, "Service", key) for key in ("Type", "RemainAfterExit"))
    ends = bool(unit_files.listed(settings, "Service", "ExecStop"))
    return not (ends and kind is not None and kind.value == "oneshot" and stays is not None and stays.value.lower() in TRUE)


def of_socket(settings: List[UnitSetting]) -> List[Tuple[UnitSetting, str]]:
    """Return [(UnitSetting, why systemd refuses the socket)]."""
    own = [setting for setting in settings if setting.section == "Socket"]
    found = []
    taken = [setting for setting in own if setting.key in _LISTENING]
    if taken and not any(unit_files.listed(settings, "Socket", key) for key in _LISTENING):
        found.append((taken[-1], "it listens nowhere, and systemd refuses the unit"))
    accepts, named, most = (unit_files.last(settings, "Socket", key) for key in ("Accept", "Service", "MaxConnections"))
    if accepts is not None and accepts.value.lower() in TRUE:
        if named is not None:
            found.append((named, "a socket with Accept=yes takes no Service=, and systemd refuses the unit"))
        if most is not None and most.value == "0":
            found.append((most, "it takes no connection, and systemd refuses the unit"))
    return found


def _commands(value: str) -> List[str]:
    """Return the command lines of one ExecStart=: a word ``;`` stands between two."""
    return [part for part in re.split(r"(?:^|\s);(?=\s|$)", _QUOTED.sub("word", value)) if part.strip()]
