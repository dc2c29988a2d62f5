# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the Azure agent's own deprovisioning.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.core import commands

#: VirtualBox guests end with this after all was done. Source: R51.
HARMLESS = "[Errno 5] Input/output error"

#: Links that the agent removes together with the state behind them, and directories that DHCP clients want to find.
RESOLVER = "/etc/resolv.conf"
LEASE_FOLDERS = ("/var/lib/dhcp", "/var/lib/dhclient", "/var/lib/dhcpcd")

#: Directories that it empties, whatever is mounted in them. Source: WALinuxAgent, pa/deprovision/default.py.
EMPTIED = LEASE_FOLDERS + ("/var/lib/waagent",)


def program():
    """Return the path of waagent, or None when the agent is not installed."""
    return commands.find("waagent")


def command(user=False):
    """Return the command ([str]) that deprovisions.

    user: bool, also delete the account that Azure made (``+user``).
    """
    return ["waagent", "-force", "-deprovision" + ("+user" if user else "")]


def deprovision(user=False):
    """Return the Completed command of the agent's deprovisioning.

    user: as for command.
    Raises ImagewrightError: it failed, other than with VirtualBox' harmless input/output error.
    """
    completed = commands.run(command(user), "deprovision the guest", timeout=300, accept=None)
    if completed.rc and HARMLESS not in completed.stdout + completed.stderr:
        raise commands.failure(completed, "deprovision the guest")
    return completed
