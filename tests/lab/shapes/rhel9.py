# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Like RHEL 9 and 10: GRUB with Boot Loader Specification entries by kernel-install, dracut in hostonly mode, NetworkManager's keyfiles, XFS.

Source: the files of RHEL 9's packages grub2-common, grub2-tools, systemd-udev and dracut, as public mirrors of their sources show them
"""

import shutil

from lab import faults, tree
from lab.recipe import Plan, Recipe
from lab.shapes import guest as shared

NAME = "rhel9"
# Begins with a letter: the name of a default that begins with a digit is a number to upstream's GRUB, whose first entry it starts then.
# Red Hat's looks at ids and titles first. Source: its patch "Fix menu entry selection based on ID and title" of 2018
MACHINE_ID = "b4f00e8d049424ea1b2e951fa3b96614"
# Not linux-image-rt-amd64: with its entry GRUB 2.14-4 showed the line of `initrd` run into other bytes, and started the kernel without an
# initramfs. Seen with this one entry; the cause was not looked for in GRUB's source.
KERNEL_AFTER = "linux-image-amd64"
PACKAGES = ("network-manager", "chrony", "firewalld", "tuned", "polkitd", "curl")
PLAN = Plan(Recipe("forky", initramfs="dracut", file_system="xfs", include=PACKAGES, agent=True), size=3 * 1024**3)

# A container, where the guest may be prepared, shows dracut no device mapper; a machine does.
LOGICAL_CONF = 'add_dracutmodules+=" lvm dm "\nadd_drivers+=" dm_mod "\n'

GOOD = "console=tty0 console=ttyS0,115200n8 net.ifnames=0"
FAULTY = "crashkernel=auto rhgb quiet"

GRUB_DEFAULTS = """GRUB_TIMEOUT={timeout}
GRUB_DISTRIBUTOR="$(sed 's, release .*$,,g' /etc/system-release)"
GRUB_DEFAULT=saved
GRUB_DISABLE_SUBMENU=true
{terminal}
GRUB_CMDLINE_LINUX="{parameters}"
GRUB_DISABLE_RECOVERY="true"
GRUB_ENABLE_BLSCFG=true
"""
TERMINAL = 'GRUB_TERMINAL="serial console"\nGRUB_SERIAL_COMMAND="serial --speed=115200"'

# @BOOT@ is where GRUB finds what the guest has in /boot, @ROOT@ what a command line calls the root.
# Red Hat's has the same effect; its blscfg finds the entries by a variable, the one of GRUB 2.14 by --path.
LINUX_D = """#!/bin/sh
set -e
. /usr/share/grub/grub-mkconfig_lib
prepare_grub_to_access_device "${GRUB_DEVICE_BOOT}"
cat <<EOF
insmod blsuki
blscfg --path @BOOT@/loader/entries
EOF
"""

# dracut 112 leaves the image in the staging area, that of RHEL 9 in /boot.
IMAGE_PLUGIN = """#!/bin/sh
set -e
[ "$1" != add ] || cp "$KERNEL_INSTALL_STAGING_AREA/initrd" "/boot/initramfs-$2.img"
"""

# The entry is that of Red Hat's 20-grub.install, whose rules these are: /etc/kernel/cmdline counts, unless /etc/default/grub is younger; the
# kernel that was installed last is the default, by the name of its entry without .conf.
ENTRY_PLUGIN = """#!/bin/sh
set -e
command=$1 version=$2 image=$4
machine=$(cat /etc/machine-id)
entry=/boot/loader/entries/$machine-$version.conf
case $command in
add)
  [ "$image" = "/boot/vmlinuz-$version" ] || cp "$image" "/boot/vmlinuz-$version"
  if [ -f /etc/kernel/cmdline ] && ! [ /etc/default/grub -nt /etc/kernel/cmdline ]; then
    options=$(cat /etc/kernel/cmdline)
  else
    . /etc/default/grub
    options="root=@ROOT@ ro $GRUB_CMDLINE_LINUX"
  fi
  . /etc/os-release
  mkdir -p /boot/loader/entries
  cat >"$entry" <<EOF
title $NAME ($version) $VERSION_ID
version $version
linux @BOOT@/vmlinuz-$version
initrd @BOOT@/initramfs-$version.img
options $options
grub_users \\$grub_users
grub_arg --unrestricted
grub_class rhel
EOF
  grub2-editenv /boot/grub2/grubenv set "saved_entry=$machine-$version"
  ;;
