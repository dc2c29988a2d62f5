# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Powers a guest off after the task has reported, for the connection may not come back.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.core import commands

#: Seconds between the module's result and the power-off: enough for it to travel.
DELAY = 3


def power_off(delay: int = DELAY) -> None:
    """Start the guest's power-off in delay seconds, apart from this login, and return at once.

    Raises ImagewrightError: it cannot be started.
    """
    if commands.find("systemd-run") and commands.find("systemctl"):
        # a unit of its own outlives the session of this login (KillUserProcesses=yes)
        argv = ["systemd-run", "--quiet", f"--on-active={delay}s", "--timer-property=AccuracySec=100ms", "systemctl", "poweroff"]
    else:
        argv = ["/bin/sh", "-c", f"(sleep {delay}; poweroff || shutdown -h now) >/dev/null 2>&1 </dev/null &"]
    commands.run(argv, "power the guest off", timeout=60)
