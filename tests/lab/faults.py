# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The faults of a faulty guest, as data: each one is something that the Azure documents warn of.

A test or the demo can ask for each where it lies (`locate`) and compare that with what readiness says.
"""

from pathlib import Path
from typing import NamedTuple

from lab import tree
from lab.layout import Layout

MAC = "52:54:00:12:34:56"  # of the lab's machines

# What the machines of the lab boot from; with MODULES=dep a rebuild adds nothing of Hyper-V.
OWN_DRIVERS = ("virtio_pci", "virtio_scsi", "virtio_blk", "ahci", "sd_mod", "ext4")

GRUB_DEFAULTS = """# If you change this file, run 'update-grub' afterwards to update /boot/grub/grub.cfg.
GRUB_DEFAULT=0
GRUB_TIMEOUT=0
GRUB_DISTRIBUTOR=`lsb_release -i -s 2> /dev/null || echo Debian`
GRUB_CMDLINE_LINUX_DEFAULT="quiet"
GRUB_CMDLINE_LINUX="rhgb crashkernel=auto"
GRUB_TERMINAL=console
"""

SUDOERS = """Defaults targetpw   # ask for the password of the target user i.e. root
ALL   ALL=(ALL) ALL   # WARNING! Only use this together with 'Defaults targetpw'!
"""

HISTORY = "".join(f"curl --user builder:not-a-real-password-{line} https://intranet.example/{line}\n" for line in range(30))


class Fault(NamedTuple):
    """One planted fault.

    name: str, short and unique
    requirement: str, its id in the catalogue of requirements
    path: str, the guest's file that shows it, "" where the disk itself does
    text: str, a text of one line of that file, "" where no line shows it
    what: str, one sentence
    """

    name: str
    requirement: str
    path: str
    text: str
    what: str


def faults(disk: Layout) -> list:
    """Return all faults that a faulty disk of this layout has."""
    root, swap = disk.part("root"), disk.part("swap")
    return [
        Fault("quiet", "R30", "/etc/default/grub", "quiet", "the kernel line hides the boot messages"),
        Fault("rhgb", "R30", "/etc/default/grub", "rhgb", "the kernel line asks for a graphical boot"),
        Fault("crashkernel", "R30", "/etc/default/grub", "crashkernel=auto", "the kernel line sets memory aside for kdump"),
        Fault("kernel-console", "R27", "/etc/default/grub", "GRUB_CMDLINE_LINUX=", "the kernel has no console on ttyS0"),
        Fault("grub-terminal", "R33", "/etc/default/grub", "GRUB_TERMINAL=console", "GRUB does not speak on the serial line"),
        Fault("initramfs", "R17", "/etc/initramfs-tools/initramfs.conf", "MODULES=dep", "the initramfs has no Hyper-V driver"),
        Fault("swap-line", "R12", "/etc/fstab", f"/dev/sda{swap.number}", "the OS disk is swapped to"),
        Fault("swap-resume", "R12", "/etc/initramfs-tools/conf.d/resume", "RESUME=", "the initramfs looks for a suspended system"),
        Fault("fstab-names", "R13", "/etc/fstab", f"/dev/sda{root.number}", "the root has a name that changes on Azure"),
        Fault("targetpw", "R47", "/etc/sudoers", "Defaults targetpw", "sudo asks for the password of root, who has none"),
        Fault("all-all", "R47", "/etc/sudoers", "ALL   ALL=(ALL) ALL", "everybody may become anybody"),
        Fault("udf", "R19", "/etc/modprobe.d/blacklist-udf.conf", "install udf", "the provisioning DVD cannot be read"),
        Fault("persistent-net", "R35", "/etc/udev/rules.d/70-persistent-net.rules", MAC, "the network card's address is pinned"),
        Fault("root-history", "R50", "/root/.bash_history", "not-a-real-password-0 ", "root's shell history is left"),
        Fault("user-history", "R50", f"/home/{tree.USER}/.bash_history", "not-a-real-password-0 ", "a user's shell history is left"),
        Fault("keep-alive", "R46", "/etc/ssh/sshd_config.d/10-local.conf", "ClientAliveInterval 0", "sshd lets idle sessions be cut"),
        Fault("size", "R02", "", "", f"the disk has {disk.size} bytes, which is no whole number of MiB"),
    ]


def plant(root: Path, disk: Layout, file_system: str, swap_uuid: str) -> None:
    """Write all faults that are files into a guest's tree; the initramfs is made after this."""
    tree.write(root, "etc/default/grub", GRUB_DEFAULTS)
    plant_everywhere(root, disk, file_system)
    if (root / "etc/initramfs-tools").is_dir():
        tree.append(root, "etc/initramfs-tools/modules", "".join(f"{driver}\n" for driver in OWN_DRIVERS))
        tree.edit(root, "etc/initramfs-tools/initramfs.conf", "MODULES=", "MODULES=dep")
        tree.write(root, "etc/initramfs-tools/conf.d/resume", f"RESUME=UUID={swap_uuid}\n")
    else:
        tree.write(root, "etc/dracut.conf.d/10-omit.conf", 'omit_drivers+=" hv_vmbus hv_storvsc hv_netvsc "\n')


