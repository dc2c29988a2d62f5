# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The units without which nobody logs in or nobody provisions, of those that the boot starts.

PRIVATE: module_utils of this collection are not an interface.
"""

import re

from ansible_collections.imagewright.azure.plugins.module_utils.core import unit_reach
from ansible_collections.imagewright.azure.plugins.module_utils.core.unit_files import Units

_NEEDED = re.compile(
    r"(sshd?|walinuxagent|waagent|cloud-(init|init-local|init-main|init-network|config|final)|NetworkManager|systemd-networkd|networking|network|wicked|"
    r"systemd-udevd|systemd-logind|systemd-user-sessions|dbus|dbus-broker)\.(service|socket)$"
)


def needed_units(context):
    """Return the names ({str}) of the units of the boot that are needed, e.g. ``ssh.service``, with their other names."""
    known = context.shared(Units)
    found = {name for name in known.known(unit_reach.reached_through_services) if _NEEDED.match(name)}
    return found | {other for name in found for other in known.find(name).names}


def started(context):
    """Return the names ({str}) of the needed units without their suffix, e.g. ``ssh``."""
    return {name.rpartition(".")[0] for name in context.facts(needed_units)}
