# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the menus of boot loaders lie that few guests have.

PRIVATE: module_utils of this collection are not an interface.
"""

#: Entries of the Boot Loader Specification, and the line that kernel-install gives to those of new kernels.
BLS = ("/boot/loader/entries/*.conf", "/boot/efi/loader/entries/*.conf", "/efi/loader/entries/*.conf")
KERNEL_CMDLINE = "/etc/kernel/cmdline"
GRUB_LEGACY = ("/boot/grub/menu.lst", "/boot/grub/grub.conf", "/etc/grub.conf", "/boot/efi/EFI/redhat/grub.conf", "/boot/boot/grub/menu.lst")
EXTLINUX = ("/boot/extlinux.conf", "/boot/extlinux/*.conf", "/boot/extlinux/*.cfg", "/boot/syslinux/*.cfg", "/boot/efi/EFI/syslinux/*.cfg")
#: Unified kernel images, where firmware and systemd-boot find them without an entry being written.
#: Source: UAPI.1 Boot Loader Specification, type 2.
UNIFIED = ("/boot/EFI/Linux/*.efi", "/boot/efi/EFI/Linux/*.efi", "/efi/EFI/Linux/*.efi")
