# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian 12 on arm64: UEFI alone, its serial console ttyAMA0, Debian's initramfs-tools and GRUB. Always a machine: no container here runs its systemd."""

from lab import bootloader, faults, tree
from lab.recipe import Plan, Recipe
from lab.shapes import guest as shared

NAME = "arm64"
KERNEL_AFTER = "linux-image-rt-arm64"  # GRUB starts the last by name, and "arm64" comes before "cloud"
PLAN = Plan(Recipe("bookworm", firmware="uefi", architecture="arm64"), table="gpt", size=3 * 1024**3)

GOOD = """GRUB_DEFAULT=0
GRUB_TIMEOUT=0
GRUB_DISTRIBUTOR=Debian
GRUB_CMDLINE_LINUX_DEFAULT=""
GRUB_CMDLINE_LINUX="net.ifnames=0 console=tty1 console=ttyAMA0 earlycon=pl011,0xeffec000"
GRUB_TERMINAL="serial console"
GRUB_SERIAL_COMMAND="serial --speed=115200"
"""


def fill(guest: shared.Unfilled) -> None:
    """Write all that makes an unpacked base a guest of this shape."""
    if guest.plan.faulty:
        faults.plant(guest.root, guest.disk, guest.plan.recipe.file_system, guest.names.swap)
        shared.debian_initramfs_and_menu(guest)
        return
    tree.write(guest.root, "etc/default/grub", GOOD)
    tree.make_initramfs(guest.root, guest.plan.recipe)
    bootloader.write_files(guest.root, guest.plan.recipe, guest.disk, guest.names.root)
