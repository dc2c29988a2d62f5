# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a shape is given, and what several shapes share.

Their disks have an MBR: systemd swaps on a swap partition of a GPT by itself, and a container, which sees no partition table, cannot be
prepared against that.
"""

from pathlib import Path
from typing import NamedTuple

from lab import bootloader, faults, tree
from lab.layout import Layout
from lab.recipe import Plan

# What the lab's machines boot from. dracut in hostonly mode takes the drivers of the machine that it runs on, which may be another here.
OWN_DRIVERS = "virtio_pci virtio_scsi virtio_blk virtio_net ahci sd_mod"


class Unfilled(NamedTuple):
    """A guest to be: its unpacked tree, its plan, its disk, and the identifiers of its file systems."""

    root: Path
    plan: Plan
    disk: Layout
    names: object  # disk.Names


def plant_common(guest: Unfilled) -> None:
    """Write the faults that guests of every shape may have: in fstab, modprobe, sudoers, sshd, udev and the histories."""
    faults.plant_everywhere(guest.root, guest.disk, guest.plan.recipe.file_system)


def hostonly_dracut(root: Path) -> None:
    """Write dracut's configuration of the Red Hat family and SUSE: hostonly, here for the machines of the lab."""
    tree.write(root, "usr/lib/dracut/dracut.conf.d/01-dist.conf", 'hostonly="yes"\n')
    tree.write(root, "etc/dracut.conf.d/20-lab.conf", f'add_drivers+=" {OWN_DRIVERS} "\n')


def first_image_conf(guest: Unfilled) -> Path:
    """Write and return a drop-in for the first image alone: the machine that builds it is not the one that boots it.

    A faulty guest gets what hostonly mode gives a guest of another hypervisor: no driver of Hyper-V.
    """
    without = 'omit_drivers+=" hv_vmbus hv_storvsc hv_netvsc "\n' if guest.plan.faulty else ""
    tree.write(guest.root, "etc/dracut.conf.d/99-first.conf", 'hostonly="no"\n' + without)
    return guest.root / "etc/dracut.conf.d/99-first.conf"


def use_network_manager(root: Path, profiles: dict) -> None:
    """Have NetworkManager alone run the network. profiles: dict, name of a keyfile -> its text."""
    (root / "etc/systemd/network/20-dhcp.network").unlink()
    tree.chroot(root, "systemctl", "-q", "disable", "systemd-networkd.service")
    tree.chroot(root, "systemctl", "-q", "enable", "NetworkManager.service")
    for name, text in profiles.items():
        tree.write(root, f"etc/NetworkManager/system-connections/{name}.nmconnection", text, 0o600)


def grub2_named(root: Path) -> None:
    """Have GRUB's programs and directory under the names that the Red Hat family and SUSE give them."""
    for path in sorted((root / "usr/sbin").glob("grub-*")) + sorted((root / "usr/bin").glob("grub-*")):
        path.with_name(path.name.replace("grub-", "grub2-", 1)).symlink_to(path.name)
    # The scripts have the directory written in; what Debian has beside them would write a second menu.
    generator, header = root / "usr/sbin/grub-mkconfig", root / "etc/grub.d/00_header"
    for script in (generator, header):
        text = script.read_text(encoding="utf-8").replace("/boot/grub", "/boot/grub2").replace('"${grub_editenv}" -', '"${grub_editenv}" /boot/grub2/grubenv')
        script.write_text(text, encoding="utf-8")
    (root / "usr/sbin/grub2-mkconfig").unlink()
    generator.rename(root / "usr/sbin/grub2-mkconfig")
    debian = ("usr/sbin/update-grub", "usr/sbin/update-grub2", "etc/kernel/postinst.d/zz-update-grub", "etc/kernel/postrm.d/zz-update-grub")
    for path in (*debian, "etc/grub.d/05_debian_theme"):
        (root / path).unlink(missing_ok=True)
    tree.chroot(root, "rm", "-rf", "/boot/grub")
    (root / "boot/grub2").mkdir()
    tree.chroot(root, "grub2-editenv", "/boot/grub2/grubenv", "create")


def grub2_menu(guest: Unfilled, subvolume: str = "") -> None:
    """Write /boot/grub2: grub.cfg by the guest's own generator, the modules of the BIOS. subvolume: where GRUB finds the root on Btrfs."""
    with bootloader.answering(guest.root, guest.plan.recipe, guest.disk, guest.names.root, subvolume, guest.names.boot):
        tree.chroot(guest.root, "grub2-mkconfig", "-o", "/boot/grub2/grub.cfg")
    bootloader.write_bios_files(guest.root, guest.plan.recipe, guest.disk, "boot/grub2", subvolume)


def plant_dependent_initramfs(root: Path) -> None:
    """Have initramfs-tools take the drivers of one machine alone, that of the lab."""
    tree.append(root, "etc/initramfs-tools/modules", "".join(f"{driver}\n" for driver in faults.OWN_DRIVERS))
    tree.edit(root, "etc/initramfs-tools/initramfs.conf", "MODULES=", "MODULES=dep")


def debian_initramfs_and_menu(guest: Unfilled) -> None:
    """Write the initramfs and the menu as Debian and Ubuntu do, the first image from a list where it is to depend on a machine."""
    conf, dependent = "etc/initramfs-tools/initramfs.conf", guest.plan.faulty
    if dependent:
        tree.edit(guest.root, conf, "MODULES=", "MODULES=list")
    tree.make_initramfs(guest.root, guest.plan.recipe)
    if dependent:
        tree.edit(guest.root, conf, "MODULES=", "MODULES=dep")
    bootloader.write_files(guest.root, guest.plan.recipe, guest.disk, guest.names.root, guest.names.boot)
