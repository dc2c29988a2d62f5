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


def program():
    """Return the path of waagent, or None when the agent is not installed."""
    return commands.find("waagent")


def deprovision(user=False):
    """Return the Completed ``waagent -force -deprovision``.

    user: bool, also delete the account that Azure made (``+user``).
    Raises ImagewrightError: it failed, other than with VirtualBox' harmless input/output error.
    """
    argv = ["waagent", "-force", "-deprovision" + ("+user" if user else "")]
    completed = commands.run(argv, "deprovision the guest", timeout=300, accept=None)
    if completed.rc and HARMLESS not in completed.stdout + completed.stderr:
        raise commands.failure(completed, "deprovision the guest")
    return completed
