# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A disk whose root is a logical volume and whose /boot is a partition: written without a device mapper, for lvm2 writes its metadata to a loop device."""

import shutil
import uuid

from lab import bootloader, filesystems, logical, tree
from lab.commands import run
from lab.layout import EXTENT, FIRST_EXTENT, MIB, SECTOR, Layout, Part, extents

GROUP, VOLUME = "vg0", "root"
BOOT_SIZE = 256 * MIB


def grow(root, identifier):
    """Have the boot menu and /etc/fstab name the volume, and GRUB's core look for its files on the first partition, which is /boot."""
    boot = str(uuid.uuid4())
    (root / "tmp/boot-uuid").write_text(boot, encoding="ascii")
    tree.write(root, "etc/fstab", f"/dev/mapper/{GROUP}-{VOLUME} / ext4 errors=remount-ro 0 1\nUUID={boot} /boot ext4 defaults 0 2\n")
    menu = root / "boot/grub/grub.cfg"
    text = menu.read_text(encoding="utf-8").replace(f"root=UUID={identifier}", f"root=/dev/mapper/{GROUP}-{VOLUME}")
    menu.write_text(text.replace(identifier, boot).replace("/boot/vmlinuz", "/vmlinuz").replace("/boot/initrd", "/initrd"), encoding="utf-8")
    tree.chroot(root, "grub-mkimage", "-O", "i386-pc", "-o", "/boot/grub/i386-pc/core.img", "-p", "(,msdos1)/grub", "biosdisk", "part_msdos", "ext2")


def write(raw, root, size, identifier):
    """Write the whole disk of a tree: boot code, /boot and the volume group; size: int, bytes."""
    end = size // MIB * MIB
    boot, group = Part("boot", 1, MIB, BOOT_SIZE), Part("lvm", 2, MIB + BOOT_SIZE, end - MIB - BOOT_SIZE)
    lines = [f"start={part.start // SECTOR}, size={part.size // SECTOR}, type={kind}" for part, kind in ((boot, "83"), (group, "8e"))]
    with raw.open("wb") as handle:
        handle.truncate(size)
    run(["sfdisk", "--quiet", "--no-tell-kernel", "--no-reread", raw], stdin="label: dos\n" + "\n".join(lines) + "\n")
    bootloader._write_grub2_bios(raw, root, Layout(size, "mbr", (boot, group)))
    boot_files = root.with_name("boot")
    shutil.move(root / "boot", boot_files)
    (root / "boot").mkdir()
    filesystems.write_root(raw, boot, "ext4", boot_files, (root / "tmp/boot-uuid").read_text(encoding="ascii"))
    logical.write_group(raw, group, GROUP, VOLUME)
    filesystems.write_root(raw, Part("root", 0, group.start + FIRST_EXTENT, extents(group) * EXTENT), "ext4", root, identifier)
