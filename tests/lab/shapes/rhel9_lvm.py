# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Like RHEL 9 as its installer leaves it: as rhel9, with the root on the logical volume rhel/root, a /boot of its own, kdump's image, and cloud-init."""

from lab.shapes import rhel9

NAME = "rhel9-lvm"
KERNEL_AFTER = rhel9.KERNEL_AFTER
# Debian's cloud-init conflicts with firewalld, which rhel9 has.
PACKAGES = (*(name for name in rhel9.PACKAGES if name != "firewalld"), "lvm2", "cloud-init", "cloud-guest-utils")
PLAN = rhel9.PLAN._replace(recipe=rhel9.PLAN.recipe._replace(include=PACKAGES), logical=("rhel", "root"))
fill = rhel9.fill
