# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guests in the shape of other distributions, built of Debian packages.

Each shape is a module with NAME, PLAN (a Plan), KERNEL_AFTER (the package of a second kernel) and fill(guest), which makes an unpacked base a
guest of that shape. What boots here has the other distribution's parts, in the places and with the settings that it has them: it is
"shaped like" it, and never called by its name.
"""

from lab.errors import LabError
from lab.recipe import Plan
from lab.shapes import arm64, guest, rhel8, rhel9, rhel9_lvm, suse, ubuntu, ubuntu_lvm

__all__ = ["SHAPES", "guest", "named", "plan"]

SHAPES = {shape.NAME: shape for shape in (rhel9, rhel9_lvm, ubuntu, ubuntu_lvm, suse, rhel8, arm64)}


def plan(name: str, faulty: bool = False) -> Plan:
    """Return the Plan of a guest of a shape. Raises LabError: when there is no such shape."""
    return named(name).PLAN._replace(like=name, faulty=faulty)


def named(name: str):
    """Return the module of a shape. Raises LabError: when there is none of the name."""
    if name not in SHAPES:
        raise LabError(f"cannot build a guest like {name!r}: the lab knows {', '.join(SHAPES)}")
    return SHAPES[name]
