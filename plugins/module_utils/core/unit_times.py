# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What gives a unit no time to start.

PRIVATE: module_utils of this collection are not an interface.
Source: systemd.unit(5), JobTimeoutSec=; systemd.service(5), TimeoutStartSec=. Tried with systemd 252 and 257: with 10 ms neither networkd nor dbus nor
systemd-user-sessions starts, with 50 ms the latter do; JobTimeoutSec= counts from the begin of the boot, and JobRunningTimeoutSec= ends no target.
"""

from typing import List, Optional, Tuple

from ansible_collections.imagewright.azure.plugins.module_utils.core import time_span, unit_files
from ansible_collections.imagewright.azure.plugins.module_utils.core.unit_files import FALSE, UnitSetting

#: Seconds: no program has said sooner that it runs, and no boot has come to its services, or through sysinit.target, sooner.
_NO_PROGRAM, _NO_TURN = 0.02, 1
#: What is started without its program, or with what else has not to tell.
_AT_ONCE = ("simple", "idle")
_FIRST = "sysinit.target"


def too_short(name: str, settings: List[UnitSetting]) -> List[Tuple[UnitSetting, str]]:
    """Return [(UnitSetting, what comes of it)] of the times of a unit (name: str) in which it cannot start."""
    found = []
    turn, given = job_limit(name, settings), _limit(settings)
    if turn is not None and 0 < seconds(turn) < _NO_TURN:
        found.append((turn, "systemd gives its start up before its turn comes"))
    kind = unit_files.last(settings, "Service", "Type")
    if given is not None and 0 < seconds(given) < _NO_PROGRAM and kind is not None and kind.value not in _AT_ONCE:
        found.append((given, "systemd ends it before it has started"))
    return found


def job_limit(name: str, settings: List[UnitSetting]) -> Optional[UnitSetting]:
    """Return the UnitSetting of the time in which a unit has to be started, counted from the begin of the boot, None without one.

    None, too, for a unit that waits for nothing, as far as its settings say.
    """
    alone = unit_files.last(settings, "Unit", "DefaultDependencies")
    waits = name.endswith((".service", ".socket")) and (alone is None or alone.value.lower() not in FALSE)
    return unit_files.last(settings, "Unit", "JobTimeoutSec") if waits or name == _FIRST else None


def seconds(setting: UnitSetting) -> float:
    """Return the seconds of a time, 0 of what is none, or no limit."""
    return time_span.seconds(setting.value) or 0


def _limit(settings: List[UnitSetting]) -> Optional[UnitSetting]:
    found = [setting for setting in settings if setting.section == "Service" and setting.key in ("TimeoutStartSec", "TimeoutSec") and setting.value]
    return found[-1] if found else None
