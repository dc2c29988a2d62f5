# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""System manager: the limits that systemd gives every service by its own settings.

PRIVATE: module_utils of this collection are not an interface.
"""

import re

from ansible_collections.imagewright.azure.plugins.module_utils.core import services, time_span, unit_files
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, Evidence, failed_if, not_applicable
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.path import manager_settings
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import SYSTEM_MANAGER

_KIB, _MIB = 1024, 1024 * 1024
#: The smallest soft limit with which services start: int, bytes, seconds or a number.
_LEAST = {
    "DefaultLimitNOFILE": 64,
    "DefaultLimitNPROC": 8,
    "DefaultLimitAS": 64 * _MIB,
    "DefaultLimitDATA": 16 * _MIB,
    "DefaultLimitSTACK": 128 * _KIB,
    "DefaultLimitFSIZE": _MIB,
    "DefaultLimitCPU": 60,
}
_BYTES = ("DefaultLimitAS", "DefaultLimitDATA", "DefaultLimitSTACK", "DefaultLimitFSIZE")
_SIZE = re.compile(r"(\d+(?:\.\d+)?)([KMGTPE]?)B?$")
#: Tasks that a service with threads and programs of its own has at once: the agent, cloud-init, sshd with one session.
_LEAST_TASKS = 16
#: Tasks of which DefaultTasksMax= counts percents on the smallest size of Azure: a kernel allows so many by 512 MiB.
_TASKS = 3700


@rule(
    "R73c",
    step=SYSTEM_MANAGER,
    severity=ERROR,
    title="systemd's own settings leave its services what they need to start",
    fault="systemd's own settings leave its services too little to start",
    why="DefaultTasksMax= and DefaultLimit...= of system.conf hold for every service that does not say otherwise: sshd, the agent and cloud-init as well.",
    cure="Remove the line from system.conf, or have it in a drop-in of the one service that is meant.",
    source="systemd-system.conf(5); systemd.exec(5), Process Properties; setrlimit(2)",
    choice="SystemCallArchitectures= is not asked: systemd always leaves the native one in.",
)
def services_may_start(context):
    """Return failed with the last line of each default limit that is too small for any service."""
    if not services.uses_systemd(context.tree):
        return not_applicable("the guest is not started by systemd")
    settings = manager_settings.settings(context)
    found = []
    for key, least in _LEAST.items():
        setting = _last(settings, key, lambda value, key=key: _limit(key, value))
        if setting is not None and _limit(key, setting.value) < least:
            found.append(setting)
    setting = _last(settings, "DefaultTasksMax", tasks)
    if setting is not None and tasks(setting.value) < _LEAST_TASKS:
        found.append(setting)
    return failed_if(Evidence(setting.path, setting.line, f"{setting.key}={setting.value}: no service starts with so little") for setting in found)


def _last(settings, key, understood):
    """Return the last UnitSetting of a key that systemd takes, None without one; what it does not understand it leaves out."""
    taken = unit_files.listed(settings, "Manager", key)
    return next((setting for setting in reversed(taken) if understood(setting.value) is not None), None)


def _limit(key, value):
    """Return the soft limit (float) of a value, None when systemd does not understand it."""
    soft = value.partition(":")[0].strip()
    if soft == "infinity":
        return float("inf")
    if key == "DefaultLimitCPU":
        return time_span.seconds(soft)
    if key not in _BYTES:
        return int(soft) if soft.isdigit() else None
    return size(soft)


def size(text):
    """Return the bytes (float) of a size, as ``64M``, None when systemd does not understand it."""
    match = _SIZE.match(text)
    return float(match.group(1)) * 1024 ** " KMGTPE".index(match.group(2) or " ") if match else None


def tasks(value):
    """Return the number (float) of tasks of DefaultTasksMax=, None when systemd does not understand it; it takes no 0."""
    if value == "infinity":
        return float("inf")
    match = re.match(r"(\d+(?:\.\d+)?)(%?)$", value)
    if not match or not float(match.group(1)):
        return None
    return float(match.group(1)) * _TASKS / 100 if match.group(2) else float(match.group(1))


RULES = [services_may_start]
