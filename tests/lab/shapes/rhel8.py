# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Like RHEL 8: as RHEL 9 on a logical volume, but each boot entry takes its parameters from kernelopts in grubenv, and there is no /etc/kernel/cmdline.

GRUB 2.14 puts variables into an entry as Red Hat's does, so this boots. Python and dracut are Debian's, which are newer.
Source: the files of RHEL 8's packages grub2-common, grub2-tools and dracut, as public mirrors of their sources show them
"""

from lab import tree
from lab.shapes import guest as shared
from lab.shapes import rhel9, rhel9_lvm

NAME = "rhel8"
KERNEL_AFTER = rhel9.KERNEL_AFTER
PLAN = rhel9_lvm.PLAN

ENTRY_PLUGIN = """#!/bin/sh
set -e
command=$1 version=$2 image=$4
machine=$(cat /etc/machine-id)
entry=/boot/loader/entries/$machine-$version.conf
case $command in
add)
  [ "$image" = "/boot/vmlinuz-$version" ] || cp "$image" "/boot/vmlinuz-$version"
  . /etc/os-release
  mkdir -p /boot/loader/entries
  cat >"$entry" <<EOF
title $NAME ($version) $VERSION_ID
version $version
linux @BOOT@/vmlinuz-$version
initrd @BOOT@/initramfs-$version.img
options \\$kernelopts
id $machine-$version
grub_users \\$grub_users
grub_arg --unrestricted
grub_class kernel
EOF
  grub2-editenv /boot/grub2/grubenv set "saved_entry=$machine-$version"
  ;;
remove)
  rm -f "$entry" "/boot/initramfs-$version.img"
  ;;
esac
"""


def fill(guest: shared.Unfilled) -> None:
    """Write all that makes an unpacked base a guest of this shape."""
    rhel9.fill(guest, ENTRY_PLUGIN)
    parameters = (guest.root / "etc/kernel/cmdline").read_text(encoding="utf-8").strip()
    (guest.root / "etc/kernel/cmdline").unlink()
    tree.chroot(guest.root, "grub2-editenv", "/boot/grub2/grubenv", "set", f"kernelopts={parameters}")