def plant_everywhere(root: Path, disk: Layout, file_system: str) -> None:
    """Write the faults that do not depend on the boot loader or on what makes the initramfs."""
    tree.write(root, "etc/fstab", fstab(disk, file_system))
    tree.write(root, "etc/modprobe.d/blacklist-udf.conf", "blacklist udf\ninstall udf /bin/true\n")
    tree.write(root, "etc/udev/rules.d/70-persistent-net.rules", f'SUBSYSTEM=="net", ACTION=="add", ATTR{{address}}=="{MAC}", NAME="eth0"\n')
    tree.write(root, "etc/ssh/sshd_config.d/10-local.conf", "ClientAliveInterval 0\n")
    tree.write(root, "root/.bash_history", HISTORY, 0o600)
    tree.write(root, f"home/{tree.USER}/.bash_history", HISTORY, 0o600)
    tree.chroot(root, "chown", f"{tree.USER}:", f"/home/{tree.USER}/.bash_history")
    sudoers = (root / "etc/sudoers").read_text(encoding="utf-8")
    tree.write(root, "etc/sudoers", before_includes(sudoers, SUDOERS), 0o440)


def fstab(disk: Layout, file_system: str) -> str:
    """Return an fstab that names every partition as the kernel does."""
    options = "errors=remount-ro" if file_system.startswith("ext") else "defaults"
    lines = [f"{disk.device('root')} / {file_system} {options} 0 1"]
    if disk.part("boot"):
        lines.append(f"{disk.device('boot')} /boot {file_system} {options} 0 2")
    if disk.part("esp"):
        lines.append(f"/dev/sda{disk.part('esp').number} /boot/efi vfat umask=0077 0 1")
    if disk.part("swap"):
        lines.append(f"/dev/sda{disk.part('swap').number} none swap sw 0 0")
    return "\n".join(lines) + "\n"


def before_includes(sudoers: str, rules: str) -> str:
    """Return a sudoers text with rules in front of what it includes, so that the included rules win."""
    lines = sudoers.splitlines(keepends=True)
    at = next((number for number, line in enumerate(lines) if line.lstrip("@#").startswith("include")), len(lines))
    return "".join(lines[:at]) + rules + "".join(lines[at:])


def locate(read_text, fault: Fault) -> int:
    """Return the line number (from 1) at which a fault shows, 0 when it shows in no line.

    read_text: function, path -> the text of that file of the guest, or raises FileNotFoundError
    """
    if not fault.text:
        return 0
    try:
        lines = read_text(fault.path).splitlines()
    except FileNotFoundError:
        return 0
    matching = (number for number, line in enumerate(lines, start=1) if fault.text in line and not line.lstrip().startswith("#"))
    return next(matching, 0)
