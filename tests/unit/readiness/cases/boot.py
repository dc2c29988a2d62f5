# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of boot entries."""

from unit.readiness.guest_tree import ELF_I686, INITRAMFS, KERNEL

#: (rule, files to write (None: removed), (path, line) of the first evidence)
BROKEN_FILES = [
    ("R14c", {"/boot/grub/grub.cfg": "# empty\n"}, ("/boot", None)),
    ("R14d", {INITRAMFS: None}, ("/boot/grub/grub.cfg", 4)),
    ("R14d", {f"/boot/vmlinuz-{KERNEL}": ""}, ("/boot/grub/grub.cfg", 3)),
    ("R15b", {"/boot/efi/EFI/BOOT/BOOTX64.EFI": None, "/boot/efi/EFI/BOOT/BOOTIA32.EFI": "MZ"}, ("/boot/efi/EFI/BOOT/BOOTIA32.EFI", None)),
    ("R16", {"/bin/sh": ELF_I686}, ("/bin/sh", None)),
]
