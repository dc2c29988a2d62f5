# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stops a machine and shows in no file: boot code, partition table, EFI system partition, file systems."""

import os
import re
import struct
import subprocess

from integration.broken.disks import LINUX, MIB, SECTOR
from integration.broken.overlay import DoesNotApply

CORE_AT = 0x5C  # of the boot code: the sector of GRUB's core
DRIVE_AT = 0x64  # of the boot code: the drive that it reads from
BLOCKS_AT = 500  # of the core's first sector: where it goes on, and for how many sectors
LOADER = "/EFI/BOOT/BOOTX64.EFI"
STUB = "/EFI/debian/grub.cfg"
SUPERBLOCK = 1024  # bytes into an ext file system


def boot_code(disk):
    if disk.read(0, 440).count(0) == 440:
        raise DoesNotApply("the disk has no boot code")


def core(disk):
    """Return (offset of the core, bytes of all that follows its first sector)."""
    boot_code(disk)
    start = struct.unpack("<Q", disk.read(CORE_AT, 8))[0] * SECTOR
    return start, struct.unpack("<H", disk.read(start + BLOCKS_AT + 8, 2))[0] * SECTOR


def with_bios(change):
    return lambda disk: (boot_code(disk), change(disk))


def loader(change):
    """Return the way in which the fallback loader is another: change takes its content (bytes)."""
    return lambda disk: disk.write_esp(LOADER, change(disk.esp_file(LOADER)))


def stub(old, new):
    def change(disk):
        text = disk.esp_file(STUB).decode()
        if old and old not in text:
            raise DoesNotApply(f"{old!r} is not in {STUB}")
        disk.write_esp(STUB, (text.replace(old, new) if old else new).encode())

    return change


def of_arm(octets):
    """Return a PE file that says that it is for arm64."""
    header = struct.unpack_from("<I", octets, 0x3C)[0]
    return octets[: header + 4] + struct.pack("<H", 0xAA64) + octets[header + 6 :]


def with_partition(role, change):
    """Return the way in which change (takes the Disk, number, start, size) is done to the partition of a role."""
    return lambda disk: change(disk, *disk.partition(role))


def root_is_the_third(disk):
    """Have the root's partition be the third of the table, so that the core looks where nothing is."""
    boot_code(disk)
    number, _start, _size = disk.partition("root")
    table, code = disk.table(), disk.read(0, 440)
    lines = [f"label: {table['label']}"]
    for part in table["partitions"]:
        own = int(part["node"][len(disk.path) :].lstrip("p"))
        lines.append(f"{disk.path}{3 if own == number else own} : start={part['start']}, size={part['size']}, type={part['type']}")
    disk.sfdisk("DISK", text="\n".join(lines) + "\n")
    disk.write(0, code)


def moved(disk):
    """Have the root's partition begin a MiB later than its file system."""
    number, start, size = disk.partition("root")
    disk.sfdisk("-N", str(number), "DISK", text=f"start={(start + MIB) // SECTOR}, size={(size - MIB) // SECTOR}\n")


def ext_only(change):
    """Return the way in which change (takes Disk and the offset of the root) is done to a root of ext4."""

    def way(disk):
        disk.debugfs()
        change(disk, disk.partition("root")[1])

    return way


def xfs_only(change):
    """Return the way in which change (takes Disk and the offset of the root) is done to a root of XFS."""

    def way(disk):
        if disk.kind() != "xfs":
            raise DoesNotApply("the root is no XFS")
        change(disk, disk.partition("root")[1])

    return way


def immutable(path):
    """Return the way in which a path of ext4 is as after `chattr +i`."""
    return lambda disk: disk.debugfs(f"set_inode_field {path} flags 0x80010")


def with_grub(change):
    """Return the way in which change is done to a disk whose GRUB reads the root itself."""
    return lambda disk: (grub_folder(disk), change(disk))


def grub(name, request="unlink {}"):
    """Return the way in which a module of GRUB for BIOS is gone from ext4, or is otherwise changed by a request to debugfs."""
    return with_bios(lambda disk: disk.debugfs(request.format(f"{grub_folder(disk)}/i386-pc/{name}")))


def of_another_grub(disk):
    """Have normal.mod need a symbol that the core has under another name, as after a grub-install to another disk."""
    boot_code(disk)

    def change(root):
        path = os.path.join(root, "boot/grub/i386-pc/normal.mod")
        with open(path, "r+b") as stream:
            octets = stream.read()
            stream.seek(0)
            stream.write(octets.replace(b"\0grub_calloc\0", b"\0grub_newloc\0"))

    disk.mounted(change)