remove)
  rm -f "$entry" "/boot/initramfs-$version.img"
  ;;
esac
"""

# What Red Hat's kernel package does at its end.
KERNEL_HOOK = """#!/bin/sh
set -e
[ "${INITRD:-Yes}" != No ] || exit 0
exec kernel-install add "$1" "${2:-/boot/vmlinuz-$1}"
"""
KERNEL_REMOVAL_HOOK = """#!/bin/sh
exec kernel-install remove "$1"
"""

PROFILE = """[connection]
id={name}
uuid=5fb06bd0-0bb0-7ffb-45f1-d6edd65f3e03
type=ethernet
autoconnect-priority=-999
interface-name={name}

[ethernet]
{ethernet}
[ipv4]
method=auto

[ipv6]
method=disabled
"""


def fill(guest: shared.Unfilled, entry_plugin: str = ENTRY_PLUGIN) -> None:
    """Write all that makes an unpacked base a guest of this shape. entry_plugin: the script that writes the entry of a kernel."""
    root, faulty, logical = guest.root, guest.plan.faulty, guest.plan.logical
    places = {"@BOOT@": "" if logical else "/boot", "@ROOT@": guest.disk.device("root") if logical else f"UUID={guest.names.root}"}
    tree.write(root, "etc/system-release", "Debian GNU/Linux release in the shape of another\n")
    tree.write(root, "etc/machine-id", MACHINE_ID + "\n")
    shared.grub2_named(root)
    shared.hostonly_dracut(root)
    if logical:
        tree.write(root, "etc/dracut.conf.d/21-lab.conf", LOGICAL_CONF)
    parameters = (f"rd.lvm.lv={'/'.join(logical)} " if logical else "") + (FAULTY if faulty else GOOD)
    tree.write(
        root, "etc/default/grub", GRUB_DEFAULTS.format(timeout=1, terminal='GRUB_TERMINAL_OUTPUT="console"' if faulty else TERMINAL, parameters=parameters)
    )
    resume = f" resume=UUID={guest.names.swap}" if faulty else ""
    tree.write(root, "etc/kernel/cmdline", f"root={places['@ROOT@']} ro {parameters}{resume}\n")
    if faulty:
        shared.plant_common(guest)
    # enp0s2: the lab's machines without net.ifnames=0
    name, ethernet = ("enp0s2", f"mac-address={faults.MAC}\n") if faulty else ("eth0", "")
    shared.use_network_manager(root, {name: PROFILE.format(name=name, ethernet=ethernet)})
    _kernel_by_kernel_install(root, _placed(entry_plugin, places))
    first = shared.first_image_conf(guest)
    version = tree.kernel_version(root)
    tree.chroot(root, "kernel-install", "add", version, f"/boot/vmlinuz-{version}", timeout=3600)
    first.unlink()
    if logical:  # kdump's own image, which no entry of the menu starts
        shutil.copy(root / f"boot/initramfs-{version}.img", root / f"boot/initramfs-{version}kdump.img")
    tree.write(root, "etc/grub.d/10_linux", _placed(LINUX_D, places), 0o755)
    shared.grub2_menu(guest)


def _placed(script: str, places: dict) -> str:
    for name, place in places.items():
        script = script.replace(name, place)
    return script


def _kernel_by_kernel_install(root, entry_plugin: str) -> None:
    """Have each new kernel's entry and image made by kernel-install, and by nothing of Debian's."""
    for path in ("etc/kernel/postinst.d/dracut", "etc/kernel/postrm.d/dracut"):
        (root / path).unlink()
    tree.write(root, "etc/kernel/install.conf", "layout=other\n")
    tree.write(root, "usr/lib/kernel/install.d/20-grub.install", entry_plugin, 0o755)
    tree.write(root, "usr/lib/kernel/install.d/52-initramfs.install", IMAGE_PLUGIN, 0o755)
    tree.write(root, "etc/kernel/postinst.d/zz-kernel-install", KERNEL_HOOK, 0o755)
    tree.write(root, "etc/kernel/postrm.d/zz-kernel-install", KERNEL_REMOVAL_HOOK, 0o755)
