# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Like RHEL 9 as its installer leaves it: as rhel9, but the root is the logical volume rhel/root, and /boot a file system of its own."""

from lab.shapes import rhel9

NAME = "rhel9-lvm"
KERNEL_AFTER = rhel9.KERNEL_AFTER
PLAN = rhel9.PLAN._replace(recipe=rhel9.PLAN.recipe._replace(include=(*rhel9.PACKAGES, "lvm2")), logical=("rhel", "root"))
fill = rhel9.fill
