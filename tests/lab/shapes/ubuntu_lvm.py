# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Like Ubuntu Server 22.04 as its installer leaves it: as ubuntu, with the root on the logical volume ubuntu-vg/ubuntu-lv, and a /boot of its own."""

from lab.shapes import ubuntu

NAME = "ubuntu-lvm"
KERNEL_AFTER = ubuntu.KERNEL_AFTER
PLAN = ubuntu.PLAN._replace(recipe=ubuntu.PLAN.recipe._replace(include=(*ubuntu.PACKAGES, "lvm2")), logical=("ubuntu-vg", "ubuntu-lv"))
fill = ubuntu.fill