def grub_folder(disk):
    """Return the directory of GRUB's files (str) in the file system of /boot, which may be one of its own."""
    found = next((folder for folder in ("/boot/grub", "/grub") if "Inode:" in disk.debugfs(f"stat {folder}/grub.cfg")), None)
    if found is None:
        raise DoesNotApply("GRUB does not read this file system")
    return found


def block_of(path):
    """Return the way in which the first block of a directory of ext4 is zeros."""

    def change(disk, start):
        block = disk.debugfs(f"bmap {path} 0").splitlines()[-1]
        if not block.isdecimal():
            raise DoesNotApply(f"{path} is not there")
        disk.zero(start + 4096 * int(block), 4096)

    return ext_only(change)


def other_octet(path, octet=-2):
    """Return the way in which an octet of the first block of a directory of ext4 is another; octet: from the end when negative, of its checksum."""

    def change(disk, start):
        block = disk.debugfs(f"bmap {path} 0").splitlines()[-1]
        if not block.isdecimal():
            raise DoesNotApply(f"{path} is not there")
        place = start + 4096 * int(block) + octet % 4096
        disk.write(place, bytes([disk.read(place, 1)[0] ^ 0xFF]))

    return ext_only(change)


def bitmap(disk, start):
    """Have a bitmap of ext4 be another than its checksum says."""
    done = subprocess.run(["dumpe2fs", f"{disk.path}?offset={start}"], capture_output=True, text=True, check=True)
    disk.zero(start + 4096 * int(done.stdout.split("Block bitmap at ")[1].split()[0]), 1)


def with_fstab(change, *edits):
    """Return the way in which change is done to a root of ext4 after edits, [(old, new)], of its fstab."""

    def write(folder):
        path = os.path.join(root_in(folder), "etc/fstab")
        with open(path, encoding="utf-8") as stream:
            text = stream.read()
        for old, new in edits:
            if not re.search(old, text, re.M):
                raise DoesNotApply(f"fstab has no {old}")
            text = re.sub(old, new, text, flags=re.M)
        with open(path, "w", encoding="utf-8") as stream:
            stream.write(text)

    return ext_only(lambda disk, start: (disk.mounted(write), change(disk, start)))


def inode_of(path):
    """Return the way in which the inode of a path of ext4 is zeros."""
    return lambda disk: disk.debugfs(f"clri {path}")


def mmp_block(disk, start):
    """Return where the block is (bytes of the disk) that guards a root of ext4 against two mounts at once."""
    return start + 4096 * struct.unpack("<Q", disk.read(start + SUPERBLOCK + 0x168, 8))[0]


def new_uuid(disk):
    """Give the root another UUID, as a copy to a new file system has."""
    programs = {"ext4": ["tune2fs", "-f", "-U", "random"], "xfs": ["xfs_admin", "-U", "generate"], "btrfs": ["btrfstune", "-f", "-u"]}

    def change(path):
        subprocess.run([*programs[disk.kind()], path], check=True, capture_output=True)

    disk.beside(change)


def tuned(programs):
    """Return the way in which a program changes the root's file system. programs: {kind: [str]}, the path follows."""

    def change(disk):
        if disk.kind() not in programs:
            raise DoesNotApply(f"the root is {disk.kind()}")
        disk.beside(lambda path: subprocess.run([*programs[disk.kind()], path], check=True, capture_output=True))

    return change


def root_in(folder):
    """Return the directory of the root below a mounted file system: itself, or its subvolume @."""
    root = next((place for place in (folder, os.path.join(folder, "@")) if os.path.isdir(os.path.join(place, "var/tmp"))), None)
    if root is None:
        raise DoesNotApply("the root is on no partition of its own")
    return root


def filled(folder):
    """Write until the file system has no room left."""
    root = root_in(folder)
    with open(os.path.join(root, "var/tmp/filled"), "wb", buffering=0) as stream:
        for piece in (64 * MIB, MIB, 4096):
            try:
                while True:
                    os.posix_fallocate(stream.fileno(), os.fstat(stream.fileno()).st_size, piece)
            except OSError:
                continue


def in_btrfs(command):
    """Return the way in which command (takes the directory where its top is mounted) changes a root of Btrfs."""

    def change(disk):
        if disk.kind() != "btrfs":
            raise DoesNotApply("the root is no Btrfs")
        disk.mounted(command)

    return change


