# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Disk images made with the file systems' own tools; nothing of the code under test takes part."""

import contextlib
import os
import pathlib
import shutil
import subprocess
import time
import uuid

from efi_programs import efi_program

MIB = 2**20
#: Of this process alone: Linux mounts no second XFS or Btrfs of a UUID, and mkfs.btrfs makes none; a killed run may have left one mounted.
ROOT_UUID = str(uuid.uuid4())
LINUX = "0FC63DAF-8483-4772-8E79-3D69D8477DE4"
ESP = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"
LVM = "E6D6D379-F507-44C2-A23C-238F2A3DF928"
#: The fallback loader of an ESP, of nobody's.
LOADER = efi_program()


def run(*argv, text=None):
    """Run a program; its failure is the test's."""
    completed = subprocess.run([str(word) for word in argv], input=text, text=True, capture_output=True, check=False, close_fds=True)
    assert completed.returncode == 0, f"{argv}: {completed.stderr}"
    return completed.stdout


@contextlib.contextmanager
def mounted(image, place, options="loop"):
    """Mount an image, and give it back when nobody has it mounted any more."""
    place.mkdir(exist_ok=True)
    run("mount", "-o", options, image, place)
    try:
        yield place
    finally:
        run("sync", "--file-system", place)
        run("umount", place)
    wait_until_released(image)


def wait_until_released(image):
    """Wait for the end of its last mount: a container that starts meanwhile copies the table of mounts."""
    end = time.monotonic() + 60
    while run("losetup", "--associated", image).strip():
        assert time.monotonic() < end, f"{image} is still mounted somewhere"
        time.sleep(0.1)


def root_files(folder, fstab):
    """Write the files of a small root and return its folder."""
    for name in ("etc", "usr/sbin", "usr/lib", "boot/efi", "var/long"):
        (folder / name).mkdir(parents=True)
    (folder / "etc/fstab").write_text(fstab)
    (folder / "etc/hostname").write_text("web\n")
    (folder / "usr/lib/os-release").write_text("ID=debian\n")
    (folder / "etc/os-release").symlink_to("../usr/lib/os-release")
    (folder / "sbin").symlink_to("usr/sbin")
    (folder / "absolute").symlink_to("/etc/hostname")
    (folder / "outside").symlink_to("../../../../etc/hostname")
    (folder / "loop1").symlink_to("loop2")
    (folder / "loop2").symlink_to("loop1")
    (folder / "long").symlink_to("etc/" + "./" * 60 + "hostname")
    (folder / "etc/empty").write_bytes(b"")
    (folder / "etc/big").write_bytes(bytes(range(256)) * 4096)  # 1 MiB
    with open(folder / "etc/sparse", "wb") as stream:
        stream.truncate(64 * MIB)
        stream.seek(48 * MIB)
        stream.write(b"late")
    for number in range(300):
        (folder / "var/long" / f"file-with-a-long-name-{number:04d}").write_bytes(b"")
    return folder


def empty_disk(path, size, *partitions):
    """Write a disk with a GPT; partitions: (start MiB, size MiB, type GUID). Returns path."""
    with open(path, "wb") as stream:
        stream.truncate(size)
    rows = "".join(f"start={start * 2048}, size={length * 2048}, type={kind}\n" for start, length, kind in partitions)
    run("sfdisk", "--quiet", path, text="label: gpt\n" + rows)
    return path


def put(disk, piece, start):
    """Copy a file system into the disk at start (bytes), leaving holes as holes."""
    run("dd", f"if={piece}", f"of={disk}", "bs=1M", f"seek={start // MIB}", "conv=notrunc,sparse", "status=none")


def ext4(path, folder, size, kind="ext4", *options):
    """Write an ext file system with the folder's files."""
    run("mke2fs", "-q", "-t", kind, "-U", ROOT_UUID, "-d", folder, *options, path, f"{size // 1024}k")
    return path


def xfs(path, folder, size, *options):
    """Write an XFS file system with the folder's files."""
    with open(path, "wb") as stream:
        stream.truncate(size)
    prototype = path.with_suffix(".proto")
    prototype.write_text("/\n0 0\nd--755 0 0\n" + "".join(_prototype(folder)) + "$\n")
    run("mkfs.xfs", "-q", "-m", f"uuid={ROOT_UUID}", *options, "-p", prototype, path)
    return path


def _prototype(folder):
    for entry in sorted(folder.iterdir()):
        if entry.is_symlink():
            yield f"{entry.name} l--777 0 0 {os.readlink(entry)}\n"
        elif entry.is_dir():
            yield f"{entry.name} d--755 0 0\n" + "".join(_prototype(entry)) + "$\n"
        else:
            mode = entry.stat().st_mode
            yield f"{entry.name} -{'u' if mode & 0o4000 else '-'}{'g' if mode & 0o2000 else '-'}{mode & 0o777:03o} 0 0 {entry}\n"


def btrfs(path, folder, size):
    """Write a Btrfs file system with the folder's files."""
    with open(path, "wb") as stream:
        stream.truncate(size)
    run("mkfs.btrfs", "-q", "-U", ROOT_UUID, "--rootdir", folder, path)
    return path


def esp(path, size):
    """Write a FAT file system with the fallback loader and a lower-case file."""
    with open(path, "wb") as stream:
        stream.truncate(size)
    run("mkfs.vfat", "-i", "ABCD1234", path)
    loader = path.with_suffix(".efi")
    loader.write_bytes(LOADER)
    run("mmd", "-i", path, "::EFI", "::EFI/BOOT", "::EFI/debian")
    run("mcopy", "-i", path, loader, "::EFI/BOOT/BOOTX64.EFI")
    loader.write_bytes(b"configfile /boot/grub/grub.cfg\n")
    run("mcopy", "-i", path, loader, "::EFI/debian/grub.cfg")
    return path


def split_logical_volume(disk, start, size, content):
    """Make a volume group "my-group" on a partition, with the logical volume "root" in two pieces, and put content on it.

    lvm2 itself writes the metadata, on a loop device; the pieces lie at extents 0 to 9 and from 12 on, to 29 or as many as the
    content needs, of 4 MiB.
    """
    extent = 4 * MIB
    loop = run("losetup", "--find", "--show", "--offset", start, "--sizelimit", size, disk).strip()
    try:
        quiet = ("--driverloaded", "n", "-q")
        run("pvcreate", *quiet, loop)
        run("vgcreate", *quiet, "my-group", loop)
        create = ("lvcreate", *quiet, "-an", "-Zn", "-Wn")
        run(*create, "-n", "root", "-l", "10", "my-group")
        run(*create, "-n", "swap", "-l", "2", "my-group")
        run("lvextend", *quiet, "-l", max(28, -(-pathlib.Path(content).stat().st_size // extent)), "my-group/root")
    finally:
        run("losetup", "--detach", loop)
        shutil.rmtree("/etc/lvm/backup/my-group", ignore_errors=True)
        for left in list(pathlib.Path("/etc/lvm/backup").glob("my-group*")) + list(pathlib.Path("/etc/lvm/archive").glob("my-group*")):
            left.unlink()
    first = start + MIB
    data = pathlib.Path(content).read_bytes()
    with open(disk, "r+b") as stream:
        stream.seek(first)
        stream.write(data[: 10 * extent])
        stream.seek(first + 12 * extent)
        stream.write(data[10 * extent :])
