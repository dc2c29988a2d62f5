# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Like SLES 15 and 16 and openSUSE: Btrfs whose default subvolume is a snapshot of snapper's, dracut, /boot/grub2, sudo by root's password.

GRUB itself is Debian's, which counts its paths from the top of the file system where SUSE's counts from the default subvolume.
Source: the layout and the files of SLES' installer and packages, as their public documents and sources show them
"""

from lab import faults, tree
from lab.recipe import Plan, Recipe
from lab.shapes import guest as shared

NAME = "suse"
KERNEL_AFTER = "linux-image-rt-amd64"
PACKAGES = ("network-manager", "chrony", "snapper", "firewalld", "polkitd")
SNAPSHOT = "@/.snapshots/1/snapshot"
#: Subvolumes of @, each mounted by a line of its own in fstab.
SUBVOLUMES = (".snapshots", "home", "opt", "root", "srv", "usr/local", "var")
PLAN = Plan(Recipe("forky", initramfs="dracut", file_system="btrfs", include=PACKAGES, agent=True), size=3 * 1024**3, subvolumes=SUBVOLUMES)

GRUB_DEFAULTS = """GRUB_DISTRIBUTOR=
GRUB_DEFAULT=saved
GRUB_HIDDEN_TIMEOUT=0
GRUB_HIDDEN_TIMEOUT_QUIET=true
GRUB_TIMEOUT=1
GRUB_CMDLINE_LINUX_DEFAULT="{parameters} security=apparmor mitigations=auto"
GRUB_CMDLINE_LINUX=""
{terminal}
GRUB_DISABLE_OS_PROBER="true"
SUSE_BTRFS_SNAPSHOT_BOOTING="true"
"""
TERMINAL = 'GRUB_TERMINAL="serial console"\nGRUB_SERIAL_COMMAND="serial --speed=115200"'

# As SUSE's purge-kernels, mkinitrd and update-bootloader do it at the end of a kernel package.
KERNEL_HOOK = """#!/bin/sh
set -e
[ "${INITRD:-Yes}" != No ] || exit 0
dracut --force "/boot/initrd-$1" "$1"
grub2-mkconfig -o /boot/grub2/grub.cfg
"""
KERNEL_REMOVAL_HOOK = """#!/bin/sh
rm -f "/boot/initrd-$1"
grub2-mkconfig -o /boot/grub2/grub.cfg
"""

SNAPPER = """SUBVOLUME="/"
FSTYPE="btrfs"
QGROUP=""
NUMBER_CLEANUP="yes"
TIMELINE_CREATE="no"
"""
# An emulated machine on a busy one may still start when the daily cleanup begins, ten minutes after the power-on; that failed once then.
LATE_CLEANUP = "[Timer]\nOnBootSec=\nOnBootSec=1d\n"
SNAPSHOT_INFO = """<?xml version="1.0"?>
<snapshot>
  <type>single</type>
  <num>1</num>
  <date>2026-01-01 00:00:00</date>
  <description>first root filesystem</description>
</snapshot>
"""

PROFILE = """[connection]
id={name}
uuid=0c53c1a4-7d7a-4a5c-9b8a-3a1f6f1b2c3d
type=ethernet
interface-name={name}

[ethernet]
{ethernet}
[ipv4]
method=auto

[ipv6]
method=disabled
"""


def fill(guest: shared.Unfilled) -> None:
    """Write all that makes an unpacked base a guest of this shape."""
    root, faulty = guest.root, guest.plan.faulty
    shared.grub2_named(root)
    shared.hostonly_dracut(root)
    if faulty:
        shared.plant_common(guest)
    tree.write(root, "etc/fstab", fstab(guest))
    tree.write(root, ".snapshots/1/info.xml", SNAPSHOT_INFO)
    tree.write(root, "etc/snapper/configs/root", SNAPPER, 0o640)
    tree.write(root, "etc/default/snapper", 'SNAPPER_CONFIGS="root"\n')
    tree.write(root, "etc/systemd/system/snapper-cleanup.timer.d/lab.conf", LATE_CLEANUP)
    parameters = "splash=silent quiet rhgb crashkernel=auto" if faulty else "console=tty0 console=ttyS0,115200n8 net.ifnames=0"
    tree.write(root, "etc/default/grub", GRUB_DEFAULTS.format(parameters=parameters, terminal='GRUB_TERMINAL="gfxterm"' if faulty else TERMINAL))
    name, ethernet = ("enp0s2", f"mac-address={faults.MAC}\n") if faulty else ("eth0", "")
    shared.use_network_manager(root, {name: PROFILE.format(name=name, ethernet=ethernet)})
    for folder, hook in (("postinst.d", KERNEL_HOOK), ("postrm.d", KERNEL_REMOVAL_HOOK)):
        (root / "etc/kernel" / folder / "dracut").unlink()
        tree.write(root, f"etc/kernel/{folder}/zz-suse", hook, 0o755)
    version = tree.kernel_version(root)
    first = shared.first_image_conf(guest)
    tree.chroot(root, "dracut", "--force", f"/boot/initrd-{version}", version, timeout=3600)
    first.unlink()
    shared.grub2_menu(guest, subvolume=SNAPSHOT)


def fstab(guest: shared.Unfilled) -> str:
    """Return an fstab with a line for the default subvolume and one for each other."""
    device = f"/dev/sda{guest.disk.part('root').number}" if guest.plan.faulty else f"UUID={guest.names.root}"
    lines = [f"{device} / btrfs defaults 0 0"]
    lines += [f"{device} /{name} btrfs subvol=/@/{name} 0 0" for name in SUBVOLUMES]
    if guest.plan.faulty:
        lines.append(f"/dev/sda{guest.disk.part('swap').number} swap swap defaults 0 0")
    return "\n".join(lines) + "\n"