def entries_without_subvolume(top):
    """Take rootflags= out of the menu in the subvolume @."""
    menu = os.path.join(top, "@/boot/grub/grub.cfg")
    with open(menu, encoding="utf-8") as stream:
        text = stream.read()
    with open(menu, "w", encoding="utf-8") as stream:
        stream.write(text.replace(" rootflags=subvol=@", ""))


def system_is_default(top):
    """Have the entries without rootflags= and the system's subvolume the default one, as openSUSE has it."""
    entries_without_subvolume(top)
    subprocess.run(["btrfs", "subvolume", "set-default", os.path.join(top, "@")], check=True)


#: {what was done: how; each takes a disks.Disk}
WAYS = {
    "the entries have no rootflags, and the default subvolume is the top": in_btrfs(entries_without_subvolume),
    # generation 1
    "the boot code is zeros": with_bios(lambda disk: disk.zero(0, 440)),
    "the first sector has no signature": with_bios(lambda disk: disk.zero(510, 2)),
    "the boot code loads another sector": with_bios(lambda disk: disk.write(CORE_AT, struct.pack("<Q", 2040))),
    "the boot code reads from the second drive": with_bios(lambda disk: disk.write(DRIVE_AT, b"\x81")),
    "the boot code has no jump": with_bios(lambda disk: disk.zero(0, 3)),
    "the core is zeros": lambda disk: disk.zero(core(disk)[0], core(disk)[1] + SECTOR),
    "the core lacks its second half": lambda disk: disk.zero(core(disk)[0] + core(disk)[1] // 2, core(disk)[1] // 2 + SECTOR),
    "the core is overwritten behind its first sector": lambda disk: disk.write(core(disk)[0] + SECTOR, b"\xff" * core(disk)[1]),
    "the core looks on a partition that is not there": root_is_the_third,
    "the BIOS boot partition is zeros": with_partition("biosboot", lambda disk, _number, start, size: disk.zero(start, size)),
    "GRUB's directory of modules has another name": with_bios(
        lambda disk: disk.debugfs(f"ln {grub_folder(disk)}/i386-pc {grub_folder(disk)}/old", f"unlink {grub_folder(disk)}/i386-pc")
    ),
    "GRUB's normal.mod is gone": grub("normal.mod"),
    "GRUB's normal.mod is empty": grub("normal.mod", "set_inode_field {} size 0"),
    "GRUB's linux.mod is gone": grub("linux.mod"),
    "GRUB's list of commands is gone": grub("command.lst"),
    "GRUB's list of commands is empty": grub("command.lst", "set_inode_field {} size 0"),
    "GRUB's modules are of another GRUB than its core": of_another_grub,
    "a module is gone that GRUB's linux.mod needs": grub("relocator.mod"),
    # generation 2
    "the EFI system partition is zeros": with_partition("esp", lambda disk, _number, start, size: disk.zero(start, size)),
    "the EFI system partition has no boot sector": with_partition("esp", lambda disk, _number, start, _size: disk.zero(start, SECTOR)),
    "the EFI system partition has no table of clusters": with_partition("esp", lambda disk, _number, start, _size: disk.zero(start + 32 * SECTOR, MIB)),
    "the EFI system partition is no longer one": with_partition(
        "esp", lambda disk, number, _start, _size: disk.sfdisk("--part-type", "DISK", str(number), LINUX)
    ),
    "the EFI system partition is gone": with_partition("esp", lambda disk, number, _start, _size: disk.sfdisk("--delete", "DISK", str(number))),
    "EFI/BOOT is gone": lambda disk: (disk.esp_file(LOADER), disk.mtools("mdeltree", "::/EFI/BOOT")),
    "the fallback loader has another name": lambda disk: (disk.esp_file(LOADER), disk.mtools("mren", f"::{LOADER}", "GRUBX64.EFI")),
    "the fallback loader is empty": loader(lambda octets: b""),
    "the fallback loader is a text": loader(lambda octets: b"This is not a program.\n" * 100),
    "the fallback loader is cut off": loader(lambda octets: octets[: len(octets) // 2]),
    "the fallback loader lacks its end": loader(lambda octets: octets[:-40000]),
    "the fallback loader's chain of clusters ends too early": lambda disk: disk.cut_chain(LOADER),
    "the kernel's chain of clusters on the ESP ends too early": lambda disk: disk.cut_chain(disk.esp_path("/linux$|/Linux/.*efi$")),
    "the initramfs' chain of clusters on the ESP ends too early": lambda disk: disk.cut_chain(disk.esp_path("/initrd")),
    "the chain of clusters of GRUB's lines on the ESP is one of nothing": lambda disk: disk.free_chain(STUB),
    "the fallback loader is for another processor": loader(of_arm),
    "the fallback loader is zeros": loader(lambda octets: bytes(len(octets))),
    "GRUB's lines on the ESP look for another file system": stub("search.fs_uuid ", "search.fs_uuid 11111111-2222-3333-4444-555555555555 root\n#"),
    "GRUB's lines on the ESP are gone": lambda disk: (disk.esp_file(STUB), disk.mtools("mdel", f"::{STUB}")),
    "GRUB's lines on the ESP are gone from their file": lambda disk: (disk.esp_file(STUB), disk.write_esp(STUB, b"")),
    "GRUB's lines on the ESP are zeros": lambda disk: disk.write_esp(STUB, bytes(len(disk.esp_file(STUB)))),
    "GRUB's lines on the ESP lead to another directory": stub("/boot/grub", "/grub2"),
    # the partition table
    "the partition table is zeros": lambda disk: (disk.zero(446, 64), disk.zero(SECTOR, 33 * SECTOR), disk.zero(disk.size - 33 * SECTOR, 33 * SECTOR)),
    "the GPT does not protect itself": lambda disk: (disk.needs("gpt"), disk.zero(446, 64)),
    "the GPT and its backup have wrong checksums": lambda disk: (
        disk.needs("gpt"),
        disk.write(SECTOR + 16, b"\1\2\3\4"),
        disk.write(disk.size - SECTOR + 16, b"\1\2\3\4"),
    ),
    "the GPT says that it is elsewhere": lambda disk: disk.gpt(lambda header: struct.pack_into("<Q", header, 24, 2)),
    "the root's partition is gone": with_partition("root", lambda disk, number, _start, _size: disk.sfdisk("--delete", "DISK", str(number))),
    "the root's partition begins elsewhere": moved,
    "the root's partition ends before its file system": with_partition(
        "root", lambda disk, number, start, size: disk.sfdisk("-N", str(number), "DISK", text=f"start={start // SECTOR}, size={size // SECTOR // 2}\n")
    ),
    # logical volumes
    "the physical volume has no label": with_partition("lvm", lambda disk, _number, start, _size: disk.zero(start, 4 * SECTOR)),
    "the volume group's metadata is zeros": with_partition("lvm", lambda disk, _number, start, _size: disk.zero(start + 4096, MIB - 4096)),
    "the partition of the volume group is gone": with_partition("lvm", lambda disk, number, _start, _size: disk.sfdisk("--delete", "DISK", str(number))),
    "the logical volume is zeros": with_partition("lvm", lambda disk, _number, start, _size: disk.zero(start + MIB, 64 * MIB)),
    "the volume group is exported": lambda disk: disk.group(["vgexport", "GROUP"]),
    "the root's volume is passed over": lambda disk: disk.group(["lvchange", "--setactivationskip", "y", "GROUP/root"]),
    "the root's volume is activated by hand": lambda disk: disk.group(["lvchange", "--setautoactivation", "n", "GROUP/root"]),
    "the volume group is activated by hand": lambda disk: disk.group(["vgchange", "--setautoactivation", "n", "GROUP"]),
    "the volume group is another machine's": lambda disk: disk.group(["vgchange", "--yes", "--systemid", "builder", "GROUP"]),
    # file systems
    "the root has another UUID": new_uuid,
    "the root's file system is read-only by itself": tuned({"ext4": ["tune2fs", "-O", "read-only"], "btrfs": ["btrfstune", "-f", "-S", "1"]}),
    "the root has a feature that no kernel of Linux's own has": lambda disk: disk.debugfs("set_super_value feature_ro_compat 0x446b"),
    "the root says that it needs a repair": tuned({"xfs": ["xfs_db", "-x", "-c", "sb 0", "-c", "write features_incompat 0x1b"]}),
    "the root is full": lambda disk: disk.mounted(filled),
    "the root has no free inode": lambda disk: disk.debugfs("set_super_value free_inodes_count 0"),
    "the root's superblock of XFS has another octet": xfs_only(lambda disk, start: disk.write(start + 108, b"other")),
    "the root's first group of XFS has another count of free blocks": xfs_only(lambda disk, start: disk.write(start + SECTOR + 52, b"\1\2")),
    "the root's last group of XFS has another count of inodes": xfs_only(
        lambda disk, start: disk.write(start + 3 * struct.unpack(">I", disk.read(start + 84, 4))[0] * 4096 + 2 * SECTOR + 16, b"\1\2")
    ),
    "the root of XFS says that it is being made": tuned({"xfs": ["xfs_db", "-x", "-c", "sb 0", "-c", "write -d inprogress 1"]}),
    "the inode of passwd on XFS has another checksum": tuned({"xfs": ["xfs_db", "-x", "-c", "path /etc/passwd", "-c", "crc -i"]}),
    "the root's directory on XFS has another checksum": tuned({"xfs": ["xfs_db", "-x", "-c", "path /", "-c", "crc -i"]}),
    "the root's superblock has another checksum": ext_only(lambda disk, start: disk.write(start + SUPERBLOCK + 1020, b"\1\2\3\4")),
    "the root's groups have half their blocks": lambda disk: disk.debugfs("set_super_value blocks_per_group 16384"),
    "the root's groups have half their inodes": lambda disk: disk.debugfs("set_super_value inodes_per_group 4096"),
    "the root's second group has its inodes behind the end": lambda disk: disk.debugfs("set_block_group 1 inode_table 0xffffff"),
    "a descriptor has another checksum, and nothing looks at the root first": with_fstab(
        lambda disk, _start: disk.debugfs("set_block_group 1 checksum 0x1234"), (r"^(UUID=\S+ / .*) \d+ \d+$", r"\1 0 0")
    ),
    "a bitmap has another checksum, and an error makes the root read-only": with_fstab(bitmap, (r"^(UUID=\S+ / \S+) \S+", r"\1 errors=remount-ro")),
    "the root's directory has another checksum": other_octet("/"),
    "the directory of systemd has another checksum": other_octet("/usr/lib/systemd"),
    "the directory of accounts has another octet": other_octet("/etc", -20),
    "the root's superblock is zeros": ext_only(lambda disk, start: disk.zero(start + SUPERBLOCK, 1024)),
    "the root is zeros": with_partition("root", lambda disk, _number, start, _size: disk.zero(start, 64 * MIB)),
    "the journal is zeros": ext_only(lambda disk, start: disk.zero(start + 4096 * int(disk.debugfs("bmap <8> 0").splitlines()[-1]), 4096)),
    "the root's directory is zeros": block_of("/"),
    "the directory of sshd is zeros": block_of("/etc/ssh"),
    "the directory of the modules is zeros": block_of("/usr/lib/modules"),
    "the directory of the menu is zeros": block_of("/boot/grub"),
    "the inode of fstab is zeros": inode_of("/etc/fstab"),
    "the inode of /usr/lib is zeros": inode_of("/usr/lib"),
    "the inode of passwd is zeros": inode_of("/etc/passwd"),
    "the inode of fstab is marked as deleted": lambda disk: disk.debugfs("set_inode_field /etc/fstab links_count 0"),
    "the inode of sshd is of no type": lambda disk: disk.debugfs("set_inode_field /usr/sbin/sshd mode 0"),
    "the inode of passwd has another checksum": lambda disk: disk.debugfs("set_inode_field /etc/passwd checksum 0x1234"),
    "the root says that fsck is running on it": ext_only(
        lambda disk, start: (tuned({"ext4": ["tune2fs", "-O", "mmp,^metadata_csum"]})(disk), disk.write(mmp_block(disk, start) + 4, b"\x50\x4d\x4d\xe2"))
    ),
    "the root has a feature that no kernel knows": ext_only(lambda disk, start: disk.write(start + SUPERBLOCK + 0x60 + 3, b"\x40")),
    "GRUB does not read the data in the inodes of the root": with_grub(lambda disk: disk.debugfs("feature inline_data")),
    "GRUB does not read the attributes in inodes of the root": with_grub(lambda disk: disk.debugfs("feature ea_inode")),
    "GRUB does not read the root's directories without case": with_grub(lambda disk: disk.debugfs("feature casefold")),
    "passwd may not be changed": immutable("/etc/passwd"),
    "the agent may not change the name of the host": immutable("/etc/hostname"),
    "the agent may not make host keys": immutable("/etc/ssh"),
}


def large_file(folder):
    """Write a file of 200 MiB."""
    root = root_in(folder)
    with open(os.path.join(root, "srv/large"), "wb") as stream:
        os.posix_fallocate(stream.fileno(), 0, 200 * MIB)


def added_partition(kind, size=1):
    """Return the way in which the disk is larger and has a partition of a kind more ({label of the table: type}); size: int, MiB."""

    def change(disk):
        end = max(part["start"] + part["size"] for part in disk.table()["partitions"])
        with open(disk.path, "r+b") as stream:
            stream.truncate(disk.size + 2 * size * MIB)
        if disk.table()["label"] == "gpt":
            disk.sfdisk("--relocate", "gpt-bak-std", "DISK")
        disk.sfdisk("--append", "DISK", text=f"start={-(-end // 2048) * 2048 + 2048}, size={size * MIB // SECTOR}, type={kind[disk.table()['label']]}\n")

    return change


def hybrid(disk):
    """Have the MBR show the root beside the entry that protects the GPT."""
    disk.needs("gpt")
    _number, start, size = disk.partition("root")
    disk.write(446 + 16, struct.pack("<B3sB3sII", 0, b"\xfe\xff\xff", 0x83, b"\xfe\xff\xff", start // SECTOR, size // SECTOR))


#: {what was done: how}: right disks that resemble the faults above.
CONTROLS = {
    "the entries have no rootflags, and the system is in the default subvolume": in_btrfs(system_is_default),
    "GRUB's list of modules is gone": grub("moddep.lst"),  # which grub-install alone reads
    "the volume group was exported and is back": lambda disk: disk.group(["vgexport", "GROUP"], ["vgimport", "GROUP"]),
    "the root's volume was passed over": lambda disk: disk.group(
        ["lvchange", "--setactivationskip", "y", "GROUP/root"], ["lvchange", "--setactivationskip", "n", "GROUP/root"]
    ),
    "the boot code reads from the first drive": with_bios(lambda disk: disk.write(DRIVE_AT, b"\x80")),
    "the boot flag is on no partition": lambda disk: (disk.needs("dos"), disk.write(446, b"\0")),
    "the disk's signature is another": lambda disk: (disk.needs("dos"), disk.write(440, b"\1\2\3\4")),
    "there is a partition more without a file system": added_partition({"dos": "83", "gpt": LINUX}),
    "there is a partition for data of Windows": added_partition({"dos": "7", "gpt": "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7"}),
    "the disk is larger than its table": lambda disk: os.truncate(disk.path, disk.size + 64 * MIB),
    "the table is a hybrid": hybrid,
    "there is a file more on the ESP": lambda disk: disk.write_esp("/startup.nsh", b"echo hello\r\n"),
    "there is the name of another loader on the ESP": lambda disk: disk.write_esp("/EFI/BOOT/fwupdx64.efi", disk.esp_file(LOADER)),
    "the root has another label": lambda disk: disk.debugfs("set_super_value volume_name other"),
    "the root has been mounted often": lambda disk: disk.debugfs("set_super_value mnt_count 40"),
    "the root keeps nothing for root": lambda disk: disk.debugfs("set_super_value r_blocks_count 0"),
    "a descriptor has another checksum, and fsck looks at the root first": lambda disk: disk.debugfs("set_block_group 1 checksum 0x1234"),
    "a bitmap has another checksum, and an error changes nothing": with_fstab(bitmap, (r"^(UUID=\S+ / \S+) \S+", r"\1 errors=continue")),
    "a directory that nobody asks for has another checksum": other_octet("/usr/share/doc"),
    "the root's journal has another mode by default": tuned({"ext4": ["tune2fs", "-o", "journal_data_writeback"]}),
    "the root has features more that its kernel knows": tuned({"ext4": ["tune2fs", "-O", "project,quota,large_dir"]}),
    "the root has features more that its GRUB passes over": tuned({"ext4": ["tune2fs", "-O", "metadata_csum_seed,large_dir,encrypt,mmp"]}),
    "an inode says when it was deleted, and is used again": lambda disk: disk.debugfs("set_inode_field /etc/fstab dtime 1700000000"),
    "Linux found an error in the root": lambda disk: disk.debugfs("set_super_value state 3"),
    "the root's journal is to be replayed": lambda disk: disk.debugfs("feature needs_recovery"),
    "the root was not unmounted": lambda disk: disk.debugfs("set_super_value state 0"),
    "a directory was emptied": lambda disk: disk.mounted(lambda folder: (os.makedirs(f"{folder}/srv/many"), os.rmdir(f"{folder}/srv/many"))),
    "a file may not be changed that nobody writes": immutable("/etc/issue"),
    "there is a large file": lambda disk: disk.mounted(large_file),
}
